// SPDX-License-Identifier: MIT
#include "gradus/check/projection.hpp"
#include "check/words.hpp"

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
  if (entry) {
    const auto [by_hand, by_others] = detail::told_apart(entry->hand, entry->reference);
    text += fmt::format("\nfound in {} passes: {} is {} by hand, {} by dual numbers\n", passes, entry_label, by_hand,
                        by_others);
  }
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

TaylorSlope taylor_slope(std::span<const double> remainder, double of_loss, double of_slope) {
  // The last remainder that is well above rounding, and the slopes that lead to and from it. The one from it ends at
  // rounding at the least, so a remainder that drops to nothing before a kink that was crossed is steep there.
  const auto rounding = [&](std::size_t k) { return of_loss + std::ldexp(of_slope, -static_cast<int>(k) - 1); };
  std::size_t last = remainder.size();
  while (last > 0 && !(remainder[last - 1] > 16 * rounding(last - 1))) --last;
  if (last-- == 0) return {};
  double steepest = 0;
  for (std::size_t k = last > 0 ? last - 1 : 0; k <= last; ++k) {
    const double next = k + 1 < remainder.size() ? std::max(remainder[k + 1], rounding(k + 1)) : remainder[k] / 2;
    steepest = std::max(steepest, log(remainder[k] / next) / std::numbers::ln2);
  }
  return {std::min(steepest, 2.0), last};
}

}  // namespace detail

template StepCurve step_curve(const Network&, const Loss&, std::span<const double>, ConstMatrixView<double>,
                              const Targets<double>&, std::uint64_t);

}  // namespace gradus
