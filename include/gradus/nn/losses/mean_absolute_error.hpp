// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <string_view>

#include "gradus/nn/hit.hpp"
#include "gradus/nn/layers/elementwise.hpp"
#include "gradus/nn/traits.hpp"

namespace gradus {

/// L = sum_k |p_k - t_k|. Kink where p_k = t_k, where the derivative is taken as 0. Link: identity. Mean over all
/// numbers.
struct MeanAbsoluteError {
  static constexpr std::string_view name = "mae";
  using Link = Elementwise<activation::Identity>;
  static constexpr Index terms(Index outputs) { return outputs; }
  using UsualAfter = void;
  static constexpr Hit hit = Hit::none;
  static constexpr std::string_view unit = "";
  static constexpr Logarithms logarithms = Logarithms::none;
  static constexpr AnswersNeeded answers = AnswersNeeded::numbers;
  static constexpr TargetsNeeded targets = TargetsNeeded::numbers;
  static constexpr Formulas formulas{"L = sum_k |p - t|", "dL/dp = sign(p - t)"};
  static constexpr Formulas formulas_from_logits = formulas;

  template <class Visitor>
  void visit_options(Visitor&&) {}

  template <Number T>
  static T value(std::span<const T> p, std::span<const Scalar<T>> t) {
    T sum(Scalar<T>(0));
    for (std::size_t k = 0; k < p.size(); ++k) {
      const T error = p[k] - t[k];
      if (error > Scalar<T>(0))
        sum += error;
      else if (!(error == Scalar<T>(0)))
        sum -= error;
    }
    return sum;
  }
  template <std::floating_point T>
  static void gradient(std::span<const T> p, std::span<const T> t, std::span<T> dp) {
    for (std::size_t k = 0; k < p.size(); ++k) {
      const T error = p[k] - t[k];
      dp[k] = error > 0 ? T(1) : error < 0 ? T(-1) : error;  // NaN stays one
    }
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

  /// The least change of an output that meets a kink.
  template <std::floating_point T>
  static T kink_distance(std::span<const T> p, std::span<const T> t) {
    T least = std::numeric_limits<T>::infinity();
    for (std::size_t k = 0; k < p.size(); ++k) least = std::min(least, std::abs(p[k] - t[k]));
    return least;
  }

  bool operator==(const MeanAbsoluteError&) const = default;
};

}  // namespace gradus
