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

/// The hinge loss of scores z, whose target is one-hot with the 1 at c (Crammer and Singer, 2001):
///
///     L = max(0, 1 - z_c + max_{k != c} z_k)
///
/// Of a single score the two-class form, with s = 2 t - 1:  L = max(0, 1 - s z). Kinks where the margin is met exactly
/// (the derivative is taken as 0) and where two rivals are level (the first counts). Link: identity. Mean over samples.
struct Hinge {
  static constexpr std::string_view name = "hinge";
  using Link = Elementwise<activation::Identity>;
  static constexpr Index terms(Index) { return 1; }
  using UsualAfter = void;
  static constexpr Hit hit = Hit::argmax;
  static constexpr std::string_view unit = "";
  static constexpr Logarithms logarithms = Logarithms::none;
  static constexpr AnswersNeeded answers = AnswersNeeded::scores;
  static constexpr TargetsNeeded targets = TargetsNeeded::one_hot;
  static constexpr Formulas formulas{"L = max(0, 1 - z[c] + max_(k != c) z[k])",
                                     "dL/dz = -1 at c, 1 at the rival, where L > 0"};
  static constexpr Formulas formulas_from_logits = formulas;

  template <class Visitor>
  void visit_options(Visitor&&) {}

  template <Number T>
  static T value(std::span<const T> z, std::span<const Scalar<T>> t) {
    using S = Scalar<T>;
    T loss = z[0];
    if (z.size() == 1) {
      loss = S(1) - (2 * t[0] - 1) * z[0];
    } else {
      const std::size_t c = target(t);
      loss = S(1) - z[c] + z[rival(z, c)];
    }
    return loss <= S(0) ? T(S(0)) : loss;  // NaN stays one
  }
  template <std::floating_point T>
  static void gradient(std::span<const T> z, std::span<const T> t, std::span<T> dz) {
    const T loss = value<T>(z, t);
    const T on = loss > 0 ? T(1) : loss;  // NaN stays one
    if (z.size() == 1) {
      dz[0] = -(2 * t[0] - 1) * on;
      return;
    }
    std::fill(dz.begin(), dz.end(), T(0));
    const std::size_t c = target(t);
    dz[c] = -on;
    dz[rival(z, c)] = on;
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
  static T kink_distance(std::span<const T> z, std::span<const T> t) {
    if (z.size() == 1) return std::abs(1 - (2 * t[0] - 1) * z[0]);
    const std::size_t c = target(t);
    const std::size_t r = rival(z, c);
    const T margin = 1 - z[c] + z[r];
    T least = std::abs(margin);
    for (std::size_t k = 0; margin > 0 && k < z.size(); ++k)
      if (k != c && k != r) least = std::min(least, z[r] - z[k]);
    return least;
  }

  bool operator==(const Hinge&) const = default;

 private:
  template <std::floating_point S>
  static std::size_t target(std::span<const S> t) {
    return static_cast<std::size_t>(std::max_element(t.begin(), t.end()) - t.begin());
  }
  /// The highest score but z_c; a NaN is higher than any.
  template <Number T>
  static std::size_t rival(std::span<const T> z, std::size_t c) {
    std::size_t best = c == 0 ? 1 : 0;
    for (std::size_t k = best + 1; k < z.size(); ++k)
      if (k != c && !std::isnan(value_of(z[best])) && !(z[k] <= z[best])) best = k;
    return best;
  }
};

}  // namespace gradus
