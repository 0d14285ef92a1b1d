// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/core/options.hpp"

namespace gradus {

/// The method of Levenberg (1944) and Marquardt (1963) for sums of squares |r(theta)|^2 with Jacobian J. Each step d is
/// the least-squares solution of
///
///     [ J               ]       [ -r ]
///     [ sqrt(lambda) D  ] d  =  [  0 ]
///
/// by Householder's QR, which squares no condition number as the normal equations do. D holds the largest norm yet of
/// each column of J (More, 1978). lambda starts at `damping` and follows the ratio of gained to promised decrease
/// (Nielsen, 1999): a good step divides it by up to 3, a bad one is not taken and multiplies it by 2, 4, 8, ...
/// Full batch, squared errors only; the steps need no learning rate. Memory: outputs x parameters of the whole batch.
struct LevenbergMarquardt {
  static constexpr std::string_view name = "lm";

  double damping = 1e-3;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("damping", damping, Range::above_0);
  }
  void check() const { check_options(*this); }

  bool operator==(const LevenbergMarquardt&) const = default;
};

}  // namespace gradus
