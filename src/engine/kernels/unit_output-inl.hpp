// SPDX-License-Identifier: MIT
// The function of the last stage. Included once for each instruction set, hence no #pragma once.
#if defined(GRADUS_ENGINE_UNIT_OUTPUT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_ENGINE_UNIT_OUTPUT_INL
#undef GRADUS_ENGINE_UNIT_OUTPUT_INL
#else
#define GRADUS_ENGINE_UNIT_OUTPUT_INL
#endif

#include "engine/kernels/line_softmax-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {

/// z (padded memory) becomes p; whole vectors of D, `count` numbers of it in use.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void output_function(D d, Function f, Index count, const T* z, T* p) {
  const Index lanes = static_cast<Index>(hn::MaxLanes(D()));
  if (is_simple(f)) {
    for (Index k = 0; k < count; k += lanes) hn::Store(apply(d, f, hn::Load(d, z + k)), d, p + k);
    return;
  }
  if (is_elementwise(f)) return run_function(d, f, count, z, p, static_cast<T*>(nullptr));
  constexpr int parts = hn::MaxLanes(D()) == hn::MaxLanes(Tag<T>()) ? kParts<T> : 1;
  const auto all = exponentials<parts>(
      d, count, [&](Index v) HWY_ATTR { return hn::Load(d, z + v * lanes); },
      [&](Index v, auto below, auto e) HWY_ATTR { hn::Store(f == Function::softmax ? e : below, d, p + v * lanes); });
  if (f == Function::softmax) {
    const auto factor = normaliser(d, all);
    for (Index k = 0; k < count; k += lanes) hn::Store(hn::Mul(hn::Load(d, p + k), factor), d, p + k);
  } else {
    const auto log_sum = vec_log(d, all.sum);
    for (Index k = 0; k < count; k += lanes) hn::Store(hn::Sub(hn::Load(d, p + k), log_sum), d, p + k);
  }
}

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
