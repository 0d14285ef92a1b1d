// SPDX-License-Identifier: MIT
// Softmax, loss, its derivative and hits where each lane holds an output of a sample of its own, and output c + 1 lies
// `stride` numbers after output c. Included once for each instruction set, hence no #pragma once.
#if defined(GRADUS_ENGINE_LANE_OUTPUT_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_ENGINE_LANE_OUTPUT_INL
#undef GRADUS_ENGINE_LANE_OUTPUT_INL
#else
#define GRADUS_ENGINE_LANE_OUTPUT_INL
#endif

#include <limits>

#include "engine/kernels/lane_stages-inl.hpp"
#include "gradus/engine/tally.hpp"
#include "gradus/nn/hit.hpp"
#include "gradus/nn/losses/cut.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {

/// p = softmax(z): the largest z, and the sum of exp(z - largest).
template <class T>
HWY_INLINE void softmax_of_lanes(Index outputs, Index stride, const T* z, T* p, Vec<T>& max, Vec<T>& sum) {
  const Tag<T> d;
  max = hn::Load(d, z);
  for (Index c = 1; c < outputs; ++c) max = hn::Max(max, hn::Load(d, z + c * stride));
  sum = sum_over_units<T>(outputs, [&](Index c) HWY_ATTR {
    const Vec<T> e = vec_exp_normal(d, hn::Sub(hn::Load(d, z + c * stride), max));
    hn::Store(e, d, p + c * stride);
    return e;
  });
  const Vec<T> factor = hn::Div(hn::Set(d, T(1)), sum);
  for (Index c = 0; c < outputs; ++c) hn::Store(hn::Mul(hn::Load(d, p + c * stride), factor), d, p + c * stride);
}

/// -log p as cut_minus_log() has it, where the loss is cut.
template <class D, class V = hn::Vec<D>, class T = hn::TFromD<D>>
HWY_INLINE V cut_loss(D d, const Description& net, V l) {
  if (!net.cut) return l;
  const V least = hn::Set(d, cut_minus_log(T(0)));
  const V most = hn::Set(d, cut_minus_log(std::numeric_limits<T>::infinity()));
  l = hn::IfThenElse(hn::Lt(l, least), least, l);
  return hn::IfThenElse(hn::Gt(l, most), most, l);
}

/// -log p and -log(1 - p), weighted by t and 1 - t, of p cut to [eps, 1 - eps].
template <class D, class V = hn::Vec<D>, class T = hn::TFromD<D>>
HWY_INLINE V cut_binary_loss(D d, V p, V t) {
  const V one = hn::Set(d, T(1));
  const V eps = hn::Set(d, std::numeric_limits<T>::epsilon());
  const V most = hn::Sub(one, eps);
  p = hn::IfThenElse(hn::Lt(p, eps), eps, p);  // and not Max: a NaN stays
  p = hn::IfThenElse(hn::Gt(p, most), most, p);
  const V likelihood = hn::Mul(t, vec_log(d, p));
  return hn::Neg(mul_add(hn::Sub(one, t), vec_log(d, hn::Sub(one, p)), likelihood));
}

/// Of every lane, for the heads that have kernels; log_sum is log sum_c exp z_c, of softmax.
template <class D, class V = hn::Vec<D>, class T = hn::TFromD<D>>
HWY_NOINLINE V loss_of_lanes(D d, const Description& net, Index stride, const T* z, const T* p, const T* t, V log_sum) {
  const V zero = hn::Zero(d);
  V sum = zero;
  for (Index at = 0; at < net.outputs() * stride; at += stride) {
    const V zc = hn::Load(d, z + at);
    const V tc = hn::Load(d, t + at);
    const V pc = hn::Load(d, p + at);
    const V error = hn::Sub(pc, tc);
    switch (net.head) {
      case Head::cross_entropy: sum = mul_add(tc, cut_loss(d, net, hn::Sub(log_sum, zc)), sum); break;
      case Head::squared_error: sum = mul_add(error, error, sum); break;
      case Head::binary_cross_entropy: {
        if (net.cut) {
          sum = hn::Add(sum, cut_binary_loss(d, pc, tc));
          break;
        }
        // max(z, 0) - t z + log(1 + exp(-|z|))
        const V likelier = vec_log_1_plus(d, vec_exp(d, hn::Neg(hn::Abs(zc))));
        sum = hn::Add(sum, hn::Add(neg_mul_add(tc, zc, hn::Max(zc, zero)), likelier));
        break;
      }
      default: sum = mul_add(error, zc, sum);
    }
  }
  return sum;
}

/// The derivative of the loss by z times `scale`, for the heads that have kernels: put(c, delta_c) for every output c.
/// `kept` is of the last stage.
template <class T, class Put>
HWY_INLINE void delta_of_lanes(const Description& net, Index stride, const Kept<T> kept, const T* t, Vec<T> scale,
                               Put put) {
  const Tag<T> d;
  Vec<T> mass = hn::Set(d, T(1));
  if (net.head == Head::cross_entropy) {
    mass = hn::Zero(d);
    for (Index c = 0; c < net.outputs(); ++c) mass = hn::Add(mass, hn::Load(d, t + c * stride));
  }
  for (Index c = 0; c < net.outputs(); ++c) {
    const Index at = c * stride;
    Vec<T> slope = mul_sub(hn::Load(d, kept.y + at), mass, hn::Load(d, t + at));
    if (net.head == Head::squared_error) slope = kept.times(at, hn::Add(slope, slope));
    put(c, hn::Mul(slope, scale));
  }
}

/// The lanes that met their targets.
template <class T>
hn::Mask<Tag<T>> hits_of_lanes(Index outputs, Index stride, const T* p, const T* t, Hit hit) {
  const Tag<T> d;
  auto met = hn::Eq(hn::Zero(d), hn::Zero(d));
  if (hit == Hit::threshold) {
    const Vec<T> half = hn::Set(d, T(0.5));
    for (Index at = 0; at < outputs * stride; at += stride)
      met = hn::AndNot(hn::Xor(hn::Gt(hn::Load(d, p + at), half), hn::Gt(hn::Load(d, t + at), half)), met);
    return met;
  }
  Vec<T> best[2] = {hn::Load(d, p), hn::Load(d, t)};
  Vec<T> where[2] = {hn::Zero(d), hn::Zero(d)};
  for (Index c = 1; c < outputs; ++c)
    for (int k = 0; k < 2; ++k) {
      const Vec<T> value = hn::Load(d, (k == 0 ? p : t) + c * stride);
      const auto better = hn::Gt(value, best[k]);
      best[k] = hn::IfThenElse(better, value, best[k]);
      where[k] = hn::IfThenElse(better, hn::Set(d, static_cast<T>(c)), where[k]);
    }
  return hn::Eq(where[0], where[1]);
}

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
