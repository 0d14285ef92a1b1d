// SPDX-License-Identifier: MIT
#include "gradus/lab/figure/color.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace gradus {
namespace {

constexpr Color unknown{225, 225, 225};
constexpr double lightness = 0.45;  // how much of a class colour a field keeps; points on it keep all of it

std::uint8_t channel(double value) { return static_cast<std::uint8_t>(std::lround(std::clamp(value, 0.0, 255.0))); }

std::uint8_t blend(std::uint8_t from, std::uint8_t to, double t) { return channel((1 - t) * from + t * to); }

}  // namespace

Color class_color(Index k) {
  static constexpr std::array colors = {okabe_ito::blue,   okabe_ito::orange, okabe_ito::green,      okabe_ito::purple,
                                        okabe_ito::yellow, okabe_ito::sky,    okabe_ito::vermillion, okabe_ito::black};
  return colors[static_cast<std::size_t>(k) % colors.size()];
}

Color series_color(Index k) {
  static constexpr std::array colors = {okabe_ito::blue,   okabe_ito::vermillion, okabe_ito::green,
                                        okabe_ito::purple, okabe_ito::black,      Color{168, 114, 0}};
  return colors[static_cast<std::size_t>(k) % colors.size()];
}

Color mix(Color from, Color to, double t) {
  if (std::isnan(t)) return from;
  t = std::clamp(t, 0.0, 1.0);
  return {blend(from.red, to.red, t), blend(from.green, to.green, t), blend(from.blue, to.blue, t)};
}

std::string hex(Color color) { return fmt::format("#{:02x}{:02x}{:02x}", color.red, color.green, color.blue); }

Color probability_color(double probability) {
  if (std::isnan(probability)) return unknown;
  const double from_half = 2 * std::clamp(probability, 0.0, 1.0) - 1;
  return mix(white, from_half < 0 ? okabe_ito::blue : okabe_ito::orange, 0.5 * std::abs(from_half));
}

Color probability_color(std::span<const double> probabilities) {
  double total = 0;
  std::array<double, 3> sum{};
  for (std::size_t k = 0; k < probabilities.size(); ++k) {
    const double p = probabilities[k];
    const Color color = class_color(static_cast<Index>(k));
    sum[0] += p * color.red;
    sum[1] += p * color.green;
    sum[2] += p * color.blue;
    total += p;
  }
  if (!(total > 0) || !std::isfinite(total)) return unknown;
  const Color mixed{channel(sum[0] / total), channel(sum[1] / total), channel(sum[2] / total)};
  return mix(white, mixed, lightness);
}

}  // namespace gradus
