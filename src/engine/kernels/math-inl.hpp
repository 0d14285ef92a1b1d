// SPDX-License-Identifier: MIT
// Elementary functions on vectors. Included once for each instruction set, hence no #pragma once.
#if defined(GRADUS_ENGINE_MATH_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_ENGINE_MATH_INL
#undef GRADUS_ENGINE_MATH_INL
#else
#define GRADUS_ENGINE_MATH_INL
#endif

#include <cstdint>
#include <limits>

#include <hwy/highway.h>

#include "engine/kernels/multiply_add-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {
namespace hn = hwy::HWY_NAMESPACE;

/// Of the format: where the exponent lies, and constants of the reductions below. ln 2 = ln2_high + ln2_low, the high
/// part short enough for its product with any exponent to be exact.
template <class T>
struct Format;
template <>
struct Format<float> {
  using Bits = std::uint32_t;
  static constexpr int mantissa = 23;
  static constexpr Bits bias = 127;
  static constexpr Bits sqrt_half = 0x3f3504f3;  ///< bits of sqrt(1/2)
  static constexpr float round = 0x1.8p23F;      ///< x + round - round is x rounded to an integer
  static constexpr float ln2_high = 0x1.63p-1F;
  static constexpr float ln2_low = -0x1.bd0106p-13F;
  static constexpr float exp_min = -104;    ///< below, exp rounds to 0
  static constexpr float exp_max = 89;      ///< above, exp overflows
  static constexpr float normal_min = -87;  ///< above, exp is a normal number
  static constexpr float tanh_max = 10;     ///< above, tanh rounds to 1
  static constexpr float lift = 0x1p25F;    ///< makes a subnormal normal
  static constexpr float lift_log2 = 25;
};
template <>
struct Format<double> {
  using Bits = std::uint64_t;
  static constexpr int mantissa = 52;
  static constexpr Bits bias = 1023;
  static constexpr Bits sqrt_half = 0x3fe6a09e667f3bcd;
  static constexpr double round = 0x1.8p52;
  static constexpr double ln2_high = 0x1.62e42feep-1;
  static constexpr double ln2_low = 0x1.a39ef35793c76p-33;
  static constexpr double exp_min = -746;
  static constexpr double exp_max = 710;
  static constexpr double normal_min = -708;
  static constexpr double tanh_max = 20;
  static constexpr double lift = 0x1p54;
  static constexpr double lift_log2 = 54;
};

/// expm1(r) = r + r^2 (1/2! + r/3! + r^2/4! + ...) for |r| <= ln(2) / 2. The first term left out is, relative to r,
/// below 0.35^7 / 8! = 1.6e-8 in float and 0.35^13 / 14! = 1.4e-17 in double: a quarter of an ULP at most.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V expm1_polynomial(D d, V r) {
  const V r2 = hn::Mul(r, r);
  const V r4 = hn::Mul(r2, r2);
  const auto pair = [&](double low, double high) HWY_ATTR {
    using T = hn::TFromD<D>;
    return mul_add(r, hn::Set(d, static_cast<T>(high)), hn::Set(d, static_cast<T>(low)));
  };
  const V q0 = pair(1.0 / 2, 1.0 / 6);
  const V q1 = pair(1.0 / 24, 1.0 / 120);
  const V q2 = pair(1.0 / 720, 1.0 / 5040);
  V q = mul_add(r4, q2, mul_add(r2, q1, q0));
  if constexpr (sizeof(hn::TFromD<D>) == 8) {
    const V q3 = pair(1.0 / 40320, 1.0 / 362880);
    const V q4 = pair(1.0 / 3628800, 1.0 / 39916800);
    const V q5 = pair(1.0 / 479001600, 1.0 / 6227020800);
    const V high = mul_add(r4, q5, mul_add(r2, q4, q3));
    q = mul_add(hn::Mul(r4, r2), high, q);
  }
  return mul_add(r2, q, r);
}

