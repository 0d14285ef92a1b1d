// SPDX-License-Identifier: MIT
#include "scale.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string_view>

#include "gradus/core/elementary.hpp"
#include "gradus/core/error.hpp"

namespace gradus::figure_detail {
namespace {

struct Step {
  double size = 1;
  int decimals = 0;
};

/// The smallest of 1, 2, 5 times a power of ten that leaves at most `marks` steps in `span`.
Step round_step(double span, double marks) {
  const int exponent = static_cast<int>(std::floor(log10(span / marks)));
  const double unit = pow(10.0, exponent);
  for (const double factor : {1.0, 2.0, 5.0})
    if (factor * unit * marks >= span * (1 - 1e-9)) return {factor * unit, std::max(0, -exponent)};
  return {10 * unit, std::max(0, -exponent - 1)};
}

void linear_marks(Scale& scale, double count) {
  const auto [step, decimals] = round_step(scale.max - scale.min, count);
  const double slack = 1e-9 * step;
  const double first = std::ceil((scale.min - slack) / step), last = std::floor((scale.max + slack) / step);
  const double largest = std::max(std::abs(scale.min), std::abs(scale.max));
  const bool plain = largest < 1e6 && decimals <= 5;
  for (int n = 0; first + n <= last; ++n) {
    const double k = first + n;
    const double at = k == 0 ? 0 : k * step;
    scale.major.push_back({at, plain ? axis_number(at, decimals) : fmt::format("{:.3g}", at)});
  }
}

/// Less than two decades: marks at 1, 2 and 5; otherwise at powers of ten, every so many that they fit.
void log_marks(Scale& scale, double count) {
  const int low = static_cast<int>(std::floor(log10(scale.min) + 1e-9));
  const int high = static_cast<int>(std::ceil(log10(scale.max) - 1e-9));
  const double decades = log10(scale.max / scale.min);
  const int every = std::max(1, static_cast<int>(std::ceil(decades / count)));
  const auto inside = [&](double at) { return at >= scale.min * (1 - 1e-9) && at <= scale.max * (1 + 1e-9); };
  for (int e = low; e <= high; ++e) {
    const double unit = pow(10.0, e);
    for (int digit = 1; digit < 10; ++digit) {
      const double at = digit * unit;
      if (!inside(at)) continue;
      if (decades < 2 && (digit == 1 || digit == 2 || digit == 5) && e >= -4 && e < 6)
        scale.major.push_back({at, axis_number(at, std::max(0, -e))});
      else if (digit == 1 && (decades < 2 || e % every == 0))
        scale.major.push_back({at, power_of_ten(e)});
      else if (every == 1 || digit == 1)
        scale.minor.push_back(at);
    }
  }
}

void widen_if_flat(double& min, double& max, bool log) {
  if (log) {
    if (max < min * (1 + 1e-9)) {
      min /= 2;
      max *= 2;
    }
  } else if (max - min <= 1e-12 * std::max(std::abs(min), std::abs(max))) {
    const double half = min == 0 ? 1 : 0.5 * std::abs(min);
    min -= half;
    max += half;
  }
}

void pad_range(const Axis& axis, Scale& scale, double pad) {
  if (scale.log) {
    const double factor = pow(scale.max / scale.min, pad);
    if (!axis.min) scale.min /= factor;
    if (!axis.max) scale.max *= factor;
  } else {
    const double margin = pad * (scale.max - scale.min);
    if (!axis.min) scale.min -= margin;
    if (!axis.max) scale.max += margin;
  }
}

}  // namespace

bool drawable(double value, bool log) { return std::abs(value) <= 1e150 && (!log || value >= 1e-150); }

void Extent::include(double value, bool log) {
  if (!drawable(value, log)) return;
  if (empty()) {
    min = max = value;
  } else {
    min = std::min(min, value);
    max = std::max(max, value);
  }
}

double Scale::position(double value) const {
  const double t = log ? gradus::log(value / min) / gradus::log(max / min) : (value - min) / (max - min);
  return reversed ? 1 - t : t;
}

bool Scale::drawable(double value) const { return figure_detail::drawable(value, log); }

Scale make_scale(const Axis& axis, const Extent& data, double pad, double pixels, double pixels_per_mark) {
  for (const auto& end : {axis.min, axis.max})
    if (end && !drawable(*end, axis.log))
      throw ValueError(fmt::format("[figure] expected a {} end for the range of axis '{}', got {}",
                                   axis.log ? "positive" : "finite", axis.label, *end));
  if (axis.min && axis.max && !(*axis.min < *axis.max))
    throw ValueError(fmt::format("[figure] expected a range from low to high for axis '{}', got [{}, {}]", axis.label,
                                 *axis.min, *axis.max));
  Scale scale;
  scale.log = axis.log;
  scale.reversed = axis.reversed;
  const double fallback_min = axis.log ? 0.1 : 0;
  scale.min = axis.min.value_or(data.empty() ? std::min(fallback_min, axis.max.value_or(1) / 2) : data.min);
  scale.max = axis.max.value_or(data.empty() ? std::max(1.0, scale.min + 1) : data.max);
  // An end that was asked for may lie beyond all data.
  if (scale.max < scale.min) (axis.min ? scale.max : scale.min) = axis.min ? scale.min : scale.max;
  widen_if_flat(scale.min, scale.max, scale.log);
  if (axis.min) scale.min = *axis.min;
  if (axis.max) scale.max = *axis.max;
  pad_range(axis, scale, pad);
  if (!axis.ticks.empty()) {
    for (const auto& [at, text] : axis.ticks)
      if (scale.drawable(at)) scale.major.push_back({at, text});
    return scale;
  }
  const double count = std::max(1.0, pixels / pixels_per_mark);
  scale.log ? log_marks(scale, count) : linear_marks(scale, count);
  return scale;
}

std::string axis_number(double value, int decimals) {
  std::string digits = fmt::format("{:.{}f}", std::abs(value), decimals);
  std::size_t group = std::min(digits.find('.'), digits.size());
  if (group > 4)  // 1000 stays whole
    while (group > 3) digits.insert(group -= 3, "\u2009");
  return (std::signbit(value) && value != 0 ? "\u2212" : "") + digits;
}

std::string power_of_ten(int exponent) {
  static constexpr std::string_view raised[] = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  if (exponent == 0) return "1";
  if (exponent == 1) return "10";
  std::string text = exponent < 0 ? "10⁻" : "10";
  for (const char digit : std::to_string(std::abs(exponent))) text += raised[digit - '0'];
  return text;
}

double text_width(const std::string& text, double size) {
  double em = 0;
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    if ((code & 0xC0) == 0x80) continue;  // not the first byte of a character
    em += std::string_view("iljtf.,:;|'!()[] ").find(byte) != std::string_view::npos ? 0.34
          : code >= 'A' && code <= 'Z'                                               ? 0.7
          : byte == 'm' || byte == 'w'                                               ? 0.86
                                                                                     : 0.58;
  }
  return em * size;
}

}  // namespace gradus::figure_detail
