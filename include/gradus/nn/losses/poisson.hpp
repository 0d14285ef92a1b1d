// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <span>
#include <string_view>

#include "gradus/core/elementary.hpp"
#include "gradus/nn/activations/smooth.hpp"
#include "gradus/nn/hit.hpp"
#include "gradus/nn/layers/elementwise.hpp"
#include "gradus/nn/traits.hpp"

namespace gradus {

/// The negative log-likelihood of counts t whose means are the outputs, less what depends on t alone:
/// L = sum_k p_k - t_k log p_k, for p > 0. Link: exponential, where L = sum_k exp z_k - t_k z_k. A mean is over all
/// numbers. Beyond z of 709 (88 in float32) the loss itself is beyond the number type: infinity, and a run stops.
struct Poisson {
  static constexpr std::string_view name = "poisson";
  using Link = Elementwise<activation::Exponential>;
  static constexpr Index terms(Index outputs) { return outputs; }
  using UsualAfter = void;
  static constexpr Hit hit = Hit::none;
  static constexpr std::string_view unit = "nats";
  static constexpr Logarithms logarithms = Logarithms::of_answers;
  static constexpr AnswersNeeded answers = AnswersNeeded::positive;
  static constexpr TargetsNeeded targets = TargetsNeeded::counts;
  static constexpr Formulas formulas{"L = sum_k p - t log p", "dL/dp = 1 - t / p"};
  static constexpr Formulas formulas_from_logits{"L = sum_k exp z - t z", "dL/dz = p - t"};

  template <class Visitor>
  void visit_options(Visitor&&) {}

  template <Number T>
  static T value(std::span<const T> p, std::span<const Scalar<T>> t) {
    T sum(Scalar<T>(0));
    for (std::size_t k = 0; k < p.size(); ++k) {
      sum += p[k];
      if (t[k] != 0) sum -= t[k] * log(p[k]);
    }
    return sum;
  }
  template <std::floating_point T>
  static void gradient(std::span<const T> p, std::span<const T> t, std::span<T> dp) {
    for (std::size_t k = 0; k < p.size(); ++k) dp[k] = t[k] != 0 ? 1 - t[k] / p[k] : T(1);
  }

  template <Number T>
  static T value_from_logits(std::span<const T> z, std::span<const Scalar<T>> t) {
    T sum(Scalar<T>(0));
    for (std::size_t k = 0; k < z.size(); ++k) sum += exp(z[k]) - t[k] * z[k];
    return sum;
  }
  template <std::floating_point T>
  static void gradient_from_logits(std::span<const T> /*z*/, std::span<const T> p, std::span<const T> t,
                                   std::span<T> dz) {
    for (std::size_t k = 0; k < p.size(); ++k) dz[k] = p[k] - t[k];
  }

  bool operator==(const Poisson&) const = default;
};

}  // namespace gradus
