// SPDX-License-Identifier: MIT
#include "check/words.hpp"

#include <fmt/format.h>

#include <cmath>

namespace gradus::detail {

std::string short_number(double value) { return fmt::format("{:.6g}", value); }

std::string factor_text(double factor) {
  if (factor != 1 && std::abs(factor - 1) < 1e-5) return told_apart(factor, 1).first;
  for (int below = 1; below <= 400; ++below) {
    const double above = std::nearbyint(factor * below);
    if (above == 0 || std::abs(above) > 4096 || std::abs(factor * below - above) > 1e-8 * std::abs(above)) continue;
    return below == 1 ? fmt::format("{:g}", above) : fmt::format("{:g}/{}", above, below);
  }
  return fmt::format("{:.7g}", factor);
}

std::pair<std::string, std::string> told_apart(double a, double b) {
  for (int digits = 6; digits < 17; ++digits) {
    const std::string first = fmt::format("{:.{}g}", a, digits);
    const std::string second = fmt::format("{:.{}g}", b, digits);
    if (first != second && digits < 16)
      return {fmt::format("{:.{}g}", a, digits + 1), fmt::format("{:.{}g}", b, digits + 1)};
  }
  return {fmt::format("{:.17g}", a), fmt::format("{:.17g}", b)};
}

}  // namespace gradus::detail
