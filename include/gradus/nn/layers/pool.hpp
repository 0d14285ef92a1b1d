// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <limits>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/nn/layer_memory.hpp"
#include "gradus/nn/layers/window.hpp"
#include "gradus/nn/parameter_block.hpp"
#include "gradus/nn/traits.hpp"

namespace gradus {

/// What the two kinds of pooling share. X is (batch, channels * height * width), Y (batch, channels * places), for
/// pictures (dims = 2) or signals (dims = 1: height 1). No parameters. A window as large as the picture pools globally.
/// Cells outside the picture are left out.
template <int dims>
struct Pool {
  static constexpr bool is_activation = false;
  static constexpr Exponentials exponentials = Exponentials::none;
  static constexpr Answers answers(const Answers& inputs) { return inputs.among(); }

  Window window;

  Index inputs() const { return window.inputs(); }
  Index outputs() const { return window.channels * window.places().size(); }
  Index parameter_count() const { return 0; }
  std::vector<ParameterBlock> parameter_blocks() const { return {}; }
  bool is_global() const { return window.kernel == window.size && window.padding == Extent{0, 0}; }

  bool operator==(const Pool&) const = default;

 protected:
  void check_window(std::string_view name) const {
    window.check(name);
    const auto too_wide = [](Index padding, Index kernel) { return 2 * padding > kernel; };
    if (too_wide(window.padding.height, window.kernel.height) || too_wide(window.padding.width, window.kernel.width) ||
        window.dilation != Extent{1, 1})
      throw ValueError("[" + std::string(name) +
                       "] expected padding of at most half the window and no dilation, so that no window is empty");
    if (dims == 1 && (window.size.height != 1 || window.kernel.height != 1))
      throw ValueError("[" + std::string(name) + "] expected a signal of height 1");
  }

  /// Calls f(input) for every input under the window of output j.
  template <class F>
  void for_each_cell(Index j, F f) const {
    const Extent places = window.places();
    const Index channel = j / places.size();
    const Index py = j % places.size() / places.width;
    const Index px = j % places.width;
    for (Index ky = 0; ky < window.kernel.height; ++ky) {
      const Index y = window.input_row(py, ky);
      if (y < 0 || y >= window.size.height) continue;
      for (Index kx = 0; kx < window.kernel.width; ++kx) {
        const Index x = window.input_col(px, kx);
        if (x >= 0 && x < window.size.width) f((channel * window.size.height + y) * window.size.width + x);
      }
    }
  }
};

/// Max pooling
///
///     Y[i, p] = max of X over the window at place p
///
/// Kink where two cells tie for the maximum: the derivative goes to the first of them. A NaN under the window is the
/// maximum.
template <int dims>
struct MaxPool : Pool<dims> {
  static constexpr std::string_view name = dims == 1 ? "maxpool1d" : "maxpool2d";
  static constexpr Formulas formulas() {
    return {"y[p] = the largest x under the window", "dx = dy at the largest, else 0"};
  }

  void check() const { this->check_window(name); }

  template <Number T>
  void forward(std::span<const T> /*theta*/, ConstMatrixView<T> x, MatrixView<T> y, LayerMemory<T>& memory) const {
    memory.indices.resize(static_cast<std::size_t>(y.size()));
    for (Index i = 0; i < y.rows(); ++i)
      for (Index j = 0; j < y.cols(); ++j) {
        Index best = -1;
        this->for_each_cell(j, [&](Index at) {
          const Scalar<T> value = value_of(x(i, at));
          if (best < 0 || value > value_of(x(i, best)) || std::isnan(value)) best = at;
        });
        memory.indices[static_cast<std::size_t>(i * y.cols() + j)] = best;
        y(i, j) = x(i, best);
      }
  }

  ///     dX[i, q] = sum of dY[i, p] over the windows p whose maximum is at q
  template <std::floating_point T>
  void backward(std::span<const T> /*theta*/, ConstMatrixView<T> /*x*/, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> /*dtheta*/, LayerMemory<T>& memory) const {
    for (Index i = 0; i < dx.rows(); ++i) {
      for (T& value : dx.row(i)) value = 0;
      for (Index j = 0; j < dy.cols(); ++j)
        dx(i, memory.indices[static_cast<std::size_t>(i * dy.cols() + j)]) += dy(i, j);
    }
  }

  /// Half the lead of the largest cell under output j's window over the next: moved by less, it stays the largest.
  template <std::floating_point T>
  double kink_distance(std::span<const T> /*theta*/, ConstMatrixView<T> x, Index i, Index j) const {
    T first = -std::numeric_limits<T>::infinity();
    T second = first;
    this->for_each_cell(j, [&](Index at) {
      const T value = x(i, at);
      if (value > first)
        second = std::exchange(first, value);
      else if (value > second)
        second = value;
    });
    return static_cast<double>(first - second) / 2;
  }

  bool operator==(const MaxPool&) const = default;
};

/// Average pooling
///
///     Y[i, p] = mean of X over the cells of the window at place p that lie inside the picture
template <int dims>
struct AveragePool : Pool<dims> {
  static constexpr std::string_view name = dims == 1 ? "avgpool1d" : "avgpool2d";
  static constexpr Formulas formulas() {
    return {"y[p] = the mean of x under the window", "dx = dy / cells, added up"};
  }

  void check() const { this->check_window(name); }

  template <Number T>
  void forward(std::span<const T> /*theta*/, ConstMatrixView<T> x, MatrixView<T> y) const {
    for (Index i = 0; i < y.rows(); ++i)
      for (Index j = 0; j < y.cols(); ++j) {
        T sum(Scalar<T>(0));
        Index count = 0;
        this->for_each_cell(j, [&](Index at) {
          sum += x(i, at);
          ++count;
        });
        y(i, j) = sum / static_cast<Scalar<T>>(count);
      }
  }

  ///     dX[i, q] = sum of dY[i, p] / cells(p) over the windows p that cover q
  template <std::floating_point T>
  void backward(std::span<const T> /*theta*/, ConstMatrixView<T> /*x*/, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> /*dtheta*/) const {
    for (Index i = 0; i < dx.rows(); ++i) {
      for (T& value : dx.row(i)) value = 0;
      for (Index j = 0; j < dy.cols(); ++j) {
        Index count = 0;
        this->for_each_cell(j, [&](Index) { ++count; });
        const T share = dy(i, j) / static_cast<T>(count);
        this->for_each_cell(j, [&](Index at) { dx(i, at) += share; });
      }
    }
  }

  bool operator==(const AveragePool&) const = default;
};

using MaxPool1d = MaxPool<1>;
using MaxPool2d = MaxPool<2>;
using AveragePool1d = AveragePool<1>;
using AveragePool2d = AveragePool<2>;

/// The window that pools a whole picture into one number a channel.
inline Window global_window(Index channels, Extent size) {
  return {.channels = channels, .size = size, .kernel = size, .stride = size};
}

}  // namespace gradus
