// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "gradus/core/matrix.hpp"

namespace gradus {

/// `count` evenly spaced numbers from start to stop, bit for bit NumPy's `linspace`: i * step + start with
/// step = (stop - start) / (count - 1), the last number being `stop` itself. Without the end point step is
/// (stop - start) / count and `stop` is not among them. Throws ValueError if count < 0.
std::vector<double> linspace(double start, double stop, Index count, bool endpoint = true);

}  // namespace gradus
