// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <string_view>

#include "gradus/core/scalar.hpp"
#include "gradus/nn/traits.hpp"

/// Activation functions: each a formula `value(z)`, written once for every number type, and its `derivative(z, y)`,
/// given both the input z and the output y = value(z), whichever is cheaper. NaN in, NaN out. `kinks` are the z where
/// the derivative jumps; there it has the value that the comment states. `answers` is its range, `exponentials` what it
/// takes the exponential of (nn/traits.hpp).
///
/// Errors are in units in the last place of the result, with the functions of core/elementary.hpp; a formula that
/// names none is exact or rounded once. Here are the oldest ones; nn/activations/ has the others.
namespace gradus::activation {

/// y = z. Range: the real line. Derivative 1.
struct Identity {
  static constexpr std::string_view name = "identity";
  static constexpr std::array<double, 0> kinks{};
  static constexpr Exponentials exponentials = Exponentials::none;
  static constexpr Answers answers = any_number;
  template <Number T>
  static T value(const T& z) {
    return z;
  }
  template <std::floating_point T>
  static T derivative(T, T) {
    return 1;
  }
};

/// Heaviside step: y = 1 if z > 0, else 0 (Rosenblatt, 1958). Kink at 0, where y = 0. Derivative 0 everywhere, so a
/// step can be trained as the last layer only, by the perceptron criterion (nn/loss.hpp).
struct Step {
  static constexpr std::string_view name = "step";
  static constexpr std::array kinks{0.0};
  static constexpr Exponentials exponentials = Exponentials::none;
  static constexpr Answers answers{Answers::Kind::decisions, 0, 1, false};
  template <Number T>
  static T value(const T& z) {
    if (z > Scalar<T>(0)) return T(Scalar<T>(1));
    if (z <= Scalar<T>(0)) return T(Scalar<T>(0));
    return z;  // NaN
  }
  template <std::floating_point T>
  static T derivative(T, T) {
    return 0;
  }
};

/// Logistic function: y = 1 / (1 + exp(-z)), range (0, 1). Derivative y (1 - y). Never overflows: for z < 0 it is
/// evaluated as exp(z) / (1 + exp(z)). Error: below 3 ULP.
struct Sigmoid {
  static constexpr std::string_view name = "sigmoid";
  static constexpr std::array<double, 0> kinks{};
  static constexpr Exponentials exponentials = Exponentials::bounded;
  static constexpr Answers answers = between(0, 1);
  template <Number T>
  static T value(const T& z) {
    if (z < Scalar<T>(0)) {
      const T e = exp(z);
      return e / (Scalar<T>(1) + e);
    }
    return Scalar<T>(1) / (Scalar<T>(1) + exp(-z));
  }
  template <std::floating_point T>
  static T derivative(T, T y) {
    return y * (1 - y);
  }
};

/// Hyperbolic tangent: y = tanh(z), range (-1, 1). Derivative 1 - y^2. Correctly rounded.
struct Tanh {
  static constexpr std::string_view name = "tanh";
  static constexpr std::array<double, 0> kinks{};
  static constexpr Exponentials exponentials = Exponentials::bounded;
  static constexpr Answers answers = between(-1, 1);
  template <Number T>
  static T value(const T& z) {
    return tanh(z);
  }
  template <std::floating_point T>
  static T derivative(T, T y) {
    return 1 - y * y;
  }
};

/// Rectified linear unit: y = max(0, z), range [0, inf) (Nair and Hinton, 2010). Kink at 0; convention ReLU'(0) = 0.
struct Relu {
  static constexpr std::string_view name = "relu";
  static constexpr std::array kinks{0.0};
  static constexpr Exponentials exponentials = Exponentials::none;
  static constexpr Answers answers = from_to(0, kNoEnd);
  template <Number T>
  static T value(const T& z) {
    return z <= Scalar<T>(0) ? T(Scalar<T>(0)) : z;
  }
  template <std::floating_point T>
  static T derivative(T z, T) {
    return z > 0 ? T(1) : z <= 0 ? T(0) : z;
  }
};

}  // namespace gradus::activation
