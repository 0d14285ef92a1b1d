// SPDX-License-Identifier: MIT
// The forward pass of a bank: a lane is a network, a sample of each. Included once for each instruction set.
#if defined(GRADUS_ENGINE_BANK_FORWARD_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_ENGINE_BANK_FORWARD_INL
#undef GRADUS_ENGINE_BANK_FORWARD_INL
#else
#define GRADUS_ENGINE_BANK_FORWARD_INL
#endif

#include "engine/kernels/lane_output-inl.hpp"
#include "engine/kernels/lane_stages-inl.hpp"
#include "engine/kernels/transpose-inl.hpp"
#include "engine/packing.hpp"
#include "engine/plans/bank/bank_kernel.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {

/// Memory of one sample's passes: unit u of an array lies at u * bank_width.
template <class T>
struct BankArrays {
  T* x;
  T* targets;
  std::array<T*, kMaxStages> inputs;  ///< of each stage, where dropout changes them; else null
  std::array<T*, kMaxStages> mask;    ///< what it multiplies them with
  std::array<T*, kMaxStages> outputs;
  T* logits;
  T* delta[2];
  bool masked;  ///< whether there is any mask
  Index step;   ///< from here to the same array of the next sample
};

/// The arrays of sample `row` of kBankRows.
template <class T>
BankArrays<T> lay_out(const Description& net, T* work, Index column, Index row) {
  BankArrays<T> a{};
  a.step = bank_units(net) * bank_width<T>;
  work += column + row * a.step;
  const auto take = [&](Index units) {
    T* at = work;
    work += units * bank_width<T>;
    return at;
  };
  a.x = take(net.inputs());
  a.targets = take(net.outputs());
  for (std::size_t s = 0; s < net.stages.size(); ++s) {
    a.outputs[s] = take(net.stages[s].outputs);
    if (net.stages[s].mask.rate == 0) continue;
    a.inputs[s] = take(net.stages[s].inputs);
    a.mask[s] = take(net.stages[s].inputs);
    a.masked = true;
  }
  a.logits = take(net.outputs());
  for (T*& delta : a.delta) delta = take(net.widest());
  return a;
}

/// Inputs and targets of the samples that begin at order[k], one a lane; `alike`: all at order[0].
template <class T>
HWY_INLINE void gather(const Description& net, const T* samples, const std::int32_t* order, bool alike,
                       const BankArrays<T>& a) {
  const Index numbers = net.inputs() + net.outputs();  // targets lie behind inputs there and here
  if (!alike) return transpose([=](Index k) { return samples + order[k]; }, kLanes<T>, numbers, a.x, bank_width<T>);
  samples += order[0];
  for (Index i = 0; i < numbers; ++i) hn::Store(hn::Set(Tag<T>(), samples[i]), Tag<T>(), a.x + i * bank_width<T>);
}

/// A lane holds a network with weights of its own; a vector is one of R samples, whose arrays lie `step` apart.
template <class T, int R>
struct NetworkLanes {
  static constexpr int vectors = R;
  static constexpr Index unit = bank_width<T>;
  static constexpr Index weight_step = bank_width<T>;
  Index step;
  HWY_INLINE Index at(int v) const { return v * step; }
  static HWY_INLINE Vec<T> weight(const T* w) { return hn::Load(Tag<T>(), w); }
};

// A single sample's stage adds up in the order of the online plan, which engine/packing.hpp tells.

