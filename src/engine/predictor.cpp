// SPDX-License-Identifier: MIT
#include "gradus/engine/predictor.hpp"

#include "engine/online_kernel.hpp"
#include "gradus/core/shape.hpp"

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
    throw ValueError("[predictor] expected dense layers no wider than " + std::to_string(max_width) + ", got " +
                     to_text(network));
  packing_.emplace_back(*describe(network));
  packed_.resize(static_cast<std::size_t>(packing_[0].size()));
  packing_[0].pack(theta, packed_.data());
}
template <class T>
Predictor<T>::~Predictor() = default;
template <class T>
Predictor<T>::Predictor(Predictor&&) noexcept = default;
template <class T>
Predictor<T>& Predictor<T>::operator=(Predictor&&) noexcept = default;

template <class T>
void Predictor<T>::operator()(std::span<const T> x, std::span<T> y) const {
  check_length("predictor", "x", static_cast<Index>(x.size()), inputs_);
  check_length("predictor", "y", static_cast<Index>(y.size()), outputs_);
  alignas(64) T work[2 * max_width];
  run_forward(packing_[0], packed_.data(), x.data(), y.data(), work);
}

template <class T>
void Predictor<T>::operator()(ConstMatrixView<T> x, MatrixView<T> y) const {
  check_cols("predictor", "x", x, inputs_);
  check_cols("predictor", "y", y, outputs_);
  check_rows("predictor", "y", y, x.rows());
  alignas(64) T work[2 * max_width];
  for (Index i = 0; i < x.rows(); ++i) run_forward(packing_[0], packed_.data(), x.row(i).data(), y.row(i).data(), work);
}

template class Predictor<float>;
template class Predictor<double>;

}  // namespace gradus::engine
