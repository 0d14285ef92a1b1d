// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <compare>
#include <concepts>
#include <span>

#include "gradus/core/scalar.hpp"
#include "gradus/engine/math.hpp"

namespace gradus::engine {

/// A number whose exponential, logarithm and hyperbolic tangent are the kernels', in the arithmetic of the thread: the
/// definition run on it, in plain arithmetic, is what any machine computes with sums and products of floats alone, a
/// microcontroller too. Only erfc, which kernels do not have, is the definition's.
template <std::floating_point T>
struct PlainNumber {
  T value = 0;

  PlainNumber() = default;
  PlainNumber(T v) : value(v) {}

  friend PlainNumber operator+(PlainNumber a, PlainNumber b) { return a.value + b.value; }
  friend PlainNumber operator-(PlainNumber a, PlainNumber b) { return a.value - b.value; }
  friend PlainNumber operator*(PlainNumber a, PlainNumber b) { return a.value * b.value; }
  friend PlainNumber operator/(PlainNumber a, PlainNumber b) { return a.value / b.value; }
  friend PlainNumber operator-(PlainNumber a) { return -a.value; }
  PlainNumber& operator+=(PlainNumber b) { return *this = *this + b; }
  PlainNumber& operator-=(PlainNumber b) { return *this = *this - b; }
  PlainNumber& operator*=(PlainNumber b) { return *this = *this * b; }
  PlainNumber& operator/=(PlainNumber b) { return *this = *this / b; }

  friend bool operator==(PlainNumber a, PlainNumber b) { return a.value == b.value; }
  friend auto operator<=>(PlainNumber a, PlainNumber b) { return a.value <=> b.value; }

  friend PlainNumber exp(PlainNumber a) { return by(engine::exp, a); }
  friend PlainNumber expm1(PlainNumber a) { return by(engine::expm1, a); }
  friend PlainNumber log(PlainNumber a) { return by(engine::log, a); }
  friend PlainNumber log1p(PlainNumber a) { return by(engine::log1p, a); }
  friend PlainNumber tanh(PlainNumber a) { return by(engine::tanh, a); }
  friend PlainNumber erfc(PlainNumber a) { return gradus::erfc(a.value); }
  friend PlainNumber sqrt(PlainNumber a) { return std::sqrt(a.value); }
  friend T value_of(PlainNumber a) { return a.value; }

 private:
  static PlainNumber by(void (*kernel)(std::span<const T>, std::span<T>), PlainNumber a) {
    T y;
    kernel({&a.value, 1}, {&y, 1});
    return y;
  }
};

}  // namespace gradus::engine

namespace gradus {

template <std::floating_point T>
struct ScalarOf<engine::PlainNumber<T>> {
  using type = T;
};

}  // namespace gradus
