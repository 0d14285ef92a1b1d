// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <span>
#include <string_view>

#include "gradus/core/elementary.hpp"
#include "gradus/nn/hit.hpp"
#include "gradus/nn/losses/cross_entropy.hpp"
#include "gradus/nn/traits.hpp"

namespace gradus {

/// The divergence of the outputs from the targets (Kullback and Leibler, 1951): L = sum_k t_k log(t_k / p_k), 0 where
/// they are equal. It is the cross-entropy less the targets' own entropy, with the same derivative. Link: softmax. A
/// mean is over samples.
struct KlDivergence {
  static constexpr std::string_view name = "kl-divergence";
  using Link = Softmax;
  static constexpr Index terms(Index) { return 1; }
  using UsualAfter = void;
  static constexpr Hit hit = Hit::argmax;
  static constexpr std::string_view unit = "nats";
  static constexpr Logarithms logarithms = Logarithms::of_answers;
  static constexpr AnswersNeeded answers = AnswersNeeded::distribution;
  static constexpr TargetsNeeded targets = TargetsNeeded::distribution;
  static constexpr Formulas formulas{"L = sum_k t log(t / p)", "dL/dp = -t / p"};
  static constexpr Formulas formulas_from_logits{"L = sum_k t (log t + log sum_j exp z[j] - z[k])", "dL/dz = p - t"};

  template <class Visitor>
  void visit_options(Visitor&&) {}

  template <Number T>
  static T value(std::span<const T> p, std::span<const Scalar<T>> t) {
    return CrossEntropy{}.value<T>(p, t) - entropy(t);
  }
  template <std::floating_point T>
  static void gradient(std::span<const T> p, std::span<const T> t, std::span<T> dp) {
    CrossEntropy{}.gradient<T>(p, t, dp);
  }

  template <Number T>
  static T value_from_logits(std::span<const T> z, std::span<const Scalar<T>> t) {
    return CrossEntropy{}.value_from_logits<T>(z, t) - entropy(t);
  }
  template <std::floating_point T>
  static void gradient_from_logits(std::span<const T> z, std::span<const T> p, std::span<const T> t, std::span<T> dz) {
    CrossEntropy{}.gradient_from_logits<T>(z, p, t, dz);
  }

  bool operator==(const KlDivergence&) const = default;

 private:
  /// -sum_k t_k log t_k
  template <std::floating_point S>
  static S entropy(std::span<const S> t) {
    S sum = 0;
    for (const S tk : t)
      if (tk != 0) sum -= tk * log(tk);
    return sum;
  }
};

}  // namespace gradus
