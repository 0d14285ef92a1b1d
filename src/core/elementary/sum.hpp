// SPDX-License-Identifier: MIT
#pragma once

#include <bit>
#include <cfloat>
#include <cmath>
#include <cstdint>
#include <limits>

#include "core/bit_cast.hpp"

// Every operation below must round by itself, once, to the type that it is written in.
#ifdef __FAST_MATH__
#error "Gradus' elementary functions need IEEE 754 as it is: compile without -ffast-math"
#endif
static_assert(FLT_EVAL_METHOD == 0, "Gradus needs arithmetic that rounds each operation (on x86: SSE2)");
static_assert(std::numeric_limits<double>::is_iec559 && std::numeric_limits<float>::is_iec559);
#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#elif defined(__GNUC__)
#pragma GCC optimize("fp-contract=off")
#endif

/// Numbers as unevaluated sums of two doubles, for functions that must know more bits than they return. Only + - * /
/// and the bits of doubles are used: no fused multiply-add, so that processors without one give the same bits.
namespace gradus::detail {

/// hi + lo, lo far below hi.
struct Sum {
  double hi;
  double lo;
};

/// a + b exactly, given |a| >= |b| or a = 0 (Dekker, 1971).
inline Sum fast_two_sum(double a, double b) {
  const double s = a + b;
  return {s, b - (s - a)};
}

/// a + b exactly (Knuth).
inline Sum two_sum(double a, double b) {
  const double s = a + b;
  const double t = s - a;
  return {s, (a - (s - t)) + (b - t)};
}

/// x with its last 27 bits cut off: 26 bits are left, and two such heads multiply without rounding.
inline double head(double x) { return bit_cast<double>(bit_cast<std::uint64_t>(x) & ~((std::uint64_t{1} << 27) - 1)); }

/// x as two numbers of 26 bits, for |x| < 2^996 (Veltkamp).
inline Sum split(double x) {
  const double c = 0x8000001p0 * x;
  const double high = c - (c - x);
  return {high, x - high};
}

/// a b exactly, but for overflow and underflow (Dekker, 1971).
inline Sum two_product(double a, double b) {
  const double p = a * b;
  const auto [ah, al] = split(a);
  const auto [bh, bl] = split(b);
  return {p, al * bl - (((p - ah * bh) - al * bh) - ah * bl)};
}

/// s rounded to odd: where it is no double, of its two neighbours the one whose last bit is 1, so that a second
/// rounding, to fewer bits, is as good as one (Boldo and Melquiond, 2008).
inline double rounded_to_odd(const Sum& s) {
  std::uint64_t bits = bit_cast<std::uint64_t>(s.hi);
  if (s.lo != 0 && (bits & 1) == 0) bits += (s.lo > 0) == (s.hi > 0) ? 1 : ~std::uint64_t{0};
  return bit_cast<double>(bits);
}

/// x 2^k, given that x and the result are normal.
inline double scaled(double x, std::int64_t k) {
  return bit_cast<double>(bit_cast<std::uint64_t>(x) + (static_cast<std::uint64_t>(k) << 52));
}

/// Rounds x to the nearest integer, given |x| < 2^51.
inline double nearest_integer(double x) {
  constexpr double shift = 0x1.8p52;
  return (x + shift) - shift;
}

/// Whether all of hi + lo +- error round to one double, which then is `rounded` (Ziv, 1991).
inline bool settled(const Sum& s, double error, double& rounded) {
  rounded = s.hi + (s.lo + error);
  return rounded == s.hi + (s.lo - error);
}

/// Whether y, known to 16 units in the last place, rounds to one float whatever it is exactly: it lies neither near the
/// middle between two of them nor below the normal ones.
inline bool settled_in_float(double y, float& rounded) {
  const std::uint64_t rest = bit_cast<std::uint64_t>(y) & 0x1fffffff;
  rounded = static_cast<float>(y);
  return rest - 0x0ffffff0 > 0x20 && std::abs(y) > 0x1p-126;
}

/// hi + lo rounded once to float.
inline float narrow(const Sum& s) { return static_cast<float>(rounded_to_odd(fast_two_sum(s.hi, s.lo))); }

}  // namespace gradus::detail
