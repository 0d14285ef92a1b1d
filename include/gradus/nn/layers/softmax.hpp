// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "gradus/core/elementary.hpp"
#include "gradus/nn/parameter_block.hpp"
#include "gradus/nn/traits.hpp"

namespace gradus {

/// Softmax over each row:
///
///     Y[i, j] = exp(X[i, j] - m_i) / sum_k exp(X[i, k] - m_i),   m_i = max_k X[i, k]
///
/// X and Y are (batch, width); every row of Y is positive and sums to 1. Subtracting the row's maximum changes nothing
/// in exact arithmetic and keeps exp from overflowing. No parameters. Source: Bridle (1990).
struct Softmax {
  static constexpr std::string_view name = "softmax";
  static constexpr bool is_activation = true;
  static constexpr Exponentials exponentials = Exponentials::bounded;
  static constexpr Answers answers(const Answers& /*inputs*/) { return {Answers::Kind::distribution, 0, 1, true}; }
  static constexpr Formulas formulas() {
    return {"y[k] = exp x[k] / sum_j exp x[j]", "dx[k] = y[k] (dy[k] - sum_j dy[j] y[j])"};
  }

  Index width = 0;

  static Softmax on(Index width, Index /*channels*/) { return {width}; }

  Index inputs() const { return width; }
  Index outputs() const { return width; }
  Index parameter_count() const { return 0; }
  std::vector<ParameterBlock> parameter_blocks() const { return {}; }

  template <Number T>
  void forward(std::span<const T> /*theta*/, ConstMatrixView<T> x, MatrixView<T> y) const {
    for (Index i = 0; i < x.rows(); ++i) {
      // The maximum is a constant of the derivative: the terms it would add cancel.
      Scalar<T> max = value_of(x(i, 0));
      for (Index j = 1; j < width; ++j) max = std::max(max, value_of(x(i, j)));
      T sum(Scalar<T>(0));
      for (Index j = 0; j < width; ++j) {
        y(i, j) = exp(x(i, j) - max);
        sum += y(i, j);
      }
      for (Index j = 0; j < width; ++j) y(i, j) = y(i, j) / sum;
    }
  }

  ///     dX[i, j] = Y[i, j] (dY[i, j] - sum_k dY[i, k] Y[i, k])
  template <std::floating_point T>
  void backward(std::span<const T> /*theta*/, ConstMatrixView<T> /*x*/, ConstMatrixView<T> y, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> /*dtheta*/) const {
    if (dx.empty()) return;
    for (Index i = 0; i < y.rows(); ++i) {
      T mean = 0;
      for (Index k = 0; k < width; ++k) mean += dy(i, k) * y(i, k);
      for (Index j = 0; j < width; ++j) dx(i, j) = y(i, j) * (dy(i, j) - mean);
    }
  }

  bool operator==(const Softmax&) const = default;
};

}  // namespace gradus
