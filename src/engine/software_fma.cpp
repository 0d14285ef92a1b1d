// SPDX-License-Identifier: MIT
#include "engine/software_fma.hpp"

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>
#include <utility>

#include "core/bit_cast.hpp"
#include "core/flush_denormals.hpp"

namespace gradus::engine {
namespace {

__extension__ using Wide = unsigned __int128;

constexpr int kMantissa = 52;        // bits of a double's that are stored
constexpr int kLead = 125;           // where the leading bit of an aligned term lies
constexpr int kMinExponent = -1022;  // of normal numbers
constexpr std::uint64_t kLeadingOne = std::uint64_t{1} << kMantissa;

/// mantissa * 2^exponent, the mantissa with its leading bit at kMantissa.
struct Parts {
  std::uint64_t mantissa;
  int exponent;
};

/// Of a finite number other than 0.
Parts parts_of(double x) {
  const std::uint64_t bits = bit_cast<std::uint64_t>(x);
  const int field = static_cast<int>(bits >> kMantissa & 0x7ff);
  const std::uint64_t fraction = bits & (kLeadingOne - 1);
  if (field > 0) return {fraction | kLeadingOne, field - 1075};
  const int shift = std::countl_zero(fraction) - 11;
  return {fraction << shift, -1074 - shift};
}

int leading_zeros(Wide x) {
  const auto high = static_cast<std::uint64_t>(x >> 64);
  return high != 0 ? std::countl_zero(high) : 64 + std::countl_zero(static_cast<std::uint64_t>(x));
}

/// Bits that fall out leave a mark in the last one.
Wide shift_right(Wide x, int by) {
  if (by == 0) return x;
  if (by > 127) return 1;
  return x >> by | static_cast<Wide>((x << (128 - by)) != 0);
}

/// x / 2^drop, to nearest, ties to even.
std::uint64_t rounded(Wide x, int drop) {
  if (drop > 127) return 0;  // x < 2^127, less than half
  const Wide half = Wide{1} << (drop - 1);
  const Wide rest = x & ((half << 1) - 1);
  const auto whole = static_cast<std::uint64_t>(x >> drop);
  return whole + (rest > half || (rest == half && (whole & 1) != 0));
}

/// sum * 2^exponent, 0 < sum < 2^127, as a double.
double to_double(bool negative, Wide sum, int exponent, bool flushes) {
  const int shift = leading_zeros(sum) - 1;
  sum <<= shift;
  const int power = 126 + exponent - shift;  // 2^power <= sum * 2^exponent
  constexpr int drop = 126 - kMantissa;
  std::uint64_t bits = 0;
  if (power > 1023) {
    bits = std::uint64_t{0x7ff} << kMantissa;
  } else if (power >= kMinExponent) {  // the leading bit of the mantissa counts up the exponent
    bits = (static_cast<std::uint64_t>(power - kMinExponent) << kMantissa) + rounded(sum, drop);
  } else if (!flushes) {
    bits = rounded(sum, drop + kMinExponent - power);
  } else if (power == kMinExponent - 1 && rounded(sum, drop) == 2 * kLeadingOne) {
    bits = kLeadingOne;  // with any exponent it would round to the smallest normal number
  }
  return bit_cast<double>(bits | static_cast<std::uint64_t>(negative) << 63);
}

double flushed(double x) {
  return (bit_cast<std::uint64_t>(x) << 1) >> (kMantissa + 1) == 0 ? std::copysign(0.0, x) : x;
}

bool is_finite(double x) { return (bit_cast<std::uint64_t>(x) << 1) < (std::uint64_t{0x7ff} << (kMantissa + 1)); }

}  // namespace

/// The product is exact in double, where the sum is rounded to odd: to the neighbour whose last bit is 1, unless it is
/// exact. With at least two bits more than float has, the second rounding then sees all it must know (Boldo and
/// Melquiond, Emulation of FMA and correctly rounded sums: proved algorithms using rounding to odd, 2008).
float fused_multiply_add(float a, float b, float c) {
  const double product = static_cast<double>(a) * static_cast<double>(b);
  const double term = static_cast<double>(c);
  double sum = product + term;
  if (!is_finite(sum)) return static_cast<float>(sum);
  const double seen = sum - product;
  const double error = (product - (sum - seen)) + (term - seen);  // exact (Knuth)
  const std::uint64_t bits = bit_cast<std::uint64_t>(sum);
  if (error != 0 && (bits & 1) == 0) sum = bit_cast<double>((error > 0) == (sum > 0) ? bits + 1 : bits - 1);
  return static_cast<float>(sum);
}

/// In integers: product and c with their leading bits at one place, the smaller one shifted to where it belongs.
double fused_multiply_add(double a, double b, double c) {
  const bool flushes = FlushDenormals::is_on();
  if (flushes) a = flushed(a), b = flushed(b), c = flushed(c);
  if (!is_finite(a) || !is_finite(b) || a == 0 || b == 0) return a * b + c;
  if (!is_finite(c)) return c;
  if (c == 0) return a * b;
  const Parts x = parts_of(a);
  const Parts y = parts_of(b);
  const Parts z = parts_of(c);
  struct Term {
    bool negative;
    Wide mantissa;
    int exponent;
  };
  const Wide exact = Wide{x.mantissa} * y.mantissa;
  const int up = leading_zeros(exact) - (127 - kLead);
  Term large{std::signbit(a) != std::signbit(b), exact << up, x.exponent + y.exponent - up};
  Term small{std::signbit(c), Wide{z.mantissa} << (kLead - kMantissa), z.exponent - (kLead - kMantissa)};
  if (std::pair(large.exponent, large.mantissa) < std::pair(small.exponent, small.mantissa)) std::swap(large, small);
  const Wide aligned = shift_right(small.mantissa, large.exponent - small.exponent);
  const Wide sum = large.negative == small.negative ? large.mantissa + aligned : large.mantissa - aligned;
  if (sum == 0) return 0;
  return to_double(large.negative, sum, large.exponent, flushes);
}

}  // namespace gradus::engine
