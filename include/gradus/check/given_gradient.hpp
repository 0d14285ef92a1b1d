// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "gradus/check/network_check.hpp"

namespace gradus {

/// A gradient that somebody else computed: a student by hand, another program.
struct GivenGradient {
  std::vector<double> numbers{};  ///< of all of theta, in its order; or of one array, row by row
  std::string block{};            ///< the array, as a table of `check` names it: "layer 1 weights"; empty: all of theta
  /// The shape of the numbers, if they are those of one array: its own, or the other way round, which is read as such;
  /// 0 x 0: a row of numbers.
  Index rows = 0;
  Index cols = 0;
  bool float32 = false;  ///< whether they were computed in float32
  /// Half a unit of the last digit that each was written with; empty: they were not rounded.
  std::vector<double> half_units{};
};

/// Holds a given gradient against what the network's loss has: the exact derivative, with the tolerance that rounding
/// gives any pass through this network (docs/proof.md). Where it is wrong, the slips that people make are tried, each
/// by the gradient that it would give, and the one that fits is named. `seed` is that of random masks, by default a new
/// Trace's. Throws ValueError if there is no such array, or its numbers are of another count or shape.
GradientCheck check_given_gradient(const CheckSubject& subject, const GivenGradient& given, std::uint64_t seed = 0);

}  // namespace gradus
