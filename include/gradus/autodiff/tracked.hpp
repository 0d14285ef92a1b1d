// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <compare>
#include <concepts>

#include "gradus/autodiff/double_double.hpp"
#include "gradus/core/elementary.hpp"
#include "gradus/core/scalar.hpp"

namespace gradus {

/// A number as a T computes it, to the last bit, and beside it what it is when nothing is rounded: its running error
/// (Wilkinson, 1963), with its sign, and not a bound of it. Every comparison looks at the rounded number, so a program
/// takes the branches that it takes on a T: what stands beside it is the exact result of the very same operations.
///
/// Where the rounded number is defined and the exact one is not (a logarithm of what is 0 but for rounding), the exact
/// one is taken to be the rounded one.
template <std::floating_point T>
class Tracked {
 public:
  Tracked() = default;
  Tracked(T value) : value_(value), exact_(static_cast<double>(value)) {}

  T value() const { return value_; }
  DoubleDouble exact() const { return exact_; }
  /// How far rounding has led: the rounded number less the exact one.
  double error() const { return (DoubleDouble(static_cast<double>(value_)) - exact_).hi(); }

  friend Tracked operator+(Tracked a, Tracked b) { return {a.value_ + b.value_, a.exact_ + b.exact_}; }
  friend Tracked operator-(Tracked a, Tracked b) { return {a.value_ - b.value_, a.exact_ - b.exact_}; }
  friend Tracked operator*(Tracked a, Tracked b) { return {a.value_ * b.value_, a.exact_ * b.exact_}; }
  friend Tracked operator/(Tracked a, Tracked b) { return {a.value_ / b.value_, a.exact_ / b.exact_}; }
  friend Tracked operator-(Tracked a) { return {-a.value_, -a.exact_}; }
  Tracked& operator+=(Tracked b) { return *this = *this + b; }
  Tracked& operator-=(Tracked b) { return *this = *this - b; }
  Tracked& operator*=(Tracked b) { return *this = *this * b; }
  Tracked& operator/=(Tracked b) { return *this = *this / b; }

  friend bool operator==(Tracked a, Tracked b) { return a.value_ == b.value_; }
  friend auto operator<=>(Tracked a, Tracked b) { return a.value_ <=> b.value_; }

  friend Tracked exp(Tracked a) { return {exp(a.value_), exp(a.exact_)}; }
  friend Tracked expm1(Tracked a) { return {expm1(a.value_), expm1(a.exact_)}; }
  friend Tracked log(Tracked a) { return {log(a.value_), log(a.exact_)}; }
  friend Tracked log1p(Tracked a) { return {log1p(a.value_), log1p(a.exact_)}; }
  friend Tracked tanh(Tracked a) { return {tanh(a.value_), tanh(a.exact_)}; }
  friend Tracked sqrt(Tracked a) { return {std::sqrt(a.value_), sqrt(a.exact_)}; }
  friend Tracked sin(Tracked a) { return {sin(a.value_), sin(a.exact_)}; }
  friend Tracked cos(Tracked a) { return {cos(a.value_), cos(a.exact_)}; }
  friend Tracked erf(Tracked a) { return {erf(a.value_), erf(a.exact_)}; }
  friend Tracked erfc(Tracked a) { return {erfc(a.value_), erfc(a.exact_)}; }
  friend Tracked abs(Tracked a) { return a.value_ < 0 ? -a : a; }
  friend Tracked pow(Tracked a, T exponent) {
    return {pow(a.value_, exponent), pow(a.exact_, static_cast<double>(exponent))};
  }
  friend T value_of(Tracked a) { return a.value_; }
  /// Whether it is 0 exactly, and not by rounding.
  friend bool is_nothing(Tracked a) { return a.value_ == 0 && a.exact_ == DoubleDouble(); }

 private:
  Tracked(T value, DoubleDouble exact)
      : value_(value),
        exact_(std::isfinite(exact.hi()) || !std::isfinite(value) ? exact : DoubleDouble(static_cast<double>(value))) {}

  T value_ = 0;
  DoubleDouble exact_;
};

template <std::floating_point T>
struct ScalarOf<Tracked<T>> {
  using type = T;
};

}  // namespace gradus
