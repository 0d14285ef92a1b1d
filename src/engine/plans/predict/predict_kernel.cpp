// SPDX-License-Identifier: MIT
// One sample through a stage. A lane holds an output or, where outputs are few, an input.
#include "engine/plans/predict/predict_kernel.hpp"

#include <algorithm>
#include <type_traits>

#include "engine/kernels/dispatch.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/plans/predict/predict_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/kernels/partial-inl.hpp"
#include "engine/kernels/unit_output-inl.hpp"
#include "engine/kernels/unit_stages-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {

/// Writes a vector, or as much of it as is left.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void put(hn::Vec<D> v, D d, T* to, Index left) {
  if (left >= static_cast<Index>(hn::MaxLanes(D()))) {
    hn::StoreU(v, d, to);
  } else {
    store_first(v, d, to, static_cast<std::size_t>(left));
  }
}

template <class T, Function F, int B>
HWY_INLINE void outputs_from(const ForwardStage<T>& s, Index j, const T* HWY_RESTRICT x, T* HWY_RESTRICT y) {
  const Tag<T> d;
  constexpr Index n = kLanes<T>;
  Vec<T> z[B];
  sums_by_input<B>(s.shape.inputs, s.shape.row, s.weights + j, s.bias + j, x, z);
  for (int b = 0; b < B; ++b) put(apply(d, F, z[b]), d, y + j + b * n, s.shape.outputs - j - b * n);
}

/// B: vectors of outputs, 1 to kBlock; more of them in blocks of so many.
template <class T, Function F, int B>
void by_input(const ForwardStage<T>& s, const T* x, T* y) {
  constexpr Index n = kLanes<T>;
  Index j = 0;
  for (; B == kBlock && j + (B - 1) * n < s.shape.outputs; j += B * n) outputs_from<T, F, B>(s, j, x, y);
  if constexpr (B < kBlock) return outputs_from<T, F, B>(s, j, x, y);
  for (; j < s.shape.outputs; j += n) outputs_from<T, F, 1>(s, j, x, y);
}

/// Softmax of the first of two numbers, that leads the other by so much: 1 / (1 + exp(-lead)).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V softmax_of_pair(D d, V lead) {
  const V one = hn::Set(d, static_cast<hn::TFromD<D>>(1));
  const V e = vec_exp_normal(d, hn::Neg(hn::Abs(lead)));
  return hn::Div(hn::IfThenElse(hn::Lt(lead, hn::Zero(d)), e, one), hn::Add(one, e));
}

/// Outputs from `c` on, of which z are the sums. F: softmax for a pair of outputs alone.
template <class T, Function F>
HWY_INLINE void put_group(const ForwardStage<T>& s, Index c, Sums<T> z, T* HWY_RESTRICT y) {
  const SumTag<T> sums;
#if HWY_TARGET != HWY_SCALAR
  if constexpr (F == Function::softmax)
    return put(softmax_of_pair(sums, hn::Sub(z, hn::Reverse2(sums, z))), sums, y + c, s.shape.outputs - c);
#endif
  put(apply(sums, F, z), sums, y + c, s.shape.outputs - c);
}
/// Outputs of a group that are worth computing.
template <class T, Function F>
inline constexpr int kUsed = F == Function::softmax ? std::min(2, kGroup<T>) : kGroup<T>;

/// Sums along the lanes, kGroup outputs at a time.
template <class T, Function F>
void by_output(const ForwardStage<T>& s, const T* HWY_RESTRICT x, T* HWY_RESTRICT y) {
  const Index row = s.shape.row;
  for (Index c = 0; c < s.shape.outputs; c += kGroup<T>)
    put_group<T, F>(s, c, sums_by_output<kUsed<T, F>>(s.shape.inputs, row, s.weights + c * row, s.bias + c, x), y);
}

/// A stage of at most B vectors of outputs, summed in K chains, and the next one, of few outputs: what lies between
/// them stays in registers.
template <class T, Function F, int B, int K, Function G>
void two_stages(const ForwardStage<T>& s, const T* x, T* y) {
  const Tag<T> d;
  constexpr Index n = kLanes<T>;
  Vec<T> h[B];
  chains_by_input<B, K>(s.shape.inputs, s.shape.row, s.weights, s.bias, x, h);
  for (int b = 0; b < B; ++b) h[b] = apply(d, F, h[b]);
  // Beyond the last unit an infinite input times a weight 0 is NaN, and so would be every output.
  if (s.shape.outputs < B * n)
    h[B - 1] = hn::IfThenElseZero(hn::FirstN(d, static_cast<std::size_t>(s.shape.outputs - (B - 1) * n)), h[B - 1]);
  const ForwardStage<T>& next = (&s)[1];
  Vec<T> sum[kParts<T>][kGroup<T>];
  for (auto& part : sum)
    for (Vec<T>& zero : part) zero = hn::Zero(d);
  for (int k = 0; k < kUsed<T, G>; ++k)
    for (int b = 0; b < B; ++b) {  // beyond the last unit there are weights 0
      Vec<T>& part = sum[b % kParts<T>][k];
      part = mul_add(h[b], hn::Load(d, next.weights + k * next.shape.row + b * n), part);
    }
  fold_parts(sum);
  put_group<T, G>(next, 0, hn::Add(sum_group(sum[0]), hn::Load(SumTag<T>(), next.bias)), y);
}

