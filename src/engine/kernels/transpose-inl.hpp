// SPDX-License-Identifier: MIT
// Rows to columns. Included once for each instruction set, hence no #pragma once.
#if defined(GRADUS_ENGINE_TRANSPOSE_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_ENGINE_TRANSPOSE_INL
#undef GRADUS_ENGINE_TRANSPOSE_INL
#else
#define GRADUS_ENGINE_TRANSPOSE_INL
#endif

#include <algorithm>

#include "engine/kernels/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {

/// Numbers of a row that are moved at once.
template <class T>
inline constexpr Index kSquare = HWY_TARGET == HWY_SCALAR ? 1 : 16 / static_cast<Index>(sizeof(T));

/// to[k * step + r] = row(r)[k], k < count <= kSquare, for as many rows r as a vector has lanes; kSquare numbers of
/// each are read.
#if HWY_TARGET == HWY_SCALAR
template <class T, class Row>
HWY_INLINE void transpose_rows(Row row, T* to, Index, Index) {
  *to = *row(0);
}
#else
/// 16 bytes of every kSquare-th row, from `first` on.
template <class D, class Row>
HWY_INLINE hn::Vec<D> load_blocks(D d, Row row, Index first) {
  if constexpr (hn::MaxLanes(D()) == kSquare<hn::TFromD<D> >) {
    return hn::LoadU(d, row(first));
  } else {
    const hn::Half<D> half;
    constexpr auto rows = static_cast<Index>(hn::MaxLanes(hn::Half<D>()));
    return hn::Combine(d, load_blocks(half, row, first + rows), load_blocks(half, row, first));
  }
}
template <class T, class Row>
HWY_INLINE void transpose_rows(Row row, T* to, Index step, Index count) {
  const Tag<T> d;
  const auto a = load_blocks(d, row, 0), b = load_blocks(d, row, 1);
  if constexpr (sizeof(T) == 8) {
    hn::StoreU(hn::InterleaveLower(d, a, b), d, to);
    if (count > 1) hn::StoreU(hn::InterleaveUpper(d, a, b), d, to + step);
  } else {
    const hn::RepartitionToWide<Tag<T> > pairs;
    const auto e = load_blocks(d, row, 2), f = load_blocks(d, row, 3);
    const auto ab0 = hn::BitCast(pairs, hn::InterleaveLower(d, a, b));
    const auto ab1 = hn::BitCast(pairs, hn::InterleaveUpper(d, a, b));
    const auto ef0 = hn::BitCast(pairs, hn::InterleaveLower(d, e, f));
    const auto ef1 = hn::BitCast(pairs, hn::InterleaveUpper(d, e, f));
    hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, ab0, ef0)), d, to);
    if (count > 1) hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, ab0, ef0)), d, to + step);
    if (count > 2) hn::StoreU(hn::BitCast(d, hn::InterleaveLower(pairs, ab1, ef1)), d, to + 2 * step);
    if (count > 3) hn::StoreU(hn::BitCast(d, hn::InterleaveUpper(pairs, ab1, ef1)), d, to + 3 * step);
  }
}
#endif

/// to[k * step + r] = row(r)[k] for all rows and columns. `end`: up to where memory may be read, for rows whose last
/// numbers are fewer than are moved at once; null: to the end of each row.
template <class T, class Row>
void transpose(Row row, Index rows, Index cols, T* to, Index step, const T* end = nullptr) {
  constexpr Index n = kLanes<T>;
  Index r = 0;
  for (; r + n <= rows; r += n, to += n) {
    const T* from[n];
    for (Index i = 0; i < n; ++i) from[i] = row(r + i);
    Index k = 0;
    for (; k + kSquare<T> <= cols; k += kSquare<T>)
      transpose_rows([&](Index i) HWY_ATTR { return from[i] + k; }, to + k * step, step, kSquare<T>);
    if (k + 1 < cols && end && *std::max_element(from, from + n) + k + kSquare<T> <= end) {
      transpose_rows([&](Index i) HWY_ATTR { return from[i] + k; }, to + k * step, step, cols - k);
      k = cols;
    }
    for (; k < cols; ++k)
      for (Index i = 0; i < n; ++i) to[k * step + i] = from[i][k];
  }
  for (; r < rows; ++r, ++to) {
    const T* from = row(r);
    for (Index k = 0; k < cols; ++k) to[k * step] = from[k];
  }
}

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
