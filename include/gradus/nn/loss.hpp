// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <span>
#include <string_view>
#include <variant>

#include "gradus/nn/layer.hpp"

/// Losses, one sample at a time: p are the network's outputs, t the targets, both of length K.
///
/// Each loss has a canonical link: the last layer with which it fuses. Where the network ends in its link, the loss is
/// evaluated on the link's input z (the logits), which is exact where p would round to 0 or 1, and its derivative by z
/// is p - t (times 2 for the squared error). Everywhere else it is evaluated on p.
///
/// `terms(K)` is the number of terms one sample contributes to a mean.
namespace gradus {

/// L = -sum_k t_k log p_k, for a distribution t (one-hot for a class). Link: softmax, where
/// L = sum_k t_k (log sum_j exp z_j - z_k), finite for every finite z. A mean is over samples.
struct CrossEntropy {
  static constexpr std::string_view name = "cross-entropy";
  using Link = Softmax;
  static constexpr Index terms(Index) { return 1; }

  template <Number T>
  static T value(std::span<const T> p, std::span<const Scalar<T>> t) {
    using std::log;
    T sum(Scalar<T>(0));
    for (std::size_t k = 0; k < p.size(); ++k)
      if (t[k] != 0) sum -= t[k] * log(p[k]);  // 0 log 0 = 0
    return sum;
  }
  template <std::floating_point T>
  static void gradient(std::span<const T> p, std::span<const T> t, std::span<T> dp) {
    for (std::size_t k = 0; k < p.size(); ++k) dp[k] = t[k] != 0 ? -t[k] / p[k] : T(0);
  }

  template <Number T>
  static T value_from_logits(std::span<const T> z, std::span<const Scalar<T>> t) {
    using std::exp, std::log;
    Scalar<T> max = value_of(z[0]);
    for (const T& zk : z) max = std::max(max, value_of(zk));
    T sum(Scalar<T>(0));
    for (const T& zk : z) sum += exp(zk - max);
    const T log_sum = log(sum) + max;
    T loss(Scalar<T>(0));
    for (std::size_t k = 0; k < z.size(); ++k)
      if (t[k] != 0) loss += t[k] * (log_sum - z[k]);
    return loss;
  }
  /// dz_k = p_k sum_j t_j - t_k
  template <std::floating_point T>
  static void gradient_from_logits(std::span<const T> /*z*/, std::span<const T> p, std::span<const T> t,
                                   std::span<T> dz) {
    T mass = 0;
    for (const T tk : t) mass += tk;
    for (std::size_t k = 0; k < p.size(); ++k) dz[k] = p[k] * mass - t[k];
  }
};

/// L = -sum_k [t_k log p_k + (1 - t_k) log(1 - p_k)]. Link: sigmoid, where L = sum_k log(1 + exp z_k) - t_k z_k, with
/// the exponential of -|z_k| only. A mean is over all numbers.
struct BinaryCrossEntropy {
  static constexpr std::string_view name = "binary-cross-entropy";
  using Link = Elementwise<activation::Sigmoid>;
  static constexpr Index terms(Index outputs) { return outputs; }

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
};

/// L = sum_k (p_k - t_k)^2. Link: identity. A mean is over all numbers, so that it is numpy.mean((p - t)**2).
struct MeanSquaredError {
  static constexpr std::string_view name = "mse";
  using Link = Elementwise<activation::Identity>;
  static constexpr Index terms(Index outputs) { return outputs; }

  template <Number T>
  static T value(std::span<const T> p, std::span<const Scalar<T>> t) {
    T sum(Scalar<T>(0));
    for (std::size_t k = 0; k < p.size(); ++k) {
      const T error = p[k] - t[k];
      sum += error * error;
    }
    return sum;
  }
  template <std::floating_point T>
  static void gradient(std::span<const T> p, std::span<const T> t, std::span<T> dp) {
    for (std::size_t k = 0; k < p.size(); ++k) dp[k] = 2 * (p[k] - t[k]);
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
};

/// The perceptron criterion (Rosenblatt, 1958; Duda, Hart and Stork, 2001, 5.5): with a step as its link,
/// L = sum_k (step(z_k) - t_k) z_k, which is 0 where the unit is right and |z_k| where it is wrong. Descent along its
/// derivative p - t is the perceptron rule w += lr (t - p) x. Kink where z_k = 0. On outputs that are no step it counts
/// mistakes, sum_k |p_k - t_k|. A mean is over samples.
struct PerceptronCriterion {
  static constexpr std::string_view name = "perceptron";
  using Link = Elementwise<activation::Step>;
  static constexpr Index terms(Index) { return 1; }

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
    for (std::size_t k = 0; k < z.size(); ++k) sum += (activation::Step::value(value_of(z[k])) - t[k]) * z[k];
    return sum;
  }
  template <std::floating_point T>
  static void gradient_from_logits(std::span<const T> /*z*/, std::span<const T> p, std::span<const T> t,
                                   std::span<T> dz) {
    for (std::size_t k = 0; k < p.size(); ++k) dz[k] = p[k] - t[k];
  }
};

using LossFunction = std::variant<CrossEntropy, BinaryCrossEntropy, MeanSquaredError, PerceptronCriterion>;

/// How the losses of a batch become one number: their sum, or the sum divided by batch * terms(K).
enum class Reduction { mean, sum };

struct Loss {
  LossFunction function = CrossEntropy{};
  Reduction reduction = Reduction::mean;

  std::string_view name() const {
    return std::visit([](const auto& f) { return std::string_view(f.name); }, function);
  }
  /// What the sum over a batch is multiplied with.
  double scale(Index batch, Index outputs) const {
    if (reduction == Reduction::sum) return 1;
    return 1.0 / static_cast<double>(batch * std::visit([&](const auto& f) { return f.terms(outputs); }, function));
  }
};

/// The loss called `name`: cross-entropy, binary-cross-entropy, mse, perceptron. Throws ValueError that lists them.
Loss parse_loss(std::string_view name, Reduction reduction = Reduction::mean);

}  // namespace gradus
