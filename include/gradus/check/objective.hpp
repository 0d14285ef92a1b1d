// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <span>
#include <string>
#include <vector>

#include "gradus/check/result.hpp"
#include "gradus/core/matrix.hpp"

/// The gradient of any function of a vector, checked by its values alone: a loss with penalties, a function of your
/// own.
namespace gradus {

using ScalarFunction = std::function<double(std::span<const double> theta)>;
/// Gives the value and writes the gradient.
using ObjectiveWithGradient = std::function<double(std::span<const double> theta, std::span<double> gradient)>;

struct ObjectiveCheck {
  double value = 0;
  std::vector<double> gradient;     ///< by hand
  std::vector<double> differences;  ///< by Ridders' extrapolation; NaN where they cannot tell
  std::vector<double> tolerance;    ///< its estimated error, rounding included
  std::vector<std::size_t> kinks;   ///< numbers at a kink, where every slope between those of its sides is right
  Index rows = 1;                   ///< of theta, as a matrix
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

/// Each number of the gradient against extrapolated differences, with a tolerance from how well they settle and from
/// what rounding does to them, which is measured (More and Wild, 2011), so that the function may compute in any
/// precision. Smaller throughout than that it is `unproven`. About 10 values for each number of theta, more where they
/// contradict the gradient. A matrix of `rows` rows has its slips named as one. Throws ValueError if theta is none.
ObjectiveCheck check_objective(const ScalarFunction& value, const ObjectiveWithGradient& value_and_gradient,
                               std::span<const double> theta, Index rows = 1);

}  // namespace gradus
