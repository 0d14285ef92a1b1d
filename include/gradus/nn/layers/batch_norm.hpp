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

/// Batch normalisation (Ioffe and Szegedy, 2015), of each channel c over the batch and the channel's positions
///
///     N = (X - mean_c) / sqrt(variance_c + epsilon),   Y = s_c N + b_c
///
/// In training mean and (biased) variance are those of the batch, and the running ones move towards them by `momentum`
/// (the running variance towards the unbiased one). In use they are the running ones, and constant. X and Y are
/// (batch, channels * positions), channel by channel: positions is 1 for plain units, height * width for pictures.
/// Parameters: s (channels), which starts at 1, then b (channels), which starts at 0. State: running mean (channels)
/// from 0, then running variance (channels) from 1.
struct BatchNorm {
  static constexpr std::string_view name = "batchnorm";
  static constexpr bool is_activation = false;
  static constexpr Exponentials exponentials = Exponentials::none;
  static constexpr Answers answers(const Answers& /*inputs*/) { return any_number; }
  static constexpr Formulas formulas() {
    return {"n = (x - mean) / sqrt(variance + eps) over the batch, y = s n + b",
            "dx = s (dy - mean dy - n mean(dy n)) / sqrt(variance + eps)"};
  }

  Index channels = 0;
  Index positions = 1;
  double momentum = 0.1;
  double epsilon = 1e-5;

  static BatchNorm on(Index width, Index channels) { return {channels, width / channels}; }
  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("epsilon", epsilon, Range::above_0);
    visit("momentum", momentum, Range::from_0_to_1);
  }

  Index inputs() const { return channels * positions; }
  Index outputs() const { return inputs(); }
  Index parameter_count() const { return 2 * channels; }
  std::vector<ParameterBlock> parameter_blocks() const {
    return {{.name = "scale",
             .rows = 1,
             .cols = channels,
             .offset = 0,
             .is_bias = true,
             .start = 1.0,
             .derivative = "ds = sum over samples of dy n"},
            {.name = "shift",
             .rows = 1,
             .cols = channels,
             .offset = channels,
             .is_bias = true,
             .start = 0.0,
             .derivative = "db = sum over samples of dy"}};
  }
  Index state_count() const { return 2 * channels; }
  std::vector<ParameterBlock> state_blocks() const {
    return {
        {.name = "running mean", .rows = 1, .cols = channels, .offset = 0, .is_bias = true, .start = 0.0},
        {.name = "running variance", .rows = 1, .cols = channels, .offset = channels, .is_bias = true, .start = 1.0}};
  }
  void check() const { check_options(*this); }

  /// Kept for backward: mean and 1 / sqrt(variance + epsilon) of each channel.
  template <Number T>
  void forward(std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y, LayerMemory<T>& memory) const {
    using std::sqrt;
    memory.numbers.resize(static_cast<std::size_t>(2 * channels));
    for (Index c = 0; c < channels; ++c) {
      T mean(memory.state[at(c)]);
      T variance(memory.state[at(channels + c)]);
      if (memory.mode == Mode::training && x.rows() > 0) measure<T>(x, c, mean, variance, memory.state);
      const T inverse = Scalar<T>(1) / sqrt(variance + static_cast<Scalar<T>>(epsilon));
      memory.numbers[at(2 * c)] = mean;
      memory.numbers[at(2 * c + 1)] = inverse;
      const T factor = theta[at(c)] * inverse;
      for (Index i = 0; i < x.rows(); ++i)
        for (Index j = c * positions; j < (c + 1) * positions; ++j)
          y(i, j) = (x(i, j) - mean) * factor + theta[at(channels + c)];
    }
  }

  /// With sums and means over the batch and the positions of a channel:
  ///
  ///     db_c = sum dY,   ds_c = sum dY N
  ///     in training:  dX = s_c (dY - mean dY - N mean(dY N)) / sqrt(variance_c + epsilon)
  ///     in use:       dX = s_c dY / sqrt(variance_c + epsilon)
  template <std::floating_point T>
  void backward(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> /*y*/, ConstMatrixView<T> dy,
                MatrixView<T> dx, std::span<T> dtheta, LayerMemory<T>& memory) const {
    for (Index c = 0; c < channels; ++c) {
      const T mean = memory.numbers[at(2 * c)];
      const T inverse = memory.numbers[at(2 * c + 1)];
      T sum = 0;
      T sum_normal = 0;
      for (Index i = 0; i < x.rows(); ++i)
        for (Index j = c * positions; j < (c + 1) * positions; ++j) {
          sum += dy(i, j);
          sum_normal += dy(i, j) * ((x(i, j) - mean) * inverse);
        }
      dtheta[at(c)] = sum_normal;
      dtheta[at(channels + c)] = sum;
      if (dx.empty()) continue;
      const T share = memory.mode == Mode::training ? 1 / static_cast<T>(x.rows() * positions) : T(0);
      for (Index i = 0; i < x.rows(); ++i)
        for (Index j = c * positions; j < (c + 1) * positions; ++j)
          dx(i, j) =
              theta[at(c)] * inverse * (dy(i, j) - share * sum - share * sum_normal * ((x(i, j) - mean) * inverse));
    }
  }

  bool operator==(const BatchNorm&) const = default;

 private:
  static std::size_t at(Index k) { return static_cast<std::size_t>(k); }

  /// Mean and biased variance of a channel of the batch; the running ones move towards them.
  template <Number T>
  void measure(ConstMatrixView<T> x, Index c, T& mean, T& variance, std::span<Scalar<T>> state) const {
    const auto count = static_cast<Scalar<T>>(x.rows() * positions);
    mean = variance = T(Scalar<T>(0));
    for (Index i = 0; i < x.rows(); ++i)
      for (Index j = c * positions; j < (c + 1) * positions; ++j) mean += x(i, j);
    mean = mean / count;
    for (Index i = 0; i < x.rows(); ++i)
      for (Index j = c * positions; j < (c + 1) * positions; ++j) {
        const T d = x(i, j) - mean;
        variance += d * d;
      }
    variance = variance / count;
    const auto move = [this](Scalar<T>& running, Scalar<T> value) {
      running += static_cast<Scalar<T>>(momentum) * (value - running);
    };
    move(state[at(c)], value_of(mean));
    move(state[at(channels + c)], value_of(variance) * (count > 1 ? count / (count - 1) : 1));
  }
};

}  // namespace gradus
