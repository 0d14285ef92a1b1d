// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <compare>
#include <concepts>
#include <numbers>

#include "gradus/core/scalar.hpp"

namespace gradus {

/// A dual number a + b e with e^2 = 0 (Clifford, 1873): `value` carries a function's value, `derivative` its derivative
/// along one direction, exact to rounding. Running `forward<Dual<double>>` with derivative 1 on one parameter gives the
/// derivative of everything by that parameter (forward-mode differentiation; Wengert, 1964).
template <std::floating_point T>
struct Dual {
  T value = 0;
  T derivative = 0;

  Dual() = default;
  Dual(T v, T d = 0) : value(v), derivative(d) {}

  friend Dual operator+(Dual a, Dual b) { return {a.value + b.value, a.derivative + b.derivative}; }
  friend Dual operator-(Dual a, Dual b) { return {a.value - b.value, a.derivative - b.derivative}; }
  friend Dual operator*(Dual a, Dual b) { return {a.value * b.value, a.derivative * b.value + a.value * b.derivative}; }
  friend Dual operator/(Dual a, Dual b) {
    const T quotient = a.value / b.value;
    return {quotient, (a.derivative - quotient * b.derivative) / b.value};
  }
  friend Dual operator-(Dual a) { return {-a.value, -a.derivative}; }
  Dual& operator+=(Dual b) { return *this = *this + b; }
  Dual& operator-=(Dual b) { return *this = *this - b; }
  Dual& operator*=(Dual b) { return *this = *this * b; }
  Dual& operator/=(Dual b) { return *this = *this / b; }

  /// Comparisons look at values: a branch is taken as the plain number would take it.
  friend bool operator==(Dual a, Dual b) { return a.value == b.value; }
  friend auto operator<=>(Dual a, Dual b) { return a.value <=> b.value; }

  friend Dual exp(Dual a) {
    const T y = exp(a.value);
    return {y, y * a.derivative};
  }
  friend Dual expm1(Dual a) { return {expm1(a.value), exp(a.value) * a.derivative}; }
  friend Dual log(Dual a) { return {log(a.value), a.derivative / a.value}; }
  friend Dual log1p(Dual a) { return {log1p(a.value), a.derivative / (1 + a.value)}; }
  friend Dual tanh(Dual a) {
    const T y = tanh(a.value);
    return {y, (1 - y * y) * a.derivative};
  }
  /// d erf(a) = 2 / sqrt(pi) exp(-a^2) da
  friend Dual erf(Dual a) { return {erf(a.value), bell(a.value) * a.derivative}; }
  friend Dual erfc(Dual a) { return {erfc(a.value), -bell(a.value) * a.derivative}; }
  friend Dual sqrt(Dual a) {
    const T y = std::sqrt(a.value);
    return {y, a.derivative / (2 * y)};
  }
  friend Dual sin(Dual a) { return {sin(a.value), cos(a.value) * a.derivative}; }
  friend Dual cos(Dual a) { return {cos(a.value), -sin(a.value) * a.derivative}; }
  /// Kink at 0, where the derivative is 0.
  friend Dual abs(Dual a) { return a.value < 0 ? -a : a.value > 0 ? a : Dual{std::abs(a.value), 0 * a.value}; }
  /// a to a constant power.
  friend Dual pow(Dual a, T exponent) {
    return {pow(a.value, exponent), exponent * pow(a.value, exponent - 1) * a.derivative};
  }
  friend T value_of(Dual a) { return a.value; }

 private:
  static T bell(T x) { return 2 * std::numbers::inv_sqrtpi_v<T> * exp(-x * x); }
};

template <std::floating_point T>
struct ScalarOf<Dual<T>> {
  using type = T;
};

}  // namespace gradus
