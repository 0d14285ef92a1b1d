// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <compare>
#include <numbers>

#include "gradus/core/scalar.hpp"

namespace gradus {

/// A complex number for derivatives by the complex step (Squire and Trapp, 1998):
///
///     f'(x) = Im f(x + i h) / h + O(h^2)
///
/// No difference is taken, so nothing cancels and h may be so small (1e-100) that its square is nothing; where it would
/// be all there is, beside a real part of 0, it is left out, so that a tie stays one. The rules are those of complex
/// arithmetic, derived nowhere from a derivative: a source of its own beside dual numbers. Comparisons look at real
/// parts and abs turns the sign of a number with a negative one, as Martins, Sturdza and Alonso (2003) advise: then
/// functions put together of smooth pieces are differentiated on the piece the real number is on.
class Complex {
 public:
  static constexpr double step = 1e-100;

  Complex() = default;
  Complex(double re, double im = 0) : re_(re), im_(im) {}

  double re() const { return re_; }
  double im() const { return im_; }

  friend Complex operator+(Complex a, Complex b) { return {a.re_ + b.re_, a.im_ + b.im_}; }
  friend Complex operator-(Complex a, Complex b) { return {a.re_ - b.re_, a.im_ - b.im_}; }
  friend Complex operator*(Complex a, Complex b) {
    const double re = a.re_ * b.re_;
    return {re == 0 ? re : re - a.im_ * b.im_, a.re_ * b.im_ + a.im_ * b.re_};
  }
  /// Smith (1962), for a divisor whose imaginary part is the small one.
  friend Complex operator/(Complex a, Complex b) {
    const double r = b.im_ / b.re_;
    const double d = b.re_ + b.im_ * r;
    return {(a.re_ == 0 ? a.re_ : a.re_ + a.im_ * r) / d, (a.im_ - a.re_ * r) / d};
  }
  friend Complex operator-(Complex a) { return {-a.re_, -a.im_}; }
  Complex& operator+=(Complex b) { return *this = *this + b; }
  Complex& operator-=(Complex b) { return *this = *this - b; }
  Complex& operator*=(Complex b) { return *this = *this * b; }
  Complex& operator/=(Complex b) { return *this = *this / b; }

  friend bool operator==(Complex a, Complex b) { return a.re_ == b.re_; }
  friend auto operator<=>(Complex a, Complex b) { return a.re_ <=> b.re_; }

  friend Complex exp(Complex a) {
    const double r = exp(a.re_);
    return {r * cos(a.im_), r * sin(a.im_)};
  }
  friend Complex expm1(Complex a) { return {expm1(a.re_), exp(a.re_) * sin(a.im_)}; }
  /// The principal branch; NaN left of 0, where the real logarithm has no value.
  friend Complex log(Complex a) { return {log(a.re_), angle(a.im_, a.re_)}; }
  friend Complex log1p(Complex a) { return {log1p(a.re_), angle(a.im_, 1 + a.re_)}; }
  friend Complex tanh(Complex a) {
    const double t = tanh(a.re_);
    const double s = sin(a.im_) / cos(a.im_);
    // (t + i s) / (1 + i t s); 1 - t^2 is (1 - t)(1 + t), exact near 1
    return {t, s * (1 - t) * (1 + t)};
  }
  friend Complex sqrt(Complex a) {
    const double r = std::sqrt(a.re_);
    return {r, a.im_ / (2 * r)};
  }
  friend Complex sin(Complex a) { return {sin(a.re_), cos(a.re_) * hyperbolic_sine(a.im_)}; }
  friend Complex cos(Complex a) { return {cos(a.re_), -sin(a.re_) * hyperbolic_sine(a.im_)}; }
  /// To first order in the imaginary part, as Taylor's series has it.
  friend Complex erf(Complex a) { return {erf(a.re_), bell(a.re_) * a.im_}; }
  friend Complex erfc(Complex a) { return {erfc(a.re_), -bell(a.re_) * a.im_}; }
  friend Complex abs(Complex a) { return a.re_ < 0 ? -a : a.re_ > 0 ? a : Complex(std::abs(a.re_), 0 * a.re_); }
  friend Complex pow(Complex a, double exponent) {
    const double turned = exponent * angle(a.im_, std::abs(a.re_)) * (a.re_ < 0 ? -1 : 1);
    return {pow(a.re_, exponent), pow(a.re_, exponent) * sin(turned)};
  }
  friend double value_of(Complex a) { return a.re_; }

 private:
  /// Of re + i im against the real line, an angle as small as the step: its tangent is the same number.
  static double angle(double im, double re) { return re < 0 ? std::numbers::pi : im / re; }
  static double hyperbolic_sine(double x) { return (expm1(x) - expm1(-x)) / 2; }
  static double bell(double x) { return 2 * std::numbers::inv_sqrtpi * exp(-x * x); }

  double re_ = 0;
  double im_ = 0;
};

template <>
struct ScalarOf<Complex> {
  using type = double;
};

}  // namespace gradus
