// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <numbers>
#include <string_view>

#include "gradus/core/scalar.hpp"
#include "gradus/nn/activation.hpp"

/// Activation functions (nn/activation.hpp) without a kink.
namespace gradus::activation {

/// Softplus (Dugas et al., 2001): y = log(1 + exp(z)), evaluated with the exponential of -|z| only. Range (0, inf).
/// Derivative: the sigmoid of z. Error: below 3 ULP.
struct Softplus {
  static constexpr std::string_view name = "softplus";
  static constexpr std::array<double, 0> kinks{};
  static constexpr Exponentials exponentials = Exponentials::bounded;
  static constexpr Answers answers = between(0, kNoEnd);
  template <Number T>
  static T value(const T& z) {
    return z < Scalar<T>(0) ? log1p(exp(z)) : z + log1p(exp(-z));
  }
  template <std::floating_point T>
  static T derivative(T z, T) {
    return Sigmoid::value(z);
  }
};

/// Softsign: y = z / (1 + |z|), range [-1, 1]; beyond 1 evaluated as 1 / (1/z +- 1), so that infinity gives 1.
/// Derivative 1 / (1 + |z|)^2. Error: below 2 ULP.
struct Softsign {
  static constexpr std::string_view name = "softsign";
  static constexpr std::array<double, 0> kinks{};
  static constexpr Exponentials exponentials = Exponentials::none;
  static constexpr Answers answers = from_to(-1, 1);
  template <Number T>
  static T value(const T& z) {
    const Scalar<T> one(1);
    if (z > one) return one / (one / z + one);
    if (z < -one) return one / (one / z - one);
    return z < Scalar<T>(0) ? z / (one - z) : z / (one + z);
  }
  template <std::floating_point T>
  static T derivative(T z, T) {
    const T d = 1 + std::abs(z);
    return 1 / d / d;
  }
};

/// Gaussian error linear unit (Hendrycks and Gimpel, 2016), the exact one: y = z Phi(z) = z erfc(-z / sqrt 2) / 2.
/// Range
/// [-0.17, inf). Derivative Phi(z) + z phi(z). Error: below 4 ULP for z > -1; to the left the tail of erfc magnifies
/// the rounding of its argument to about z^2 ULP.
struct Gelu {
  static constexpr std::string_view name = "gelu";
  static constexpr std::array<double, 0> kinks{};
  static constexpr double tail = 40;  ///< beyond which Phi is 0 or 1 in any of our number types
  static constexpr Exponentials exponentials = Exponentials::bounded;
  static constexpr Answers answers = from_to(-0.17, kNoEnd);
  template <Number T>
  static T value(const T& z) {
    if (z > Scalar<T>(tail)) return z;
    if (z < Scalar<T>(-tail)) return T(Scalar<T>(0));
    return z * erfc(z * Scalar<T>(-0.5 * std::numbers::sqrt2)) * Scalar<T>(0.5);
  }
  template <std::floating_point T>
  static T derivative(T z, T) {
    if (z > T(tail)) return 1;
    if (z < T(-tail)) return 0;
    constexpr T density = static_cast<T>(0.5 * std::numbers::sqrt2 * std::numbers::inv_sqrtpi);
    return erfc(z * T(-0.5 * std::numbers::sqrt2)) / 2 + z * density * exp(-z * z / 2);
  }
};

/// Sigmoid linear unit, or swish (Elfwing, Uchibe and Doya, 2018): y = z sigma(z). Range [-0.28, inf). Derivative
/// sigma(z) (1 + z (1 - sigma(z))). Error: below 4 ULP.
struct Silu {
  static constexpr std::string_view name = "silu";
  static constexpr std::array<double, 0> kinks{};
  static constexpr double tail = -800;  ///< below which z exp(z) is 0 in any of our number types
  static constexpr Exponentials exponentials = Exponentials::bounded;
  static constexpr Answers answers = from_to(-0.28, kNoEnd);
  template <Number T>
  static T value(const T& z) {
    if (z < Scalar<T>(tail)) return T(Scalar<T>(0));
    return z * Sigmoid::value(z);
  }
  template <std::floating_point T>
  static T derivative(T z, T) {
    if (z < T(tail)) return 0;
    if (z > 50) return 1;  // the difference is below 50 exp(-50)
    const T s = Sigmoid::value(z);
    return s * (1 + z * Sigmoid::value(-z));
  }
};

/// Mish (Misra, 2019): y = z tanh(log(1 + exp(z))). Range [-0.31, inf). With w = exp(z) the hyperbolic tangent is
/// (w^2 + 2w) / (w^2 + 2w + 2), and for z >= 0 the same with w divided out. Derivative t + z (1 - t^2) sigma(z).
/// Error: below 6 ULP.
struct Mish {
  static constexpr std::string_view name = "mish";
  static constexpr std::array<double, 0> kinks{};
  static constexpr Exponentials exponentials = Exponentials::bounded;
  static constexpr Answers answers = from_to(-0.31, kNoEnd);
  template <Number T>
  static T value(const T& z) {
    const Scalar<T> two(2);
    if (z < Scalar<T>(Silu::tail)) return T(Scalar<T>(0));
    if (z < Scalar<T>(0)) {
      const T w = exp(z);
      const T n = w * (w + two);
      return z * (n / (n + two));
    }
    const T w = exp(-z);
    const T n = Scalar<T>(1) + two * w;
    return z * (n / (n + two * w * w));
  }
  template <std::floating_point T>
  static T derivative(T z, T) {
    if (z < T(Silu::tail)) return 0;
    if (z > 50) return 1;
    const T w = exp(-std::abs(z));
    const T n = z < 0 ? w * (w + 2) : 1 + 2 * w;
    const T rest = z < 0 ? T(2) : 2 * w * w;  // t = n / (n + rest), so 1 - t^2 = rest (2 n + rest) / (n + rest)^2
    const T sum = n + rest;
    return n / sum + z * Sigmoid::value(z) * (rest / sum) * ((2 * n + rest) / sum);
  }
};

/// y = exp(z), range (0, inf); infinite from z = 709.8 on (88.8 in float). Derivative y. Correctly rounded.
struct Exponential {
  static constexpr std::string_view name = "exponential";
  static constexpr std::array<double, 0> kinks{};
  static constexpr Exponentials exponentials = Exponentials::unbounded;
  static constexpr Answers answers = between(0, kNoEnd);
  template <Number T>
  static T value(const T& z) {
    return exp(z);
  }
  template <std::floating_point T>
  static T derivative(T, T y) {
    return y;
  }
};

}  // namespace gradus::activation
