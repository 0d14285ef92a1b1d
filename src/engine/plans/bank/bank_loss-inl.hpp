// SPDX-License-Identifier: MIT
// Loss, hits and first derivative of a bank's sample, after its forward pass. Included once for each instruction set.
#if defined(GRADUS_ENGINE_BANK_LOSS_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_ENGINE_BANK_LOSS_INL
#undef GRADUS_ENGINE_BANK_LOSS_INL
#else
#define GRADUS_ENGINE_BANK_LOSS_INL
#endif

#include "engine/plans/bank/bank_forward-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::HWY_NAMESPACE {

/// Of every lane; log_sum as finish_forward gave it.
template <class T>
Vec<T> sample_loss(const Description& net, const BankArrays<T>& a, Vec<T> log_sum) {
  return loss_of_lanes(net, bank_width<T>, a.logits, a.outputs[net.stages.size() - 1], a.targets, log_sum);
}

/// 1 for the lanes that met their targets.
template <class T>
Vec<T> sample_hit(const Description& net, const BankArrays<T>& a, Hit hit) {
  const T* p = a.outputs[net.stages.size() - 1];
  return hn::IfThenElseZero(hits_of_lanes(net.outputs(), bank_width<T>, p, a.targets, hit), hn::Set(Tag<T>(), T(1)));
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
