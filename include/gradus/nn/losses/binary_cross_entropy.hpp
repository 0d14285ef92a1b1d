// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <span>
#include <string_view>

#include "gradus/core/elementary.hpp"
#include "gradus/nn/hit.hpp"
#include "gradus/nn/layers/elementwise.hpp"
#include "gradus/nn/losses/cut.hpp"
#include "gradus/nn/traits.hpp"

namespace gradus {

/// L = -sum_k [t_k log p_k + (1 - t_k) log(1 - p_k)]. Link: sigmoid, where L = sum_k log(1 + exp z_k) - t_k z_k, with
/// the exponential of -|z_k| only. A mean is over all numbers. With `cut`, both logarithms are of cut probabilities
/// (losses/cut.hpp), and from logits too of p_k as it rounds: of 1 - p_k near p_k = 1 few digits are left, and
/// scikit-learn's losses are of those.
struct BinaryCrossEntropy {
  static constexpr std::string_view name = "binary-cross-entropy";
  using Link = Elementwise<activation::Sigmoid>;
  static constexpr Index terms(Index outputs) { return outputs; }
  using UsualAfter = Elementwise<activation::Sigmoid>;
  static constexpr Hit hit = Hit::threshold;
  static constexpr std::string_view unit = "nats";
  static constexpr Logarithms logarithms = Logarithms::of_both_sides;
  static constexpr AnswersNeeded answers = AnswersNeeded::probabilities;
  static constexpr TargetsNeeded targets = TargetsNeeded::probabilities;
  static constexpr Formulas formulas{"L = -sum_k t log p + (1 - t) log(1 - p)", "dL/dp = (1 - t) / (1 - p) - t / p"};
  static constexpr Formulas formulas_from_logits{"L = sum_k log(1 + exp z) - t z", "dL/dz = p - t"};

  bool cut = false;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("cut", cut);
  }

  template <Number T>
  T value(std::span<const T> p, std::span<const Scalar<T>> t) const {
    T sum(Scalar<T>(0));
    for (std::size_t k = 0; k < p.size(); ++k) sum += term_of(p[k], t[k]);
    return sum;
  }
  template <std::floating_point T>
  static void gradient(std::span<const T> p, std::span<const T> t, std::span<T> dp) {
    for (std::size_t k = 0; k < p.size(); ++k)
      dp[k] = (t[k] != 1 ? (1 - t[k]) / (1 - p[k]) : T(0)) - (t[k] != 0 ? t[k] / p[k] : T(0));
  }

  template <Number T>
  T value_from_logits(std::span<const T> z, std::span<const Scalar<T>> t) const {
    T sum(Scalar<T>(0));
    for (std::size_t k = 0; k < z.size(); ++k) {
      if (cut) {
        sum += term_of(activation::Sigmoid::value(z[k]), t[k]);
        continue;
      }
      sum += z[k] > Scalar<T>(0) ? z[k] * (1 - t[k]) + log1p(exp(-z[k])) : log1p(exp(z[k])) - t[k] * z[k];
    }
    return sum;
  }
  template <std::floating_point T>
  static void gradient_from_logits(std::span<const T> /*z*/, std::span<const T> p, std::span<const T> t,
                                   std::span<T> dz) {
    for (std::size_t k = 0; k < p.size(); ++k) dz[k] = p[k] - t[k];
  }

  bool operator==(const BinaryCrossEntropy&) const = default;

 private:
  /// Of one output; 0 log 0 = 0.
  template <Number T>
  T term_of(const T& p, const Scalar<T>& t) const {
    T sum(Scalar<T>(0));
    if (t != 0) sum += t * minus_log(T(-log(p)));
    if (t != 1) sum += (1 - t) * minus_log(T(-log1p(-p)));
    return sum;
  }
  template <Number T>
  T minus_log(const T& l) const {
    return cut ? cut_minus_log(l) : l;
  }
};

/// The binary cross-entropy of K labels, of which any number may hold: its sum over the labels. A mean is over samples,
/// as in scikit-learn. Link: sigmoid.
struct MultiLabelCrossEntropy : BinaryCrossEntropy {
  static constexpr std::string_view name = "multi-label-cross-entropy";
  using UsualAfter = void;
  static constexpr Index terms(Index) { return 1; }

  bool operator==(const MultiLabelCrossEntropy&) const = default;
};

}  // namespace gradus
