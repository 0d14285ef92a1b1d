// SPDX-License-Identifier: MIT
#include "core/elementary/exact.hpp"
#include "core/elementary/kernels.hpp"
#include "core/elementary/tables.hpp"
#include "gradus/core/elementary.hpp"

namespace gradus {
namespace detail {
namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

/// x = k ln2 / 128 + r, |r| < 0.0028; exp(x) = 2^(k / 128) exp(r) (Tang, 1989). The table's head has 27 bits and r's
/// has 26, so their product is exact, and all that is rounded lies below 2^-17 of the result.
inline ExpSum exp_by_table(double x, double rest) {
  constexpr double per_step = 0x1.71547652b82fep+7;
  constexpr double step_head = 0x1.62e42ff000000p-8;  // 28 bits: its product with k is exact
  constexpr double step_tail = -0x1.718432a1b0e26p-42;
  constexpr double grid = 0x1.8p18;  // adding and subtracting it rounds to a multiple of 2^-34
  const double steps = nearest_integer(x * per_step);
  const double above = x - steps * step_head;  // exact
  const double below = rest - steps * step_tail;
  const double r = above + below;
  const double r_head = (above + grid) - grid;
  const double r_tail = (above - r_head) + below;
  const double r2 = r * r;
  const double q =
      r_tail + r2 * (((0.5 + r * (1.0 / 6)) + r2 * (1.0 / 24 + r * (1.0 / 120))) + (r2 * r2) * (1.0 / 720));
  const auto n = static_cast<std::int64_t>(steps);
  const auto [t_head, t_tail] = exp_table[n & 127];
  const Sum s = fast_two_sum(t_head, t_head * r_head);
  return {{s.hi, s.lo + (t_tail + (t_head * q + t_tail * (r_head + q)))}, n >> 7};
}

/// exp(x) - 1 for |x| < 2^-5, by its series; the square is exact. Relative error below 2^-64.
inline Sum expm1_near_0(double x) {
  const double h = head(x);
  const double x2 = x * x;
  const double p = (1.0 / 6 + x * (1.0 / 24)) +
                   x2 * ((1.0 / 120 + x * (1.0 / 720)) +
                         x2 * ((1.0 / 5040 + x * (1.0 / 40320)) + x2 * (1.0 / 362880 + x * (1.0 / 3628800))));
  const Sum s = fast_two_sum(x, 0.5 * (h * h));
  return {s.hi, s.lo + (0.5 * ((x - h) * (x + h)) + x * x2 * p)};
}
constexpr double expm1_near_0_error = 0x1p-62;

/// (exp(x) - 1) 2^-k for x > -40, with the error that the subtraction leaves.
struct Expm1Sum {
  Sum value;
  std::int64_t k;
};
inline Expm1Sum expm1_by_table(double x) {
  const ExpSum e = exp_by_table(x, 0);
  const Sum s = two_sum(e.value.hi, -scaled(1, -e.k));
  return {fast_two_sum(s.hi, s.lo + e.value.lo), e.k};
}

/// tanh for |x| < 2^-5: x - x^3 / 3 + 2 x^5 / 15 - ... Relative error below 2^-63.
inline Sum tanh_near_0(double x) {
  const double x2 = x * x;
  const double p =
      (-1.0 / 3 + x2 * (2.0 / 15)) +
      (x2 * x2) * ((-17.0 / 315 + x2 * (62.0 / 2835)) + (x2 * x2) * (-1382.0 / 155925 + x2 * (21844.0 / 6081075)));
  return fast_two_sum(x, x * x2 * p);
}
constexpr double tanh_near_0_error = 0x1p-61;

/// tanh for 2^-5 <= x < 20: (e - 1) / (e + 1), e = exp(2 x), both scaled by 2^-k. The quotient's head of 26 bits times
/// the denominator's two parts is exact, so the remainder is known below 2^-70.
inline Sum tanh_by_exp(double x) {
  constexpr double quotient_grid = 0x1.8p26;     // adding and subtracting it rounds to a multiple of 2^-26,
  constexpr double denominator_grid = 0x1.8p27;  // and this one of 2^-25
  const auto [e, k] = exp_by_table(2 * x, 0);
  const double unit = scaled(1, -k);
  const Sum n = fast_two_sum(e.hi, -unit);
  const Sum d = fast_two_sum(e.hi, unit);
  const double n_lo = n.lo + e.lo;
  const double d_lo = d.lo + e.lo;
  const double reciprocal = 1 / (d.hi + d_lo);
  const double q = ((n.hi + n_lo) * reciprocal + quotient_grid) - quotient_grid;
  const double d_head = (d.hi + denominator_grid) - denominator_grid;
  const double remainder = ((n.hi - q * d_head) - q * (d.hi - d_head)) + (n_lo - q * d_lo);
  return {q, remainder * reciprocal};
}
constexpr double tanh_by_exp_error = 0x1p-67;  // absolute

/// The same at less cost for x < 4, from the nearest c = i / 64, |h| = |x - c| <= 2^-7: with t = tanh c and s = 1 -
/// t^2,
///
///     tanh(c + h) = t + s tanh h / (1 + t tanh h) = t + s h (1 + psi).
///
/// Of s and h the heads multiply without rounding, and psi is below 2^-6.
inline Sum tanh_by_table(double x) {
  constexpr double grid = 0x1.8p19;  // adding and subtracting it rounds to a multiple of 2^-33
  const double i = nearest_integer(x * 64);
  const TanhRow& row = tanh_table[static_cast<int>(i)];
  const double h = x - i * 0x1p-6;
  const double h2 = h * h;
  const double bend = h2 * (-1.0 / 3 + h2 * (2.0 / 15 + h2 * (-17.0 / 315)));  // tanh(h) / h - 1
  const double w = row.value * (h + h * bend);
  const double psi = (bend - w) / (1 + w);
  const double h_head = (h + grid) - grid;
  const Sum s = fast_two_sum(row.value, row.slope_head * h_head);
  const double slope_h = (row.slope_head + row.slope_tail) * h;
  return {s.hi, (s.lo + row.value_tail) + ((row.slope_head * (h - h_head) + row.slope_tail * h) + slope_h * psi)};
}
constexpr double tanh_by_table_error = 0x1p-62;  // relative

/// As exp_nearly.
inline double exp_roughly(double x) {
  const double steps = nearest_integer(x * 0x1.71547652b82fep+7);
  const double r = (x - steps * 0x1.62e42ff000000p-8) - steps * -0x1.718432a1b0e26p-42;
  const auto n = static_cast<std::int64_t>(steps);
  const double t = exp_table[n & 127].head + exp_table[n & 127].tail;
  const double r2 = r * r;
  const double p = r + r2 * ((0.5 + r * (1.0 / 6)) + r2 * (1.0 / 24 + r * (1.0 / 120)));
  return scaled(t + t * p, n >> 7);
}

}  // namespace

ExpSum exp_sum(double x, double rest) { return exp_by_table(x, rest); }
double exp_nearly(double x) { return exp_roughly(x); }

}  // namespace detail

