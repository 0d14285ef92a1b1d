// SPDX-License-Identifier: MIT
#include "core/elementary/exact.hpp"
#include "core/elementary/kernels.hpp"
#include "core/elementary/tables.hpp"
#include "gradus/core/elementary.hpp"

namespace gradus {
namespace detail {
namespace {

/// Up to here the angle is taken down by two doubles; beyond, by as many bits of 2/pi as it needs.
constexpr double far = 51000;

struct Angle {
  std::int64_t n;  ///< x = n pi / 64 + r
  Sum r;           ///< |r| < pi / 127, its error below 2^-102
};

/// Cody and Waite (1980), with pi / 64 in three parts, whose first two times n are exact.
inline Angle reduce(double x) {
  constexpr double first = 0x1.921fb54400000p-5;
  constexpr double second = 0x1.0b4611a600000p-39;
  constexpr double third = 0x1.3198a2e037073p-74;
  const double n = nearest_integer(x * 0x1.45f306dc9c883p+4);
  const Sum r = two_sum(x - n * first, -(n * second));
  return {static_cast<std::int64_t>(n), fast_two_sum(r.hi, r.lo - n * third)};
}

/// sin(x + quadrants pi / 2). With the angle's part below a right angle as j pi / 64 + r it is sin r, or
/// s cos r + c sin r, or c cos r - s sin r, s and c from the table with heads of 27 bits, r's head of 26.
inline Sum sine(const Angle& angle, std::int64_t quadrants) {
  constexpr double grid = 0x1.8p21;  // adding and subtracting it rounds to a multiple of 2^-31
  const double r = angle.r.hi;
  const double r2 = r * r;
  const double sin_rest =  // sin r - r
      r * r2 * ((-1.0 / 6 + r2 * (1.0 / 120)) + (r2 * r2) * (-1.0 / 5040 + r2 * (1.0 / 362880)));
  const std::int64_t quadrant = ((angle.n >> 5) + quadrants) & 3;
  const std::int64_t j = angle.n & 31;
  const double sign = quadrant >= 2 ? -1 : 1;
  if (j == 0 && quadrant % 2 == 0) return {sign * r, sign * (angle.r.lo + sin_rest)};
  const double cos_less_1 = r2 * ((-0.5 + r2 * (1.0 / 24)) + (r2 * r2) * (-1.0 / 720 + r2 * (1.0 / 40320)));
  const HeadAndTail& a = sin_table[quadrant % 2 ? 32 - j : j];
  const HeadAndTail& b = sin_table[quadrant % 2 ? j : 32 - j];
  const double turn = quadrant % 2 ? -1 : 1;
  const double r_head = (r + grid) - grid;
  const double r_tail = (r - r_head) + angle.r.lo;
  const double b_head = turn * b.head;
  const double b_tail = turn * b.tail;
  const Sum s = two_sum(a.head, b_head * r_head);
  const double lo = s.lo + (a.tail + ((a.head + a.tail) * (cos_less_1 - r * angle.r.lo) +
                                      (b_head * (r_tail + sin_rest) + b_tail * (r + sin_rest))));
  return {sign * s.hi, sign * lo};
}
constexpr double sine_error = 0x1p-61;

inline double sine_of(double x, std::int64_t quadrants, double (*exactly)(double)) {
  if (!(std::abs(x) < far)) return x - x == 0 ? exactly(x) : std::numeric_limits<double>::quiet_NaN();
  const Sum s = sine(reduce(x), quadrants);
  double y;
  return settled(s, std::abs(s.hi) * sine_error + 0x1p-100, y) ? y : exactly(x);
}

/// Of the sum, not of the double that it rounds to, which may be the middle between two floats.
inline float sine_in_float(double x, unsigned quadrants) {
  if (std::abs(x) < far) return narrow(sine(reduce(x), quadrants));
  return x - x == 0 ? narrow(exact::sine(x, quadrants)) : std::numeric_limits<float>::quiet_NaN();
}

}  // namespace
}  // namespace detail

using namespace detail;

double sin(double x) { return std::abs(x) < 0x1p-26 ? x : sine_of(x, 0, exact::sin); }
double cos(double x) { return std::abs(x) < 0x1p-27 ? 1 : sine_of(x, 1, exact::cos); }

float sin(float x) { return std::abs(x) < 0x1p-12f ? x : sine_in_float(static_cast<double>(x), 0); }
float cos(float x) { return sine_in_float(static_cast<double>(x), 1); }

}  // namespace gradus
