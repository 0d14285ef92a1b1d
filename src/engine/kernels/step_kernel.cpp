// SPDX-License-Identifier: MIT
#include "engine/kernels/step_kernel.hpp"

#include <cmath>

#include "engine/kernels/dispatch.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/step_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/kernels/line_sums-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {

/// f(d, k) for fewer than 2 L numbers, from k on, by vectors of L and its halves.
template <class T, int L, class F>
HWY_INLINE void sweep_rest(Index k, Index n, F f) {
  if constexpr (L > 0) {
    if (k + L <= n) {
      f(hn::CappedTag<T, static_cast<std::size_t>(L)>(), k);
      k += L;
    }
    sweep_rest<T, L / 2>(k, n, f);
  }
}
/// f(d, k) for every whole vector, then for what is left.
template <class T, class F>
HWY_INLINE void sweep(Index n, F f) {
  const hn::ScalableTag<T> d;
  constexpr int lanes = static_cast<int>(hn::MaxLanes(hn::ScalableTag<T>()));
  Index k = 0;
  for (; k + lanes <= n; k += lanes) f(d, k);
  sweep_rest<T, lanes / 2>(k, n, f);
}

template <class T>
void descend(const DescentStep<T>& step, Index n, const T* HWY_RESTRICT g, T* HWY_RESTRICT v, T* HWY_RESTRICT theta) {
  if (step.momentum == 0) {
    sweep<T>(n, [&](auto d, Index k) HWY_ATTR {
      const auto move = hn::Mul(hn::Set(d, step.rate), hn::LoadU(d, g + k));
      hn::StoreU(hn::Sub(hn::LoadU(d, theta + k), move), d, theta + k);
    });
    return;
  }
  sweep<T>(n, [&](auto d, Index k) HWY_ATTR {
    const auto mu = hn::Set(d, step.momentum);
    const auto move = hn::Mul(hn::Set(d, step.rate), hn::LoadU(d, g + k));
    const auto next = hn::Sub(hn::Mul(mu, hn::LoadU(d, v + k)), move);
    hn::StoreU(next, d, v + k);
    const auto change = step.nesterov ? hn::Sub(hn::Mul(mu, next), move) : next;
    hn::StoreU(hn::Add(hn::LoadU(d, theta + k), change), d, theta + k);
  });
}

template <class T>
void adam(const AdamStep<T>& step, Index n, const T* HWY_RESTRICT g, T* HWY_RESTRICT m, T* HWY_RESTRICT v,
          T* HWY_RESTRICT theta) {
  sweep<T>(n, [&](auto d, Index k) HWY_ATTR {
    const auto gk = hn::LoadU(d, g + k);
    const auto mk = mul_add(hn::Set(d, step.beta1), hn::LoadU(d, m + k), hn::Mul(hn::Set(d, 1 - step.beta1), gk));
    const auto vk =
        mul_add(hn::Set(d, step.beta2), hn::LoadU(d, v + k), hn::Mul(hn::Set(d, 1 - step.beta2), hn::Mul(gk, gk)));
    hn::StoreU(mk, d, m + k);
    hn::StoreU(vk, d, v + k);
    const auto change = over_root(d, hn::Mul(hn::Set(d, step.rate), mk), vk, hn::Set(d, step.epsilon));
    hn::StoreU(hn::Sub(hn::LoadU(d, theta + k), change), d, theta + k);
  });
}

