// SPDX-License-Identifier: MIT
// Sums across lanes, in one order at every width (docs/decisions, "One order of sums"). Included once for each
// instruction set, hence no #pragma once.
//
// A sum across lanes has as many partial sums as a cache line has numbers, on every machine: term i goes to partial sum
// i mod kLine. A line is one vector of AVX-512, two of AVX2, four of SSE4 or NEON. Partial sums are folded by halves: j
// takes j + kLine / 2, then j + kLine / 4, and so on. Vectors of a line are folded first, then halves of a vector: the
// same additions whatever the width; and partial sums without terms are zeros, which change nothing.
#if defined(GRADUS_ENGINE_LINE_SUMS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_ENGINE_LINE_SUMS_INL
#undef GRADUS_ENGINE_LINE_SUMS_INL
#else
#define GRADUS_ENGINE_LINE_SUMS_INL
#endif

#include "engine/kernels/partial-inl.hpp"
#include "engine/kernels/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {

/// Partial sums.
template <class T>
inline constexpr Index kLine = 64 / static_cast<Index>(sizeof(T));
/// Vectors that hold them.
template <class T>
inline constexpr int kParts = static_cast<int>(kLine<T> / kLanes<T>);

/// N lines of P vectors each become N vectors, in part[0].
template <class V, int P, int N>
HWY_INLINE void fold_parts(V (&part)[P][N]) {
  HWY_UNROLL(16)
  for (int half = P / 2; half > 0; half /= 2)
    for (int p = 0; p < half; ++p)
      for (int k = 0; k < N; ++k) part[p][k] = hn::Add(part[p][k], part[p + half][k]);
}

/// Numbers `at` on of n, zeros behind them.
template <class T>
HWY_INLINE Vec<T> load_within(const T* from, Index at, Index n) {
  const Tag<T> d;
  if (at + kLanes<T> <= n) return hn::LoadU(d, from + at);
  return at < n ? load_first(d, from + at, static_cast<std::size_t>(n - at)) : hn::Zero(d);
}

/// Writes what of a vector lies within n numbers, from `at` on.
template <class T>
HWY_INLINE void store_within(Vec<T> v, T* to, Index at, Index n) {
  const Tag<T> d;
  if (at + kLanes<T> <= n) return hn::StoreU(v, d, to + at);
  if (at < n) store_first(v, d, to + at, static_cast<std::size_t>(n - at));
}

/// The sum over the lanes, in every lane; D may have fewer than Tag.
#if HWY_TARGET == HWY_SCALAR
template <class D, class V = hn::Vec<D>>
HWY_INLINE V sum_lanes(D, V v) {
  return v;
}
#else
template <class D, class V = hn::Vec<D>>
HWY_INLINE V sum_lanes(D d, V v) {
  constexpr std::size_t number = sizeof(hn::TFromD<D>), bytes = hn::MaxLanes(D()) * number;
  static_assert(bytes <= 64);
  if constexpr (bytes == 64) v = hn::Add(v, hn::ConcatLowerUpper(d, v, v));
  if constexpr (bytes >= 32) v = hn::Add(v, hn::SwapAdjacentBlocks(v));
  if constexpr (number == 8 && bytes >= 16) v = hn::Add(v, hn::Shuffle01(v));
  if constexpr (number == 4 && bytes >= 16) v = hn::Add(v, hn::Shuffle1032(v));
  if constexpr (number == 4 && bytes >= 8) v = hn::Add(v, hn::Shuffle2301(v));
  return v;
}
#endif

template <class T>
HWY_INLINE T sum_of(Vec<T> v) {
  return hn::GetLane(sum_lanes(Tag<T>(), v));
}

/// Vectors whose sums fit into 16 bytes, the least that any instruction set but the scalar one works on.
template <class T>
inline constexpr int kGroup = HWY_TARGET == HWY_SCALAR ? 1 : 16 / static_cast<int>(sizeof(T));
template <class T>
using SumTag = hn::FixedTag<T, static_cast<std::size_t>(kGroup<T>)>;
template <class T>
using Sums = hn::Vec<SumTag<T>>;

#if HWY_TARGET == HWY_SCALAR
template <int N, class D, class V = hn::Vec<D>>
HWY_INLINE V sum_vectors(D, V (&v)[N]) {
  return v[0];
}
#else
/// Of each 16 bytes of kGroup vectors the sums, where these 16 bytes were.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V sum_within_blocks(D d, const V* v) {
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    return hn::Add(hn::InterleaveLower(d, v[0], v[1]), hn::InterleaveUpper(d, v[0], v[1]));
  } else {
    const hn::RepartitionToWide<D> wide;
    const auto a = hn::Add(hn::InterleaveLower(d, v[0], v[1]), hn::InterleaveUpper(d, v[0], v[1]));
    const auto b = hn::Add(hn::InterleaveLower(d, v[2], v[3]), hn::InterleaveUpper(d, v[2], v[3]));
    const auto low = hn::BitCast(d, hn::InterleaveLower(wide, hn::BitCast(wide, a), hn::BitCast(wide, b)));
    const auto high = hn::BitCast(d, hn::InterleaveUpper(wide, hn::BitCast(wide, a), hn::BitCast(wide, b)));
    return hn::Add(low, high);
  }
}

/// The sums over the lanes of N vectors, a power of two from kGroup to their lanes, in one: {sum v[0], sum v[1], ...}.
/// Where there are as many vectors as lanes, two that are folded share a vector from then on, so that no lane is idle.
template <int N, class D, class V = hn::Vec<D>>
HWY_INLINE auto sum_vectors(D d, V (&v)[N]) {
  constexpr int lanes = static_cast<int>(hn::MaxLanes(D()));
  constexpr int blocks = lanes * static_cast<int>(sizeof(hn::TFromD<D>)) / 16;
  if constexpr (lanes > N) {
    const hn::Half<D> half;
    hn::Vec<hn::Half<D>> folded[N];
    for (int k = 0; k < N; ++k) folded[k] = hn::Add(hn::LowerHalf(half, v[k]), hn::UpperHalf(half, v[k]));
    return sum_vectors(half, folded);
  } else {
    if constexpr (blocks == 4)
      for (int k = 0; k < N / 2; ++k) {
        const V a = v[k], b = v[k + N / 2];
        v[k] = hn::Add(hn::ConcatLowerLower(d, b, a), hn::ConcatUpperUpper(d, b, a));
      }
    constexpr int left = blocks == 4 ? N / 2 : N;
    if constexpr (blocks >= 2)
      for (int k = 0; k < left / 2; ++k) {
        const V a = v[k], b = v[k + left / 2];
        v[k] = hn::Add(hn::OddEvenBlocks(b, a), hn::SwapAdjacentBlocks(hn::OddEvenBlocks(a, b)));
      }
    return sum_within_blocks(d, v);
  }
}
#endif

/// {sum v[0], sum v[1], ...} of kGroup vectors.
template <class V>
HWY_INLINE auto sum_group(V* v) {
  using T = hn::TFromV<V>;
  V some[kGroup<T>];
  for (int k = 0; k < kGroup<T>; ++k) some[k] = v[k];
  return sum_vectors(Tag<T>(), some);
}

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
