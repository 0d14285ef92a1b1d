// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <concepts>
#include <span>

#include "gradus/core/matrix.hpp"

namespace gradus {

/// When outputs count as having met their targets: what an accuracy is the share of.
enum class Hit : unsigned char {
  none,       ///< never: the targets are numbers
  argmax,     ///< the largest output is the largest target
  threshold,  ///< every output is on its target's side of 1/2
};

/// Whether outputs p meet targets t, both of one sample (or of one step of it).
template <std::floating_point T>
bool is_hit(Hit hit, std::span<const T> p, std::span<const T> t) {
  if (hit == Hit::none) return false;
  if (hit == Hit::argmax)
    return std::max_element(p.begin(), p.end()) - p.begin() == std::max_element(t.begin(), t.end()) - t.begin();
  for (std::size_t k = 0; k < p.size(); ++k)
    if ((p[k] > T(0.5)) != (t[k] > T(0.5))) return false;
  return true;
}

/// Of outputs (batch, width), or in a sequence (batch, steps * width), where each step counts.
template <std::floating_point T>
Index count_hits(Hit hit, ConstMatrixView<T> outputs, ConstMatrixView<T> targets, Index width) {
  const auto part = [&](ConstMatrixView<T> of, Index i, Index first) {
    return of.row(i).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(width));
  };
  Index hits = 0;
  for (Index i = 0; i < outputs.rows(); ++i)
    for (Index first = 0; first < outputs.cols(); first += width)
      hits += is_hit<T>(hit, part(outputs, i, first), part(targets, i, first));
  return hits;
}

}  // namespace gradus
