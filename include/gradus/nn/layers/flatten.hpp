// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string_view>
#include <vector>

#include "gradus/nn/parameter_block.hpp"
#include "gradus/nn/traits.hpp"

namespace gradus {

/// Takes pictures as plain rows of numbers: Y = X, both (batch, width). A picture is stored as such a row anyhow, so
/// this only marks where its shape ends.
struct Flatten {
  static constexpr std::string_view name = "flatten";
  static constexpr bool is_activation = false;
  static constexpr Exponentials exponentials = Exponentials::none;
  static constexpr Answers answers(const Answers& inputs) { return inputs; }
  static constexpr Formulas formulas() { return {"y = x, as one row", "dx = dy"}; }

  Index width = 0;

  static Flatten on(Index width, Index /*channels*/) { return {width}; }

  Index inputs() const { return width; }
  Index outputs() const { return width; }
  Index parameter_count() const { return 0; }
  std::vector<ParameterBlock> parameter_blocks() const { return {}; }

  template <Number T>
  void forward(std::span<const T> /*theta*/, ConstMatrixView<T> x, MatrixView<T> y) const {
    for (Index i = 0; i < x.rows(); ++i) std::copy_n(x.row(i).begin(), width, y.row(i).begin());
  }

  ///     dX = dY
  template <std::floating_point T>
  void backward(std::span<const T> /*theta*/, ConstMatrixView<T> /*x*/, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> /*dtheta*/) const {
    for (Index i = 0; i < dx.rows(); ++i) std::copy_n(dy.row(i).begin(), width, dx.row(i).begin());
  }

  bool operator==(const Flatten&) const = default;
};

}  // namespace gradus
