// SPDX-License-Identifier: MIT
// Dense stages of one sample whose lanes are units of a layer, in packed memory (engine/packing.hpp). Included once for
// each instruction set, hence no #pragma once.
#if defined(GRADUS_ENGINE_UNIT_STAGES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_ENGINE_UNIT_STAGES_INL
#undef GRADUS_ENGINE_UNIT_STAGES_INL
#else
#define GRADUS_ENGINE_UNIT_STAGES_INL
#endif

#include "engine/kernels/line_sums-inl.hpp"
#include "engine/packing.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {

/// Vectors of outputs whose sums are under way at once.
inline constexpr int kBlock = kHasManyRegisters ? 4 : 2;

/// z = b + sum_i x_i W[i, :] for B vectors of outputs, whose weights and biases lie at w and `bias`: K chains of sums,
/// of which chain k takes every K-th input of whole Ks and the first one the rest.
template <int B, int K, class T>
HWY_INLINE void chains_by_input(Index inputs, Index row, const T* HWY_RESTRICT w, const T* bias,
                                const T* HWY_RESTRICT x, Vec<T>* z) {
  const Tag<T> d;
  constexpr Index n = kLanes<T>;
  Vec<T> sum[K][B];
  for (int b = 0; b < B; ++b) {
    sum[0][b] = hn::Load(d, bias + b * n);
    for (int k = 1; k < K; ++k) sum[k][b] = hn::Zero(d);
  }
  const T* rows[K];  // of their own, else the compiler keeps an address for every vector and has no registers left
  for (int k = 0; k < K; ++k) rows[k] = w + k * row;
  Index i = 0;
  for (; i + K <= inputs; i += K)
    for (int k = 0; k < K; ++k) {
      const Vec<T> xi = hn::Set(d, x[i + k]);
      for (int b = 0; b < B; ++b) sum[k][b] = mul_add(xi, hn::Load(d, rows[k] + b * n), sum[k][b]);
      rows[k] += K * row;
    }
  w = rows[0];
  for (; i < inputs; ++i, w += row)
    for (int b = 0; b < B; ++b) sum[0][b] = mul_add(hn::Set(d, x[i]), hn::Load(d, w + b * n), sum[0][b]);
  for (int half = K / 2; half > 0; half /= 2)
    for (int k = 0; k < half; ++k)
      for (int b = 0; b < B; ++b) sum[k][b] = hn::Add(sum[k][b], sum[k + half][b]);
  for (int b = 0; b < B; ++b) z[b] = sum[0][b];
}

/// A lane holds an output: z of B vectors of them, whose weights and biases begin at w and `bias`.
template <int B, class T>
HWY_INLINE void sums_by_input(Index inputs, Index row, const T* w, const T* bias, const T* x, Vec<T>* z) {
  if (inputs < kManyInputs) return chains_by_input<B, 1>(inputs, row, w, bias, x, z);
  constexpr Index n = kLanes<T>;
  constexpr int rest = B % kBlock;
  for (int b = 0; b + kBlock <= B; b += kBlock)
    chains_by_input<kBlock, kChains>(inputs, row, w + b * n, bias + b * n, x, z + b);
  if constexpr (rest > 0)
    chains_by_input<rest, kChains>(inputs, row, w + (B - rest) * n, bias + (B - rest) * n, x, z + B - rest);
}

/// A lane holds an input: z of the first `used` outputs of a group, whose rows of weights begin at w.
template <int used, class T>
HWY_INLINE Sums<T> sums_by_output(Index inputs, Index row, const T* HWY_RESTRICT w, const T* bias,
                                  const T* HWY_RESTRICT x) {
  const Tag<T> d;
  constexpr Index n = kLanes<T>;
  Vec<T> sum[kParts<T>][kGroup<T>];
  for (auto& part : sum)
    for (Vec<T>& s : part) s = hn::Zero(d);
  const auto add = [&](Index i, int p, Vec<T> xi) HWY_ATTR {
    for (int k = 0; k < used; ++k) sum[p][k] = mul_add(xi, hn::Load(d, w + k * row + i), sum[p][k]);
  };
  Index i = 0;
  for (; i + kLine<T> <= inputs; i += kLine<T>)
    for (int p = 0; p < kParts<T>; ++p) add(i + p * n, p, hn::LoadU(d, x + i + p * n));
  // By names known to the compiler: a sum that it finds by its number is none that it keeps in a register.
  HWY_UNROLL(16)
  for (int p = 0; p < kParts<T>; ++p)
    if (i + p * n < inputs) add(i + p * n, p, load_within(x, i + p * n, inputs));
  fold_parts(sum);
  return hn::Add(sum_group(sum[0]), hn::Load(SumTag<T>(), bias));
}

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
