// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

#include "gradus/nn/layers/window.hpp"
#include "gradus/nn/parameter_block.hpp"
#include "gradus/nn/traits.hpp"

namespace gradus {

/// Convolution (LeCun et al., 1989; as everywhere in the field, without turning the kernel round)
///
///     Y[i, f, p] = b[f] + sum_{c, k} X[i, c, p * stride + k * dilation - padding] W[(c, k), f]
///
/// over pictures (dims = 2: p and k have a row and a column) or signals (dims = 1: height 1). What lies outside counts
/// as 0. X is (batch, channels * height * width), Y (batch, filters * places): one sample a row, channel by channel,
/// each row by row. With groups g, filters and channels are cut into g equal parts, and a filter sees the channels of
/// its own part.
///
/// Parameters: W (channels / groups * kernel cells, filters) row by row, as for a dense layer on the window's cells;
/// then b (filters).
template <int dims>
struct Conv {
  static constexpr std::string_view name = dims == 1 ? "conv1d" : "conv2d";
  static constexpr bool is_activation = false;
  static constexpr Exponentials exponentials = Exponentials::none;
  static constexpr Answers answers(const Answers& /*inputs*/) { return any_number; }
  static constexpr Formulas formulas() {
    return {"y[f, p] = b[f] + sum_(c, k) x[c, p stride + k] W[(c, k), f]", "dx[c, q] = sum of dy[f, p] W[(c, k), f]"};
  }

  Window window;
  Index filters = 1;
  Index groups = 1;
  bool bias = true;

  Index inputs() const { return window.inputs(); }
  Index outputs() const { return filters * window.places().size(); }
  Index cells() const { return window.channels / groups * window.kernel.size(); }
  Index parameter_count() const { return (cells() + (bias ? 1 : 0)) * filters; }
  std::vector<ParameterBlock> parameter_blocks() const {
    std::vector<ParameterBlock> blocks{{.name = "weights",
                                        .rows = cells(),
                                        .cols = filters,
                                        .fan_in = cells(),
                                        .fan_out = filters / groups * window.kernel.size(),
                                        .derivative = "dW[(c, k), f] = sum of x[c, p + k] dy[f, p]"}};
    if (bias)
      blocks.push_back({.name = "bias",
                        .rows = 1,
                        .cols = filters,
                        .offset = cells() * filters,
                        .is_bias = true,
                        .derivative = "db[f] = sum over samples and places of dy[f, p]"});
    return blocks;
  }
  void check() const {
    window.check(name);
    if (groups < 1 || filters < 1 || window.channels % groups != 0 || filters % groups != 0)
      throw ValueError("[" + std::string(name) + "] expected groups that divide channels and filters, got " +
                       std::to_string(groups) + " for " + std::to_string(window.channels) + " channels and " +
                       std::to_string(filters) + " filters");
    if (dims == 1 && (window.size.height != 1 || window.kernel.height != 1 || window.padding.height != 0))
      throw ValueError("[conv1d] expected a signal of height 1");
  }

  template <Number T>
  void forward(std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y) const {
    const ConstMatrixView<T> w{theta.data(), cells(), filters};
    const Index places = window.places().size();
    for (Index i = 0; i < x.rows(); ++i) {
      for (Index j = 0; j < y.cols(); ++j)
        y(i, j) = bias ? theta[static_cast<std::size_t>(cells() * filters + j / places)] : T(Scalar<T>(0));
      for_each_row([&](Index row, Index filter, Index from, Index to, Index count) {
        const T weight = w(row, filter);
        const T* in = &x(i, from);
        T* out = &y(i, to);
        for (Index k = 0; k < count; ++k) out[k] += in[k * window.stride.width] * weight;
      });
    }
  }

  ///     dW[(c, k), f] = sum_{i, p} X[i, c, p * stride + k * dilation - padding] dY[i, f, p],
  ///     db[f] = sum_{i, p} dY[i, f, p],
  ///     dX[i, c, q] = sum of dY[i, f, p] W[(c, k), f] over all f, p, k with p * stride + k * dilation - padding = q
  template <std::floating_point T>
  void backward(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> dtheta) const {
    const ConstMatrixView<T> w{theta.data(), cells(), filters};
    const MatrixView<T> dw{dtheta.data(), cells(), filters};
    const Index places = window.places().size();
    std::fill(dtheta.begin(), dtheta.end(), T(0));
    for (Index i = 0; i < x.rows(); ++i) {
      for (Index j = 0; bias && j < dy.cols(); ++j)
        dtheta[static_cast<std::size_t>(cells() * filters + j / places)] += dy(i, j);
      for_each_row([&](Index row, Index filter, Index from, Index to, Index count) {
        const T* in = &x(i, from);
        const T* d = &dy(i, to);
        T sum = 0;
        for (Index k = 0; k < count; ++k) sum += in[k * window.stride.width] * d[k];
        dw(row, filter) += sum;
      });
      if (dx.empty()) continue;
      for (T& value : dx.row(i)) value = 0;
      for_each_row([&](Index row, Index filter, Index from, Index to, Index count) {
        const T weight = w(row, filter);
        const T* d = &dy(i, to);
        T* out = &dx(i, from);
        for (Index k = 0; k < count; ++k) out[k * window.stride.width] += d[k] * weight;
      });
    }
  }

  bool operator==(const Conv&) const = default;

 private:
  /// Calls f(row of W, filter, first input, first output, count) for every cell of every filter and every row of places
  /// where that cell lies inside: output first + k meets input first + k * stride.
  template <class F>
  void for_each_row(F f) const {
    const Extent places = window.places();
    const Index channels = window.channels / groups;
    for (Index filter = 0; filter < filters; ++filter) {
      const Index first_channel = filter / (filters / groups) * channels;
      for (Index row = 0; row < cells(); ++row) {
        const Index channel = first_channel + row / window.kernel.size();
        const Index ky = row % window.kernel.size() / window.kernel.width;
        const Index kx = row % window.kernel.width;
        const CellRange rows = window.rows_under(ky);
        const CellRange cols = window.cols_under(kx);
        if (cols.first == cols.last) continue;
        for (Index py = rows.first; py < rows.last; ++py)
          f(row, filter,
            (channel * window.size.height + window.input_row(py, ky)) * window.size.width +
                window.input_col(cols.first, kx),
            (filter * places.height + py) * places.width + cols.first, cols.last - cols.first);
      }
    }
  }
};

using Conv1d = Conv<1>;
using Conv2d = Conv<2>;

}  // namespace gradus
