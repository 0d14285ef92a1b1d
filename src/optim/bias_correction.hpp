// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/core/elementary.hpp"

namespace gradus {

/// 1 - beta^t, what Adam divides its means by after t steps. Soon 0.9^t is too small to be seen beside 1, which
/// beta^t <= exp(-t (1 - beta)) tells without the power; the bits are the same.
inline double bias_correction(double beta, double t) { return t * (1 - beta) > 40 ? 1 : 1 - pow(beta, t); }

}  // namespace gradus
