// SPDX-License-Identifier: MIT
#pragma once

#include <utility>
#include <vector>

#include "gradus/core/matrix.hpp"
#include "gradus/lab/figure/figure.hpp"

namespace gradus {

using Polyline = std::vector<std::pair<double, double>>;

/// The level set {values = level} of a function given at the nodes of a grid over `area` (row 0 at y_min), by marching
/// squares: linear along cell edges, saddles decided by the mean of the four corners, pieces chained into the longest
/// lines. Cells with a corner that is not finite are skipped. A node exactly at the level counts as above it.
/// Source: W. E. Lorensen, H. E. Cline, "Marching Cubes", SIGGRAPH 1987, in two dimensions.
std::vector<Polyline> contour_lines(const Area& area, ConstMatrixView<double> values, double level);

}  // namespace gradus
