// SPDX-License-Identifier: MIT
#pragma once

#include <type_traits>

#include "engine/kernels/row_kernel.hpp"
#include "engine/plans/products/fast_conv.hpp"
#include "engine/plans/products/fast_recurrent.hpp"
#include "gradus/nn/network.hpp"

/// Layers that compute what the definition's do, on whole batches at the machine's speed. They are layers like any
/// other: a network of them goes through nn/pass.hpp as it stands, and a layer that has no fast form takes part as it
/// is.
namespace gradus::engine {

/// Y = f(X W + b): a dense layer and the elementwise activation behind it, in one.
struct FastDense : Fast<Dense> {
  Function function = Function::identity;

  template <std::floating_point T>
  void forward(std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y, LayerMemory<T>& /*memory*/) const {
    const Product<T> product{.rows = x.rows(),
                             .cols = out,
                             .depth = in,
                             .a = {x.data(), x.stride()},
                             .b = {theta.data(), out},
                             .c = y.data(),
                             .c_stride = y.stride(),
                             .d = bias ? theta.data() + in * out : nullptr};
    workshop->multiply(product, [&](MatrixView<T> part) {
      if (function != Function::identity) apply_function(function, part, part);
    });
  }

  ///     dZ = f'(Z) * dY;   dW = X^T dZ,   db = sum_i dZ[i, :],   dX = dZ W^T
  template <std::floating_point T>
  void backward(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> y, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> dtheta, LayerMemory<T>& memory) const {
    const ConstMatrixView<T> dz = function == Function::identity ? dy : derivative(y, dy, memory);
    workshop->multiply<T>({.rows = in,
                           .cols = out,
                           .depth = x.rows(),
                           .a = {x.data(), x.stride(), true},
                           .b = {dz.data(), dz.stride()},
                           .c = dtheta.data(),
                           .c_stride = out});
    if (bias) sum_rows(dz, dtheta.data() + in * out);
    if (dx.empty()) return;
    workshop->multiply<T>({.rows = x.rows(),
                           .cols = in,
                           .depth = out,
                           .a = {dz.data(), dz.stride()},
                           .b = {theta.data(), out, true},
                           .c = dx.data(),
                           .c_stride = dx.stride()});
  }

  bool operator==(const FastDense&) const = default;

 protected:
  /// dZ.
  template <std::floating_point T>
  ConstMatrixView<T> derivative(ConstMatrixView<T> y, ConstMatrixView<T> dy, LayerMemory<T>& memory) const {
    memory.work.resize(static_cast<std::size_t>(y.size()));
    const MatrixView<T> dz(memory.work.data(), y.rows(), y.cols());
    workshop->share(y.rows(), y.cols(), [&](Index first, Index count, int) {
      apply_derivative(function, y.middle_rows(first, count), dy.middle_rows(first, count),
                       dz.middle_rows(first, count));
    });
    return dz;
  }
};

/// An elementwise activation with a vector kernel.
template <class F, Function function>
struct FastElementwise : Fast<Elementwise<F>> {
  static constexpr Function kind = function;

  template <std::floating_point T>
  void forward(std::span<const T> /*theta*/, ConstMatrixView<T> x, MatrixView<T> y) const {
    this->workshop->share(x.rows(), x.cols(), [&](Index first, Index count, int) {
      apply_function(function, x.middle_rows(first, count), y.middle_rows(first, count));
    });
  }

  template <std::floating_point T>
  void backward(std::span<const T> /*theta*/, ConstMatrixView<T> /*x*/, ConstMatrixView<T> y, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> /*dtheta*/) const {
    if (dx.empty()) return;
    this->workshop->share(y.rows(), y.cols(), [&](Index first, Index count, int) {
      apply_derivative(function, y.middle_rows(first, count), dy.middle_rows(first, count),
                       dx.middle_rows(first, count));
    });
  }
};

struct FastSoftmax : Fast<Softmax> {
  template <std::floating_point T>
  void forward(std::span<const T> /*theta*/, ConstMatrixView<T> x, MatrixView<T> y) const {
    softmax_rows(x, y);
  }
};

/// The fast form of a layer; itself if it has none.
template <class L>
struct FastForm {
  using type = L;
};
template <>
struct FastForm<Dense> {
  using type = FastDense;
};
template <>
struct FastForm<Softmax> {
  using type = FastSoftmax;
};
template <>
struct FastForm<Elementwise<activation::Tanh>> {
  using type = FastElementwise<activation::Tanh, Function::tanh>;
};
template <>
struct FastForm<Elementwise<activation::Sigmoid>> {
  using type = FastElementwise<activation::Sigmoid, Function::sigmoid>;
};
template <>
struct FastForm<Elementwise<activation::Relu>> {
  using type = FastElementwise<activation::Relu, Function::relu>;
};
template <int dims>
struct FastForm<Conv<dims>> {
  using type = FastConv<dims>;
};
template <int dims>
struct FastForm<MaxPool<dims>> {
  using type = FastMaxPool<dims>;
};
template <int dims>
struct FastForm<AveragePool<dims>> {
  using type = FastAveragePool<dims>;
};
template <>
struct FastForm<Elman> {
  using type = FastElman;
};
template <>
struct FastForm<Gru> {
  using type = FastGru;
};
template <>
struct FastForm<Lstm> {
  using type = FastLstm;
};

template <class Variant>
struct FastVariant;
template <class... L>
struct FastVariant<std::variant<L...>> {
  using type = std::variant<typename FastForm<L>::type...>;
};

using FastLayer = FastVariant<Layer>::type;
using FastNetwork = BasicNetwork<FastLayer>;

/// A layer's fast form.
template <class L>
FastLayer fast_layer(const L& layer, Workshop& workshop) {
  typename FastForm<L>::type form;
  static_cast<L&>(form) = layer;
  if constexpr (!std::is_same_v<typename FastForm<L>::type, L>) form.workshop = &workshop;
  return form;
}

/// Lets a dense layer apply the activation behind it; false if that cannot be.
inline bool fuse(FastLayer& before, const FastLayer& layer) {
  FastDense* dense = std::get_if<FastDense>(&before);
  return dense && dense->function == Function::identity &&
         std::visit(
             [&]<class L>(const L&) {
               if constexpr (requires { L::kind; }) dense->function = L::kind;
               return requires { L::kind; };
             },
             layer);
}

/// The same network of fast layers, which use the workshop as long as they live. The last layer stays by itself, for
/// the loss to fuse with; and all do where there is dropout, whose masks depend on the numbers of the layers.
inline FastNetwork fast_network(const Network& network, Workshop& workshop) {
  std::vector<FastLayer> layers;
  for (const Layer& layer : network.layers()) {
    FastLayer form = std::visit([&](const auto& given) { return fast_layer(given, workshop); }, layer);
    const bool alone = network.uses_masks() || layers.empty() || &layer == &network.layers().back();
    if (alone || !fuse(layers.back(), form)) layers.push_back(std::move(form));
  }
  return FastNetwork(std::move(layers));
}

}  // namespace gradus::engine
