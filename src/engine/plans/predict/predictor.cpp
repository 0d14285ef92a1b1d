// SPDX-License-Identifier: MIT
#include "gradus/engine/predictor.hpp"

#include <algorithm>

#include "engine/arithmetic_scope.hpp"
#include "engine/plans/predict/predict_kernel.hpp"
#include "gradus/core/shape.hpp"

namespace gradus::engine {

template <class T>
bool Predictor<T>::exists(const Network& network) {
  const std::optional<Description> net = describe(network);
  return net && padded_width<T>(net->widest()) <= max_width;
}

template <class T>
Predictor<T>::Predictor(const Network& network, std::span<const T> theta, Arithmetic arithmetic)
    : inputs_(network.inputs()), outputs_(network.outputs()) {
  check_length("predictor", "theta", static_cast<Index>(theta.size()), network.parameter_count());
  if (!exists(network))
    throw ValueError("[predictor] expected dense layers no wider than " + std::to_string(max_width) +
                     ", with elementwise activations (softmax at the end only), got " + to_text(network));
  const Packing<T> packing(*describe(network));
  packed_.resize(static_cast<std::size_t>(packing.size()));
  packing.pack(theta, packed_.data());
  const ArithmeticScope scope(arithmetic);
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
  const ForwardStage<T>& first = stages_.front();
  if (first.stages == stages_.size() && !first.finish) return first.run(first, x, y);
  run_stages(x, y);
}

template <class T>
void Predictor<T>::run_stages(const T* x, T* y) const {
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

}  // namespace gradus::engine
