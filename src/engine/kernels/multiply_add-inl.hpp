// SPDX-License-Identifier: MIT
// a b + c in the arithmetic that is compiled: rounded once (fused) or twice (plain). Included once for each instruction
// set, hence no #pragma once. Kernels use these, never Highway's own, which round as the instruction set does.
#if defined(GRADUS_ENGINE_MULTIPLY_ADD_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_ENGINE_MULTIPLY_ADD_INL
#undef GRADUS_ENGINE_MULTIPLY_ADD_INL
#else
#define GRADUS_ENGINE_MULTIPLY_ADD_INL
#endif

#include <hwy/highway.h>

#include "engine/software_fma.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

#if GRADUS_PLAIN

template <class V>
HWY_INLINE V mul_add(V a, V b, V c) {
  return hn::Add(hn::Mul(a, b), c);
}
template <class V>
HWY_INLINE V mul_sub(V a, V b, V c) {
  return hn::Sub(hn::Mul(a, b), c);
}
/// c - a b
template <class V>
HWY_INLINE V neg_mul_add(V a, V b, V c) {
  return hn::Sub(c, hn::Mul(a, b));
}

#elif HWY_NATIVE_FMA

template <class V>
HWY_INLINE V mul_add(V a, V b, V c) {
  return hn::MulAdd(a, b, c);
}
template <class V>
HWY_INLINE V mul_sub(V a, V b, V c) {
  return hn::MulSub(a, b, c);
}
/// c - a b
template <class V>
HWY_INLINE V neg_mul_add(V a, V b, V c) {
  return hn::NegMulAdd(a, b, c);
}

#else

/// Number by number, in software.
template <class V>
HWY_NOINLINE V mul_add(V a, V b, V c) {
  const hn::DFromV<V> d;
  using T = hn::TFromD<decltype(d)>;
  constexpr std::size_t lanes = hn::MaxLanes(hn::DFromV<V>());
  HWY_ALIGN T x[lanes];
  HWY_ALIGN T y[lanes];
  HWY_ALIGN T z[lanes];
  hn::Store(a, d, x);
  hn::Store(b, d, y);
  hn::Store(c, d, z);
  for (std::size_t k = 0; k < lanes; ++k) z[k] = fused_multiply_add(x[k], y[k], z[k]);
  return hn::Load(d, z);
}
template <class V>
HWY_INLINE V mul_sub(V a, V b, V c) {
  return mul_add(a, b, hn::Neg(c));
}
/// c - a b
template <class V>
HWY_INLINE V neg_mul_add(V a, V b, V c) {
  return mul_add(hn::Neg(a), b, c);
}

#endif

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
