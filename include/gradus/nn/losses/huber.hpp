// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

#include "gradus/core/options.hpp"
#include "gradus/nn/hit.hpp"
#include "gradus/nn/layers/elementwise.hpp"
#include "gradus/nn/traits.hpp"

namespace gradus {

/// With the error e = p - t (Huber, 1964):
///
///     L = sum_k   e_k^2 / 2                   where |e_k| <= delta
///                 delta (|e_k| - delta / 2)   elsewhere
///
/// Its derivative, e cut to +-delta, has a bend at delta but no jump. Link: identity. A mean is over all numbers.
struct Huber {
  static constexpr std::string_view name = "huber";
  using Link = Elementwise<activation::Identity>;
  static constexpr Index terms(Index outputs) { return outputs; }
  using UsualAfter = void;
  static constexpr Hit hit = Hit::none;
  static constexpr std::string_view unit = "";
  static constexpr Logarithms logarithms = Logarithms::none;
  static constexpr AnswersNeeded answers = AnswersNeeded::numbers;
  static constexpr TargetsNeeded targets = TargetsNeeded::numbers;
  static constexpr Formulas formulas{"L = sum_k e^2 / 2, linear beyond delta, e = p - t", "dL/dp = e, cut to +-delta"};
  static constexpr Formulas formulas_from_logits = formulas;

  double delta = 1;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("delta", delta, Range::above_0);
  }

  template <Number T>
  T value(std::span<const T> p, std::span<const Scalar<T>> t) const {
    using S = Scalar<T>;
    const S d = static_cast<S>(delta);
    T sum(S(0));
    for (std::size_t k = 0; k < p.size(); ++k) {
      const T error = p[k] - t[k];
      if (error > d)
        sum += d * (error - d / 2);
      else if (error < -d)
        sum += d * (-error - d / 2);
      else
        sum += error * error / S(2);
    }
    return sum;
  }
  template <std::floating_point T>
  void gradient(std::span<const T> p, std::span<const T> t, std::span<T> dp) const {
    const T d = static_cast<T>(delta);
    for (std::size_t k = 0; k < p.size(); ++k) {
      const T error = p[k] - t[k];
      dp[k] = error > d ? d : error < -d ? -d : error;
    }
  }

  template <Number T>
  T value_from_logits(std::span<const T> z, std::span<const Scalar<T>> t) const {
    return value<T>(z, t);
  }
  template <std::floating_point T>
  void gradient_from_logits(std::span<const T> z, std::span<const T> /*p*/, std::span<const T> t,
                            std::span<T> dz) const {
    gradient<T>(z, t, dz);
  }

  bool operator==(const Huber&) const = default;
};

}  // namespace gradus
