// SPDX-License-Identifier: MIT
#include "gradus/check/projection.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numbers>

namespace gradus {

GradientVerdict FastCheck::verdict() const {
  if (entry || cut) return GradientVerdict::wrong;
  const bool told = std::any_of(projections.begin(), projections.end(),
                                [](const Projection& p) { return std::abs(p.hand) > p.tolerance; });
  return told ? GradientVerdict::right : GradientVerdict::unproven;
}

std::string FastCheck::report() const {
  std::string text =
      verdict() == GradientVerdict::unproven
          ? "Nothing could be proven here. Along no direction is there a derivative larger than rounding; a wrong "
            "gradient would look the same. Use other data or other first weights.\n\n"
          : "";
  for (const Diagnosis& diagnosis : diagnoses) text += diagnosis.sentence + "\n";
  if (!diagnoses.empty()) text += "\n";
  text += fmt::format("{:>9}  {:>16}  {:>16}  {:>16}  {:>9}  verdict\n", "direction", "hand", "dual", "differences",
                      "tolerance");
  for (std::size_t d = 0; d < projections.size(); ++d) {
    const Projection& p = projections[d];
    text += fmt::format("{:>9}  {:>16.9g}  {:>16.9g}  {:>16}  {:>9.1e}  {}\n", d + 1, p.hand, p.dual,
                        std::isnan(p.difference) ? "-" : fmt::format("{:.9g}", p.difference), p.tolerance,
                        p.agrees ? "right"
                        : entry  ? "WRONG"
                                 : "right: no more than rounding");
  }
  if (cut)
    text +=
        "\nHand and dual numbers agree, but the values change otherwise: the forward pass takes something for a "
        "constant "
        "that is none. The full check names the layer.\n";
  if (entry)
    text += fmt::format("\nfound in {} passes: {} is {:.9g} by hand, {:.9g} by dual numbers\n", passes, entry_label,
                        entry->hand, entry->reference);
  return text;
}

namespace detail {

std::vector<double> random_normals(std::size_t n, std::uint64_t seed) {
  std::vector<double> numbers(n);
  const auto uniform = [&](std::uint64_t counter) {  // in (0, 1)
    return (static_cast<double>(mixed(mixed(seed, 41), counter) >> 11) + 0.5) * 0x1p-53;
  };
  for (std::size_t k = 0; k < n; k += 2) {
    const double radius = std::sqrt(-2 * log(uniform(k)));
    const double angle = 2 * std::numbers::pi * uniform(k + 1);
    numbers[k] = radius * cos(angle);
    if (k + 1 < n) numbers[k + 1] = radius * sin(angle);
  }
  return numbers;
}

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
