// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "gradus/check/result.hpp"

/// The gradient of any function of a vector, checked by its values alone: a loss with penalties, a function of your
/// own.
namespace gradus {

using ScalarFunction = std::function<double(std::span<const double> theta)>;
/// Gives the value and writes the gradient.
using ObjectiveWithGradient = std::function<double(std::span<const double> theta, std::span<double> gradient)>;

struct ObjectiveCheck {
  double value = 0;
  std::vector<double> gradient;     ///< by hand
  std::vector<double> differences;  ///< by Ridders' extrapolation
  std::vector<double> tolerance;    ///< its estimated error, rounding included
  GradientVerdict verdict = GradientVerdict::right;
  std::size_t worst = 0;   ///< the entry that is furthest off for its tolerance
  bool same_value = true;  ///< whether the value with the gradient is, bit for bit, the value without
  bool writes_all = true;  ///< whether the gradient is the same over a buffer of NaN as over zeros

  std::string sentence;  ///< what the slip probably is; empty if nothing is wrong

  /// With what holds beside the numbers.
  GradientVerdict overall() const { return same_value && writes_all ? verdict : GradientVerdict::wrong; }
  std::string report() const;
  bool passed() const { return verdict == GradientVerdict::right && same_value && writes_all; }
};

/// Each number of the gradient against extrapolated differences, with a tolerance from how well they settle and what
/// rounding does to them. Smaller throughout than that it is `unproven`. About 10 values for each number of theta.
ObjectiveCheck check_objective(const ScalarFunction& value, const ObjectiveWithGradient& value_and_gradient,
                               std::span<const double> theta);

}  // namespace gradus