/// 2^n for the integer n in the low bits of `rounded` = n + Format::round, where 2^n is a normal number.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V power_of_two(D d, V rounded) {
  using F = Format<hn::TFromD<D>>;
  const hn::RebindToUnsigned<D> du;
  return hn::BitCast(d, hn::ShiftLeft<F::mantissa>(hn::Add(hn::BitCast(du, rounded), hn::Set(du, F::bias))));
}

/// x = n ln 2 + r: n + Format::round and r.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V reduce(D d, V x, V& rounded) {
  using T = hn::TFromD<D>;
  using F = Format<T>;
  const V round = hn::Set(d, F::round);
  rounded = mul_add(x, hn::Set(d, static_cast<T>(1.4426950408889634)), round);
  const V n = hn::Sub(rounded, round);
  return neg_mul_add(n, hn::Set(d, F::ln2_low), neg_mul_add(n, hn::Set(d, F::ln2_high), x));
}

/// y where x is a number, x where it is NaN.
template <class V>
HWY_INLINE V keep_nan(V x, V y) {
  return hn::IfThenElse(hn::Eq(x, x), y, x);
}

/// exp(x). Two factors of 2^(n/2), since 2^n alone may be no normal number.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_exp(D d, V x) {
  using T = hn::TFromD<D>;
  using F = Format<T>;
  const V bounded = hn::Max(hn::Min(x, hn::Set(d, F::exp_max)), hn::Set(d, F::exp_min));
  V rounded;
  const V r = reduce(d, bounded, rounded);
  const V round = hn::Set(d, F::round);
  const V half = mul_add(hn::Sub(rounded, round), hn::Set(d, static_cast<T>(0.5)), round);
  const V rest = hn::Sub(rounded, hn::Sub(half, round));
  const V y = hn::Add(expm1_polynomial(d, r), hn::Set(d, static_cast<T>(1)));
  return keep_nan(x, hn::Mul(hn::Mul(y, power_of_two(d, half)), power_of_two(d, rest)));
}

/// exp(x) for x <= 0 where subnormal results do not matter: never below the smallest normal number.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_exp_normal(D d, V x) {
  using T = hn::TFromD<D>;
  using F = Format<T>;
  V rounded;
  const V r = reduce(d, hn::Max(x, hn::Set(d, F::normal_min)), rounded);
  const V y = hn::Add(expm1_polynomial(d, r), hn::Set(d, static_cast<T>(1)));
  return keep_nan(x, hn::Mul(y, power_of_two(d, rounded)));
}

/// exp(x) - 1 for x <= 0.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_expm1_negative(D d, V x) {
  using F = Format<hn::TFromD<D>>;
  V rounded;
  const V r = reduce(d, hn::Max(x, hn::Set(d, F::normal_min)), rounded);
  const V scale = power_of_two(d, rounded);
  const V one = hn::Set(d, static_cast<hn::TFromD<D>>(1));
  return keep_nan(x, mul_add(scale, expm1_polynomial(d, r), hn::Sub(scale, one)));
}

/// tanh(x) = sign(x) e / (e + 2) with e = expm1(2 |x|) = 2^n expm1(r) + (2^n - 1).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_tanh(D d, V x) {
  using T = hn::TFromD<D>;
  using F = Format<T>;
  const V one = hn::Set(d, static_cast<T>(1));
  const V a = hn::Min(hn::Abs(x), hn::Set(d, F::tanh_max));
  V rounded;
  const V r = reduce(d, hn::Add(a, a), rounded);
  const V scale = power_of_two(d, rounded);
  const V e = mul_add(scale, expm1_polynomial(d, r), hn::Sub(scale, one));
  const V y = hn::Div(e, hn::Add(e, hn::Add(one, one)));
  return keep_nan(x, hn::CopySign(y, x));
}

/// 1 / (1 + exp(-x)), as exp(x) / (1 + exp(x)) below 0, so that neither end loses digits.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_sigmoid(D d, V x) {
  const V one = hn::Set(d, static_cast<hn::TFromD<D>>(1));
  const V e = vec_exp(d, hn::Neg(hn::Abs(x)));
  return hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one), hn::Add(one, e));
}

