// SPDX-License-Identifier: MIT
// Stages with a sample in each lane: forward, backward, gradient. Included once for each instruction set, hence no
// #pragma once.
#if defined(GRADUS_ENGINE_BATCH_STAGES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_ENGINE_BATCH_STAGES_INL
#undef GRADUS_ENGINE_BATCH_STAGES_INL
#else
#define GRADUS_ENGINE_BATCH_STAGES_INL
#endif

#include <algorithm>
#include <bit>

#include "engine/kernels/lane_stages-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {

/// Vectors of a block, but for the last one of a piece: whole lines of samples.
template <class T>
inline constexpr int kVectors = std::max(4, kParts<T>);

/// A lane holds a sample, V vectors of them at a time; all have the same weights.
template <class T, int V>
struct SampleLanes {
  static constexpr int vectors = V;
  static constexpr Index unit = V * kLanes<T>;
  static constexpr Index weight_step = 1;
  static constexpr Index at(int v) { return v * kLanes<T>; }
  static HWY_INLINE Vec<T> weight(const T* w) { return hn::Set(Tag<T>(), *w); }
};

/// y = f(z) and, unless it is null, slope = f'(z). Softmax and its logarithm are left to the output.
template <class T>
void run_activation(Function f, Index n, const T* z, T* y, T* slope) {
  const Tag<T> d;
  if (!is_simple(f) && is_elementwise(f)) return run_function(d, f, n, z, y, slope);
  if (f == Function::tanh) {
    for (Index k = 0; k < n; k += kLanes<T>) hn::Store(vec_tanh(d, hn::Load(d, z + k)), d, y + k);
  } else {
    for (Index k = 0; k < n; k += kLanes<T>) hn::Store(apply(d, f, hn::Load(d, z + k)), d, y + k);
  }
  if (!slope) return;
  const Vec<T> one = hn::Set(d, T(1));
  for (Index k = 0; k < n; k += kLanes<T>) hn::Store(times_derivative(d, f, hn::Load(d, y + k), one), d, slope + k);
}

/// z may lie where y does, and is lost then.
template <class T, int V>
void forward_stage(const T* x, const Stage& s, const T* theta, T* z, T* y, T* slope) {
  const SampleLanes<T, V> lanes;
  const T* w = theta + s.offset;
  if (s.function == Function::relu && z == y && !slope) return forward_stage<Function::relu>(lanes, x, s, w, y);
  forward_stage<Function::identity>(lanes, x, s, w, z);
  if (s.function != Function::identity || z != y || slope)
    run_activation(s.function, s.outputs * V * kLanes<T>, z, y, slope);
}

/// One array of a piece of the batch: `count` blocks of kVectors vectors a unit, then one of `rest` vectors, perhaps
/// none. Sample s of the piece lies in lane s of these vectors taken together, so that it adds to partial sum s mod
/// kLine.
template <class T>
struct Units {
  const T* blocks;
  Index step;  ///< from block to block
  Index count;
  const T* last;
  int rest;
};

/// Adds x_r delta_c of those of V vectors of samples that belong to part `part` of a line, r and c counted from the
/// units pointed at.
template <class T, int R, int C, int V>
HWY_INLINE void add_products(const T* HWY_RESTRICT x, const T* HWY_RESTRICT delta, int part, Vec<T>* acc) {
  const Tag<T> d;
  constexpr Index n = kLanes<T>;
  HWY_UNROLL(1)  // else the compiler moves the sums from register to register
  for (int v = part; v < V; v += kParts<T>) {
    Vec<T> dc[C];
    for (int c = 0; c < C; ++c) dc[c] = hn::Load(d, delta + (c * V + v) * n);
    for (int r = 0; r < R; ++r) {
      const Vec<T> xr = hn::Load(d, x + (r * V + v) * n);
      for (int c = 0; c < C; ++c) acc[r * C + c] = mul_add(xr, dc[c], acc[r * C + c]);
    }
  }
}

/// The sums over the lanes of R rows of C vectors: written to rows of `stride` numbers, or added to what earlier pieces
/// left there.
template <class T, int R, int C>
class TileSums {
 public:
  TileSums() {
    for (auto& part : vectors_)
      for (Vec<T>& sum : part) sum = hn::Zero(Tag<T>());
  }
  HWY_INLINE Vec<T>* part(int p) { return vectors_[p]; }

  HWY_INLINE void put(bool first, T* to, Index stride) {
    fold_parts(vectors_);
    put_from<0>(first, to, stride);
  }

 private:
  static constexpr int kCount = (R * C + kGroup<T> - 1) / kGroup<T> * kGroup<T>;