/// Adds the penalty's derivative to g and gives its value, the sums of squares and sizes taken as along a line.
template <class T, bool Squares, bool Sizes>
HWY_INLINE double penalise_by(const PenaltyStep<T>& step, Index n, const T* HWY_RESTRICT w, T* HWY_RESTRICT g) {
  const Tag<T> d;
  Vec<T> squares[kParts<T>][1], sizes[kParts<T>][1];
  for (int p = 0; p < kParts<T>; ++p) squares[p][0] = sizes[p][0] = hn::Zero(d);
  for (Index k = 0; k < n; k += kLine<T>) {
    HWY_UNROLL(16)
    for (int p = 0; p < kParts<T>; ++p) {
      const Index at = k + p * kLanes<T>;
      const Vec<T> wk = load_within(w, at, n);
      Vec<T> slope = hn::Zero(d);
      if constexpr (Sizes) slope = hn::IfThenZeroElse(hn::Eq(wk, hn::Zero(d)), hn::CopySign(hn::Set(d, step.l1), wk));
      const Vec<T> change = hn::Add(hn::Mul(hn::Set(d, step.l2), wk), slope);
      store_within(hn::Add(load_within(g, at, n), change), g, at, n);
      if constexpr (Squares) squares[p][0] = mul_add(wk, wk, squares[p][0]);
      if constexpr (Sizes) sizes[p][0] = hn::Add(sizes[p][0], hn::Abs(wk));
    }
  }
  double penalty = 0;
  if constexpr (Squares) {
    fold_parts(squares);
    penalty += static_cast<double>(step.l2) / 2 * static_cast<double>(sum_of<T>(squares[0][0]));
  }
  if constexpr (Sizes) {
    fold_parts(sizes);
    penalty += static_cast<double>(step.l1) * static_cast<double>(sum_of<T>(sizes[0][0]));
  }
  return penalty;
}

template <class T>
double penalise(const PenaltyStep<T>& step, Index n, const T* HWY_RESTRICT w, T* HWY_RESTRICT g) {
  if (step.l1 == 0) return penalise_by<T, true, false>(step, n, w, g);
  if (step.l2 == 0) return penalise_by<T, false, true>(step, n, w, g);
  return penalise_by<T, true, true>(step, n, w, g);
}

double penalise_float(const PenaltyStep<float>& step, Index n, const float* w, float* g) {
  return penalise(step, n, w, g);
}
double penalise_double(const PenaltyStep<double>& step, Index n, const double* w, double* g) {
  return penalise(step, n, w, g);
}
void descend_float(const DescentStep<float>& step, Index n, const float* g, float* v, float* theta) {
  descend(step, n, g, v, theta);
}
void descend_double(const DescentStep<double>& step, Index n, const double* g, double* v, double* theta) {
  descend(step, n, g, v, theta);
}
void adam_float(const AdamStep<float>& step, Index n, const float* g, float* m, float* v, float* theta) {
  adam(step, n, g, m, v, theta);
}
void adam_double(const AdamStep<double>& step, Index n, const double* g, double* m, double* v, double* theta) {
  adam(step, n, g, m, v, theta);
}

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::engine {

GRADUS_EXPORT(descend_float);
GRADUS_EXPORT(descend_double);
GRADUS_EXPORT(adam_float);
GRADUS_EXPORT(adam_double);
GRADUS_EXPORT(penalise_float);
GRADUS_EXPORT(penalise_double);

#if !GRADUS_PLAIN

void run_step(const DescentStep<float>& step, Index n, const float* gradient, float* v, float* theta) {
  GRADUS_DISPATCH(descend_float)(step, n, gradient, v, theta);
}
void run_step(const DescentStep<double>& step, Index n, const double* gradient, double* v, double* theta) {
  GRADUS_DISPATCH(descend_double)(step, n, gradient, v, theta);
}
void run_step(const AdamStep<float>& step, Index n, const float* gradient, float* m, float* v, float* theta) {
  GRADUS_DISPATCH(adam_float)(step, n, gradient, m, v, theta);
}
void run_step(const AdamStep<double>& step, Index n, const double* gradient, double* m, double* v, double* theta) {
  GRADUS_DISPATCH(adam_double)(step, n, gradient, m, v, theta);
}
double run_penalty(const PenaltyStep<float>& step, Index n, const float* weights, float* gradient) {
  return GRADUS_DISPATCH(penalise_float)(step, n, weights, gradient);
}
double run_penalty(const PenaltyStep<double>& step, Index n, const double* weights, double* gradient) {
  return GRADUS_DISPATCH(penalise_double)(step, n, weights, gradient);
}

#endif
}  // namespace gradus::engine
#endif
