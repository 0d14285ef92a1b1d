// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

#include "gradus/nn/layer_memory.hpp"
#include "gradus/nn/parameter_block.hpp"
#include "gradus/nn/traits.hpp"

namespace gradus {

/// Inverted dropout (Srivastava et al., 2014)
///
///     in training:  Y = M * X,   M[i, j] = 0 with probability `rate`, else 1 / (1 - rate)
///     in use:       Y = X
///
/// X and Y are (batch, width). No parameters. M[i, j] is a function of the memory's seed and of the row's number in the
/// whole batch, of nothing else: not of threads, nor of how a batch is cut up.
struct Dropout {
  static constexpr std::string_view name = "dropout";
  static constexpr bool is_activation = false;
  static constexpr Exponentials exponentials = Exponentials::none;
  static constexpr Answers answers(const Answers& /*inputs*/) { return any_number; }
  static constexpr Formulas formulas() { return {"y = m x, m = 0 or 1 / (1 - rate)", "dx = m dy"}; }
  static constexpr bool uses_masks = true;

  Index width = 0;
  double rate = 0.5;

  Index inputs() const { return width; }
  Index outputs() const { return width; }
  Index parameter_count() const { return 0; }
  std::vector<ParameterBlock> parameter_blocks() const { return {}; }
  void check() const {
    if (!(rate >= 0 && rate < 1))
      throw ValueError("[dropout] expected a rate of at least 0 and below 1, got " + std::to_string(rate));
  }

  template <Number T>
  void forward(std::span<const T> /*theta*/, ConstMatrixView<T> x, MatrixView<T> y, LayerMemory<T>& memory) const {
    for (Index i = 0; i < x.rows(); ++i)
      for (Index j = 0; j < width; ++j) y(i, j) = x(i, j) * mask(memory, i, j);
  }

  ///     dX = M * dY
  template <std::floating_point T>
  void backward(std::span<const T> /*theta*/, ConstMatrixView<T> /*x*/, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> /*dtheta*/, LayerMemory<T>& memory) const {
    for (Index i = 0; i < dx.rows(); ++i)
      for (Index j = 0; j < width; ++j) dx(i, j) = dy(i, j) * mask(memory, i, j);
  }

  bool operator==(const Dropout&) const = default;

 private:
  template <Number T>
  Scalar<T> mask(const LayerMemory<T>& memory, Index i, Index j) const {
    if (memory.mode == Mode::inference) return 1;
    const auto cell = static_cast<std::uint64_t>((memory.first_row + i) * width + j);
    const double uniform = static_cast<double>(mixed(memory.seed, cell) >> 11) * 0x1p-53;  // in [0, 1)
    return uniform < rate ? Scalar<T>(0) : static_cast<Scalar<T>>(1 / (1 - rate));
  }
};

}  // namespace gradus
