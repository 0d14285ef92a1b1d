// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <numbers>
#include <span>
#include <string_view>

#include "gradus/core/elementary.hpp"
#include "gradus/nn/hit.hpp"
#include "gradus/nn/layers/elementwise.hpp"
#include "gradus/nn/traits.hpp"

namespace gradus {

/// L = sum_k log cosh e_k, with the error e = p - t (Green, 1990): e^2 / 2 for small errors, |e| - log 2 for large
/// ones, and smooth throughout, where Huber's has a bend. Evaluated as |e| + log(1 + exp(-2 |e|)) - log 2, without
/// overflow, to an absolute error of 1 ULP of max(1, |e|). Derivative tanh e. Link: identity. A mean is over all
/// numbers.
struct LogCosh {
  static constexpr std::string_view name = "log-cosh";
  using Link = Elementwise<activation::Identity>;
  static constexpr Index terms(Index outputs) { return outputs; }
  using UsualAfter = void;
  static constexpr Hit hit = Hit::none;
  static constexpr std::string_view unit = "";
  static constexpr Logarithms logarithms = Logarithms::none;
  static constexpr AnswersNeeded answers = AnswersNeeded::numbers;
  static constexpr TargetsNeeded targets = TargetsNeeded::numbers;
  static constexpr Formulas formulas{"L = sum_k log cosh(p - t)", "dL/dp = tanh(p - t)"};
  static constexpr Formulas formulas_from_logits = formulas;

  template <class Visitor>
  void visit_options(Visitor&&) {}

  template <Number T>
  static T value(std::span<const T> p, std::span<const Scalar<T>> t) {
    using S = Scalar<T>;
    T sum(S(0));
    for (std::size_t k = 0; k < p.size(); ++k) {
      const T error = p[k] - t[k];
      const T size = error < S(0) ? T(-error) : error;
      sum += size + log1p(exp(size * S(-2))) - std::numbers::ln2_v<S>;
    }
    return sum;
  }
  template <std::floating_point T>
  static void gradient(std::span<const T> p, std::span<const T> t, std::span<T> dp) {
    for (std::size_t k = 0; k < p.size(); ++k) dp[k] = tanh(p[k] - t[k]);
  }

  template <Number T>
  static T value_from_logits(std::span<const T> z, std::span<const Scalar<T>> t) {
    return value<T>(z, t);
  }
  template <std::floating_point T>
  static void gradient_from_logits(std::span<const T> z, std::span<const T> /*p*/, std::span<const T> t,
                                   std::span<T> dz) {
    gradient<T>(z, t, dz);
  }

  bool operator==(const LogCosh&) const = default;
};

}  // namespace gradus
