// SPDX-License-Identifier: MIT
#include "gradus/autodiff/double_double.hpp"

#include <limits>

#include "gradus/core/elementary.hpp"

namespace gradus {
namespace {

const DoubleDouble kLn2(6.931471805599452862e-01, 2.319046813846299558e-17);
const DoubleDouble kTwoOverSqrtPi(1.1283791670955125585606993, 1.5335459613165881e-17);
// pi / 2 in three parts, so that a multiple of it can be taken off a double-double.
constexpr double kHalfPi[] = {1.570796326794896558e+00, 6.123233995736766036e-17, -1.497384904859169777e-33};

/// exp(r) - 1 for |r| < 2^-9, by Taylor's series.
DoubleDouble small_expm1(DoubleDouble r) {
  DoubleDouble term = r;
  DoubleDouble sum = r;
  for (int n = 2; n <= 12; ++n) {
    term *= r / static_cast<double>(n);
    sum += term;
  }
  return sum;
}

/// exp(r) - 1 for |r| < 1/2: r / 2^9, then nine times (1 + s)^2 - 1 = 2s + s^2.
DoubleDouble moderate_expm1(DoubleDouble r) {
  DoubleDouble s = small_expm1(ldexp(r, -9));
  for (int k = 0; k < 9; ++k) s = ldexp(s, 1) + s * s;
  return s;
}

/// Sine or cosine of |r| <= pi / 4 by Taylor's series: terms r^n / n! of every other n from `first` on.
DoubleDouble alternating_series(DoubleDouble r, int first) {
  const DoubleDouble square = r * r;
  DoubleDouble term = first == 0 ? DoubleDouble(1) : r;
  DoubleDouble sum = term;
  for (int n = first + 2; n <= 30; n += 2) {
    term *= -square / (static_cast<double>(n) * static_cast<double>(n - 1));
    sum += term;
  }
  return sum;
}

/// sin(a + quarters pi / 2)
DoubleDouble turned_sin(DoubleDouble a, int quarters) {
  if (!std::isfinite(a.hi())) return std::numeric_limits<double>::quiet_NaN();
  const double k = std::nearbyint(a.hi() / kHalfPi[0]);
  DoubleDouble r = a;
  for (const double part : kHalfPi) r -= DoubleDouble(part) * k;
  const int turn = static_cast<int>(std::fmod(k + quarters, 4) + 4) % 4;
  const DoubleDouble value = alternating_series(r, turn % 2 == 0 ? 1 : 0);
  return turn >= 2 ? -value : value;
}

/// erf(x) = 2 / sqrt(pi) exp(-x^2) sum of 2^n x^(2n + 1) / (2n + 1)!!, where no term cancels another.
DoubleDouble erf_series(DoubleDouble x) {
  const DoubleDouble twice_square = ldexp(x * x, 1);
  DoubleDouble term = x;
  DoubleDouble sum = x;
  for (int n = 1; n < 400 && std::abs(term.hi()) > 1e-34 * std::abs(sum.hi()); ++n) {
    term *= twice_square / (2.0 * n + 1);
    sum += term;
  }
  return kTwoOverSqrtPi * exp(-(x * x)) * sum;
}

/// erfc(x) for x >= 2 by Laplace's continued fraction, from its end: x + (1/2)/(x + 1/(x + (3/2)/(x + ...
DoubleDouble erfc_fraction(DoubleDouble x) {
  // Its error falls as exp(-2 x sqrt(2 n)).
  const double root = 40 / x.hi();
  DoubleDouble tail = x;
  for (int k = static_cast<int>(root * root / 2) + 12; k > 0; --k) tail = x + DoubleDouble(k / 2.0) / tail;
  return ldexp(kTwoOverSqrtPi * exp(-(x * x)) / tail, -1);
}

}  // namespace

DoubleDouble abs(DoubleDouble a) { return std::signbit(a.hi()) ? -a : a; }

DoubleDouble sqrt(DoubleDouble a) {
  const double root = std::sqrt(a.hi());
  if (!(root > 0) || std::isinf(root)) return root;
  // One step of Newton's (Karp and Markstein, 1997).
  return {root, (a - DoubleDouble(root) * root).hi() / (2 * root)};
}

DoubleDouble exp(DoubleDouble a) {
  if (!(std::abs(a.hi()) < 745.2)) return exp(a.hi());
  const double k = std::nearbyint(a.hi() / kLn2.hi());
  return ldexp(moderate_expm1(a - kLn2 * k) + 1.0, static_cast<int>(k));
}

DoubleDouble expm1(DoubleDouble a) {
  if (std::abs(a.hi()) < 0.5) return moderate_expm1(a);
  return exp(a) - 1.0;
}

DoubleDouble log1p(DoubleDouble a) {
  if (!(a.hi() > -1) || std::isinf(a.hi())) return log1p(a.hi());
  if (std::abs(a.hi()) > 0.5) return log(a + 1.0);
  // Newton's step for expm1(y) = a; the start is off by 2^-53 of itself, so the result by the square of that.
  const DoubleDouble y = log1p(a.hi());
  const DoubleDouble e = expm1(y);
  return y - (e - a) / (e + 1.0);
}

DoubleDouble log(DoubleDouble a) {
  if (!(a.hi() > 0) || std::isinf(a.hi())) return log(a.hi());
  int exponent = 0;
  if (std::frexp(a.hi(), &exponent) < 0.70710678118654752) --exponent;
  const DoubleDouble mantissa = ldexp(a, -exponent);  // in [sqrt(1/2), sqrt(2))
  return log1p(mantissa - 1.0) + kLn2 * static_cast<double>(exponent);
}

DoubleDouble tanh(DoubleDouble a) {
  if (!(std::abs(a.hi()) < 40)) return tanh(a.hi());  // 1 - tanh 40 is 4e-35
  const DoubleDouble e = expm1(ldexp(a, 1));
  return e / (e + 2.0);
}

DoubleDouble erf(DoubleDouble a) {
  if (!(std::abs(a.hi()) < 27)) return erf(a.hi());
  if (std::abs(a.hi()) < 2) return erf_series(a);
  const DoubleDouble rest = erfc_fraction(abs(a));
  return a.hi() < 0 ? rest - 1.0 : DoubleDouble(1) - rest;
}

DoubleDouble erfc(DoubleDouble a) {
  if (!(std::abs(a.hi()) < 27)) return erfc(a.hi());
  if (a.hi() < 2) return DoubleDouble(1) - erf(a);
  return erfc_fraction(a);
}

DoubleDouble sin(DoubleDouble a) { return turned_sin(a, 0); }
DoubleDouble cos(DoubleDouble a) { return turned_sin(a, 1); }

DoubleDouble pow(DoubleDouble a, double exponent) {
  const double plain = pow(a.hi(), exponent);
  if (!std::isfinite(plain) || plain == 0 || exponent == 0) return plain;
  if (exponent == std::nearbyint(exponent) && std::abs(exponent) <= 64) {
    DoubleDouble power(1);
    for (int k = 0; k < static_cast<int>(std::abs(exponent)); ++k) power *= a;
    return exponent < 0 ? DoubleDouble(1) / power : power;
  }
  const DoubleDouble size = exp(log(abs(a)) * exponent);
  return plain < 0 ? -size : size;
}

}  // namespace gradus
