// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

#include "gradus/nn/parameter_block.hpp"

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

  Index in = 0;
  Index out = 0;
  bool bias = true;

  Index inputs() const { return in; }
  Index outputs() const { return out; }
  Index parameter_count() const { return in * out + (bias ? out : 0); }
  std::vector<ParameterBlock> parameter_blocks() const {
    std::vector<ParameterBlock> blocks{{.name = "weights", .rows = in, .cols = out, .offset = 0, .is_bias = false}};
    if (bias) blocks.push_back({.name = "bias", .rows = 1, .cols = out, .offset = in * out, .is_bias = true});
    return blocks;
  }

  template <Number T>
  void forward(std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y) const {
    const ConstMatrixView<T> w{theta.data(), in, out};
    const std::span<const T> b = theta.subspan(static_cast<std::size_t>(in * out));
    for (Index i = 0; i < x.rows(); ++i) {
      const std::span<T> yi = y.row(i);
      for (std::size_t j = 0; j < yi.size(); ++j) yi[j] = bias ? b[j] : T(Scalar<T>(0));
      for (Index k = 0; k < in; ++k) {
        const T& xik = x(i, k);
        const std::span<const T> wk = w.row(k);
        for (std::size_t j = 0; j < yi.size(); ++j) yi[j] += xik * wk[j];
      }
    }
  }

  ///     dW = X^T dY,   db = sum of dY over the batch,   dX = dY W^T
  template <std::floating_point T>
  void backward(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> dtheta) const {
    const ConstMatrixView<T> w{theta.data(), in, out};
    const MatrixView<T> dw{dtheta.data(), in, out};
    const std::span<T> db = dtheta.subspan(static_cast<std::size_t>(in * out));
    for (T& d : dtheta) d = 0;
    for (Index i = 0; i < x.rows(); ++i) {
      const std::span<const T> dyi = dy.row(i);
      for (Index k = 0; k < in; ++k) {
        const T xik = x(i, k);
        const std::span<T> dwk = dw.row(k);
        for (std::size_t j = 0; j < dyi.size(); ++j) dwk[j] += xik * dyi[j];
      }
      if (bias)
        for (std::size_t j = 0; j < dyi.size(); ++j) db[j] += dyi[j];
      if (dx.empty()) continue;
      for (Index k = 0; k < in; ++k) {
        const std::span<const T> wk = w.row(k);
        T sum = 0;
        for (std::size_t j = 0; j < dyi.size(); ++j) sum += wk[j] * dyi[j];
        dx(i, k) = sum;
      }
    }
  }

  bool operator==(const Dense&) const = default;
};

}  // namespace gradus