/// z_u = b_u + sum_i x_i W[i, u] for U units from `first` on, in K chains of sums.
template <int U, int K, class T>
HWY_INLINE void chains_of_units(const T* HWY_RESTRICT x, const Stage& s, const T* HWY_RESTRICT w, Index first,
                                Vec<T>* z) {
  const Tag<T> d;
  constexpr Index n = bank_width<T>;
  Vec<T> sum[K][U];
  for (int u = 0; u < U; ++u) {
    sum[0][u] = s.bias ? hn::Load(d, w + (s.weights() + first + u) * n) : hn::Zero(d);
    for (int k = 1; k < K; ++k) sum[k][u] = hn::Zero(d);
  }
  w += first * n;
  const Index row = s.outputs * n;
  Index i = 0;
  for (; i + K <= s.inputs; i += K)
    for (int k = 0; k < K; ++k) {
      const Vec<T> in = hn::Load(d, x + (i + k) * n);
      for (int u = 0; u < U; ++u) sum[k][u] = mul_add(in, hn::Load(d, w + (i + k) * row + u * n), sum[k][u]);
    }
  for (; i < s.inputs; ++i) {
    const Vec<T> in = hn::Load(d, x + i * n);
    for (int u = 0; u < U; ++u) sum[0][u] = mul_add(in, hn::Load(d, w + i * row + u * n), sum[0][u]);
  }
  for (int half = K / 2; half > 0; half /= 2)
    for (int k = 0; k < half; ++k)
      for (int u = 0; u < U; ++u) sum[k][u] = hn::Add(sum[k][u], sum[k + half][u]);
  for (int u = 0; u < U; ++u) z[u] = sum[0][u];
}

/// The sums of U rows of products x_i W[i], i < count, as they are along lanes: those of partial sums from `first` on,
/// every `step`-th of a line. x_i lies at x + i * bank_width, W[i] of row u at w + i * next + u * row. `whole`: every
/// partial sum has a term.
template <int step, int U, bool whole, class T>
HWY_INLINE void branch_of_products(const T* HWY_RESTRICT x, const T* HWY_RESTRICT w, Index next, Index row, Index first,
                                   Index count, Vec<T>* sum) {
  const Tag<T> d;
  if constexpr (step == kLine<T>) {
    for (int u = 0; u < U; ++u) sum[u] = hn::Zero(d);
    for (Index i = first; i < count; i += step) {
      const Vec<T> in = hn::Load(d, x + i * bank_width<T>);
      for (int u = 0; u < U; ++u) sum[u] = mul_add(in, hn::Load(d, w + i * next + u * row), sum[u]);
    }
  } else {
    branch_of_products<2 * step, U, whole>(x, w, next, row, first, count, sum);
    if (!whole && first + step >= count) return;
    Vec<T> other[U];
    branch_of_products<2 * step, U, whole>(x, w, next, row, first + step, count, other);
    for (int u = 0; u < U; ++u) sum[u] = hn::Add(sum[u], other[u]);
  }
}
/// All of them.
template <int U, class T>
HWY_INLINE void tree_of_products(const T* x, const T* w, Index next, Index row, Index count, Vec<T>* sum) {
  if (count < kLine<T>) return branch_of_products<1, U, false>(x, w, next, row, 0, count, sum);
  branch_of_products<1, U, true>(x, w, next, row, 0, count, sum);
}

/// z_u of U units from `first` on.
template <int U, class T>
HWY_NOINLINE void tree_of_units(const T* x, const Stage& s, const T* w, Index first, T* y) {
  const Tag<T> d;
  constexpr Index n = bank_width<T>;
  Vec<T> z[U];
  tree_of_products<U>(x, w + first * n, s.outputs * n, n, s.inputs, z);
  for (int u = 0; u < U; ++u) {
    const Vec<T> bias = s.bias ? hn::Load(d, w + (s.weights() + first + u) * n) : hn::Zero(d);
    hn::Store(hn::Add(z[u], bias), d, y + (first + u) * n);
  }
}

template <int U, int K, Function f, class T>
HWY_INLINE void units_by_input(const T* x, const Stage& s, const T* w, Index first, T* y) {
  Vec<T> z[U];
  chains_of_units<U, K>(x, s, w, first, z);
  for (int u = 0; u < U; ++u) hn::Store(apply(Tag<T>(), f, z[u]), Tag<T>(), y + (first + u) * bank_width<T>);
}

template <int K, Function f, class T>
HWY_NOINLINE void stage_by_input(const T* x, const Stage& s, const T* w, T* y) {
  constexpr int U = (kHasManyRegisters ? 8 : 4) / (K > 1 ? 2 : 1);
  Index u = 0;
  for (; u + U <= s.outputs; u += U) units_by_input<U, K, f>(x, s, w, u, y);
  if constexpr (U > 4)
    for (; u + 4 <= s.outputs; u += 4) units_by_input<4, K, f>(x, s, w, u, y);
  if constexpr (U > 2)
    for (; u + 2 <= s.outputs; u += 2) units_by_input<2, K, f>(x, s, w, u, y);
  if (u < s.outputs) units_by_input<1, K, f>(x, s, w, u, y);
}

