// SPDX-License-Identifier: MIT
#include "core/bit_cast.hpp"
#include "core/elementary/kernels.hpp"
#include "core/elementary/tables.hpp"
#include "gradus/core/elementary.hpp"

namespace gradus {
namespace detail {
namespace {

constexpr double factor_head = 0x1.20dd750000000p+0;  // 27 bits of 2 / sqrt(pi)
constexpr double factor_tail = 0x1.0a6db446b8ea4p-30;

/// erf(x) for |x| < 1/2: 2 / sqrt(pi) (x - x^3 / 3 + x^5 / (2! 5) - x^7 / (3! 7) + ...), the first two terms with their
/// rounding errors.
inline Sum erf_near_0(double x) {
  constexpr double third = -0x1.5555555555555p-2;
  constexpr double third_tail = -0x1.5555555555555p-56;
  constexpr double a[] = {1.0 / 10,       -1.0 / 42,        1.0 / 216,         -1.0 / 1320,
                          1.0 / 9360,     -1.0 / 75600,     1.0 / 685440,      -1.0 / 6894720,
                          1.0 / 76204800, -1.0 / 918086400, 1.0 / 11975040000, -1.0 / 168129561600};
  const Sum square = two_product(x, x);
  double p = a[11];
  for (int i = 10; i >= 0; --i) p = a[i] + square.hi * p;
  const Sum cubic = two_product(square.hi, third);
  const Sum series = fast_two_sum(1, cubic.hi);
  const double rest = series.lo + ((cubic.lo + square.lo * third + square.hi * third_tail) + square.hi * square.hi * p);
  const Sum product = two_product(x, series.hi);
  const Sum s = fast_two_sum(product.hi, product.lo + x * rest);
  const Sum result = two_product(s.hi, factor_head);
  return fast_two_sum(result.hi, result.lo + (s.hi * factor_tail + s.lo * factor_head));
}

/// The part of the table that x lies in, from 1/2 to 32, and the way from its middle.
struct Place {
  const ErfcRow& row;
  double h;
};
inline Place place_of(double x) {
  const auto bits = bit_cast<std::uint64_t>(x);
  const double low = bit_cast<double>(bits >> 49 << 49);
  const double half = scaled(0x1p-4, static_cast<std::int64_t>(bits >> 52) - 0x3ff);
  return {erfc_table[(bits >> 49) - (std::uint64_t{0x3fe} << 3)], (x - low) - half};
}

/// a[0] + a[1] h + ... + a[10] h^10.
inline double polynomial(const double* a, double h) {
  const double h2 = h * h, h4 = h2 * h2;
  const double low = (a[0] + h * a[1]) + h2 * (a[2] + h * a[3]);
  const double middle = (a[4] + h * a[5]) + h2 * (a[6] + h * a[7]);
  return low + h4 * (middle + h4 * ((a[8] + h * a[9]) + h2 * a[10]));
}

/// erfc(x) 2^-k for 1/2 <= x < 28: exp(-x^2) times a polynomial of 48 parts' one. x's head has 26 bits, so its square
/// is exact.
inline ExpSum erfc_by_table(double x) {
  constexpr double grid = 0x1.8p31;  // adding and subtracting it rounds to a multiple of 2^-21
  const auto [row, h] = place_of(x);
  const Sum w = fast_two_sum(row.head, row.tail + h * (row.rest[0] + h * polynomial(row.rest + 1, h)));
  const double x_head = (x + grid) - grid;
  const ExpSum e = exp_sum(-x_head * x_head, -(x - x_head) * (x + x_head));
  const Sum product = two_product(e.value.hi, w.hi);
  return {fast_two_sum(product.hi, product.lo + (e.value.hi * w.lo + e.value.lo * w.hi)), e.k};
}

/// erfc(x) within 12 units in the last place for x >= 1/2 whose square is a double, as a float's is.
inline double erfc_roughly(double x) {
  const auto [row, h] = place_of(x);
  return exp_nearly(-x * x) * ((row.head + row.tail) + h * (row.rest[0] + h * polynomial(row.rest + 1, h)));
}

/// erf(x) within 4 units in the last place for |x| < 1/2.
inline double erf_roughly(double x) {
  constexpr double a[] = {1.0,        -1.0 / 3,     1.0 / 10,     -1.0 / 42,      1.0 / 216,     -1.0 / 1320,
                          1.0 / 9360, -1.0 / 75600, 1.0 / 685440, -1.0 / 6894720, 1.0 / 76204800};
  return x * (factor_head + factor_tail) * polynomial(a, x * x);
}

/// Far out where erfc is 0, and 1 less than anything else rounds to.
constexpr double erfc_end = 27.3;
constexpr double erf_end = 6;

inline double power_of_2(std::int64_t k) { return k < -1022 ? scaled(1, k + 100) * 0x1p-100 : scaled(1, k); }

/// erfc(x) for x >= 1/2 in one piece, unless it is subnormal.
inline Sum erfc_whole(double x) {
  const ExpSum e = erfc_by_table(x);
  const double power = power_of_2(e.k);
  return {e.value.hi * power, e.value.lo * power};
}

/// a - s for a above |s|.
inline Sum less(double a, const Sum& s) {
  const Sum d = fast_two_sum(a, -s.hi);
  return fast_two_sum(d.hi, d.lo - s.lo);
}

inline Sum erf_sum(double size) { return size < 0.5 ? erf_near_0(size) : less(1, erfc_whole(size)); }

inline Sum erfc_sum(double x) {
  if (x >= 0.5) return erfc_whole(x);
  return x > -0.5 ? less(1, erf_near_0(x)) : less(2, erfc_whole(-x));
}

/// erf(x) where x^3 is far below x and the errors of products might be subnormal.
double erf_of_tiny(double x) {
  const double up = x * 0x1p200;
  const Sum product = two_product(up, factor_head);
  return (product.hi + (product.lo + up * factor_tail)) * 0x1p-200;
}

}  // namespace
}  // namespace detail

using namespace detail;

double erf(double x) {
  const double size = std::abs(x);
  if (!(size < erf_end)) return x != x ? x : std::copysign(1.0, x);
  if (size < 0x1p-900) return std::copysign(erf_of_tiny(size), x);
  const Sum s = erf_sum(size);
  return std::copysign(s.hi + s.lo, x);
}

double erfc(double x) {
  if (!(x > -erf_end)) return x != x ? x : 2;
  if (x > erfc_end) return 0;
  const Sum s = erfc_sum(x);
  return s.hi + s.lo;
}

float erf(float x) {
  const double size = std::abs(static_cast<double>(x));
  if (!(size < erf_end)) return x != x ? x : std::copysign(1.0f, x);
  float y;
  if (settled_in_float(size < 0.5 ? erf_roughly(size) : 1 - erfc_roughly(size), y)) return std::copysign(y, x);
  return std::copysign(narrow(erf_sum(size)), x);
}

float erfc(float x) {
  const auto wide = static_cast<double>(x);
  if (!(wide > -erf_end)) return x != x ? x : 2.0f;
  if (wide > 11) return 0;
  float y;
  const double near = std::abs(wide) < 0.5 ? 1 - erf_roughly(wide)
                      : wide > 0           ? erfc_roughly(wide)
                                           : 2 - erfc_roughly(-wide);
  if (settled_in_float(near, y)) return y;
  return narrow(erfc_sum(wide));
}

}  // namespace gradus
