// SPDX-License-Identifier: MIT
// Loss, hits and first derivative of a bank's sample, after its forward pass. Included once for each instruction set.
#if defined(GRADUS_ENGINE_BANK_LOSS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_ENGINE_BANK_LOSS_INL
#undef GRADUS_ENGINE_BANK_LOSS_INL
#else
#define GRADUS_ENGINE_BANK_LOSS_INL
#endif

#include <limits>

#include "engine/bank_forward-inl.hpp"
#include "gradus/nn/losses/cut.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::HWY_NAMESPACE {

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
