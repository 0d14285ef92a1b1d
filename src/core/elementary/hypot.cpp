// SPDX-License-Identifier: MIT
#include <algorithm>

#include "core/elementary/sum.hpp"
#include "gradus/core/elementary.hpp"

namespace gradus {
namespace detail {
namespace {

/// sqrt(a^2 + b^2) for 2^-500 < a < 2^500, 0 <= b <= a: the root of the rounded sum, corrected by what that leaves of
/// the exact one.
double root_of_squares(double a, double b) {
  const Sum aa = two_product(a, a);
  const Sum bb = two_product(b, b);
  const Sum s = fast_two_sum(aa.hi, bb.hi);
  const double rest = s.lo + (aa.lo + bb.lo);
  const double root = std::sqrt(s.hi);
  const Sum square = two_product(root, root);
  return root + ((s.hi - square.hi) - square.lo + rest) / (2 * root);
}

}  // namespace
}  // namespace detail

double hypot(double x, double y) {
  const double a = std::max(std::abs(x), std::abs(y));
  const double b = std::min(std::abs(x), std::abs(y));
  if (std::isinf(x) || std::isinf(y)) return std::numeric_limits<double>::infinity();
  if (x != x || y != y) return x + y;
  if (b <= a * 0x1p-54) return a + b;
  // Powers of 2 that keep the squares in range.
  if (a > 0x1p500) return detail::root_of_squares(a * 0x1p-600, b * 0x1p-600) * 0x1p600;
  if (b < 0x1p-450) return detail::root_of_squares(a * 0x1p600, b * 0x1p600) * 0x1p-600;
  return detail::root_of_squares(a, b);
}

float hypot(float x, float y) {
  const auto a = static_cast<double>(x);
  const auto b = static_cast<double>(y);
  if (std::isinf(x) || std::isinf(y)) return std::numeric_limits<float>::infinity();
  return static_cast<float>(std::sqrt(a * a + b * b));
}

}  // namespace gradus
