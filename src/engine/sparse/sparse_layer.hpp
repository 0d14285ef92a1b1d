// SPDX-License-Identifier: MIT
#pragma once

#include <type_traits>
#include <variant>

#include "engine/plans/products/fast_layers.hpp"
#include "engine/sparse/sparse_batch.hpp"

namespace gradus::engine {

/// The way into a network past a matrix x that is not there: the batch, and what the backward pass leaves of it.
template <class T>
struct SparseEntrance {
  SparseBatch<T> batch;
  ConstMatrixView<T> delta;  ///< dZ of the pass before, (samples, units); valid until the next pass
};

/// A dense layer whose x is the entrance's batch, with the activation behind it: the view of x that it is given holds
/// no numbers. Of its gradient the backward pass writes the biases' part, and leaves dZ for that of the weights, dW =
/// X^T dZ, of which most rows are 0.
template <class T>
struct SparseDense : FastDense {
  SparseEntrance<T>* entrance = nullptr;

  template <std::floating_point U>
  void forward(std::span<const U> theta, ConstMatrixView<U> x, MatrixView<U> y, LayerMemory<U>& /*memory*/) const {
    if constexpr (std::is_same_v<T, U>) {
      check_rows("engine", "x", x, entrance->batch.rows());
      sparse_product({.a = entrance->batch.by_rows(),
                      .depth = in,
                      .cols = out,
                      .b = theta.data(),
                      .b_stride = out,
                      .d = bias ? theta.data() + in * out : nullptr,
                      .c = y.data(),
                      .c_stride = y.stride(),
                      .far = true});
      if (function != Function::identity) apply_function(function, y, y);
    }
  }

  template <std::floating_point U>
  void backward(std::span<const U> /*theta*/, ConstMatrixView<U> /*x*/, ConstMatrixView<U> y, ConstMatrixView<U> dy,
                MatrixView<U> /*dx*/, std::span<U> dtheta, LayerMemory<U>& memory) const {
    if constexpr (std::is_same_v<T, U>) {
      entrance->delta = function == Function::identity ? dy : derivative(y, dy, memory);
      if (bias) sum_rows(entrance->delta, dtheta.data() + in * out);
    }
  }

  bool operator==(const SparseDense&) const = default;
};

template <class T, class Variant>
struct WithSparse;
template <class T, class... L>
struct WithSparse<T, std::variant<L...>> {
  using type = std::variant<SparseDense<T>, L...>;
};
template <class T>
using SparseNetwork = BasicNetwork<typename WithSparse<T, FastLayer>::type>;

/// The products plan's network with another first layer, which must be dense. Workshop and entrance must outlive it.
template <class T>
SparseNetwork<T> sparse_network(const Network& network, Workshop& workshop, SparseEntrance<T>& entrance) {
  std::vector<typename SparseNetwork<T>::layer_type> layers;
  const FastNetwork dense = fast_network(network, workshop);
  for (const FastLayer& layer : dense.layers()) std::visit([&](const auto& form) { layers.emplace_back(form); }, layer);
  SparseDense<T> first;
  static_cast<FastDense&>(first) = std::get<FastDense>(layers.front());
  first.entrance = &entrance;
  layers.front() = first;
  return SparseNetwork<T>(std::move(layers));
}

}  // namespace gradus::engine
