// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "gradus/check/gradient_check.hpp"
#include "gradus/check/projection.hpp"

namespace gradus {

/// Checks at several points, for faults that one point cannot show.
struct ThoroughCheck {
  struct Point {
    std::string what;  ///< "one sample", "values that tie"
    GradientCheck check;
  };
  std::vector<Point> points;
  std::vector<std::string> never_proven;  ///< arrays that were right at no point

  /// `wrong` if it is anywhere; else `right` if it is anywhere. Where numbers overflow nothing is said.
  GradientVerdict verdict() const;
  bool passed() const { return verdict() == GradientVerdict::right; }
  /// The points in a table, and the whole report of the first that is wrong.
  std::string report() const;
};

namespace detail {

/// A point of a thorough check.
struct MadePoint {
  std::string what;
  std::vector<double> theta;
  Matrix<double> x;
  Matrix<double> targets;
  std::vector<double> weights;
};

/// Points around the one given: one sample alone; other batch sizes with parameters drawn anew, small and large, biases
/// too; numbers that tie; and everything with the other sign, for the other side of each branch. Targets are rows of
/// those given.
std::vector<MadePoint> points_around(std::span<const double> theta, ConstMatrixView<double> x,
                                     const Targets<double>& targets, std::uint64_t seed);
std::vector<std::string> never_proven(const std::vector<ThoroughCheck::Point>& points);

}  // namespace detail

/// The full check at the point given and at points of its own making around it.
template <class L, class Suspect>
ThoroughCheck check_thoroughly(const BasicNetwork<L>& network, const Suspect& suspect, const Loss& loss,
                               std::span<const double> theta, ConstMatrixView<double> x, const Targets<double>& targets,
                               const GradientCheckOptions& options = {}) {
  GradientChecker<L> checker(options);
  ThoroughCheck result;
  for (const detail::MadePoint& point : detail::points_around(theta, x, targets, options.seed))
    result.points.push_back({point.what, checker.check(network, suspect, loss, point.theta, point.x.view(),
                                                       Targets<double>(point.targets, point.weights))});
  result.never_proven = detail::never_proven(result.points);
  return result;
}

}  // namespace gradus
