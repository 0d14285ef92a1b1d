// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/lab/figure/plots.hpp"

namespace gradus::figure_detail {

/// The range of the finite points (x, y) in two columns, widened by 5 % at each end; [0, 1]^2 if there are none.
Area area_of(ConstMatrixView<double> x);

}  // namespace gradus::figure_detail
