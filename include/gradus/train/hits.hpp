// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "gradus/nn/trace.hpp"
#include "gradus/train/fit.hpp"

namespace gradus::detail {

/// Whether outputs p meet targets t.
template <std::floating_point T>
bool is_hit(Hit hit, std::span<const T> p, std::span<const T> t) {
  if (hit == Hit::argmax)
    return std::max_element(p.begin(), p.end()) - p.begin() == std::max_element(t.begin(), t.end()) - t.begin();
  for (std::size_t k = 0; k < p.size(); ++k)
    if ((p[k] > T(0.5)) != (t[k] > T(0.5))) return false;
  return true;
}

/// Of outputs (batch, outputs), or in a sequence (batch, steps * width).
template <std::floating_point T>
Index count_hits(Hit hit, ConstMatrixView<T> outputs, ConstMatrixView<T> targets, Index width) {
  if (hit == Hit::none) return 0;
  const ConstMatrixView<T> p = rows_of(outputs, width);
  Index hits = 0;
  for (Index i = 0; i < p.rows(); ++i) hits += is_hit<T>(hit, p.row(i), step_row(targets, i, width));
  return hits;
}

}  // namespace gradus::detail
