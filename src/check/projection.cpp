// SPDX-License-Identifier: MIT
#include "gradus/check/projection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

#include "gradus/core/elementary.hpp"

namespace gradus {

std::string FastCheck::report() const {
  std::string text = fmt::format("{:>9}  {:>16}  {:>16}  {:>16}  {:>9}  verdict\n", "direction", "hand", "dual",
                                 "differences", "tolerance");
  for (std::size_t d = 0; d < projections.size(); ++d) {
    const Projection& p = projections[d];
    text += fmt::format("{:>9}  {:>16.9g}  {:>16.9g}  {:>16}  {:>9.1e}  {}\n", d + 1, p.hand, p.dual,
                        std::isnan(p.difference) ? "-" : fmt::format("{:.9g}", p.difference), p.tolerance,
                        p.agrees   ? "right"
                        : passed() ? "right: no more than rounding"
                                   : "WRONG");
  }
  if (entry)
    text += fmt::format("\nfound in {} passes: {} is {:.9g} by hand, {:.9g} by dual numbers\n", passes, entry_label,
                        entry->hand, entry->reference);
  return text;
}

namespace detail {

std::vector<double> random_signs(std::size_t n, std::uint64_t seed) {
  std::vector<double> signs(n);
  std::uint64_t state = seed;
  for (double& sign : signs) {
    // SplitMix64 (Steele, Lea and Flood, 2014)
    std::uint64_t z = (state += 0x9e3779b97f4a7c15u);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    sign = ((z ^ (z >> 31)) & 1) != 0 ? 1 : -1;
  }
  return signs;
}

double taylor_slope(std::span<const double> steps, std::span<const double> remainder, double rounding) {
  std::vector<double> slopes;
  for (std::size_t k = 0; k + 1 < steps.size(); ++k)
    if (remainder[k + 1] > rounding) slopes.push_back(log(remainder[k] / remainder[k + 1]) / std::numbers::ln2);
  if (slopes.empty()) return std::numeric_limits<double>::quiet_NaN();
  // The smallest steps that rounding leaves alone; the middle one of three, for a kink on the way.
  const std::size_t first = slopes.size() - std::min<std::size_t>(slopes.size(), 3);
  std::sort(slopes.begin() + static_cast<std::ptrdiff_t>(first), slopes.end());
  return slopes[first + (slopes.size() - first) / 2];
}

}  // namespace detail

template StepCurve step_curve(const Network&, const Loss&, std::span<const double>, ConstMatrixView<double>,
                              const Targets<double>&, std::uint64_t);

}  // namespace gradus
