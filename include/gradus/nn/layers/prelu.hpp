// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>
#include <vector>

#include "gradus/nn/parameter_block.hpp"
#include "gradus/nn/traits.hpp"

namespace gradus {

/// Parametric ReLU (He et al., 2015)
///
///     Y = X where X > 0, else A * X
///
/// X and Y are (batch, width). Parameters: the slopes a, each shared by width / slopes numbers in a row: one a unit, or
/// one a channel of a picture. They start at 1/4. Kink at 0, where dY/dX = a.
struct Prelu {
  static constexpr std::string_view name = "prelu";
  static constexpr bool is_activation = true;
  static constexpr Exponentials exponentials = Exponentials::none;
  static constexpr Answers answers(const Answers& /*inputs*/) { return any_number; }
  static constexpr Formulas formulas() { return {"y = x where x > 0, else a x", "dx = dy where x > 0, else a dy"}; }

  Index width = 0;
  Index slopes = 0;

  static Prelu on(Index width, Index channels) { return {width, channels}; }

  Index inputs() const { return width; }
  Index outputs() const { return width; }
  Index parameter_count() const { return slopes; }
  std::vector<ParameterBlock> parameter_blocks() const {
    return {{.name = "slopes",
             .rows = 1,
             .cols = slopes,
             .offset = 0,
             .is_bias = true,
             .start = 0.25,
             .derivative = "da = sum of x dy where x <= 0"}};
  }
  void check() const {
    if (slopes < 1 || width % slopes != 0)
      throw ValueError("[prelu] expected a number of slopes that divides " + std::to_string(width) + ", got " +
                       std::to_string(slopes));
  }

  template <Number T>
  void forward(std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y) const {
    for (Index i = 0; i < x.rows(); ++i)
      for (Index j = 0; j < width; ++j) {
        const T& z = x(i, j);
        y(i, j) = z > Scalar<T>(0) ? z : z * theta[slope(j)];
      }
  }

  ///     dX = dY where X > 0, else A * dY;   dA = sum of X * dY where not X > 0
  template <std::floating_point T>
  void backward(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> dtheta) const {
    std::fill(dtheta.begin(), dtheta.end(), T(0));
    for (Index i = 0; i < x.rows(); ++i)
      for (Index j = 0; j < width; ++j) {
        const T z = x(i, j);
        if (!(z > 0)) dtheta[slope(j)] += z * dy(i, j);
        if (!dx.empty()) dx(i, j) = z > 0 ? dy(i, j) : theta[slope(j)] * dy(i, j);
      }
  }

  template <std::floating_point T>
  double kink_distance(std::span<const T> /*theta*/, ConstMatrixView<T> x, Index i, Index j) const {
    return std::abs(static_cast<double>(x(i, j)));
  }

  bool operator==(const Prelu&) const = default;

 private:
  std::size_t slope(Index j) const { return static_cast<std::size_t>(j / (width / slopes)); }
};

}  // namespace gradus
