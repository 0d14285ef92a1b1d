// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string_view>

#include "gradus/nn/hit.hpp"
#include "gradus/nn/layers/elementwise.hpp"
#include "gradus/nn/traits.hpp"

namespace gradus {

/// L = sum_k (p_k - t_k)^2. Link: identity. A mean is over all numbers, so that it is numpy.mean((p - t)**2).
struct MeanSquaredError {
  static constexpr std::string_view name = "mse";
  using Link = Elementwise<activation::Identity>;
  static constexpr Index terms(Index outputs) { return outputs; }
  using UsualAfter = void;
  static constexpr Hit hit = Hit::none;
  static constexpr std::string_view unit = "";
  static constexpr Logarithms logarithms = Logarithms::none;
  static constexpr AnswersNeeded answers = AnswersNeeded::numbers;
  static constexpr TargetsNeeded targets = TargetsNeeded::numbers;
  static constexpr Formulas formulas{"L = sum_k (p - t)^2", "dL/dp = 2 (p - t)"};
  static constexpr Formulas formulas_from_logits = formulas;

  template <class Visitor>
  void visit_options(Visitor&&) {}

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

  bool operator==(const MeanSquaredError&) const = default;
};

}  // namespace gradus
