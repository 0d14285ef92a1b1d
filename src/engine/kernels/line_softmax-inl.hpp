// SPDX-License-Identifier: MIT
// Softmax along a line of numbers, in one order of sums (line_sums-inl.hpp). Included once for each instruction set,
// hence no #pragma once. Across lanes, a sample in each: lane_output-inl.hpp.
#if defined(GRADUS_ENGINE_LINE_SOFTMAX_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_ENGINE_LINE_SOFTMAX_INL
#undef GRADUS_ENGINE_LINE_SOFTMAX_INL
#else
#define GRADUS_ENGINE_LINE_SOFTMAX_INL
#endif

#include <limits>

#include "engine/kernels/line_sums-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {

/// Of all numbers of a line, in every lane: the largest, and the sum of exp(z - largest).
template <class V>
struct Exponentials {
  V max, sum;
};

/// z(v) gives vector v of a line of `count` numbers, whatever behind the last of them; put(v, z - max, exp(z - max))
/// takes them, 0 behind the last. P: how many vectors of D the partial sums take, or one, if the line has no more.
template <int P, class D, class Z, class Put, class V = hn::Vec<D>>
HWY_INLINE Exponentials<V> exponentials(D d, Index count, Z z, Put put) {
  constexpr Index lanes = static_cast<Index>(hn::MaxLanes(D()));
  const Index last = (count - 1) / lanes;
  const auto in_use = hn::FirstN(d, static_cast<std::size_t>(count - last * lanes));
  V max = hn::IfThenElse(in_use, z(last), hn::Set(d, -std::numeric_limits<hn::TFromD<D>>::infinity()));
  for (Index v = 0; v < last; ++v) max = hn::Max(max, z(v));
  max = hn::MaxOfLanes(d, max);
  V sums[P][1];
  for (auto& part : sums) part[0] = hn::Zero(d);
  for (Index v = 0; v <= last; ++v) {
    const V below = hn::Sub(z(v), max);
    V e = vec_exp_normal(d, below);
    if (v == last) e = hn::IfThenElseZero(in_use, e);
    V& part = sums[v % P][0];
    part = v < P ? e : hn::Add(part, e);
    put(v, below, e);
  }
  fold_parts(sums);
  return {max, sum_lanes(d, sums[0][0])};
}

/// What takes exponentials to probabilities.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V normaliser(D d, const Exponentials<V>& of) {
  return hn::Div(hn::Set(d, hn::TFromD<D>(1)), of.sum);
}

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
