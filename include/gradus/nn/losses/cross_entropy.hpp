// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <string_view>

#include "gradus/core/elementary.hpp"
#include "gradus/core/options.hpp"
#include "gradus/nn/hit.hpp"
#include "gradus/nn/layers/softmax.hpp"
#include "gradus/nn/losses/cut.hpp"
#include "gradus/nn/traits.hpp"

namespace gradus {

/// L = -sum_k s_k log p_k, for a distribution t (one-hot for a class) smoothed by eps: s_k = (1 - eps) t_k + eps / K
/// (Szegedy et al., 2016). Link: softmax, where L = sum_k s_k (log sum_j exp z_j - z_k), finite for every finite z. A
/// mean is over samples. With `cut`, each log p_k is that of a cut probability (losses/cut.hpp).
struct CrossEntropy {
  static constexpr std::string_view name = "cross-entropy";
  using Link = Softmax;
  static constexpr Index terms(Index) { return 1; }
  using UsualAfter = Softmax;
  static constexpr Hit hit = Hit::argmax;
  static constexpr std::string_view unit = "nats";
  static constexpr Logarithms logarithms = Logarithms::of_answers;
  static constexpr AnswersNeeded answers = AnswersNeeded::distribution;
  static constexpr TargetsNeeded targets = TargetsNeeded::distribution;
  static constexpr Formulas formulas{"L = -sum_k t[k] log p[k]", "dL/dp[k] = -t[k] / p[k]"};
  static constexpr Formulas formulas_from_logits{"L = sum_k t[k] (log sum_j exp z[j] - z[k])", "dL/dz = p - t"};

  double smoothing = 0;
  bool cut = false;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("smoothing", smoothing, Range::from_0_below_1);
    visit("cut", cut);
  }

  template <Number T>
  T value(std::span<const T> p, std::span<const Scalar<T>> t) const {
    T sum(Scalar<T>(0));
    for (std::size_t k = 0; k < p.size(); ++k)
      if (const Scalar<T> s = smooth(t, k); s != 0) sum += s * term(T(-log(p[k])));  // 0 log 0 = 0
    return sum;
  }
  template <std::floating_point T>
  void gradient(std::span<const T> p, std::span<const T> t, std::span<T> dp) const {
    for (std::size_t k = 0; k < p.size(); ++k) {
      const T s = smooth(t, k);
      dp[k] = s != 0 ? -s / p[k] : T(0);
    }
  }

  template <Number T>
  T value_from_logits(std::span<const T> z, std::span<const Scalar<T>> t) const {
    const T log_sum = log_sum_exp(z);
    T loss(Scalar<T>(0));
    for (std::size_t k = 0; k < z.size(); ++k)
      if (const Scalar<T> s = smooth(t, k); s != 0) loss += s * term(T(log_sum - z[k]));
    return loss;
  }
  /// dz_k = p_k sum_j s_j - s_k
  template <std::floating_point T>
  void gradient_from_logits(std::span<const T> /*z*/, std::span<const T> p, std::span<const T> t,
                            std::span<T> dz) const {
    T mass = 0;
    for (std::size_t k = 0; k < p.size(); ++k) mass += smooth(t, k);
    for (std::size_t k = 0; k < p.size(); ++k) dz[k] = p[k] * mass - smooth(t, k);
  }

  /// log sum_j exp z_j without overflow.
  template <Number T>
  static T log_sum_exp(std::span<const T> z) {
    Scalar<T> max = value_of(z[0]);
    for (const T& zk : z) max = std::max(max, value_of(zk));
    T sum(Scalar<T>(0));
    for (const T& zk : z) sum += exp(zk - max);
    return log(sum) + max;
  }

  bool operator==(const CrossEntropy&) const = default;

 private:
  template <Number T>
  T term(const T& minus_log) const {
    return cut ? cut_minus_log(minus_log) : minus_log;
  }
  template <std::floating_point S>
  S smooth(std::span<const S> t, std::size_t k) const {
    if (smoothing == 0) return t[k];
    return static_cast<S>(1 - smoothing) * t[k] + static_cast<S>(smoothing) / static_cast<S>(t.size());
  }
};

}  // namespace gradus
