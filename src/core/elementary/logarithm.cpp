// SPDX-License-Identifier: MIT
#include "core/bit_cast.hpp"
#include "core/elementary/exact.hpp"
#include "core/elementary/kernels.hpp"
#include "core/elementary/tables.hpp"
#include "gradus/core/elementary.hpp"

namespace gradus {
namespace detail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double log_error = 0x1p-67;           // relative
constexpr double log_near_1_error = 0x1p-65;    // relative
constexpr double log_by_table_error = 0x1p-74;  // absolute, whatever the logarithm
constexpr double least_normal = std::numeric_limits<double>::min();

/// (log(1 + z) - z + z^2 / 2) / z^3, |z| < 2^-7.
inline double log1p_rest(double z) {
  const double z2 = z * z;
  return (1.0 / 3 + z * (-1.0 / 4)) +
         z2 * ((1.0 / 5 + z * (-1.0 / 6)) +
               z2 * ((1.0 / 7 + z * (-1.0 / 8)) + z2 * ((1.0 / 9 + z * (-1.0 / 10)) + z2 * (1.0 / 11))));
}

inline Sum log1p_near_0(double z) {
  const double h = head(z);
  const Sum s = fast_two_sum(z, -0.5 * (h * h));
  return {s.hi, s.lo + (z * z * z * log1p_rest(z) - 0.5 * ((z - h) * (z + h)))};
}

/// x + rest = 2^k m, m from 11/16 to 11/8; with the table's c near 1 / m, log = k ln 2 - log(c) + log(1 + z),
/// z = c m - 1 (Tang, 1990). z's head is a multiple of 2^-33 and its square is exact; so is the sum of the heads. All
/// that is rounded lies below 2^-22.
/// |rest| is at most half a unit in the last place of x, and 0 beyond 2^1000.
inline Sum log_by_table(double x, double rest) {
  constexpr std::uint64_t start = 0x3fe6000000000000;
  constexpr double ln2_head = 0x1.62e42fefa3800p-1;  // a multiple of 2^-42
  constexpr double ln2_tail = 0x1.ef35793c76730p-45;
  constexpr double grid = 0x1.8p29;  // adding and subtracting it rounds to a multiple of 2^-23
  const std::uint64_t above = bit_cast<std::uint64_t>(x) - start;
  const auto k = static_cast<std::int64_t>(above) >> 52;
  const double m = scaled(x, -k);
  const LogRow& row = log_table[above >> 45 & 127];
  const double m_head = (m + grid) - grid;
  const double z_head = m_head * row.c - 1;
  const double z_tail = ((m - m_head) + (rest == 0 ? 0 : rest * scaled(1, -k))) * row.c;
  const double z = z_head + z_tail;
  const auto steps = static_cast<double>(k);
  const double heads = (steps * ln2_head + row.head) + z_head;
  const Sum s = fast_two_sum(heads, -0.5 * (z_head * z_head));
  const double square_tail = z_tail * (z_head + 0.5 * z_tail);
  return {s.hi, s.lo + (z_tail + ((z * z * z * log1p_rest(z) - square_tail) + (row.tail + steps * ln2_tail)))};
}

/// Whether x is within 2^-7 of 1.
inline bool near_1(double x) { return std::abs(x - 1) < 0x1p-7; }

/// What log is of numbers that are not positive and finite.
double log_beyond(double x) {
  if (x == 0) return -infinity;
  return x > 0 || x != x ? x : nan;
}

/// log10(hi + lo as natural logarithm).
inline Sum to_log10(const Sum& s) {
  constexpr double factor_head = 0x1.bcb7b14000000p-2;  // 27 bits
  constexpr double factor_tail = 0x1.26e50e32a6ab7p-30;
  const double h = head(s.hi);
  return fast_two_sum(h * factor_head, ((s.hi - h) + s.lo) * factor_head + (s.hi + s.lo) * factor_tail);
}

bool is_integer(double y) { return std::abs(y) >= 0x1p52 || std::trunc(y) == y; }
bool is_odd(double y) { return std::abs(y) < 0x1p53 && is_integer(y) && !is_integer(y / 2); }

/// x^y where x or y is 0, infinite or NaN, or x is 1 or below 0 with a y that is no integer (Annex F); else nothing.
bool pow_is_special(double x, double y, double& result) {
  const double size = std::abs(x);
  if (y == 0 || x == 1) return result = 1, true;
  if (x != x || y != y) return result = x + y, true;
  if (std::abs(y) == infinity) {
    if (size == 1) return result = 1, true;
    return result = (size > 1) == (y > 0) ? infinity : 0, true;
  }
  if (size == 0 || size == infinity) {
    const double end = (size == 0) == (y > 0) ? 0 : infinity;
    return result = std::signbit(x) && is_odd(y) ? -end : end, true;
  }
  if (x < 0 && !is_integer(y)) return result = nan, true;
  return false;
}

/// log of any positive finite x.
Sum log_of_any(double x) {
  if (near_1(x)) return log1p_near_0(x - 1);
  if (x >= least_normal) return log_by_table(x, 0);
  const Sum l = log_by_table(x * 0x1p54, 0);
  const Sum s = two_sum(l.hi, -54 * 0x1.62e42fefa3800p-1);
  return fast_two_sum(s.hi, s.lo + (l.lo - 54 * 0x1.ef35793c76730p-45));
}

Sum times(double y, const Sum& s) {
  const Sum p = two_product(y, s.hi);
  return {p.hi, p.lo + y * s.lo};
}

}  // namespace

}  // namespace detail