/// log(x) = k ln 2 + log(m), x = 2^k m, sqrt(1/2) <= m < sqrt(2), log(m) = 2 atanh(s) = 2 s + s^3 (2/3 + 2/5 s^2 + ...)
/// with s = (m - 1) / (m + 1). The first term left out is, relative to 2 s, below 0.172^10 / 11 = 2.1e-9 and 0.172^20 /
/// 21 = 2.5e-17.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_log(D d, V x) {
  using T = hn::TFromD<D>;
  using F = Format<T>;
  const hn::RebindToUnsigned<D> du;
  const V one = hn::Set(d, static_cast<T>(1));
  const auto constant = [&](double value) HWY_ATTR { return hn::Set(d, static_cast<T>(value)); };
  const auto small = hn::Lt(x, hn::Set(d, std::numeric_limits<T>::min()));
  const V lifted = hn::IfThenElse(small, hn::Mul(x, hn::Set(d, F::lift)), x);
  constexpr typename F::Bits one_bits = F::bias << F::mantissa;
  const auto bits = hn::Add(hn::BitCast(du, lifted), hn::Set(du, one_bits - F::sqrt_half));
  constexpr typename F::Bits integer_bits = (F::bias + F::mantissa) << F::mantissa;  // of 2^mantissa
  const V exponent = hn::Sub(hn::BitCast(d, hn::Or(hn::ShiftRight<F::mantissa>(bits), hn::Set(du, integer_bits))),
                             hn::Set(d, static_cast<T>(typename F::Bits{1} << F::mantissa) + static_cast<T>(F::bias)));
  const V k = hn::Sub(exponent, hn::IfThenElseZero(small, hn::Set(d, F::lift_log2)));
  const auto fraction = hn::Set(du, (typename F::Bits{1} << F::mantissa) - 1);
  const V m = hn::BitCast(d, hn::Add(hn::And(bits, fraction), hn::Set(du, F::sqrt_half)));

  const V s = hn::Div(hn::Sub(m, one), hn::Add(m, one));
  const V z = hn::Mul(s, s);
  V p = constant(2.0 / 9);
  if constexpr (sizeof(T) == 8) {
    p = constant(2.0 / 19);
    for (const int odd : {17, 15, 13, 11, 9}) p = mul_add(p, z, constant(2.0 / odd));
  }
  for (const int odd : {7, 5, 3}) p = mul_add(p, z, constant(2.0 / odd));
  // 2 s as m - 1 - s (m - 1), whose first part is exact.
  const V f = hn::Sub(m, one);
  const V log_m = hn::Sub(f, hn::Mul(s, hn::Sub(f, hn::Mul(z, p))));
  const V y = mul_add(k, hn::Set(d, F::ln2_high), mul_add(k, hn::Set(d, F::ln2_low), log_m));

  const V infinity = hn::Inf(d);
  const V at_zero = hn::IfThenElse(hn::Eq(x, hn::Zero(d)), hn::Neg(infinity), y);
  const V at_infinity = hn::IfThenElse(hn::Eq(x, infinity), infinity, at_zero);
  return keep_nan(x, hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::NaN(d), at_infinity));
}

/// log(1 + e) for 0 <= e <= 1, exact to rounding for small e as well (Kahan's correction).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_log_1_plus(D d, V e) {
  const V one = hn::Set(d, static_cast<hn::TFromD<D>>(1));
  const V u = hn::Add(one, e);
  const V exact = hn::Div(hn::Mul(vec_log(d, u), e), hn::Sub(u, one));
  return hn::IfThenElse(hn::Eq(u, one), e, exact);
}

/// a / (sqrt(v) + epsilon).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V over_root(D d, V a, V v, V epsilon) {
  (void)d;
  return hn::Div(a, hn::Add(hn::Sqrt(v), epsilon));
}

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
