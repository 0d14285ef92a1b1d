// SPDX-License-Identifier: MIT
#include "gradus/lab/model/answers.hpp"

#include <span>
#include <vector>

#include "engine/arithmetic_scope.hpp"
#include "engine/plain_number.hpp"
#include "gradus/core/shape.hpp"
#include "gradus/engine/predictor.hpp"
#include "gradus/nn/pass.hpp"

namespace gradus {
namespace {

template <class N>
std::vector<N> rounded(const std::vector<double>& numbers) {
  std::vector<N> result;
  result.reserve(numbers.size());
  for (const double number : numbers) result.push_back(static_cast<Scalar<N>>(number));
  return result;
}

/// x without gaps and scaled.
template <Number N>
Matrix<N> network_inputs(const Model& model, ConstMatrixView<double> x) {
  const Matrix<double> whole = model.filling.empty() ? Matrix<double>(x) : filled(x, model.filling);
  Matrix<N> inputs(x.rows(), x.cols(), rounded<N>(whole.values()));
  if (!model.scaler) return inputs;
  const std::vector<N> shift = rounded<N>(model.scaler->shift);
  const std::vector<N> scale = rounded<N>(model.scaler->scale);
  for (std::size_t k = 0; k < inputs.values().size(); ++k) {
    N& value = inputs.values()[k];
    if (model.scaler->kind == Scaler::Kind::log) value = log1p(value);
    value = (value - shift[k % shift.size()]) / scale[k % scale.size()];
  }
  return inputs;
}

template <Number N>
void to_own_units(const Model& model, Matrix<N>& outputs) {
  if (!model.target_scaler) return;
  const std::vector<N> shift = rounded<N>(model.target_scaler->shift);
  const std::vector<N> scale = rounded<N>(model.target_scaler->scale);
  for (std::size_t k = 0; k < outputs.values().size(); ++k) {
    N& value = outputs.values()[k];
    value = value * scale[k % scale.size()] + shift[k % shift.size()];
    if (model.target_scaler->kind == Scaler::Kind::log) value = expm1(value);
  }
}

template <Number To, Number From>
Matrix<To> as(const Matrix<From>& from) {
  Matrix<To> to(from.rows(), from.cols());
  for (std::size_t k = 0; k < from.values().size(); ++k) to.values()[k] = value_of(from.values()[k]);
  return to;
}

template <Number N>
Matrix<N> by_definition(const Model& model, const Matrix<N>& inputs) {
  const std::vector<Scalar<N>> state = rounded<Scalar<N>>(model.state);
  return gradus::predict(model.network, rounded<N>(model.theta), inputs, std::span<const Scalar<N>>(state));
}

template <class T>
Matrix<T> by_predictor(const Model& model, const Matrix<T>& inputs, Arithmetic arithmetic) {
  Matrix<T> outputs(inputs.rows(), model.network.outputs());
  const std::vector<T> theta = rounded<T>(model.theta);
  engine::Predictor<T>(model.network, theta, arithmetic)(inputs, outputs.view());
  return outputs;
}

}  // namespace

template <class T>
Matrix<T> answers(const Model& model, ConstMatrixView<double> x, std::optional<Arithmetic> arithmetic) {
  using Plain = engine::PlainNumber<T>;
  model.network.check_input("model", x.rows(), x.cols());
  const bool by_engine = arithmetic && engine::Predictor<T>::exists(model.network);
  if (arithmetic && engine::resolved(*arithmetic) == Arithmetic::plain) {
    const engine::ArithmeticScope scope(Arithmetic::plain);
    const Matrix<Plain> inputs = network_inputs<Plain>(model, x);
    Matrix<Plain> outputs = by_engine ? as<Plain>(by_predictor<T>(model, as<T>(inputs), Arithmetic::plain))
                                      : by_definition<Plain>(model, inputs);
    to_own_units(model, outputs);
    return as<T>(outputs);
  }
  const Matrix<T> inputs = network_inputs<T>(model, x);
  Matrix<T> outputs = by_engine ? by_predictor<T>(model, inputs, *arithmetic) : by_definition<T>(model, inputs);
  to_own_units(model, outputs);
  return outputs;
}

template Matrix<float> answers(const Model&, ConstMatrixView<double>, std::optional<Arithmetic>);
template Matrix<double> answers(const Model&, ConstMatrixView<double>, std::optional<Arithmetic>);

Matrix<double> answers(const Model& model, ConstMatrixView<double> x, Precision precision,
                       std::optional<Arithmetic> arithmetic) {
  if (precision == Precision::float64) return arithmetic ? answers<double>(model, x, arithmetic) : model.predict(x);
  return as<double>(answers<float>(model, x, arithmetic));
}

}  // namespace gradus
