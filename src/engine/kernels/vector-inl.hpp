// SPDX-License-Identifier: MIT
// What the kernels share: vectors and activation functions on them. Included once for each instruction set.
#if defined(GRADUS_ENGINE_VECTOR_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_ENGINE_VECTOR_INL
#undef GRADUS_ENGINE_VECTOR_INL
#else
#define GRADUS_ENGINE_VECTOR_INL
#endif

#include "engine/kernels/math-inl.hpp"
#include "gradus/engine/description.hpp"
#include "gradus/nn/activations.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
using Vec = hn::Vec<Tag<T>>;
template <class T>
inline constexpr Index kLanes = static_cast<Index>(hn::MaxLanes(Tag<T>()));

/// 32 in place of 16.
inline constexpr bool kHasManyRegisters = HWY_TARGET <= HWY_AVX3 || HWY_ARCH_ARM_A64;

/// f(z), number by number, for the simple functions; any other leaves z.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V apply(D d, Function f, V z) {
  switch (f) {
    case Function::tanh: return vec_tanh(d, z);
    case Function::sigmoid: return vec_sigmoid(d, z);
    case Function::relu: return hn::IfThenZeroElse(hn::Le(z, hn::Zero(d)), z);
    case Function::step: {
      const V one = hn::Set(d, static_cast<hn::TFromD<D>>(1));
      return keep_nan(z, hn::IfThenElseZero(hn::Gt(z, hn::Zero(d)), one));
    }
    default: return z;
  }
}

/// f'(z) dy, from y = f(z), for the simple functions.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V times_derivative(D d, Function f, V y, V dy) {
  const V one = hn::Set(d, static_cast<hn::TFromD<D>>(1));
  switch (f) {
    case Function::tanh: return hn::Mul(dy, neg_mul_add(y, y, one));
    case Function::sigmoid: return hn::Mul(dy, hn::Mul(y, hn::Sub(one, y)));
    case Function::relu: return hn::IfThenElseZero(hn::Gt(y, hn::Zero(d)), dy);
    case Function::step: return hn::Zero(d);
    default: return dy;
  }
}

/// x as a constant of D's type.
template <class D>
HWY_INLINE hn::Vec<D> number(D d, double x) {
  return hn::Set(d, static_cast<hn::TFromD<D>>(x));
}

// function_and_slope(F(), d, x, s): f(x), and s = f'(x), for the activations F that have vectors of their own. The
// formulas are those of nn/activations/. An activation without takes its definition, number by number.

