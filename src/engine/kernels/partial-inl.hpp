// SPDX-License-Identifier: MIT
// Part of a vector, where an array ends. Included once for each instruction set, hence no #pragma once.
#if defined(GRADUS_ENGINE_PARTIAL_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_ENGINE_PARTIAL_INL
#undef GRADUS_ENGINE_PARTIAL_INL
#else
#define GRADUS_ENGINE_PARTIAL_INL
#endif

#include <cstddef>

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

// Where masked instructions leave memory beyond the mask alone, one of them does it.
#if HWY_MEM_OPS_MIGHT_FAULT
#define GRADUS_PARTIAL HWY_NOINLINE
#else
#define GRADUS_PARTIAL HWY_INLINE
#endif

/// The first `count` numbers from memory, zeros behind them.
template <class D, class T = hn::TFromD<D>>
GRADUS_PARTIAL hn::Vec<D> load_first(D d, const T* from, std::size_t count) {
#if HWY_MEM_OPS_MIGHT_FAULT
  HWY_ALIGN T part[hn::MaxLanes(D())] = {};
  for (std::size_t k = 0; k < count; ++k) part[k] = from[k];
  return hn::Load(d, part);
#else
  return hn::MaskedLoad(hn::FirstN(d, count), d, from);
#endif
}

/// Writes the first `count` numbers and no others.
template <class D, class T = hn::TFromD<D>>
GRADUS_PARTIAL void store_first(hn::Vec<D> v, D d, T* to, std::size_t count) {
#if HWY_MEM_OPS_MIGHT_FAULT
  HWY_ALIGN T part[hn::MaxLanes(D())];
  hn::Store(v, d, part);
  for (std::size_t k = 0; k < count; ++k) to[k] = part[k];
#else
  hn::BlendedStore(v, hn::FirstN(d, count), d, to);
#endif
}

#undef GRADUS_PARTIAL

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