  /// The sums of vectors `From` on, as many at once as there are lanes.
  template <int From>
  HWY_INLINE void put_from(bool first, T* to, Index stride) {
    if constexpr (From < kCount) {
      constexpr int N = std::min<int>(kLanes<T>, std::bit_floor(static_cast<unsigned>(kCount - From)));
      Vec<T> some[N];
      for (int k = 0; k < N; ++k) some[k] = vectors_[0][From + k];
      put_sums<From, N>(sum_vectors(Tag<T>(), some), first, to, stride);
      put_from<From + N>(first, to, stride);
    }
  }

  template <int From, int N>
  static HWY_INLINE void put_sums(hn::Vec<hn::FixedTag<T, N>> sums, bool first, T* to, Index stride) {
    const hn::FixedTag<T, N> d;
    const auto put_row = [&](auto tag, auto row, T* at)
                             HWY_ATTR { hn::StoreU(first ? row : hn::Add(row, hn::LoadU(tag, at)), tag, at); };
    if constexpr (From + N <= R * C)
      if (N == C || C == stride) return put_row(d, sums, to + (From / C) * stride + From % C);
    HWY_ALIGN T part[N];
    hn::Store(sums, d, part);
    if constexpr (C % kGroup<T> == 0) {
      const SumTag<T> group;
      for (int k = 0; k < N; k += kGroup<T>)
        put_row(group, hn::Load(group, part + k), to + ((From + k) / C) * stride + (From + k) % C);
    } else {
      for (int k = 0; k < std::min(N, R * C - From); ++k) {
        T& at = to[((From + k) / C) * stride + (From + k) % C];
        at = first ? part[k] : at + part[k];
      }
    }
  }

  Vec<T> vectors_[kParts<T>][kCount];
};

/// dW[i, j] = sum over samples of x_i delta_j, for R inputs from i and C outputs from j on.
template <class T, int R, int C>
HWY_INLINE void gradient_tile(const Units<T>& x, const Units<T>& delta, Index i, Index j, Index outputs, bool first,
                              T* g) {
  constexpr Index n = kLanes<T>;
  TileSums<T, R, C> sums;
  for (int part = 0; part < kParts<T>; ++part) {
    const T* xb = x.blocks + i * kVectors<T> * n;
    const T* db = delta.blocks + j * kVectors<T> * n;
    for (Index b = 0; b < x.count; ++b, xb += x.step, db += delta.step)
      add_products<T, R, C, kVectors<T>>(xb, db, part, sums.part(part));
    if (x.rest == 1) add_products<T, R, C, 1>(x.last + i * n, delta.last + j * n, part, sums.part(part));
    if (x.rest == 2) add_products<T, R, C, 2>(x.last + i * 2 * n, delta.last + j * 2 * n, part, sums.part(part));
  }
  sums.put(first, g + i * outputs + j, outputs);
}

/// db_j = sum over samples of delta_j, for C outputs from j on.
template <class T, int C>
HWY_INLINE void bias_tile(const Units<T>& delta, Index j, bool first, T* g) {
  const Tag<T> d;
  constexpr Index n = kLanes<T>;
  TileSums<T, 1, C> sums;
  const auto add = [&](const T* from, int vectors) HWY_ATTR {
    for (int v = 0; v < vectors; ++v) {
      Vec<T>* sum = sums.part(v % kParts<T>);
      for (int c = 0; c < C; ++c) sum[c] = hn::Add(sum[c], hn::Load(d, from + (c * vectors + v) * n));
    }
  };
  const T* db = delta.blocks + j * kVectors<T> * n;
  for (Index b = 0; b < delta.count; ++b, db += delta.step) add(db, kVectors<T>);
  if (delta.rest > 0) add(delta.last + j * delta.rest * n, delta.rest);
  sums.put(first, g + j, C);
}

/// C outputs from j on.
template <class T, int C>
void gradient_columns(const Units<T>& x, const Units<T>& delta, Index j, const Stage& s, bool first, T* g) {
  constexpr int R = kHasManyRegisters ? 4 : 2;
  Index i = 0;
  for (; i + R <= s.inputs; i += R) gradient_tile<T, R, C>(x, delta, i, j, s.outputs, first, g);
  for (; i < s.inputs; ++i) gradient_tile<T, 1, C>(x, delta, i, j, s.outputs, first, g);
  if (s.bias) bias_tile<T, C>(delta, j, first, g + s.weights());
}

/// dW, and db_j = sum over samples of delta_j.
template <class T>
void gradient_stage(const Units<T>& x, const Units<T>& delta, const Stage& s, bool first, T* gradient) {
  T* g = gradient + s.offset;
  Index j = 0;
  for (; j + 4 <= s.outputs; j += 4) gradient_columns<T, 4>(x, delta, j, s, first, g);
  switch (s.outputs - j) {
    case 1: gradient_columns<T, 1>(x, delta, j, s, first, g); break;
    case 2: gradient_columns<T, 2>(x, delta, j, s, first, g); break;
    case 3: gradient_columns<T, 3>(x, delta, j, s, first, g); break;
    default: break;
  }
}

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
