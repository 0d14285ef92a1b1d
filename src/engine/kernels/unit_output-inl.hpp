// SPDX-License-Identifier: MIT
// The function of the last stage. Included once for each instruction set, hence no #pragma once.
#if defined(GRADUS_ENGINE_UNIT_OUTPUT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_ENGINE_UNIT_OUTPUT_INL
#undef GRADUS_ENGINE_UNIT_OUTPUT_INL
#else
#define GRADUS_ENGINE_UNIT_OUTPUT_INL
#endif

#include <algorithm>

#include "engine/kernels/line_sums-inl.hpp"

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
  const auto in_use = [&](Index k)
                          HWY_ATTR { return hn::FirstN(d, static_cast<std::size_t>(std::min(count - k, lanes))); };
  auto max = hn::Set(d, z[0]);
  for (Index k = 0; k < count; k += lanes) max = hn::Max(max, hn::IfThenElse(in_use(k), hn::Load(d, z + k), max));
  max = hn::MaxOfLanes(d, max);
  constexpr int parts = hn::MaxLanes(D()) == hn::MaxLanes(Tag<T>()) ? kParts<T> : 1;
  hn::Vec<D> sums[parts][1];
  for (auto& part : sums) part[0] = hn::Zero(d);
  for (Index k = 0; k < count; k += lanes) {
    const auto below = hn::Sub(hn::Load(d, z + k), max);
    const auto e = hn::IfThenElseZero(in_use(k), vec_exp_normal(d, below));
    hn::Vec<D>& part = sums[k / lanes % parts][0];
    part = hn::Add(part, e);
    hn::Store(f == Function::softmax ? e : below, d, p + k);
  }
  fold_parts(sums);
  const auto sum = sum_lanes(d, sums[0][0]);
  if (f == Function::softmax) {
    const auto factor = hn::Div(hn::Set(d, T(1)), sum);
    for (Index k = 0; k < count; k += lanes) hn::Store(hn::Mul(hn::Load(d, p + k), factor), d, p + k);
  } else {
    const auto log_sum = vec_log(d, sum);
    for (Index k = 0; k < count; k += lanes) hn::Store(hn::Sub(hn::Load(d, p + k), log_sum), d, p + k);
  }
}

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
