// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cassert>
#include <string_view>
#include <vector>

#include "gradus/nn/layer_memory.hpp"
#include "gradus/nn/parameter_block.hpp"
#include "gradus/nn/traits.hpp"

/// The residual connection (He et al., 2016): Y = X + F(X), where F is any chain of layers that gives back as many
/// numbers as it takes. In the network's chain it stands as two layers around F, so that the chain stays flat: the
/// first hands X on and remembers it, the second adds it. In backward, the second remembers dY and the first adds it.
namespace gradus {

/// What the two ends share: rows of `width` numbers, no parameters.
struct ResidualEnd {
  static constexpr Exponentials exponentials = Exponentials::none;
  static constexpr Answers answers(const Answers& /*inputs*/) { return any_number; }

  Index width = 0;

  Index inputs() const { return width; }
  Index outputs() const { return width; }
  Index parameter_count() const { return 0; }
  std::vector<ParameterBlock> parameter_blocks() const { return {}; }

  bool operator==(const ResidualEnd&) const = default;

 protected:
  /// to = from + other (other: nothing if empty), and `kept` a copy of from.
  template <Number T>
  static void add(ConstMatrixView<T> from, const std::vector<T>* other, MatrixView<T> to, std::vector<T>& kept) {
    kept.resize(static_cast<std::size_t>(from.size()));
    for (Index i = 0; i < from.rows(); ++i)
      for (Index j = 0; j < from.cols(); ++j) {
        const auto at = static_cast<std::size_t>(i * from.cols() + j);
        kept[at] = from(i, j);
        if (!to.empty()) to(i, j) = other ? from(i, j) + (*other)[at] : from(i, j);
      }
  }
};

/// Y = X, remembered for the other end; dX = dY + what the other end was given. Where the pass does not go through the
/// other end, dX = dY.
struct ResidualBegin : ResidualEnd {
  static constexpr std::string_view name = "residual begin";
  static constexpr Formulas formulas() { return {"y = x, remembered", "dx = dy + what the other end was given"}; }
  static constexpr bool is_activation = true;
  static constexpr bool opens_block = true;

  template <Number T>
  void forward(std::span<const T> /*theta*/, ConstMatrixView<T> x, MatrixView<T> y, LayerMemory<T>& memory) const {
    add<T>(x, nullptr, y, memory.numbers);
  }
  template <std::floating_point T>
  void backward(std::span<const T> /*theta*/, ConstMatrixView<T> /*x*/, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> /*dtheta*/, LayerMemory<T>& memory) const {
    if (!dx.empty()) add<T>(dy, memory.partner ? &memory.partner->work : nullptr, dx, memory.work);
  }

  bool operator==(const ResidualBegin&) const = default;
};

/// Y = X + what the beginning remembers; dX = dY.
struct ResidualAdd : ResidualEnd {
  static constexpr std::string_view name = "residual add";
  static constexpr Formulas formulas() { return {"y = x + what was remembered", "dx = dy"}; }
  static constexpr bool is_activation = true;
  static constexpr bool closes_block = true;

  template <Number T>
  void forward(std::span<const T> /*theta*/, ConstMatrixView<T> x, MatrixView<T> y, LayerMemory<T>& memory) const {
    assert(memory.partner && static_cast<Index>(memory.partner->numbers.size()) == x.size());
    add<T>(x, &memory.partner->numbers, y, memory.numbers);
  }
  template <std::floating_point T>
  void backward(std::span<const T> /*theta*/, ConstMatrixView<T> /*x*/, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> /*dtheta*/, LayerMemory<T>& memory) const {
    add<T>(dy, nullptr, dx, memory.work);
  }

  bool operator==(const ResidualAdd&) const = default;
};

}  // namespace gradus
