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

/// Logarithm of the softmax over each row:
///
///     Y[i, j] = X[i, j] - m_i - log sum_k exp(X[i, k] - m_i),   m_i = max_k X[i, k]
///
/// X and Y are (batch, width); exp(Y) sums to 1 in every row. Range (-inf, 0]; finite for every finite X, where the
/// logarithm of a softmax would be that of 0. No parameters.
struct LogSoftmax {
  static constexpr std::string_view name = "logsoftmax";
  static constexpr bool is_activation = true;
  static constexpr Exponentials exponentials = Exponentials::bounded;
  static constexpr Answers answers(const Answers& /*inputs*/) {
    return {.kind = Answers::Kind::log_distribution, .high = 0};
  }
  static constexpr Formulas formulas() {
    return {"y[k] = x[k] - log sum_j exp x[j]", "dx[k] = dy[k] - exp(y[k]) sum_j dy[j]"};
  }

  Index width = 0;

  static LogSoftmax on(Index width, Index /*channels*/) { return {width}; }

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
      for (Index j = 0; j < width; ++j) sum += exp(x(i, j) - max);
      const T log_sum = log(sum);
      for (Index j = 0; j < width; ++j) y(i, j) = (x(i, j) - max) - log_sum;
    }
  }

  ///     dX[i, j] = dY[i, j] - exp(Y[i, j]) sum_k dY[i, k]
  template <std::floating_point T>
  void backward(std::span<const T> /*theta*/, ConstMatrixView<T> /*x*/, ConstMatrixView<T> y, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> /*dtheta*/) const {
    for (Index i = 0; i < dx.rows(); ++i) {
      T sum = 0;
      for (Index k = 0; k < width; ++k) sum += dy(i, k);
      for (Index j = 0; j < width; ++j) dx(i, j) = dy(i, j) - exp(y(i, j)) * sum;
    }
  }

  bool operator==(const LogSoftmax&) const = default;
};

}  // namespace gradus
