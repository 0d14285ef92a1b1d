// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cmath>
#include <compare>
#include <concepts>
#include <cstddef>
#include <numbers>

#include "gradus/core/scalar.hpp"

namespace gradus {

/// A dual number with N derivatives, along N directions at once: one pass with `DualLanes<double, 8>` does the work of
/// eight with `Dual<double>`, and computes the value, with its costly functions, once.
template <std::floating_point T, std::size_t N>
struct DualLanes {
  T value = 0;
  std::array<T, N> derivative{};

  DualLanes() = default;
  DualLanes(T v) : value(v) {}
  /// The number `v` with derivatives factor * a.
  static DualLanes chain(T v, T factor, const DualLanes& a) {
    DualLanes y(v);
    for (std::size_t i = 0; i < N; ++i) y.derivative[i] = factor * a.derivative[i];
    return y;
  }
  /// The number `v` with derivatives fa * a + fb * b.
  static DualLanes chain(T v, T fa, const DualLanes& a, T fb, const DualLanes& b) {
    DualLanes y(v);
    for (std::size_t i = 0; i < N; ++i) y.derivative[i] = fa * a.derivative[i] + fb * b.derivative[i];
    return y;
  }

  DualLanes& operator+=(const DualLanes& b) {
    value += b.value;
    for (std::size_t i = 0; i < N; ++i) derivative[i] += b.derivative[i];
    return *this;
  }
  DualLanes& operator-=(const DualLanes& b) {
    value -= b.value;
    for (std::size_t i = 0; i < N; ++i) derivative[i] -= b.derivative[i];
    return *this;
  }
  DualLanes& operator*=(const DualLanes& b) { return *this = *this * b; }
  DualLanes& operator/=(const DualLanes& b) { return *this = *this / b; }

  friend DualLanes operator+(DualLanes a, const DualLanes& b) { return a += b; }
  friend DualLanes operator-(DualLanes a, const DualLanes& b) { return a -= b; }
  friend DualLanes operator*(const DualLanes& a, const DualLanes& b) {
    return chain(a.value * b.value, b.value, a, a.value, b);
  }
  friend DualLanes operator/(const DualLanes& a, const DualLanes& b) {
    const T quotient = a.value / b.value;
    DualLanes y(quotient);
    for (std::size_t i = 0; i < N; ++i) y.derivative[i] = (a.derivative[i] - quotient * b.derivative[i]) / b.value;
    return y;
  }
  friend DualLanes operator-(const DualLanes& a) { return chain(-a.value, T(-1), a); }

  // With a constant on one side there is less to do.
  friend DualLanes operator+(DualLanes a, T b) { return a.value += b, a; }
  friend DualLanes operator+(T a, DualLanes b) { return b.value += a, b; }
  friend DualLanes operator-(DualLanes a, T b) { return a.value -= b, a; }
  friend DualLanes operator-(T a, const DualLanes& b) { return chain(a - b.value, T(-1), b); }
  friend DualLanes operator*(const DualLanes& a, T b) { return chain(a.value * b, b, a); }
  friend DualLanes operator*(T a, const DualLanes& b) { return chain(a * b.value, a, b); }
  friend DualLanes operator/(const DualLanes& a, T b) { return chain(a.value / b, 1 / b, a); }

  /// Comparisons look at values: a branch is taken as the plain number would take it.
  friend bool operator==(const DualLanes& a, const DualLanes& b) { return a.value == b.value; }
  friend auto operator<=>(const DualLanes& a, const DualLanes& b) { return a.value <=> b.value; }

  friend DualLanes exp(const DualLanes& a) {
    const T y = exp(a.value);
    return chain(y, y, a);
  }
  friend DualLanes expm1(const DualLanes& a) { return chain(expm1(a.value), exp(a.value), a); }
  friend DualLanes log(const DualLanes& a) { return chain(log(a.value), 1 / a.value, a); }
  friend DualLanes log1p(const DualLanes& a) { return chain(log1p(a.value), 1 / (1 + a.value), a); }
  friend DualLanes tanh(const DualLanes& a) {
    const T y = tanh(a.value);
    return chain(y, 1 - y * y, a);
  }
  friend DualLanes sqrt(const DualLanes& a) {
    const T y = std::sqrt(a.value);
    return chain(y, 1 / (2 * y), a);
  }
  friend DualLanes sin(const DualLanes& a) { return chain(sin(a.value), cos(a.value), a); }
  friend DualLanes cos(const DualLanes& a) { return chain(cos(a.value), -sin(a.value), a); }
  friend DualLanes erf(const DualLanes& a) { return chain(erf(a.value), bell(a.value), a); }
  friend DualLanes erfc(const DualLanes& a) { return chain(erfc(a.value), -bell(a.value), a); }
  /// Kink at 0, where the derivative is 0.
  friend DualLanes abs(const DualLanes& a) {
    return a.value < 0 ? -a : a.value > 0 ? a : chain(std::abs(a.value), 0 * a.value, a);
  }
  /// a to a constant power.
  friend DualLanes pow(const DualLanes& a, T exponent) {
    return chain(pow(a.value, exponent), exponent * pow(a.value, exponent - 1), a);
  }
  friend T value_of(const DualLanes& a) { return a.value; }

 private:
  static T bell(T x) { return 2 * std::numbers::inv_sqrtpi_v<T> * exp(-x * x); }
};

template <std::floating_point T, std::size_t N>
struct ScalarOf<DualLanes<T, N>> {
  using type = T;
};

}  // namespace gradus
