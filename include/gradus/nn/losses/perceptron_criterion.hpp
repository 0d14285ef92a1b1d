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

/// The perceptron criterion (Rosenblatt, 1958; Duda, Hart and Stork, 2001, 5.5): with a step as its link,
/// L = sum_k (step(z_k) - t_k) z_k, which is 0 where the unit is right and |z_k| where it is wrong. Descent along its
/// derivative p - t is the perceptron rule w += lr (t - p) x. Kink where z_k = 0. On outputs that are no step it counts
/// mistakes, sum_k |p_k - t_k|. A mean is over samples.
struct PerceptronCriterion {
  static constexpr std::string_view name = "perceptron";
  using Link = Elementwise<activation::Step>;
  static constexpr Index terms(Index) { return 1; }
  using UsualAfter = Elementwise<activation::Step>;
  static constexpr Hit hit = Hit::threshold;
  static constexpr std::string_view unit = "";
  static constexpr Logarithms logarithms = Logarithms::none;
  static constexpr AnswersNeeded answers = AnswersNeeded::numbers;
  static constexpr TargetsNeeded targets = TargetsNeeded::decisions;
  static constexpr Formulas formulas{"L = sum_k |p - t|", "dL/dp = sign(p - t)"};
  static constexpr Formulas formulas_from_logits{"L = sum_k (p - t) z", "dL/dz = p - t"};

  template <class Visitor>
  void visit_options(Visitor&&) {}

  template <Number T>
  static T value(std::span<const T> p, std::span<const Scalar<T>> t) {
    T sum(Scalar<T>(0));
    for (std::size_t k = 0; k < p.size(); ++k) sum += p[k] >= t[k] ? p[k] - t[k] : t[k] - p[k];
    return sum;
  }
  template <std::floating_point T>
  static void gradient(std::span<const T> p, std::span<const T> t, std::span<T> dp) {
    for (std::size_t k = 0; k < p.size(); ++k) dp[k] = p[k] >= t[k] ? T(1) : T(-1);
  }

  template <Number T>
  static T value_from_logits(std::span<const T> z, std::span<const Scalar<T>> t) {
    T sum(Scalar<T>(0));
    for (std::size_t k = 0; k < z.size(); ++k) sum += (activation::Step::value(z[k]) - t[k]) * z[k];
    return sum;
  }
  template <std::floating_point T>
  static void gradient_from_logits(std::span<const T> /*z*/, std::span<const T> p, std::span<const T> t,
                                   std::span<T> dz) {
    for (std::size_t k = 0; k < p.size(); ++k) dz[k] = p[k] - t[k];
  }

  /// How far the outputs, or the link's inputs where it is fused, are from the nearest kink.
  template <std::floating_point T>
  static T kink_distance(std::span<const T> p, std::span<const T> t) {
    T least = std::numeric_limits<T>::infinity();
    for (std::size_t k = 0; k < p.size(); ++k) least = std::min(least, std::abs(p[k] - t[k]));
    return least;
  }
  template <std::floating_point T>
  static T kink_distance_from_logits(std::span<const T> z, std::span<const T> /*t*/) {
    T least = std::numeric_limits<T>::infinity();
    for (const T zk : z) least = std::min(least, std::abs(zk));
    return least;
  }

  bool operator==(const PerceptronCriterion&) const = default;
};

}  // namespace gradus
