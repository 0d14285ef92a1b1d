// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "gradus/core/matrix.hpp"

namespace gradus {

/// Whether one of them is below 0, or not below `count`. Of a row that is, a number here has the sign of those below 0:
/// sums that take vector instructions, where a search would not.
inline bool has_row_outside(std::span<const Index> rows, Index count) {
  Index signs = 0;
  for (const Index row : rows) signs |= row | (count - 1 - row);
  return signs < 0;
}

}  // namespace gradus
