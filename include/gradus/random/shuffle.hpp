// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cstdint>
#include <span>
#include <utility>

namespace gradus {

/// Fisher-Yates from the end, from the 32-bit words that `next()` gives: NumPy's legacy shuffle, whose numbers below a
/// bound are drawn by masked rejection. One beyond the bound is refused by swapping a value with itself, for a branch
/// on it would be mispredicted as often as not. Of fewer than 2^32 values.
template <class Next, class T>
void shuffle(Next next, std::span<T> values) {
  using std::swap;
  if (values.empty()) return;
  for (auto last = static_cast<std::uint32_t>(values.size() - 1); last > 0;) {
    const std::uint32_t mask = ~std::uint32_t{0} >> std::countl_zero(last);
    while (last > mask >> 1) {
      const std::uint32_t drawn = next() & mask;
      const std::uint32_t fits = drawn <= last;
      swap(values[last], values[last ^ ((drawn ^ last) & -fits)]);
      last -= fits;
    }
  }
}

}  // namespace gradus
