// SPDX-License-Identifier: MIT
#include "random/legacy_log.hpp"

#include "core/bit_cast.hpp"
#include "core/elementary/sum.hpp"
#include "random/legacy_log_table.hpp"

namespace gradus::detail {
namespace {

/// a b + c rounded once, by the processor.
struct HardwareFma {
  [[gnu::always_inline]] double operator()(double a, double b, double c) const { return __builtin_fma(a, b, c); }
};

/// The same from sums and products (Boldo and Melquiond, 2008), far from overflow and underflow.
struct SoftwareFma {
  double operator()(double a, double b, double c) const {
    const Sum product = two_product(a, b);
    const Sum low = two_sum(c, product.lo);
    const Sum high = two_sum(product.hi, low.hi);
    return high.hi + rounded_to_odd(two_sum(low.lo, high.lo));
  }
};

/// Near 1: log(1 + r) = r - r^2 / 2 + r^3 (...), the square in two parts.
template <class Fma>
[[gnu::always_inline]] inline double near_1(double x, Fma fma) {
  const auto& b = legacy_log_near_1;
  const double r = x - 1;
  const double r2 = r * r;
  const double r3 = r * r2;
  const double low = fma(r2, b[3], fma(r, b[2], b[1]));
  const double middle = fma(r2, b[6], fma(r, b[5], b[4]));
  const double high = fma(r3, b[10], fma(r2, b[9], fma(r, b[8], b[7])));
  const double series = fma(fma(high, r3, middle), r3, low);
  const double r_head = fma(-0x1p27, r, fma(r, 0x1p27, r));
  const double square = r_head * r_head;
  const double hi = fma(square, b[0], r);
  const double lo = fma(square, b[0], r - hi);
  return hi + fma(series, r3, fma(b[0] * (r - r_head), r + r_head, lo));
}

/// Elsewhere: x = 2^k z, log(x) = k ln 2 - log(1 / c) + log(1 + r), r = z / c - 1 with c from a table.
template <class Fma>
[[gnu::always_inline]] inline double by_table(double x, Fma fma) {
  const auto& a = legacy_log_series;
  const std::uint64_t above = bit_cast<std::uint64_t>(x) - 0x3fe6000000000000;
  const auto k = static_cast<std::int64_t>(above) >> 52;
  const LegacyLogRow& row = legacy_log_table[above >> 45 & 127];
  const auto steps = static_cast<double>(k);
  const double w = fma(steps, 0x1.62e42fefa3800p-1, row.log_c);
  const double r = fma(scaled(x, -k), row.reciprocal, -1);
  const double hi = r + w;
  const double lo = fma(steps, 0x1.ef35793c76730p-45, (w - hi) + r);
  const double r2 = r * r;
  const double series = fma(fma(r, a[4], a[3]), r2, fma(r, a[2], a[1]));
  return fma(r * r2, series, fma(r2, a[0], lo)) + hi;
}

template <class Fma>
[[gnu::always_inline]] inline double log_with(double x, Fma fma) {
  return x >= 1 - 0x1p-4 ? near_1(x, fma) : by_table(x, fma);
}

}  // namespace

double legacy_log_in_software(double x) { return log_with(x, SoftwareFma{}); }

#if defined(__FP_FAST_FMA)

double legacy_log(double x) { return log_with(x, HardwareFma{}); }

#elif defined(__x86_64__)

namespace {

[[gnu::target("fma")]] double legacy_log_in_hardware(double x) { return log_with(x, HardwareFma{}); }

}  // namespace

double legacy_log(double x) {
  static const bool fused = __builtin_cpu_supports("fma") != 0;
  return fused ? legacy_log_in_hardware(x) : legacy_log_in_software(x);
}

#else

double legacy_log(double x) { return legacy_log_in_software(x); }

#endif

}  // namespace gradus::detail
