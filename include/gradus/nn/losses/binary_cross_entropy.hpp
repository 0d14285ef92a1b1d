// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <span>
#include <string_view>

#include "gradus/nn/layers/elementwise.hpp"

namespace gradus {

/// L = -sum_k [t_k log p_k + (1 - t_k) log(1 - p_k)]. Link: sigmoid, where L = sum_k log(1 + exp z_k) - t_k z_k, with
/// the exponential of -|z_k| only. A mean is over all numbers.
struct BinaryCrossEntropy {
  static constexpr std::string_view name = "binary-cross-entropy";
  using Link = Elementwise<activation::Sigmoid>;
  static constexpr Index terms(Index outputs) { return outputs; }

  template <class Visitor>
  void visit_options(Visitor&&) {}

  template <Number T>
  static T value(std::span<const T> p, std::span<const Scalar<T>> t) {
    using std::log, std::log1p;
    T sum(Scalar<T>(0));
    for (std::size_t k = 0; k < p.size(); ++k) {
      if (t[k] != 0) sum -= t[k] * log(p[k]);
      if (t[k] != 1) sum -= (1 - t[k]) * log1p(-p[k]);
    }
    return sum;
  }
  template <std::floating_point T>
  static void gradient(std::span<const T> p, std::span<const T> t, std::span<T> dp) {
    for (std::size_t k = 0; k < p.size(); ++k)
      dp[k] = (t[k] != 1 ? (1 - t[k]) / (1 - p[k]) : T(0)) - (t[k] != 0 ? t[k] / p[k] : T(0));
  }

  template <Number T>
  static T value_from_logits(std::span<const T> z, std::span<const Scalar<T>> t) {
    using std::exp, std::log1p;
    T sum(Scalar<T>(0));
    for (std::size_t k = 0; k < z.size(); ++k)
      sum += z[k] > Scalar<T>(0) ? z[k] * (1 - t[k]) + log1p(exp(-z[k])) : log1p(exp(z[k])) - t[k] * z[k];
    return sum;
  }
  template <std::floating_point T>
  static void gradient_from_logits(std::span<const T> /*z*/, std::span<const T> p, std::span<const T> t,
                                   std::span<T> dz) {
    for (std::size_t k = 0; k < p.size(); ++k) dz[k] = p[k] - t[k];
  }

  bool operator==(const BinaryCrossEntropy&) const = default;
};

/// The binary cross-entropy of K labels, of which any number may hold: its sum over the labels. A mean is over samples,
/// as in scikit-learn. Link: sigmoid.
struct MultiLabelCrossEntropy : BinaryCrossEntropy {
  static constexpr std::string_view name = "multi-label-cross-entropy";
  static constexpr Index terms(Index) { return 1; }

  bool operator==(const MultiLabelCrossEntropy&) const = default;
};

}  // namespace gradus