template <class D, class V = hn::Vec<D>>
HWY_INLINE V function_and_slope(activation::LeakyRelu, D d, V x, V& s) {
  s = hn::IfThenElse(hn::Gt(x, hn::Zero(d)), number(d, 1), number(d, activation::LeakyRelu::slope));
  return hn::Mul(x, s);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V function_and_slope(activation::HardSigmoid, D d, V x, V& s) {
  s = hn::IfThenElseZero(hn::Lt(hn::Abs(x), number(d, 3)), number(d, 1.0 / 6));
  return hn::Min(hn::Max(hn::Add(hn::Div(x, number(d, 6)), number(d, 0.5)), hn::Zero(d)), number(d, 1));
}
/// outer x for x > 0, else inner (exp(x) - 1).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V exponential_below_0(D d, V outer, V inner, V x, V& s) {
  const auto up = hn::Gt(x, hn::Zero(d));
  const V down = hn::Min(x, hn::Zero(d));
  s = hn::IfThenElse(up, outer, hn::Mul(inner, vec_exp(d, down)));
  return hn::IfThenElse(up, hn::Mul(outer, x), hn::Mul(inner, vec_expm1_negative(d, down)));
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V function_and_slope(activation::Elu, D d, V x, V& s) {
  return exponential_below_0(d, number(d, 1), number(d, 1), x, s);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V function_and_slope(activation::Selu, D d, V x, V& s) {
  return exponential_below_0(d, number(d, activation::Selu::lambda),
                             number(d, activation::Selu::lambda * activation::Selu::alpha), x, s);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V function_and_slope(activation::Softplus, D d, V x, V& s) {
  s = vec_sigmoid(d, x);
  return hn::Add(hn::Max(x, hn::Zero(d)), vec_log_1_plus(d, vec_exp(d, hn::Neg(hn::Abs(x)))));
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V function_and_slope(activation::Softsign, D d, V x, V& s) {
  const V one = number(d, 1);
  const V size = hn::Abs(x);
  const V sum = hn::Add(one, size);
  s = hn::Div(hn::Div(one, sum), sum);
  const V large = hn::Div(one, hn::Add(hn::Div(one, size), one));  // 1 at infinity
  return hn::CopySign(hn::IfThenElse(hn::Gt(size, one), large, hn::Div(size, sum)), x);
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V function_and_slope(activation::Silu, D d, V x, V& s) {
  const V one = number(d, 1);
  const V share = vec_sigmoid(d, x);
  const auto gone = hn::Lt(x, number(d, activation::Silu::tail));
  const V inside = hn::Mul(share, mul_add(x, vec_sigmoid(d, hn::Neg(x)), one));
  s = hn::IfThenZeroElse(gone, hn::IfThenElse(hn::Gt(x, number(d, 50)), one, inside));
  return hn::IfThenZeroElse(gone, hn::Mul(x, share));
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V function_and_slope(activation::Mish, D d, V x, V& s) {
  const V one = number(d, 1);
  const V two = number(d, 2);
  const auto gone = hn::Lt(x, number(d, activation::Silu::tail));
  const auto down = hn::Lt(x, hn::Zero(d));
  const V w = vec_exp(d, hn::Neg(hn::Abs(x)));
  const V top = hn::IfThenElse(down, hn::Mul(w, hn::Add(w, two)), mul_add(two, w, one));
  const V rest = hn::IfThenElse(down, two, hn::Mul(two, hn::Mul(w, w)));
  const V sum = hn::Add(top, rest);
  const V t = hn::Div(top, sum);
  const V square = hn::Mul(hn::Div(rest, sum), hn::Div(mul_add(two, top, rest), sum));  // 1 - t^2
  const V inside = mul_add(hn::Mul(x, vec_sigmoid(d, x)), square, t);
  s = hn::IfThenZeroElse(gone, hn::IfThenElse(hn::Gt(x, number(d, 50)), one, inside));
  return hn::IfThenZeroElse(gone, hn::Mul(x, t));
}
template <class D, class V = hn::Vec<D>>
HWY_INLINE V function_and_slope(activation::Exponential, D d, V x, V& s) {
  return s = vec_exp(d, x);
}

/// run_function for one activation.
template <class F, class D, class T>
HWY_INLINE void run_one(D d, Index n, const T* z, T* y, T* slope) {
  using V = hn::Vec<D>;
  if constexpr (requires(V v) { function_and_slope(F(), d, v, v); }) {
    for (Index k = 0; k < n; k += static_cast<Index>(hn::MaxLanes(D()))) {
      const V x = hn::Load(d, z + k);
      V s = x;
      hn::Store(keep_nan(x, function_and_slope(F(), d, x, s)), d, y + k);
      if (slope) hn::Store(keep_nan(x, s), d, slope + k);
    }
  } else {
    for (Index k = 0; k < n; ++k) {
      const T x = z[k];
      y[k] = F::value(x);
      if (slope) slope[k] = F::derivative(x, y[k]);
    }
  }
}
template <class... F, class D, class T>
HWY_INLINE void run_one_of(TypeList<F...>, D d, Function f, Index n, const T* z, T* y, T* slope) {
  (void)((f == function_of<F> && (run_one<F>(d, n, z, y, slope), true)) || ...);
}

/// y = f(z) and, unless it is null, slope = f'(z), for the elementwise functions: n numbers, in memory for whole
/// vectors of them.
template <class D, class T = hn::TFromD<D>>
HWY_NOINLINE void run_function(D d, Function f, Index n, const T* z, T* y, T* slope) {
  run_one_of(Activations(), d, f, n, z, y, slope);
}

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
