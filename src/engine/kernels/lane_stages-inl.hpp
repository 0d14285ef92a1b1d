// SPDX-License-Identifier: MIT
// Dense stages whose lanes do not meet: a lane holds a sample, or a network. Included once for each instruction set,
// hence no #pragma once.
//
// What a lane holds is said by a type L with
//   vectors        how many vectors of lanes go through a stage together
//   unit           numbers from a unit of an array to the next
//   at(v)          where vector v of a unit lies
//   weight_step    numbers from a weight to the next
//   weight(w)      the weight at w, in every lane
#if defined(GRADUS_ENGINE_LANE_STAGES_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_ENGINE_LANE_STAGES_INL
#undef GRADUS_ENGINE_LANE_STAGES_INL
#else
#define GRADUS_ENGINE_LANE_STAGES_INL
#endif

#include <algorithm>

#include "engine/kernels/line_sums-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {

/// Units whose sums are under way at once for V vectors of lanes.
template <int V>
inline constexpr int kUnits = std::max(1, std::min(8, (kHasManyRegisters ? 16 : 8) / V));

/// y_u = f(z_u), z_u = b_u + sum_i x_i W[i, u], for U units from `first` on.
template <int U, Function F, class T, class L>
HWY_INLINE void forward_units(const L lanes, const T* HWY_RESTRICT x, const Stage& s, const T* HWY_RESTRICT w,
                              const T* bias, Index first, T* HWY_RESTRICT y) {
  const Tag<T> d;
  constexpr int V = L::vectors;
  Vec<T> acc[U][V];
  for (int u = 0; u < U; ++u) {
    const Vec<T> start = bias ? L::weight(bias + (first + u) * L::weight_step) : hn::Zero(d);
    for (int v = 0; v < V; ++v) acc[u][v] = start;
  }
  w += first * L::weight_step;
  for (Index i = 0; i < s.inputs; ++i, w += s.outputs * L::weight_step) {
    Vec<T> in[V];
    for (int v = 0; v < V; ++v) in[v] = hn::Load(d, x + i * L::unit + lanes.at(v));
    for (int u = 0; u < U; ++u) {
      const Vec<T> weight = L::weight(w + u * L::weight_step);
      for (int v = 0; v < V; ++v) acc[u][v] = mul_add(in[v], weight, acc[u][v]);
    }
  }
  for (int u = 0; u < U; ++u)
    for (int v = 0; v < V; ++v) hn::Store(apply(d, F, acc[u][v]), d, y + (first + u) * L::unit + lanes.at(v));
}

/// All units of a stage whose weights lie at w.
template <Function F, class T, class L>
void forward_stage(const L lanes, const T* x, const Stage& s, const T* w, T* y) {
  constexpr int U = kUnits<L::vectors>;
  const T* bias = s.bias ? w + s.weights() * L::weight_step : nullptr;
  Index u = 0;
  for (; u + U <= s.outputs; u += U) forward_units<U, F>(lanes, x, s, w, bias, u, y);
  if constexpr (U > 4)
    for (; u + 4 <= s.outputs; u += 4) forward_units<4, F>(lanes, x, s, w, bias, u, y);
  switch (s.outputs - u) {  // at most three, or one if U is 2
    case 1: forward_units<1, F>(lanes, x, s, w, bias, u, y); break;
    case 2: forward_units<2, F>(lanes, x, s, w, bias, u, y); break;
    case 3: forward_units<3, F>(lanes, x, s, w, bias, u, y); break;
    default: break;
  }
}

