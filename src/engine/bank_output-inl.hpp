// SPDX-License-Identifier: MIT
// Memory of a bank's passes, and what the last stage leaves to do there: its function, loss, hits and delta. Included
// once for each instruction set, hence no #pragma once.
#if defined(GRADUS_ENGINE_BANK_OUTPUT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_ENGINE_BANK_OUTPUT_INL
#undef GRADUS_ENGINE_BANK_OUTPUT_INL
#else
#define GRADUS_ENGINE_BANK_OUTPUT_INL
#endif

#include <limits>

#include "engine/bank_kernel.hpp"
#include "engine/vector-inl.hpp"
#include "gradus/nn/losses/cut.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::HWY_NAMESPACE {

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

/// p = softmax(z) of every lane: its largest z, and the sum of exp(z - largest).
template <class T>
HWY_INLINE void softmax(Index count, const T* z, T* p, Vec<T>& max, Vec<T>& sum) {
  const Tag<T> d;
  constexpr Index n = bank_width<T>;
  max = hn::Load(d, z);
  for (Index c = 1; c < count; ++c) max = hn::Max(max, hn::Load(d, z + c * n));
  sum = hn::Zero(d);
  for (Index c = 0; c < count; ++c) {
    const Vec<T> e = vec_exp_normal(d, hn::Sub(hn::Load(d, z + c * n), max));
    sum = hn::Add(sum, e);
    hn::Store(e, d, p + c * n);
  }
  const Vec<T> factor = hn::Div(hn::Set(d, T(1)), sum);
  for (Index c = 0; c < count; ++c) hn::Store(hn::Mul(hn::Load(d, p + c * n), factor), d, p + c * n);
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
    softmax(net.outputs(), a.logits, p, max, sum);
    return log_sum ? hn::Add(max, vec_log(d, sum)) : max;
  }
  for (Index c = 0; c < net.outputs(); ++c)
    hn::Store(apply(d, f, hn::Load(d, a.logits + c * bank_width<T>)), d, p + c * bank_width<T>);
  return hn::Zero(d);
}

/// -log p as cut_minus_log() has it, where the loss is cut.
template <class T>
HWY_INLINE Vec<T> cut_loss(const Description& net, Vec<T> l) {
  if (!net.cut) return l;
  const Tag<T> d;
  const Vec<T> least = hn::Set(d, cut_minus_log(T(0)));
  const Vec<T> most = hn::Set(d, cut_minus_log(std::numeric_limits<T>::infinity()));
  l = hn::IfThenElse(hn::Lt(l, least), least, l);
  return hn::IfThenElse(hn::Gt(l, most), most, l);
}

/// Of every lane; log_sum as finish_forward gave it.
template <class T>
HWY_NOINLINE Vec<T> sample_loss(const Description& net, const BankArrays<T>& a, Vec<T> log_sum) {
  const Tag<T> d;
  const Vec<T> zero = hn::Zero(d);
  const Vec<T> one = hn::Set(d, T(1));
  Vec<T> sum = zero;
  for (Index c = 0; c < net.outputs(); ++c) {
    const Vec<T> z = hn::Load(d, a.logits + c * bank_width<T>);
    const Vec<T> t = hn::Load(d, a.targets + c * bank_width<T>);
    const Vec<T> error = hn::Sub(hn::Load(d, a.outputs[net.stages.size() - 1] + c * bank_width<T>), t);
    switch (net.head) {
      case Head::cross_entropy: sum = hn::MulAdd(t, cut_loss<T>(net, hn::Sub(log_sum, z)), sum); break;
      case Head::squared_error: sum = hn::MulAdd(error, error, sum); break;
      case Head::binary_cross_entropy: {
        const Vec<T> likelier = vec_log_1_plus(d, vec_exp(d, hn::Neg(hn::Abs(z))));  // -log of its probability
        if (net.cut) {
          const Vec<T> other = hn::Add(likelier, hn::Abs(z));
          const auto positive = hn::Gt(z, zero);
          sum = hn::MulAdd(t, cut_loss<T>(net, hn::IfThenElse(positive, likelier, other)), sum);
          sum = hn::MulAdd(hn::Sub(one, t), cut_loss<T>(net, hn::IfThenElse(positive, other, likelier)), sum);
        } else {  // max(z, 0) - t z + log(1 + exp(-|z|))
          sum = hn::Add(sum, hn::Add(hn::NegMulAdd(t, z, hn::Max(z, zero)), likelier));
        }
        break;
      }
      default: sum = hn::MulAdd(error, z, sum);
    }
  }
  return sum;
}

/// 1 for the lanes that met their targets.
template <class T>
Vec<T> sample_hit(const Description& net, const BankArrays<T>& a, Match match) {
  const Tag<T> d;
  const T* p = a.outputs[net.stages.size() - 1];
  const T* t = a.targets;
  auto hit = hn::Eq(hn::Zero(d), hn::Zero(d));
  if (match == Match::sides) {
    const Vec<T> half = hn::Set(d, T(0.5));
    for (Index c = 0; c < net.outputs() * bank_width<T>; c += bank_width<T>)
      hit = hn::AndNot(hn::Xor(hn::Gt(hn::Load(d, p + c), half), hn::Gt(hn::Load(d, t + c), half)), hit);
    return hn::IfThenElseZero(hit, hn::Set(d, T(1)));
  }
  Vec<T> best[2] = {hn::Load(d, p), hn::Load(d, t)};
  Vec<T> where[2] = {hn::Zero(d), hn::Zero(d)};
  for (Index c = 1; c < net.outputs(); ++c)
    for (int k = 0; k < 2; ++k) {
      const Vec<T> value = hn::Load(d, (k == 0 ? p : t) + c * bank_width<T>);
      const auto better = hn::Gt(value, best[k]);
      best[k] = hn::IfThenElse(better, value, best[k]);
      where[k] = hn::IfThenElse(better, hn::Set(d, static_cast<T>(c)), where[k]);
    }
  return hn::IfThenElseZero(hn::Eq(where[0], where[1]), hn::Set(d, T(1)));
}

/// delta = scale times the derivative of the loss by z.
template <class T>
HWY_INLINE void output_delta(const Description& net, const BankArrays<T>& a, Vec<T> scale, T* delta) {
  const Tag<T> d;
  constexpr Index n = bank_width<T>;
  const T* p = a.outputs[net.stages.size() - 1];
  Vec<T> mass = hn::Set(d, T(1));
  if (net.head == Head::cross_entropy) {
    mass = hn::Zero(d);
    for (Index c = 0; c < net.outputs(); ++c) mass = hn::Add(mass, hn::Load(d, a.targets + c * n));
  }
  for (Index c = 0; c < net.outputs(); ++c) {
    const Vec<T> pc = hn::Load(d, p + c * n);
    Vec<T> slope = hn::MulSub(pc, mass, hn::Load(d, a.targets + c * n));
    if (net.head == Head::squared_error)
      slope = times_derivative(d, net.stages.back().function, pc, hn::Add(slope, slope));
    hn::Store(hn::Mul(slope, scale), d, delta + c * n);
  }
}

}  // namespace gradus::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
