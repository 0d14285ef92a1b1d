// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

namespace gradus {

/// A number of about 32 digits: the unevaluated sum of two doubles, the second at most half a unit in the last place of
/// the first (Dekker, 1971; Hida, Li and Bailey, 2001). Sums, products and quotients are exact to about 2^-104 relative
/// error; so are the functions below, but for the few bits that their argument reduction costs. Where a double would
/// overflow, or is not a number, so is this: the second part is then 0. Where a product falls below 1e-290 its error
/// has no place in a double, and precision ends at that of a double.
class DoubleDouble {
 public:
  DoubleDouble() = default;
  DoubleDouble(double value) : hi_(value) {}
  /// The sum of two numbers of which the second is the smaller.
  DoubleDouble(double hi, double lo) : hi_(hi + lo), lo_(std::isfinite(hi_) ? lo - (hi_ - hi) : 0) {}

  double hi() const { return hi_; }
  double lo() const { return lo_; }
  explicit operator double() const { return hi_; }

  friend DoubleDouble operator-(DoubleDouble a) { return raw(-a.hi_, -a.lo_); }
  friend DoubleDouble operator+(DoubleDouble a, DoubleDouble b) {
    const DoubleDouble s = two_sum(a.hi_, b.hi_);
    if (!std::isfinite(s.hi_)) return s;
    const DoubleDouble t = two_sum(a.lo_, b.lo_);
    const DoubleDouble u(s.hi_, s.lo_ + t.hi_);
    return {u.hi_, u.lo_ + t.lo_};
  }
  friend DoubleDouble operator-(DoubleDouble a, DoubleDouble b) { return a + -b; }
  friend DoubleDouble operator*(DoubleDouble a, DoubleDouble b) {
    const double p = a.hi_ * b.hi_;
    if (!std::isfinite(p)) return p;
    return {p, std::fma(a.hi_, b.hi_, -p) + (a.hi_ * b.lo_ + a.lo_ * b.hi_)};
  }
  /// Long division: three digits of a double each.
  friend DoubleDouble operator/(DoubleDouble a, DoubleDouble b) {
    const double q1 = a.hi_ / b.hi_;
    if (!std::isfinite(q1) || std::isinf(b.hi_)) return q1;
    const DoubleDouble r1 = a - b * q1;
    const double q2 = r1.hi_ / b.hi_;
    const double q3 = (r1 - b * q2).hi_ / b.hi_;
    return DoubleDouble(q1, q2) + q3;
  }
  DoubleDouble& operator+=(DoubleDouble b) { return *this = *this + b; }
  DoubleDouble& operator-=(DoubleDouble b) { return *this = *this - b; }
  DoubleDouble& operator*=(DoubleDouble b) { return *this = *this * b; }
  DoubleDouble& operator/=(DoubleDouble b) { return *this = *this / b; }

  /// By their first parts, which order them but for ties.
  friend bool operator<(DoubleDouble a, DoubleDouble b) { return a.hi_ < b.hi_ || (a.hi_ == b.hi_ && a.lo_ < b.lo_); }
  friend bool operator==(DoubleDouble a, DoubleDouble b) { return a.hi_ == b.hi_ && a.lo_ == b.lo_; }

  /// a 2^k, exact.
  friend DoubleDouble ldexp(DoubleDouble a, int k) { return raw(std::ldexp(a.hi_, k), std::ldexp(a.lo_, k)); }

 private:
  static DoubleDouble raw(double hi, double lo) {
    DoubleDouble result(hi);
    result.lo_ = std::isfinite(hi) ? lo : 0;
    return result;
  }
  /// a + b without error (Knuth).
  static DoubleDouble two_sum(double a, double b) {
    const double s = a + b;
    const double bb = s - a;
    return raw(s, (a - (s - bb)) + (b - bb));
  }

  double hi_ = 0;
  double lo_ = 0;
};

DoubleDouble abs(DoubleDouble a);
DoubleDouble sqrt(DoubleDouble a);
DoubleDouble exp(DoubleDouble a);
DoubleDouble expm1(DoubleDouble a);
DoubleDouble log(DoubleDouble a);
DoubleDouble log1p(DoubleDouble a);
DoubleDouble tanh(DoubleDouble a);
DoubleDouble erf(DoubleDouble a);
DoubleDouble erfc(DoubleDouble a);
/// For |a| up to about 1e6, beyond which the reduction by multiples of pi / 2 costs digits.
DoubleDouble sin(DoubleDouble a);
DoubleDouble cos(DoubleDouble a);
DoubleDouble pow(DoubleDouble a, double exponent);

}  // namespace gradus
