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

/// Layer normalisation (Ba, Kiros and Hinton, 2016), of each sample by itself
///
///     N[i, j] = (X[i, j] - mean_i) / sqrt(variance_i + epsilon),   Y[i, j] = s[j] N[i, j] + b[j]
///
/// with mean and (biased) variance over row i. X and Y are (batch, width). Parameters: s (width), which starts at 1,
/// then b (width), which starts at 0.
struct LayerNorm {
  static constexpr std::string_view name = "layernorm";
  static constexpr bool is_activation = false;
  static constexpr Exponentials exponentials = Exponentials::none;
  static constexpr Answers answers(const Answers& /*inputs*/) { return any_number; }
  static constexpr Formulas formulas() {
    return {"n = (x - mean) / sqrt(variance + eps), y = s n + b",
            "dn = s dy, dx = (dn - mean dn - n mean(dn n)) / sqrt(variance + eps)"};
  }

  Index width = 0;
  double epsilon = 1e-5;

  static LayerNorm on(Index width, Index /*channels*/) { return {width}; }
  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("epsilon", epsilon, Range::above_0);
  }

  Index inputs() const { return width; }
  Index outputs() const { return width; }
  Index parameter_count() const { return 2 * width; }
  std::vector<ParameterBlock> parameter_blocks() const {
    return {{.name = "scale",
             .rows = 1,
             .cols = width,
             .offset = 0,
             .is_bias = true,
             .start = 1.0,
             .derivative = "ds = sum over samples of dy n"},
            {.name = "shift",
             .rows = 1,
             .cols = width,
             .offset = width,
             .is_bias = true,
             .start = 0.0,
             .derivative = "db = sum over samples of dy"}};
  }
  void check() const { check_options(*this); }

  /// Kept for backward: N, then 1 / sqrt(variance_i + epsilon) of each row.
  template <Number T>
  void forward(std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y, LayerMemory<T>& memory) const {
    using std::sqrt;
    memory.numbers.resize(static_cast<std::size_t>(x.rows() * (width + 1)));
    const auto n = static_cast<Scalar<T>>(width);
    for (Index i = 0; i < x.rows(); ++i) {
      T mean(Scalar<T>(0));
      for (Index j = 0; j < width; ++j) mean += x(i, j);
      mean = mean / n;
      T variance(Scalar<T>(0));
      for (Index j = 0; j < width; ++j) {
        const T d = x(i, j) - mean;
        variance += d * d;
      }
      const T scale = Scalar<T>(1) / sqrt(variance / n + static_cast<Scalar<T>>(epsilon));
      memory.numbers[static_cast<std::size_t>(x.rows() * width + i)] = scale;
      for (Index j = 0; j < width; ++j) {
        const T normal = (x(i, j) - mean) * scale;
        memory.numbers[static_cast<std::size_t>(i * width + j)] = normal;
        y(i, j) = theta[static_cast<std::size_t>(j)] * normal + theta[static_cast<std::size_t>(width + j)];
      }
    }
  }

  ///     db[j] = sum_i dY[i, j],   ds[j] = sum_i dY[i, j] N[i, j]
  ///     dN = s * dY
  ///     dX[i, j] = (dN[i, j] - mean_k dN[i, k] - N[i, j] mean_k dN[i, k] N[i, k]) / sqrt(variance_i + epsilon)
  template <std::floating_point T>
  void backward(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> dtheta, LayerMemory<T>& memory) const {
    const ConstMatrixView<T> normal{memory.numbers.data(), x.rows(), width};
    for (T& d : dtheta) d = 0;
    for (Index i = 0; i < x.rows(); ++i) {
      T mean = 0;
      T mean_normal = 0;
      for (Index j = 0; j < width; ++j) {
        dtheta[static_cast<std::size_t>(j)] += dy(i, j) * normal(i, j);
        dtheta[static_cast<std::size_t>(width + j)] += dy(i, j);
        const T dn = theta[static_cast<std::size_t>(j)] * dy(i, j);
        mean += dn;
        mean_normal += dn * normal(i, j);
      }
      mean /= static_cast<T>(width);
      mean_normal /= static_cast<T>(width);
      const T scale = memory.numbers[static_cast<std::size_t>(x.rows() * width + i)];
      for (Index j = 0; !dx.empty() && j < width; ++j)
        dx(i, j) = (theta[static_cast<std::size_t>(j)] * dy(i, j) - mean - normal(i, j) * mean_normal) * scale;
    }
  }

  bool operator==(const LayerNorm&) const = default;
};

}  // namespace gradus