template <Function f, class T>
HWY_NOINLINE void stage_of_one(const T* x, const Stage& s, const T* w, T* y) {
  if (!sums_along_lanes(s.inputs, s.outputs))
    return s.inputs < kManyInputs ? stage_by_input<1, f>(x, s, w, y) : stage_by_input<kChains, f>(x, s, w, y);
  Index u = 0;
  for (; u + 2 <= s.outputs; u += 2) tree_of_units<2>(x, s, w, u, y);
  if (u < s.outputs) tree_of_units<1>(x, s, w, u, y);
  const Tag<T> d;
  for (Index k = 0; f != Function::identity && k < s.outputs * bank_width<T>; k += bank_width<T>)
    hn::Store(apply(d, f, hn::Load(d, y + k)), d, y + k);
}

/// Of R samples whose arrays lie `step` apart; Online: in the order of the online plan, else in that of the batch plan.
template <class T, bool Online, int R, Function f>
HWY_INLINE void forward_stage_of(const T* x, Index step, const Stage& s, const T* w, T* y) {
  if constexpr (Online) return stage_of_one<f>(x, s, w, y);
  return forward_stage<f>(NetworkLanes<T, R>{step}, x, s, w, y);
}

template <class T, bool Online, int R>
void forward_stage_of(Function f, const T* x, Index step, const Stage& s, const T* w, T* y) {
  switch (f) {
    case Function::tanh: return forward_stage_of<T, Online, R, Function::tanh>(x, step, s, w, y);
    case Function::sigmoid: return forward_stage_of<T, Online, R, Function::sigmoid>(x, step, s, w, y);
    case Function::relu: return forward_stage_of<T, Online, R, Function::relu>(x, step, s, w, y);
    case Function::step: return forward_stage_of<T, Online, R, Function::step>(x, step, s, w, y);
    default: return forward_stage_of<T, Online, R, Function::identity>(x, step, s, w, y);
  }
}

/// The input of stage s, with dropout applied if the pass is one of training.
template <class T>
const T* stage_input(const BankArrays<T>& a, std::size_t s, bool training) {
  if (training && a.inputs[s]) return a.inputs[s];
  return s == 0 ? a.x : a.outputs[s - 1];
}

/// Of R samples, of which `a` has the arrays of the first.
template <class T, bool Online, int R>
HWY_INLINE void forward(const Description& net, const BankArrays<T>& a, const T* theta, bool training) {
  const Tag<T> d;
  const std::size_t last = net.stages.size() - 1;
  for (std::size_t s = 0; s <= last; ++s) {
    const Stage& stage = net.stages[s];
    if (training && a.inputs[s]) {
      const T* plain = stage_input(a, s, false);
      for (Index at = 0; at < R * a.step; at += a.step)
        for (Index k = at; k < at + stage.inputs * bank_width<T>; k += bank_width<T>)
          hn::Store(hn::Mul(hn::Load(d, plain + k), hn::Load(d, a.mask[s] + k)), d, a.inputs[s] + k);
    }
    const bool end = s == last;  // whose function waits, for the loss may want z
    forward_stage_of<T, Online, R>(end ? Function::identity : stage.function, stage_input(a, s, training), a.step,
                                   stage, theta + stage.offset * bank_width<T>, end ? a.logits : a.outputs[s]);
  }
}

/// log sum_c exp z_c for softmax, else nothing.
template <class T>
Vec<T> finish_forward(const Description& net, const BankArrays<T>& a, bool log_sum) {
  const Tag<T> d;
  T* p = a.outputs[net.stages.size() - 1];
  const Function f = net.stages.back().function;
  if (f == Function::softmax) {
    Vec<T> max;
    Vec<T> sum;
    softmax_of_lanes(net.outputs(), bank_width<T>, a.logits, p, max, sum);
    return log_sum ? hn::Add(max, vec_log(d, sum)) : max;
  }
  for (Index c = 0; c < net.outputs(); ++c)
    hn::Store(apply(d, f, hn::Load(d, a.logits + c * bank_width<T>)), d, p + c * bank_width<T>);
  return hn::Zero(d);
}

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
