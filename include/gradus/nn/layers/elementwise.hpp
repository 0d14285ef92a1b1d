// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <string_view>
#include <vector>

#include "gradus/nn/activation.hpp"
#include "gradus/nn/parameter_block.hpp"

namespace gradus {

/// An activation function applied to each number:
///
///     Y = f(X)
///
/// X and Y are (batch, width). No parameters. `F` is one of gradus::activation, or anything of their form.
template <class F>
struct Elementwise {
  static constexpr std::string_view name = F::name;
  static constexpr bool is_activation = true;
  static constexpr Exponentials exponentials = F::exponentials;
  static constexpr Answers answers(const Answers& /*inputs*/) { return F::answers; }
  static constexpr Formulas formulas() { return {"y = f(x), number by number", "dx = f'(x) dy"}; }

  Index width = 0;

  static Elementwise on(Index width, Index /*channels*/) { return {width}; }

  Index inputs() const { return width; }
  Index outputs() const { return width; }
  Index parameter_count() const { return 0; }
  std::vector<ParameterBlock> parameter_blocks() const { return {}; }

  template <Number T>
  void forward(std::span<const T> /*theta*/, ConstMatrixView<T> x, MatrixView<T> y) const {
    for (Index i = 0; i < x.rows(); ++i)
      for (Index j = 0; j < width; ++j) y(i, j) = F::value(x(i, j));
  }

  ///     dX = f'(X) * dY, number by number
  template <std::floating_point T>
  void backward(std::span<const T> /*theta*/, ConstMatrixView<T> x, ConstMatrixView<T> y, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> /*dtheta*/) const {
    if (dx.empty()) return;
    for (Index i = 0; i < x.rows(); ++i)
      for (Index j = 0; j < width; ++j) dx(i, j) = F::derivative(x(i, j), y(i, j)) * dy(i, j);
  }

  /// How far x(i, j) is from the nearest kink.
  template <std::floating_point T>
  double kink_distance(std::span<const T> /*theta*/, ConstMatrixView<T> x, Index i, Index j) const {
    double distance = std::numeric_limits<double>::infinity();
    for (const double kink : F::kinks) distance = std::min(distance, std::abs(static_cast<double>(x(i, j)) - kink));
    return distance;
  }

  bool operator==(const Elementwise&) const = default;
};

}  // namespace gradus