using namespace detail;

double log(double x) {
  double y;
  if (near_1(x)) {
    const double z = x - 1;
    const Sum s = log1p_near_0(z);
    return settled(s, std::abs(z) * log_near_1_error, y) ? y : exact::log(x);
  }
  if (!(x >= least_normal && x < infinity)) return x > 0 && x < infinity ? exact::log(x) : log_beyond(x);
  const Sum s = log_by_table(x, 0);
  return settled(s, std::abs(s.hi) * log_error, y) ? y : exact::log(x);
}

double log1p(double x) {
  double y;
  if (std::abs(x) < 0x1p-7) {
    if (std::abs(x) < 0x1p-54) return x;
    const Sum s = log1p_near_0(x);
    return settled(s, std::abs(x) * log_near_1_error, y) ? y : exact::log1p(x);
  }
  if (!(x > -1 && x < infinity)) return x == -1 ? -infinity : x < -1 ? nan : x;
  if (x > 0x1p100) return log(x);
  const Sum one_more = two_sum(x, 1);
  const Sum s = log_by_table(one_more.hi, one_more.lo);
  return settled(s, std::abs(s.hi) * log_error, y) ? y : exact::log1p(x);
}

double log10(double x) {
  if (!(x > 0 && x < infinity)) return log_beyond(x);
  const Sum s = to_log10(log_of_any(x));
  return s.hi + s.lo;
}

double pow(double x, double y) {
  double result;
  if (pow_is_special(x, y, result)) return result;
  const double size = std::abs(x);
  const double sign = x < 0 && is_odd(y) ? -1 : 1;
  if (size == 1) return sign;
  // Beyond these y the result is out of range or 1 whatever x is, and y log(x) might be no number.
  if (std::abs(y) > 0x1p64) return sign * ((size > 1) == (y > 0) ? infinity : 0);
  if (std::abs(y) < 0x1p-66) return 1;
  const Sum l = times(y, log_of_any(size));
  if (l.hi > 709.79) return sign * infinity;
  if (l.hi < -745.2) return sign * 0;
  if (std::abs(l.hi) < 0x1p-54) return sign;
  if (std::abs(l.hi) < 708) {
    const double log_part = near_1(size) ? std::abs(l.hi) * log_near_1_error : std::abs(y) * log_by_table_error;
    const ExpSum e = exp_sum(l.hi, l.lo);
    if (settled(e.value, 2 * (exp_error + log_part), result)) return sign * scaled(result, e.k);
  }
  return sign * exact::pow(size, y);
}

float log(float x) {
  const auto wide = static_cast<double>(x);
  if (near_1(wide)) return narrow(log1p_near_0(wide - 1));
  if (!(x > 0 && wide < infinity)) return static_cast<float>(log_beyond(wide));
  return narrow(log_by_table(wide, 0));
}

float log1p(float x) {
  const auto wide = static_cast<double>(x);
  if (std::abs(wide) < 0x1p-7) return std::abs(wide) < 0x1p-25 ? x : narrow(log1p_near_0(wide));
  if (!(wide > -1 && wide < infinity)) return static_cast<float>(log1p(wide));
  const Sum one_more = two_sum(wide, 1);
  return narrow(log_by_table(one_more.hi, one_more.lo));
}

float log10(float x) {
  const auto wide = static_cast<double>(x);
  return x > 0 && wide < infinity ? narrow(to_log10(log_of_any(wide))) : static_cast<float>(log_beyond(wide));
}

float pow(float x, float y) { return static_cast<float>(pow(static_cast<double>(x), static_cast<double>(y))); }

}  // namespace gradus
