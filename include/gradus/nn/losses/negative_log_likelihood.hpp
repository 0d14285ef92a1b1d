// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <span>
#include <string_view>

#include "gradus/nn/hit.hpp"
#include "gradus/nn/layers/elementwise.hpp"
#include "gradus/nn/layers/log_softmax.hpp"
#include "gradus/nn/traits.hpp"

namespace gradus {

/// L = -sum_k t_k y_k, for outputs y that are logarithms of probabilities, as a log-softmax gives them: with one, the
/// cross-entropy. Finite wherever y is. Link: identity; nothing is lost between a
/// log-softmax and its logits. A mean is over
/// samples.
struct NegativeLogLikelihood {
  static constexpr std::string_view name = "nll";
  using Link = Elementwise<activation::Identity>;
  static constexpr Index terms(Index) { return 1; }
  using UsualAfter = LogSoftmax;
  static constexpr Hit hit = Hit::argmax;
  static constexpr std::string_view unit = "nats";
  static constexpr Logarithms logarithms = Logarithms::none;
  static constexpr AnswersNeeded answers = AnswersNeeded::log_distribution;
  static constexpr TargetsNeeded targets = TargetsNeeded::distribution;
  static constexpr Formulas formulas{"L = -sum_k t y", "dL/dy = -t"};
  static constexpr Formulas formulas_from_logits{"L = sum_k t (log sum_j exp z[j] - z[k])", "dL/dz = p - t"};

  template <class Visitor>
  void visit_options(Visitor&&) {}

  template <Number T>
  static T value(std::span<const T> y, std::span<const Scalar<T>> t) {
    T sum(Scalar<T>(0));
    for (std::size_t k = 0; k < y.size(); ++k)
      if (t[k] != 0 || std::isnan(value_of(y[k]))) sum -= t[k] * y[k];  // 0 log 0 = 0
    return sum;
  }
  template <std::floating_point T>
  static void gradient(std::span<const T> y, std::span<const T> t, std::span<T> dy) {
    for (std::size_t k = 0; k < y.size(); ++k) dy[k] = -t[k];
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

  bool operator==(const NegativeLogLikelihood&) const = default;
};

}  // namespace gradus
