// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <string_view>
#include <vector>

#include "gradus/core/options.hpp"
#include "gradus/nn/layer_memory.hpp"
#include "gradus/nn/parameter_block.hpp"
#include "gradus/nn/traits.hpp"

namespace gradus {

/// Root mean square normalisation (Zhang and Sennrich, 2019), of each sample by itself: layer normalisation without the
/// mean
///
///     N[i, j] = X[i, j] / sqrt(mean_k X[i, k]^2 + epsilon),   Y[i, j] = s[j] N[i, j]
///
/// X and Y are (batch, width). Parameters: s (width), which starts at 1.
struct RmsNorm {
  static constexpr std::string_view name = "rmsnorm";
  static constexpr bool is_activation = false;
  static constexpr Exponentials exponentials = Exponentials::none;
  static constexpr Answers answers(const Answers& /*inputs*/) { return any_number; }
  static constexpr Formulas formulas() {
    return {"n = x / sqrt(mean x^2 + eps), y = s n", "dn = s dy, dx = (dn - n mean(dn n)) / sqrt(mean x^2 + eps)"};
  }

  Index width = 0;
  double epsilon = 1e-5;

  static RmsNorm on(Index width, Index /*channels*/) { return {width}; }
  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("epsilon", epsilon, Range::above_0);
  }

  Index inputs() const { return width; }
  Index outputs() const { return width; }
  Index parameter_count() const { return width; }
  std::vector<ParameterBlock> parameter_blocks() const {
    return {{.name = "scale",
             .rows = 1,
             .cols = width,
             .offset = 0,
             .is_bias = true,
             .start = 1.0,
             .derivative = "ds = sum over samples of dy n"}};
  }
  void check() const { check_options(*this); }

  /// Kept for backward: 1 / sqrt(mean_k X[i, k]^2 + epsilon) of each row.
  template <Number T>
  void forward(std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y, LayerMemory<T>& memory) const {
    using std::sqrt;
    memory.numbers.resize(static_cast<std::size_t>(x.rows()));
    for (Index i = 0; i < x.rows(); ++i) {
      T squares(Scalar<T>(0));
      for (Index j = 0; j < width; ++j) squares += x(i, j) * x(i, j);
      const T mean = squares / static_cast<Scalar<T>>(width);
      const T scale = Scalar<T>(1) / sqrt(mean + static_cast<Scalar<T>>(epsilon));
      memory.numbers[static_cast<std::size_t>(i)] = scale;
      for (Index j = 0; j < width; ++j) y(i, j) = theta[static_cast<std::size_t>(j)] * (x(i, j) * scale);
    }
  }

  ///     ds[j] = sum_i dY[i, j] N[i, j]
  ///     dN = s * dY
  ///     dX[i, j] = (dN[i, j] - N[i, j] mean_k dN[i, k] N[i, k]) / sqrt(mean_k X[i, k]^2 + epsilon)
  template <std::floating_point T>
  void backward(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> dtheta, LayerMemory<T>& memory) const {
    for (T& d : dtheta) d = 0;
    for (Index i = 0; i < x.rows(); ++i) {
      const T scale = memory.numbers[static_cast<std::size_t>(i)];
      T mean = 0;
      for (Index j = 0; j < width; ++j) {
        const T normal = x(i, j) * scale;
        dtheta[static_cast<std::size_t>(j)] += dy(i, j) * normal;
        mean += theta[static_cast<std::size_t>(j)] * dy(i, j) * normal;
      }
      mean /= static_cast<T>(width);
      for (Index j = 0; !dx.empty() && j < width; ++j)
        dx(i, j) = (theta[static_cast<std::size_t>(j)] * dy(i, j) - x(i, j) * scale * mean) * scale;
    }
  }

  bool operator==(const RmsNorm&) const = default;
};

}  // namespace gradus