template <class T>
void finish(const ForwardStage<T>& s, T* y) {
  const Index count = s.shape.outputs;
  if (HWY_TARGET == HWY_SCALAR && s.shape.function == Function::softmax && count == 2) {
    const hn::CappedTag<T, 1> d;  // where no vector has room for a pair
    const auto lead = hn::Set(d, y[0] - y[1]);
    y[0] = hn::GetLane(softmax_of_pair(d, lead));
    y[1] = hn::GetLane(softmax_of_pair(d, hn::Neg(lead)));
  } else if (count <= kGroup<T>) {  // NOLINT(bugprone-branch-clone): vectors of another width
    output_function(SumTag<T>(), s.shape.function, count, y, y);
  } else {
    output_function(Tag<T>(), s.shape.function, count, y, y);
  }
}

template <class T, Function F>
typename ForwardStage<T>::Run kernel_of(const PackedStage& s) {
  if (s.by_output) return by_output<T, F>;
  switch (std::min((s.outputs + kLanes<T> - 1) / kLanes<T>, Index{kBlock})) {
    case 1: return by_input<T, F, 1>;
    case 2: return by_input<T, F, 2>;
    case 3: return by_input<T, F, std::min(3, kBlock)>;
    default: return by_input<T, F, kBlock>;
  }
}

/// Takes in the next stage, if there is a kernel for both: at most two vectors of units, a group of outputs.
template <class T, Function F, int B, int K>
typename ForwardStage<T>::Run kernel_of_two(const ForwardStage<T>& next) {
  if (next.finish || !next.shape.by_output || next.shape.outputs > kGroup<T>) return nullptr;
  switch (next.shape.function) {
    case Function::identity: return two_stages<T, F, B, K, Function::identity>;
    case Function::sigmoid: return two_stages<T, F, B, K, Function::sigmoid>;
    case Function::softmax: return two_stages<T, F, B, K, Function::softmax>;
    default: return nullptr;
  }
}
template <class T, Function F, int B>
typename ForwardStage<T>::Run kernel_of_two(const ForwardStage<T>& s, const ForwardStage<T>& next) {
  return s.shape.inputs < kManyInputs ? kernel_of_two<T, F, B, 1>(next) : kernel_of_two<T, F, B, kChains>(next);
}
template <class T, Function F>
typename ForwardStage<T>::Run kernel_of_two(const ForwardStage<T>& s, const ForwardStage<T>& next) {
  if (s.shape.by_output) return nullptr;
  if (s.shape.outputs <= kLanes<T>) return kernel_of_two<T, F, 1>(s, next);
  return s.shape.outputs <= 2 * kLanes<T> ? kernel_of_two<T, F, 2>(s, next) : nullptr;
}
template <class T>
void choose_for_two(ForwardStage<T>& s, const ForwardStage<T>& next) {
  typename ForwardStage<T>::Run run = nullptr;
  if (s.shape.function == Function::tanh) run = kernel_of_two<T, Function::tanh>(s, next);
  if (s.shape.function == Function::relu) run = kernel_of_two<T, Function::relu>(s, next);
  if (s.shape.function == Function::sigmoid) run = kernel_of_two<T, Function::sigmoid>(s, next);
  if (!run) return;
  s.run = run;
  s.stages = 2;
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

/// Of all stages in turn; of the last two, in one.
template <class T>
void choose_all(std::vector<ForwardStage<T>>& stages) {
  for (ForwardStage<T>& stage : stages) choose(stage);
  if (const std::size_t count = stages.size(); count >= 2) choose_for_two(stages[count - 2], stages[count - 1]);
}

void choose_float(std::vector<ForwardStage<float>>& stages) { choose_all(stages); }
void choose_double(std::vector<ForwardStage<double>>& stages) { choose_all(stages); }

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::engine {

GRADUS_EXPORT(choose_float);
GRADUS_EXPORT(choose_double);

#if !GRADUS_PLAIN

namespace {

template <class T>
std::vector<ForwardStage<T>> stages_of(const Packing<T>& packing, const T* packed) {
  std::vector<ForwardStage<T>> stages;
  for (const PackedStage& shape : packing.stages())
    stages.push_back({.shape = shape, .weights = packed + shape.weights, .bias = packed + shape.bias});
  return stages;
}

}  // namespace

std::vector<ForwardStage<float>> forward_stages(const Packing<float>& packing, const float* packed) {
  std::vector<ForwardStage<float>> stages = stages_of(packing, packed);
  GRADUS_DISPATCH(choose_float)(stages);
  return stages;
}
std::vector<ForwardStage<double>> forward_stages(const Packing<double>& packing, const double* packed) {
  std::vector<ForwardStage<double>> stages = stages_of(packing, packed);
  GRADUS_DISPATCH(choose_double)(stages);
  return stages;
}

#endif
}  // namespace gradus::engine
#endif
