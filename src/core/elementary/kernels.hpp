// SPDX-License-Identifier: MIT
#pragma once

#include "core/elementary/sum.hpp"

namespace gradus::detail {

/// exp(x) = (hi + lo) 2^k, hi from 0.99 to 2.
struct ExpSum {
  Sum value;
  std::int64_t k;
};

/// exp(x + rest), |x| < 750 and |rest| < 2^-40: relative error below exp_error.
ExpSum exp_sum(double x, double rest);
inline constexpr double exp_error = 0x1p-67;

/// exp(x) within 4 units in the last place, |x| < 700, by a quarter of the work.
double exp_nearly(double x);

}  // namespace gradus::detail
