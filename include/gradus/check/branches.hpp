// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <compare>
#include <vector>

#include "gradus/core/scalar.hpp"

namespace gradus {

/// Which way every comparison of a pass went, in order. Two passes whose logs differ stand on different pieces of a
/// function that is put together of smooth ones: between them lies a kink, or a jump.
using BranchLog = std::vector<signed char>;

/// A plain double that writes down how its comparisons go, if it has a log.
class Branching {
 public:
  Branching() = default;
  Branching(double value, BranchLog* log = nullptr) : value_(value), log_(log) {}

  double value() const { return value_; }

  friend Branching operator+(Branching a, Branching b) { return {a.value_ + b.value_, log_of(a, b)}; }
  friend Branching operator-(Branching a, Branching b) { return {a.value_ - b.value_, log_of(a, b)}; }
  friend Branching operator*(Branching a, Branching b) { return {a.value_ * b.value_, log_of(a, b)}; }
  friend Branching operator/(Branching a, Branching b) { return {a.value_ / b.value_, log_of(a, b)}; }
  friend Branching operator-(Branching a) { return {-a.value_, a.log_}; }
  Branching& operator+=(Branching b) { return *this = *this + b; }
  Branching& operator-=(Branching b) { return *this = *this - b; }
  Branching& operator*=(Branching b) { return *this = *this * b; }
  Branching& operator/=(Branching b) { return *this = *this / b; }

  friend bool operator==(Branching a, Branching b) { return note(a, b) == 0; }
  friend std::partial_ordering operator<=>(Branching a, Branching b) {
    note(a, b);
    return a.value_ <=> b.value_;
  }

  friend Branching exp(Branching a) { return {exp(a.value_), a.log_}; }
  friend Branching expm1(Branching a) { return {expm1(a.value_), a.log_}; }
  friend Branching log(Branching a) { return {log(a.value_), a.log_}; }
  friend Branching log1p(Branching a) { return {log1p(a.value_), a.log_}; }
  friend Branching tanh(Branching a) { return {tanh(a.value_), a.log_}; }
  friend Branching sqrt(Branching a) { return {std::sqrt(a.value_), a.log_}; }
  friend Branching sin(Branching a) { return {sin(a.value_), a.log_}; }
  friend Branching cos(Branching a) { return {cos(a.value_), a.log_}; }
  friend Branching erf(Branching a) { return {erf(a.value_), a.log_}; }
  friend Branching erfc(Branching a) { return {erfc(a.value_), a.log_}; }
  friend Branching abs(Branching a) {
    note(a, 0);
    return {std::abs(a.value_), a.log_};
  }
  friend Branching pow(Branching a, double exponent) { return {pow(a.value_, exponent), a.log_}; }
  friend double value_of(Branching a) { return a.value_; }

 private:
  static BranchLog* log_of(Branching a, Branching b) { return a.log_ ? a.log_ : b.log_; }
  /// -1, 0, 1 as a is below, at or above b; 2 for NaN.
  static int note(Branching a, Branching b) {
    const signed char side = a.value_ < b.value_ ? -1 : a.value_ > b.value_ ? 1 : a.value_ == b.value_ ? 0 : 2;
    if (BranchLog* log = log_of(a, b)) log->push_back(side);
    return side;
  }

  double value_ = 0;
  BranchLog* log_ = nullptr;
};

template <>
struct ScalarOf<Branching> {
  using type = double;
};

}  // namespace gradus