/// The sum over units 0 <= c < count of term(c), in the order that sums across lanes have: for units that lie in
/// different vectors here, and in the lanes of one in plans of single samples.
template <class T, class Term>
HWY_INLINE Vec<T> sum_over_units(Index count, Term term) {
  if (count <= 4) {  // of few units, in registers
    Vec<T> sum = term(Index{0});
    if (count == 1) return sum;
    const Vec<T> second = term(Index{1});
    if (count == 2) return hn::Add(sum, second);
    sum = hn::Add(sum, term(Index{2}));
    return hn::Add(sum, count == 3 ? second : hn::Add(second, term(Index{3})));
  }
  const Tag<T> d;
  HWY_ALIGN T sums[kLine<T> * kLanes<T>];
  const Index partial = std::min(count, kLine<T>);
  for (Index c = 0; c < partial; ++c) {
    Vec<T> sum = term(c);
    for (Index more = c + kLine<T>; more < count; more += kLine<T>) sum = hn::Add(sum, term(more));
    hn::Store(sum, d, sums + c * kLanes<T>);
  }
  const auto at = [&](Index c) HWY_ATTR { return hn::Load(d, sums + c * kLanes<T>); };
  for (Index left = partial, half = kLine<T> / 2; half > 0; left = std::min(left, half), half /= 2)
    for (Index c = 0; c + half < left; ++c) hn::Store(hn::Add(at(c), at(c + half)), d, sums + c * kLanes<T>);
  return at(0);
}

/// What the forward pass kept of a stage for its derivative: y, or f'(z) itself. `mask`: of dropout behind it, where
/// f'(z) does not have it yet.
template <class T>
struct Kept {
  Function function;
  const T* y;
  const T* slope;
  const T* mask = nullptr;

  HWY_INLINE Vec<T> times(Index k, Vec<T> dy) const {
    const Tag<T> d;
    if (slope) return hn::Mul(hn::Load(d, slope + k), dy);
    const Vec<T> out = hn::Load(d, y + k);
    if (!mask) return times_derivative(d, function, out, dy);
    return hn::Mul(hn::Mul(times_derivative(d, function, out, hn::Set(d, T(1))), hn::Load(d, mask + k)), dy);
  }
};

/// delta of the stage before: (sum_j delta_j W[i, j]) f'(z_i) for U units i from `first` on.
template <int U, class T, class L>
HWY_INLINE void backward_units(const L lanes, const T* HWY_RESTRICT delta, const Stage& s, const T* HWY_RESTRICT w,
                               Index first, const Kept<T> kept, T* HWY_RESTRICT out) {
  const Tag<T> d;
  constexpr int V = L::vectors;
  Vec<T> acc[U][V];
  for (int u = 0; u < U; ++u)
    for (int v = 0; v < V; ++v) acc[u][v] = hn::Zero(d);
  const Index row = s.outputs * L::weight_step;
  w += first * row;
  for (Index j = 0; j < s.outputs; ++j) {
    Vec<T> in[V];
    for (int v = 0; v < V; ++v) in[v] = hn::Load(d, delta + j * L::unit + lanes.at(v));
    for (int u = 0; u < U; ++u) {
      const Vec<T> weight = L::weight(w + u * row + j * L::weight_step);
      for (int v = 0; v < V; ++v) acc[u][v] = mul_add(in[v], weight, acc[u][v]);
    }
  }
  for (int u = 0; u < U; ++u)
    for (int v = 0; v < V; ++v) {
      const Index k = (first + u) * L::unit + lanes.at(v);
      hn::Store(kept.times(k, acc[u][v]), d, out + k);
    }
}

template <class T, class L>
HWY_INLINE void backward_all_units(const L lanes, const T* delta, const Stage& s, const T* w, const Kept<T> kept,
                                   T* out) {
  constexpr int U = kUnits<L::vectors>;
  Index u = 0;
  for (; u + U <= s.inputs; u += U) backward_units<U>(lanes, delta, s, w, u, kept, out);
  for (; u < s.inputs; ++u) backward_units<1>(lanes, delta, s, w, u, kept, out);
}

/// Of a stage whose weights lie at w.
template <class T, class L>
void backward_stage(const L lanes, const T* delta, const Stage& s, const T* w, const Kept<T>& kept, T* out) {
  if (kept.function == Function::relu && !kept.slope && !kept.mask)  // said to the compiler, once for all vectors
    return backward_all_units(lanes, delta, s, w, Kept<T>{Function::relu, kept.y, nullptr}, out);
  backward_all_units(lanes, delta, s, w, kept, out);
}

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
