// SPDX-License-Identifier: MIT
#include "gradus/engine/predictor.hpp"

#include <algorithm>

#include "engine/plans/batch/batch_kernel.hpp"
#include "engine/plans/predict/predict_kernel.hpp"
#include "gradus/core/shape.hpp"
#include "gradus/nn/pass.hpp"

namespace gradus::engine {

template <class T>
bool Predictor<T>::exists(const Network& network) {
  const std::optional<Description> net = describe(network);
  return net && padded_width<T>(net->widest()) <= max_width;
}

template <class T>
Predictor<T>::Predictor(const Network& network, std::span<const T> theta)
    : inputs_(network.inputs()), outputs_(network.outputs()) {
  check_length("predictor", "theta", static_cast<Index>(theta.size()), network.parameter_count());
  if (!exists(network))
    throw ValueError("[predictor] expected dense layers no wider than " + std::to_string(max_width) +
                     ", with elementwise activations (softmax at the end only), got " + to_text(network));
  const Packing<T> packing(*describe(network));
  packed_.resize(static_cast<std::size_t>(packing.size()));
  packing.pack(theta, packed_.data());
  stages_ = forward_stages(packing, packed_.data());
}
template <class T>
Predictor<T>::~Predictor() = default;
template <class T>
Predictor<T>::Predictor(Predictor&&) noexcept = default;
template <class T>
Predictor<T>& Predictor<T>::operator=(Predictor&&) noexcept = default;

template <class T>
void Predictor<T>::run(const T* x, T* y) const {
  alignas(64) T work[2][max_width];
  const T* in = x;
  for (std::size_t l = 0; l < stages_.size(); l += stages_[l].stages) {
    const ForwardStage<T>& stage = stages_[l];
    const bool last = l + stage.stages == stages_.size();
    T* out = last && !stage.finish ? y : work[l % 2];
    stage.run(stage, in, out);
    if (stage.finish) stage.finish(stage, out);
    in = out;
  }
  if (in != y) std::copy(in, in + outputs_, y);
}

template <class T>
void Predictor<T>::operator()(std::span<const T> x, std::span<T> y) const {
  const auto nx = static_cast<Index>(x.size());
  const auto ny = static_cast<Index>(y.size());
  if (nx != inputs_ || ny != outputs_) {
    check_length("predictor", "x", nx, inputs_);
    check_length("predictor", "y", ny, outputs_);
  }
  run(x.data(), y.data());
}

template <class T>
void Predictor<T>::operator()(ConstMatrixView<T> x, MatrixView<T> y) const {
  check_cols("predictor", "x", x, inputs_);
  check_cols("predictor", "y", y, outputs_);
  check_rows("predictor", "y", y, x.rows());
  for (Index i = 0; i < x.rows(); ++i) run(x.row(i).data(), y.row(i).data());
}

template class Predictor<float>;
template class Predictor<double>;

namespace {

template <class T>
void predict_by_lanes(const Description& net, std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y) {
  Pass<T> pass;
  pass.theta = theta;
  pass.x = x;
  pass.count = x.rows();
  pass.outputs = y;
  BatchPlan<T>(net, 1).run(pass);
}

}  // namespace

template <class T>
void predict(const Network& network, std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y,
             std::span<const T> state) {
  constexpr Index few = 3;  // up to here a Predictor, made for the call, takes about as long (4-16-3, 64-100-10)
  const std::optional<Description> net = describe(network);
  if (net && x.rows() > few && static_cast<Index>(net->stages.size()) <= kMaxStages) {
    network.check_input("predict", x.rows(), x.cols());
    check_length("predict", "theta", static_cast<Index>(theta.size()), network.parameter_count());
    check_cols("predict", "y", y, net->outputs());
    check_rows("predict", "y", y, x.rows());
    return predict_by_lanes(*net, theta, x, y);
  }
  if (net && Predictor<T>::exists(network)) return Predictor<T>(network, theta)(x, y);
  const Matrix<T> outputs = gradus::predict(network, theta, x, state);
  check_cols("predict", "y", y, outputs.cols());
  check_rows("predict", "y", y, outputs.rows());
  for (Index i = 0; i < y.rows(); ++i) std::copy_n(outputs.row(i).data(), y.cols(), y.row(i).data());
}

template void predict(const Network&, std::span<const float>, ConstMatrixView<float>, MatrixView<float>,
                      std::span<const float>);
template void predict(const Network&, std::span<const double>, ConstMatrixView<double>, MatrixView<double>,
                      std::span<const double>);

}  // namespace gradus::engine
