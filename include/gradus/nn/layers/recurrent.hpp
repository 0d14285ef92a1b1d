// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

#include "gradus/core/matrix.hpp"
#include "gradus/core/scalar.hpp"
#include "gradus/nn/traits.hpp"

namespace gradus {

/// What the recurrent layers share. A sample is a row of steps * features numbers, one time step after the other; the
/// state before the first step is 0. Many-to-one gives the state after the last step (batch, units), many-to-many that
/// after every step (batch, steps * units).
///
/// The derivative goes back through all steps, or with `truncation` k > 0 through blocks of k steps, counted from the
/// end: what a block takes over from the one before counts as a constant there (truncated back-propagation through
/// time; Williams and Peng, 1990). So it does in `forward` on every number type that carries derivatives.
struct Recurrent {
  static constexpr bool is_activation = false;
  static constexpr Exponentials exponentials = Exponentials::bounded;
  static constexpr Answers answers(const Answers& /*inputs*/) { return from_to(-1, 1); }
  static constexpr std::string_view by_weights = "the sum over steps of x_t^T da_t";
  static constexpr std::string_view by_recurrent = "the sum over steps of h_(t-1)^T da_t";
  static constexpr std::string_view by_bias = "the sum over samples and steps of da_t";

  Index features = 0;
  Index units = 0;
  bool every_step = false;  ///< many-to-many
  Index truncation = 0;     ///< 0: none

  Index inputs() const { return features; }
  Index outputs() const { return units; }
  Index steps(Index cols) const { return cols / features; }
  Index output_cols(Index cols) const { return every_step ? steps(cols) * units : units; }
  /// Whether the derivative stops between step t and the one before.
  bool stops_derivative() const { return truncation > 0; }
  bool is_cut(Index t, Index steps) const { return truncation > 0 && (steps - t) % truncation == 0; }

  bool operator==(const Recurrent&) const = default;
};

namespace detail {

/// y += x W, for a row x.
template <Number T>
void add_product(std::span<const T> x, ConstMatrixView<T> w, std::span<T> y) {
  for (Index k = 0; k < w.rows(); ++k) {
    const T xk = x[static_cast<std::size_t>(k)];
    const T* row = w.data() + k * w.stride();
    for (std::size_t j = 0; j < y.size(); ++j) y[j] += xk * row[j];
  }
}

/// dW += x^T d and, unless dx is empty, dx += d W^T: the derivative of y += x W.
template <std::floating_point T>
void add_product_derivative(std::span<const T> x, ConstMatrixView<T> w, std::span<const T> d, std::span<T> dx,
                            MatrixView<T> dw) {
  for (Index k = 0; k < w.rows(); ++k) {
    const T xk = x[static_cast<std::size_t>(k)];
    T* row = dw.data() + k * dw.stride();
    for (std::size_t j = 0; j < d.size(); ++j) row[j] += xk * d[j];
  }
  for (Index k = 0; !dx.empty() && k < w.rows(); ++k) {
    const T* row = w.data() + k * w.stride();
    T sum = 0;
    for (std::size_t j = 0; j < d.size(); ++j) sum += d[j] * row[j];
    dx[static_cast<std::size_t>(k)] += sum;
  }
}

/// Numbers [first, first + count) of a row.
template <class T>
std::span<T> piece(std::span<T> row, Index first, Index count) {
  return row.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
}

/// The numbers as constants of the derivative.
template <Number T>
void detach(std::span<T> values) {
  for (T& value : values) value = T(value_of(value));
}

}  // namespace detail
}  // namespace gradus
