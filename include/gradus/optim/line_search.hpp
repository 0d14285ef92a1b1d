// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <functional>

#include "gradus/core/matrix.hpp"

namespace gradus {

/// A function of one variable, the step: its value and slope there.
template <std::floating_point T>
struct LinePoint {
  T step = 0;
  T value = 0;
  T slope = 0;
};

struct WolfeConditions {
  double c1 = 1e-4;
  double c2 = 0.9;
  Index evaluations = 30;  ///< before giving up
};

template <std::floating_point T>
struct LineSearchResult {
  LinePoint<T> point;  ///< the last that `phi` was asked for
  Index evaluations = 0;
  bool found = false;  ///< false: no step lowers the value
};

/// Seeks a step that meets the strong Wolfe conditions (Nocedal and Wright, 2006, algorithms 3.5 and 3.6):
///
///     phi(a) <= phi(0) + c1 a phi'(0),   |phi'(a)| <= c2 |phi'(0)|
///
/// `start` is phi at 0, where its slope must be below 0; `first` is tried first. Between two points the minimum of the
/// cubic through them is tried, no nearer to either than a tenth of the way. Values that are not finite count as too
/// high. Where the evaluations run out, the lowest point that met the first condition is given.
template <std::floating_point T>
LineSearchResult<T> line_search(const std::function<LinePoint<T>(T)>& phi, const LinePoint<T>& start, T first,
                                const WolfeConditions& conditions);

extern template LineSearchResult<double> line_search(const std::function<LinePoint<double>(double)>&,
                                                     const LinePoint<double>&, double, const WolfeConditions&);
extern template LineSearchResult<float> line_search(const std::function<LinePoint<float>(float)>&,
                                                    const LinePoint<float>&, float, const WolfeConditions&);

}  // namespace gradus