using namespace detail;

double exp(double x) {
  if (!(std::abs(x) < 708)) {
    if (x != x) return x;
    if (x > 709.79) return infinity;
    if (x < -745.2) return 0;
    return exact::exp(x);
  }
  const ExpSum e = exp_by_table(x, 0);
  double y;
  if (settled(e.value, 2 * exp_error, y)) return scaled(y, e.k);
  return std::abs(x) < 0x1p-54 ? 1 : exact::exp(x);
}

double expm1(double x) {
  double y;
  if (std::abs(x) < 0x1p-5) {
    if (std::abs(x) < 0x1p-54) return x;
    const Sum s = expm1_near_0(x);
    return settled(s, std::abs(s.hi) * expm1_near_0_error, y) ? y : exact::expm1(x);
  }
  if (!(x < 709)) return x < 709.79 ? exact::expm1(x) : x != x ? x : infinity;
  if (x < -38) return -1;
  const Expm1Sum e = expm1_by_table(x);
  return settled(e.value, 2 * exp_error, y) ? scaled(y, e.k) : exact::expm1(x);
}

double tanh(double x) {
  const double size = std::abs(x);
  double y;
  if (size < 0x1p-5) {
    if (size < 0x1p-28) return x;
    const Sum s = tanh_near_0(x);
    return settled(s, size * tanh_near_0_error, y) ? y : exact::tanh(x);
  }
  if (!(size < 19.1)) return x != x ? x : std::copysign(1.0, x);
  if (size < 4 && settled(tanh_by_table(size), size * tanh_by_table_error, y)) return std::copysign(y, x);
  return settled(tanh_by_exp(size), tanh_by_exp_error, y) ? std::copysign(y, x) : exact::tanh(x);
}

float exp(float x) {
  if (!(std::abs(x) < 104)) {
    if (x != x) return x;
    return x > 0 ? std::numeric_limits<float>::infinity() : 0.0f;
  }
  float y;
  if (settled_in_float(exp_roughly(static_cast<double>(x)), y)) return y;
  const ExpSum e = exp_by_table(static_cast<double>(x), 0);
  const double power = scaled(1, e.k);
  return narrow({e.value.hi * power, e.value.lo * power});
}

float expm1(float x) {
  if (std::abs(x) < 0x1p-5f) return std::abs(x) < 0x1p-25f ? x : narrow(expm1_near_0(static_cast<double>(x)));
  if (!(x < 89)) return x != x ? x : std::numeric_limits<float>::infinity();
  if (x < -20) return -1;
  const Expm1Sum e = expm1_by_table(static_cast<double>(x));
  const double power = scaled(1, e.k);
  return narrow({e.value.hi * power, e.value.lo * power});
}

float tanh(float x) {
  const float size = std::abs(x);
  if (size < 0x1p-5f) return size < 0x1p-13f ? x : narrow(tanh_near_0(static_cast<double>(x)));
  if (!(size < 10)) return x != x ? x : std::copysign(1.0f, x);
  const auto wide = static_cast<double>(size);
  return std::copysign(narrow(size < 4 ? tanh_by_table(wide) : tanh_by_exp(wide)), x);
}

}  // namespace gradus
