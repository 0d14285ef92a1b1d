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
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {

/// Of every lane; log_sum as finish_forward gave it.
template <class T>
Vec<T> sample_loss(const Description& net, const BankArrays<T>& a, Vec<T> log_sum) {
  return loss_of_lanes(Tag<T>(), net, bank_width<T>, a.logits, a.outputs[net.stages.size() - 1], a.targets, log_sum);
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
  const Kept<T> kept{net.stages.back().function, a.outputs[net.stages.size() - 1], nullptr};
  delta_of_lanes(net, bank_width<T>, kept, a.targets, scale,
                 [&](Index c, Vec<T> value) HWY_ATTR { hn::Store(value, Tag<T>(), delta + c * bank_width<T>); });
}

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
