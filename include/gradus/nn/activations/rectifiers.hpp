// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <string_view>

#include "gradus/core/scalar.hpp"
#include "gradus/nn/traits.hpp"

/// Activation functions (nn/activation.hpp) made of two or three pieces.
namespace gradus::activation {

/// Leaky ReLU (Maas, Hannun and Ng, 2013): y = z for z > 0, else z / 100. Range: the real line. Kink at 0, where the
/// derivative is 1/100.
struct LeakyRelu {
  static constexpr std::string_view name = "leakyrelu";
  static constexpr std::array kinks{0.0};
  static constexpr double slope = 0.01;
  static constexpr Exponentials exponentials = Exponentials::none;
  static constexpr Answers answers = any_number;
  template <Number T>
  static T value(const T& z) {
    return z > Scalar<T>(0) ? z : z * Scalar<T>(slope);
  }
  template <std::floating_point T>
  static T derivative(T z, T) {
    return z > 0 ? T(1) : z <= 0 ? T(slope) : z;
  }
};

/// Hard sigmoid: y = z / 6 + 1/2, cut off at 0 and 1. Range [0, 1]. Kinks at -3 and 3, where the derivative is 0;
/// between them it is 1/6. Error: below 1 ULP of 1.
struct HardSigmoid {
  static constexpr std::string_view name = "hardsigmoid";
  static constexpr std::array kinks{-3.0, 3.0};
  static constexpr Exponentials exponentials = Exponentials::none;
  static constexpr Answers answers = from_to(0, 1);
  template <Number T>
  static T value(const T& z) {
    if (z <= Scalar<T>(-3)) return T(Scalar<T>(0));
    if (z >= Scalar<T>(3)) return T(Scalar<T>(1));
    return z / Scalar<T>(6) + Scalar<T>(0.5);
  }
  template <std::floating_point T>
  static T derivative(T z, T) {
    if (z <= -3 || z >= 3) return 0;
    return std::isnan(z) ? z : T(1) / T(6);
  }
};

/// Hard swish (Howard et al., 2019), the SiLU with a hard sigmoid: y = z (z + 3) / 6 between -3 and 3, 0 below and z
/// above. Range [-3/8, inf). Kinks at -3, where the derivative is 0, and at 3, where it is 1; between them it is
/// (2 z + 3) / 6. Error: below 2 ULP, near z = -3 of the summand 3.
struct HardSwish {
  static constexpr std::string_view name = "hardswish";
  static constexpr std::array kinks{-3.0, 3.0};
  static constexpr Exponentials exponentials = Exponentials::none;
  static constexpr Answers answers = from_to(-0.375, kNoEnd);
  template <Number T>
  static T value(const T& z) {
    if (z <= Scalar<T>(-3)) return T(Scalar<T>(0));
    if (z >= Scalar<T>(3)) return z;
    return z * (z + Scalar<T>(3)) / Scalar<T>(6);
  }
  template <std::floating_point T>
  static T derivative(T z, T) {
    if (z <= -3) return 0;
    if (z >= 3) return 1;
    return (2 * z + 3) / 6;
  }
};

/// Exponential linear unit (Clevert, Unterthiner and Hochreiter, 2015), with alpha = 1: y = z for z > 0, else exp(z)
/// - 1. Range (-1, inf). Derivative 1 for z > 0, else exp(z): no jump at 0. Error: below 1 ULP.
struct Elu {
  static constexpr std::string_view name = "elu";
  static constexpr std::array<double, 0> kinks{};
  static constexpr Exponentials exponentials = Exponentials::bounded;
  static constexpr Answers answers = between(-1, kNoEnd);
  template <Number T>
  static T value(const T& z) {
    return z > Scalar<T>(0) ? z : expm1(z);
  }
  template <std::floating_point T>
  static T derivative(T z, T) {
    return z > 0 ? T(1) : exp(z);
  }
};

/// Self-normalising ELU (Klambauer, Unterthiner, Mayr and Hochreiter, 2017): y = lambda z for z > 0, else
/// lambda alpha (exp(z) - 1), with the constants that keep mean 0 and variance 1. Range (-lambda alpha, inf) =
/// (-1.758, inf). Kink at 0, where the derivative is that from below, lambda alpha. Error: below 2 ULP.
struct Selu {
  static constexpr std::string_view name = "selu";
  static constexpr std::array kinks{0.0};
  static constexpr double lambda = 1.0507009873554804934193349852946;
  static constexpr double alpha = 1.6732632423543772848170429916717;
  static constexpr Exponentials exponentials = Exponentials::bounded;
  static constexpr Answers answers = between(-lambda * alpha, kNoEnd);
  template <Number T>
  static T value(const T& z) {
    return z > Scalar<T>(0) ? z * Scalar<T>(lambda) : expm1(z) * Scalar<T>(lambda * alpha);
  }
  template <std::floating_point T>
  static T derivative(T z, T) {
    return z > 0 ? T(lambda) : T(lambda * alpha) * exp(z);
  }
};

}  // namespace gradus::activation
