// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

#include "gradus/nn/parameter_block.hpp"
#include "gradus/nn/traits.hpp"

namespace gradus {

/// Fully connected layer
///
///     Y = X W + b
///
/// X is (batch, inputs), W (inputs, outputs), b (outputs), Y (batch, outputs): one sample a row. Parameters: W row by
/// row, then b.
struct Dense {
  static constexpr std::string_view name = "dense";
  static constexpr bool is_activation = false;
  static constexpr Exponentials exponentials = Exponentials::none;
  static constexpr Answers answers(const Answers& /*inputs*/) { return any_number; }
  constexpr Formulas formulas() const { return {bias ? "y = x W + b" : "y = x W", "dx = dy W^T"}; }

  Index in = 0;
  Index out = 0;
  bool bias = true;

  Index inputs() const { return in; }
  Index outputs() const { return out; }
  Index parameter_count() const { return in * out + (bias ? out : 0); }
  std::vector<ParameterBlock> parameter_blocks() const {
    std::vector<ParameterBlock> blocks{
        {.name = "weights", .rows = in, .cols = out, .offset = 0, .derivative = "dW = x^T dy"}};
    if (bias)
      blocks.push_back({.name = "bias",
                        .rows = 1,
                        .cols = out,
                        .offset = in * out,
                        .is_bias = true,
                        .derivative = "db = sum over samples of dy"});
    return blocks;
  }

  ///     Y[i, j] = b[j] + sum_k X[i, k] W[k, j]
  template <Number T>
  void forward(std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y) const {
    const ConstMatrixView<T> w{theta.data(), in, out};
    const std::span<const T> b = theta.subspan(static_cast<std::size_t>(in * out));
    for (Index i = 0; i < x.rows(); ++i)
      for (Index j = 0; j < out; ++j) {
        T sum = bias ? b[static_cast<std::size_t>(j)] : T(Scalar<T>(0));
        for (Index k = 0; k < in; ++k) sum += x(i, k) * w(k, j);
        y(i, j) = sum;
      }
  }

  ///     dW[k, j] = sum_i X[i, k] dY[i, j],   db[j] = sum_i dY[i, j],   dX[i, k] = sum_j dY[i, j] W[k, j]
  template <std::floating_point T>
  void backward(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> dtheta) const {
    const ConstMatrixView<T> w{theta.data(), in, out};
    const MatrixView<T> dw{dtheta.data(), in, out};
    const std::span<T> db = dtheta.subspan(static_cast<std::size_t>(in * out));
    for (Index k = 0; k < in; ++k)
      for (Index j = 0; j < out; ++j) {
        T sum = 0;
        for (Index i = 0; i < x.rows(); ++i) sum += x(i, k) * dy(i, j);
        dw(k, j) = sum;
      }
    for (Index j = 0; bias && j < out; ++j) {
      T sum = 0;
      for (Index i = 0; i < x.rows(); ++i) sum += dy(i, j);
      db[static_cast<std::size_t>(j)] = sum;
    }
    if (dx.empty()) return;
    for (Index i = 0; i < x.rows(); ++i)
      for (Index k = 0; k < in; ++k) {
        T sum = 0;
        for (Index j = 0; j < out; ++j) sum += dy(i, j) * w(k, j);
        dx(i, k) = sum;
      }
  }

  bool operator==(const Dense&) const = default;
};

}  // namespace gradus
