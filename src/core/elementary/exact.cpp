// SPDX-License-Identifier: MIT
#include "core/elementary/exact.hpp"

#include "core/bit_cast.hpp"
#include "core/elementary/fixed.hpp"
#include "core/elementary/sum.hpp"
#include "core/elementary/tables.hpp"

namespace gradus::detail::exact {
namespace {

constexpr Fixed one = Fixed::whole(1);
constexpr Fixed two = Fixed::whole(2);
constexpr Fixed ln2(ln2_limbs);

/// significand 2^exponent, the significand from 1/2 to 2.
struct Scaled {
  Fixed significand;
  int exponent;
};

/// exp(r) - 1 for |r| < 0.4: the series of r / 256, squared eight times as (1 + m)^2 - 1 = m (2 + m).
Fixed exp_less_1(const Fixed& r) {
  const Fixed small = r.shifted(-8);
  Fixed series = one;  // (1 + small / 2 (1 + small / 3 (...)))
  for (std::uint32_t n = 19; n >= 2; --n) series = one + (small * series).over(n);
  Fixed m = small * series;
  for (int i = 0; i < 8; ++i) m = m * (two + m);
  return m;
}

Scaled exp_of(const Fixed& x) {
  const double k = nearest_integer(x.approximately() * 0x1.71547652b82fep0);
  return {one + exp_less_1(x - ln2 * Fixed(k)), static_cast<int>(k)};
}

/// log(m) for m from 0.7 to 1.5: 2 artanh((m - 1) / (m + 1)).
Fixed log_near_1(const Fixed& m) {
  const Fixed s = (m - one) / (m + one);
  const Fixed square = s * s;
  Fixed series;
  for (std::uint32_t n = 101; n >= 3; n -= 2) series = (series + one.over(n)) * square;
  return (s + s * series).shifted(1);
}

/// log(x 2^k), x from 0.7 to 1.5.
Fixed log_of(const Fixed& x, int k) { return log_near_1(x) + ln2 * Fixed(static_cast<double>(k)); }

/// The exponent that takes x to between 0.7 and 1.5.
int exponent_of(double x) {
  int k = std::ilogb(x);
  return std::scalbn(x, -k) > 1.4 ? k + 1 : k;
}

Fixed log_of(double x) {
  const int k = exponent_of(x);
  return log_of(Fixed(std::scalbn(x, -k)), k);
}

/// An angle as quadrant pi/2 + rest, |rest| <= pi/4.
struct Angle {
  unsigned quadrant;
  Fixed rest;
};

/// |x| taken down by as many right angles as it holds (Payne and Hanek, 1983): |x| = m 2^e, and of 2/pi those bits are
/// taken whose product with m 2^e is neither a multiple of 4 nor below 2^-224.
Angle reduce(double x) {
  const std::uint64_t bits = bit_cast<std::uint64_t>(x);
  const int e = static_cast<int>(bits >> 52 & 0x7ff) - 1075;
  const std::uint64_t m = (bits & 0xfffffffffffff) | std::uint64_t{1} << 52;
  constexpr int taken = 10;
  constexpr int words = static_cast<int>(two_over_pi_limbs.size());
  const int skipped = e < 34 ? 0 : (e - 2) / 32;  // the highest words, whose products are multiples of 4
  const int first = words - skipped - taken;
  std::array<std::uint32_t, taken + 3> product{};
  for (int half = 0; half < 2; ++half) {
    const std::uint64_t factor = half ? m >> 32 : m & 0xffffffff;
    std::uint64_t carry = 0;
    for (int i = 0; i < taken; ++i) {
      const std::size_t at = static_cast<std::size_t>(i) + static_cast<std::size_t>(half);
      carry += factor * two_over_pi_limbs[static_cast<std::size_t>(first) + static_cast<std::size_t>(i)] + product[at];
      product[at] = static_cast<std::uint32_t>(carry);
      carry >>= 32;
    }
    product[static_cast<std::size_t>(taken) + static_cast<std::size_t>(half)] = static_cast<std::uint32_t>(carry);
  }
  const int fraction = 32 * (skipped + taken) - e;  // bits of the product behind the point
  const auto word = [&](int position) {             // the 32 bits from this position of the product on
    const auto limb = [&](int i) { return i < 0 || i >= taken + 3 ? 0 : product[static_cast<std::size_t>(i)]; };
    const int i = position / 32;
    return static_cast<std::uint32_t>((std::uint64_t{limb(i + 1)} << 32 | limb(i)) >> (position % 32));
  };
  Fixed::Limbs turns{};
  for (int i = 0; i < 7; ++i) turns[static_cast<std::size_t>(i)] = word(fraction - Fixed::fraction_bits + 32 * i);
  unsigned quadrant = word(fraction) & 3;
  Fixed rest(turns);
  if (turns[6] >> 31) {  // more than half a right angle
    rest = rest - one;
    quadrant = (quadrant + 1) & 3;
  }
  return {quadrant, rest * Fixed(half_pi_limbs)};
}

/// sum of (-1)^n r^(2n + first) / (2n + first)!, which is sin for first = 1 and cos for first = 0.
Fixed series_of(const Fixed& r, std::uint32_t first) {
  const Fixed square = r * r;
  Fixed series = one;
  for (std::uint32_t n = 54 + first; n > first; n -= 2) series = one - (square * series).over(n * (n - 1));
  return first ? r * series : series;
}

}  // namespace

Sum sine(double x, unsigned quadrants) {
  const Angle angle = reduce(x);
  const unsigned quadrant = (angle.quadrant + quadrants) & 3;
  const Fixed size = series_of(angle.rest, quadrant % 2 == 0 ? 1 : 0);
  const bool is_odd = quadrants % 2 == 0;  // reduce knows |x|
  const Fixed value = (quadrant >= 2) != (is_odd && x < 0) ? -size : size;
  const double hi = rounded(value, 0);
  return {hi, rounded(value - Fixed(hi), 0)};
}

double exp(double x) {
  const Scaled e = exp_of(Fixed(x));
  return rounded(e.significand, e.exponent);
}

double expm1(double x) {
  if (std::abs(x) < 0.375) return rounded(exp_less_1(Fixed(x)), 0);
  const Scaled e = exp_of(Fixed(x));
  if (e.exponent < 0) return rounded(e.significand.shifted(e.exponent) - one, 0);
  return rounded(e.significand - one.shifted(-e.exponent), e.exponent);
}

double log(double x) { return rounded(log_of(x), 0); }

double log1p(double x) {
  const int k = exponent_of(1 + x);
  const Fixed m = k > 0 ? Fixed(std::scalbn(x, -k)) + one.shifted(-k) : (Fixed(x) + one).shifted(-k);
  return rounded(log_of(m, k), 0);
}

double tanh(double x) {
  const Fixed twice(2 * x);
  if (std::abs(x) < 0.1875) {
    const Fixed m = exp_less_1(twice);
    return rounded(m / (m + two), 0);
  }
  const Scaled e = exp_of(x < 0 ? -twice : twice);
  const Fixed unit = one.shifted(-e.exponent);
  const Fixed value = (e.significand - unit) / (e.significand + unit);
  return rounded(x < 0 ? -value : value, 0);
}

double sin(double x) { return sine(x, 0).hi; }
double cos(double x) { return sine(x, 1).hi; }

double pow(double x, double y) {
  const Fixed l = log_of(x);
  // y = (whole + rest) 2^e, whole below 2^27; l is scaled before a product that might be too large, else after it.
  const int e = std::ilogb(y) - 26;
  const double m = std::scalbn(y, -e);
  const double whole = std::trunc(m);
  const auto part = [&](double factor) {
    return e > 0 ? (l * Fixed(factor)).shifted(e) : l.shifted(e) * Fixed(factor);
  };
  const Scaled p = exp_of(part(whole) + part(m - whole));
  // Where x^y is a double, or in the middle between two, its digits end within 54 bits; what errors left is cut off.
  return rounded(p.significand.rounded_at(Fixed::fraction_bits - 176), p.exponent);
}

}  // namespace gradus::detail::exact
