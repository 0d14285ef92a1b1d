// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>

#include "gradus/core/matrix.hpp"

namespace gradus {

struct Spread {
  double mean = 0;
  double deviation = 0;
};

/// Mean and standard deviation (that of all, divided by their number) of the values of a column that are there, 0 where
/// there are none; in one pass, without the difference of large squares (Welford, 1962).
inline Spread spread_of(ConstMatrixView<double> x, Index j) {
  double count = 0;
  double mean = 0;
  double squares = 0;  // of the distances from the mean
  for (Index i = 0; i < x.rows(); ++i) {
    if (std::isnan(x(i, j))) continue;
    const double from_mean = x(i, j) - mean;
    mean += from_mean / ++count;
    squares += from_mean * (x(i, j) - mean);
  }
  return {mean, count > 0 ? std::sqrt(squares / count) : 0};
}

}  // namespace gradus
