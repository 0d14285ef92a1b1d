// SPDX-License-Identifier: MIT
// Dense stages of one sample whose lanes are units of a layer, in packed memory (engine/packing.hpp). Included once for
// each instruction set, hence no #pragma once.
#if defined(GRADUS_ENGINE_UNIT_STAGES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_ENGINE_UNIT_STAGES_INL
#undef GRADUS_ENGINE_UNIT_STAGES_INL
#else
#define GRADUS_ENGINE_UNIT_STAGES_INL
#endif

#include "engine/kernels/partial-inl.hpp"
#include "engine/kernels/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::HWY_NAMESPACE {

/// A lane holds an output: z = b + sum_i x_i W[i, :] for B vectors of outputs, whose weights and biases lie at w and
/// `bias`; K chains of sums are under way for each.
template <int B, int K, class T>
HWY_INLINE void sums_by_input(Index inputs, Index row, const T* HWY_RESTRICT w, const T* bias, const T* HWY_RESTRICT x,
                              Vec<T> (&z)[B]) {
  const Tag<T> d;
  constexpr Index n = kLanes<T>;
  Vec<T> sum[K][B];
  for (int b = 0; b < B; ++b) {
    sum[0][b] = hn::Load(d, bias + b * n);
    for (int k = 1; k < K; ++k) sum[k][b] = hn::Zero(d);
  }
  Index i = 0;
  for (; i + K <= inputs; i += K, w += K * row)
    for (int k = 0; k < K; ++k) {
      const Vec<T> xi = hn::Set(d, x[i + k]);
      for (int b = 0; b < B; ++b) sum[k][b] = hn::MulAdd(xi, hn::Load(d, w + k * row + b * n), sum[k][b]);
    }
  for (; i < inputs; ++i, w += row)
    for (int b = 0; b < B; ++b) sum[0][b] = hn::MulAdd(hn::Set(d, x[i]), hn::Load(d, w + b * n), sum[0][b]);
  if (inputs >= K)  // else the other chains hold nothing, and to add them would only take time
    for (int k = 1; k < K; ++k)
      for (int b = 0; b < B; ++b) sum[0][b] = hn::Add(sum[0][b], sum[k][b]);
  for (int b = 0; b < B; ++b) z[b] = sum[0][b];
}

/// A lane holds an input: z of the first `used` outputs of a group, whose rows of weights begin at w.
template <int used, class T>
HWY_INLINE Sums<T> sums_by_output(Index inputs, Index row, const T* HWY_RESTRICT w, const T* bias,
                                  const T* HWY_RESTRICT x) {
  const Tag<T> d;
  constexpr Index n = kLanes<T>;
  Vec<T> sum[kGroup<T>];
  for (int k = 0; k < kGroup<T>; ++k) sum[k] = hn::Zero(d);
  const auto add = [&](Index i, Vec<T> xi) HWY_ATTR {
    for (int k = 0; k < used; ++k) sum[k] = hn::MulAdd(xi, hn::Load(d, w + k * row + i), sum[k]);
  };
  Index i = 0;
  for (; i + n <= inputs; i += n) add(i, hn::LoadU(d, x + i));
  if (i < inputs) add(i, load_first(d, x + i, static_cast<std::size_t>(inputs - i)));
  return hn::Add(sum_group(sum), hn::Load(SumTag<T>(), bias));
}

}  // namespace gradus::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
