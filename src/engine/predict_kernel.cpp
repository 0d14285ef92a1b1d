// SPDX-License-Identifier: MIT
// One sample through a stage. A lane holds an output or, where outputs are few, an input.
#include "engine/predict_kernel.hpp"

#include <algorithm>
#include <type_traits>

#include "engine/targets.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/predict_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/output-inl.hpp"
#include "engine/partial-inl.hpp"
#include "engine/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::HWY_NAMESPACE {

/// Writes a vector, or as much of it as is left.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void put(hn::Vec<D> v, D d, T* to, Index left) {
  if (left >= static_cast<Index>(hn::MaxLanes(D()))) {
    hn::StoreU(v, d, to);
  } else {
    store_first(v, d, to, static_cast<std::size_t>(left));
  }
}

/// B vectors of outputs from the first at `j` on; K chains of sums under way for each.
template <class T, Function F, int B, int K>
HWY_INLINE void outputs_from(const ForwardStage<T>& s, Index j, const T* HWY_RESTRICT x, T* HWY_RESTRICT y) {
  const Tag<T> d;
  constexpr Index n = kLanes<T>;
  const Index inputs = s.shape.inputs;
  const Index row = s.shape.row;
  const T* HWY_RESTRICT w = s.weights + j;
  Vec<T> sum[K][B];
  for (int b = 0; b < B; ++b) {
    sum[0][b] = hn::Load(d, s.bias + j + b * n);
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
  for (int b = 0; b < B; ++b) {
    for (int k = 1; k < K; ++k) sum[0][b] = hn::Add(sum[0][b], sum[k][b]);
    put(apply(d, F, sum[0][b]), d, y + j + b * n, s.shape.outputs - j - b * n);
  }
}

/// B: vectors of outputs, 1 to 4; more of them four at a time.
template <class T, Function F, int B>
void by_input(const ForwardStage<T>& s, const T* x, T* y) {
  constexpr int K = B == 1 ? 4 : 2;
  Index j = 0;
  if constexpr (B == 4) {
    for (; j + 3 * kLanes<T> < s.shape.outputs; j += 4 * kLanes<T>) outputs_from<T, F, 4, 2>(s, j, x, y);
    for (; j < s.shape.outputs; j += kLanes<T>) outputs_from<T, F, 1, 4>(s, j, x, y);
  } else {
    outputs_from<T, F, B, K>(s, j, x, y);
  }
}

#if HWY_TARGET != HWY_SCALAR
/// Softmax of two numbers: {1 / (1 + exp(z1 - z0)), 1 / (1 + exp(z0 - z1))}, in the first two lanes.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V softmax_pair(D d, V z) {
  const V one = hn::Set(d, static_cast<hn::TFromD<D>>(1));
  const V lead = hn::Sub(z, hn::Reverse2(d, z));
  const V e = vec_exp_normal(d, hn::Neg(hn::Abs(lead)));
  return hn::Div(hn::IfThenElse(hn::Lt(lead, hn::Zero(d)), e, one), hn::Add(one, e));
}
#endif

/// Sums along the lanes, kGroup outputs at a time. F: softmax for a pair of outputs alone.
template <class T, Function F>
void by_output(const ForwardStage<T>& s, const T* HWY_RESTRICT x, T* HWY_RESTRICT y) {
  const Tag<T> d;
  const SumTag<T> sums;
  constexpr Index n = kLanes<T>;
  constexpr int used = F == Function::softmax ? 2 : kGroup<T>;
  const Index inputs = s.shape.inputs;
  const Index row = s.shape.row;
  for (Index c = 0; c < s.shape.outputs; c += kGroup<T>) {
    const T* HWY_RESTRICT w = s.weights + c * row;
    Vec<T> sum[kGroup<T>];
    for (int k = 0; k < kGroup<T>; ++k) sum[k] = hn::Zero(d);
    Index i = 0;
    for (; i + n <= inputs; i += n) {
      const Vec<T> xi = hn::LoadU(d, x + i);
      for (int k = 0; k < used; ++k) sum[k] = hn::MulAdd(xi, hn::Load(d, w + k * row + i), sum[k]);
    }
    if (i < inputs) {
      const Vec<T> xi = load_first(d, x + i, static_cast<std::size_t>(inputs - i));
      for (int k = 0; k < used; ++k) sum[k] = hn::MulAdd(xi, hn::Load(d, w + k * row + i), sum[k]);
    }
    const Sums<T> z = hn::Add(sum_group(sum), hn::Load(sums, s.bias + c));
#if HWY_TARGET != HWY_SCALAR
    if constexpr (F == Function::softmax) {
      put(softmax_pair(sums, z), sums, y + c, s.shape.outputs - c);
      continue;
    }
#endif
    put(apply(sums, F, z), sums, y + c, s.shape.outputs - c);
  }
}

template <class T>
void finish(const ForwardStage<T>& s, T* y) {
  const Index count = s.shape.outputs;
  if (count <= kGroup<T>) {
    output_function(SumTag<T>(), s.shape.function, count, y, y);
  } else {
    output_function(Tag<T>(), s.shape.function, count, y, y);
  }
}

template <class T, Function F>
typename ForwardStage<T>::Run kernel_of(const PackedStage& s) {
  if (s.by_output) return by_output<T, F>;
  switch ((s.outputs + kLanes<T> - 1) / kLanes<T>) {
    case 1: return by_input<T, F, 1>;
    case 2: return by_input<T, F, 2>;
    case 3: return by_input<T, F, 3>;
    default: return by_input<T, F, 4>;
  }
}

template <class T>
void choose(ForwardStage<T>& s) {
  const PackedStage& shape = s.shape;
  switch (shape.function) {
    case Function::identity: s.run = kernel_of<T, Function::identity>(shape); return;
    case Function::step: s.run = kernel_of<T, Function::step>(shape); return;
    case Function::sigmoid: s.run = kernel_of<T, Function::sigmoid>(shape); return;
    case Function::tanh: s.run = kernel_of<T, Function::tanh>(shape); return;
    case Function::relu: s.run = kernel_of<T, Function::relu>(shape); return;
    default: break;
  }
  const bool pair = shape.function == Function::softmax && shape.outputs == 2 && shape.by_output && kGroup<T> > 1;
  s.run = pair ? by_output<T, Function::softmax> : kernel_of<T, Function::identity>(shape);
  s.finish = pair ? nullptr : finish<T>;
}

void choose_float(ForwardStage<float>& stage) { choose(stage); }
void choose_double(ForwardStage<double>& stage) { choose(stage); }

}  // namespace gradus::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::engine {

HWY_EXPORT(choose_float);
HWY_EXPORT(choose_double);

namespace {

template <class T, class Choose>
std::vector<ForwardStage<T>> stages_of(const Packing<T>& packing, const T* packed, Choose choose) {
  std::vector<ForwardStage<T>> stages;
  for (const PackedStage& shape : packing.stages()) {
    stages.push_back({.shape = shape, .weights = packed + shape.weights, .bias = packed + shape.bias});
    choose(stages.back());
  }
  return stages;
}

}  // namespace

std::vector<ForwardStage<float>> forward_stages(const Packing<float>& packing, const float* packed) {
  return stages_of(packing, packed, [](ForwardStage<float>& stage) { HWY_DYNAMIC_DISPATCH(choose_float)(stage); });
}
std::vector<ForwardStage<double>> forward_stages(const Packing<double>& packing, const double* packed) {
  return stages_of(packing, packed, [](ForwardStage<double>& stage) { HWY_DYNAMIC_DISPATCH(choose_double)(stage); });
}

}  // namespace gradus::engine
#endif
