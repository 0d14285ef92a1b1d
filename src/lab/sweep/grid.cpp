// SPDX-License-Identifier: MIT
#include "gradus/lab/sweep/grid.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>
#include <unordered_map>

#include "gradus/core/elementary.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/number.hpp"

namespace gradus {
namespace {

constexpr double kMostConfigurations = 1e6;

bool takes_numbers(const ExperimentKey& key) {
  return key.form == KeyForm::number || key.form == KeyForm::number_or_text;
}

/// Data is one for the whole sweep, and seeds have an axis of their own.
bool is_fixed(const ExperimentKey& key) {
  return key.name == "seed" ||
         (key.section == "data" && (key.name == "target" || key.name == "task" || key.name == "sample_weight"));
}

std::vector<std::string> split_at_commas(std::string_view text) {
  std::vector<std::string> parts(1);
  for (const char c : text) {
    if (c == ',')
      parts.emplace_back();
    else
      parts.back() += c;
  }
  return parts;
}

/// Throws ValueError if two of an axis's values are one.
void check_distinct(std::string_view name, const std::vector<std::string>& values) {
  std::unordered_map<std::string, std::string_view> seen;
  for (const std::string& value : values) {
    const std::optional<double> number = parse_number(value);
    const auto [at, is_new] = seen.emplace(number ? number_text(*number + 0.0) : value, value);  // + 0.0: -0 is 0
    if (!is_new)
      throw ValueError(fmt::format("{}: expected different values, got '{}' and '{}'", name, at->second, value));
  }
}

/// `low..high`
std::optional<SweepAxis> range_of(std::string_view text) {
  const std::size_t dots = text.find("..");
  if (dots == std::string_view::npos) return std::nullopt;
  const std::string_view ends[] = {text.substr(0, dots), text.substr(dots + 2)};
  const std::optional<double> low = parse_number(ends[0]);
  const std::optional<double> high = parse_number(ends[1]);
  if (!low || !high || !(*low < *high) || !std::isfinite(*low) || !std::isfinite(*high))
    throw ValueError(fmt::format("expected a range such as 0.001..0.1, from low to high, got '{}'", text));
  const auto is_whole = [](std::string_view end) {
    return end.find_first_not_of("0123456789") == std::string_view::npos;
  };
  return SweepAxis{{}, {}, std::pair{*low, *high}, is_whole(ends[0]) && is_whole(ends[1])};
}

/// The k-th of all combinations of the axes' values; the last axis changes fastest.
std::vector<std::string> combination(const std::vector<SweepAxis>& axes, std::size_t k) {
  std::vector<std::string> values(axes.size());
  for (std::size_t a = axes.size(); a-- > 0;) {
    const std::vector<std::string>& all = axes[a].values;
    values[a] = all[k % all.size()];
    k /= all.size();
  }
  return values;
}

/// A number of the range, short enough to be typed.
std::string drawn_from(const SweepAxis& axis, RandomState& random) {
  const auto [low, high] = *axis.range;
  const double u = random.random_sample();
  const double value = low > 0 ? low * pow(high / low, u) : low + (high - low) * u;
  if (axis.whole) return fmt::format("{:.0f}", std::clamp(std::round(value), low, high));
  return number_text(std::clamp(*parse_number(fmt::format("{:.4g}", value)), low, high));
}

}  // namespace

void SweepGrid::set(const ExperimentKey& key, std::string_view text, std::string_view name) {
  Assignment assignment{&key, std::string(name), std::string(text), {""}, {}};
  const auto add_axis = [&](SweepAxis axis) {
    check_distinct(name, axis.values);
    assignment.axes.push_back(std::move(axis));
    assignment.pieces.emplace_back();
  };
  if (takes_numbers(key)) {
    // Numbers may stand in braces too.
    const bool braced = text.size() > 1 && text.front() == '{' && text.back() == '}';
    if (braced) text = text.substr(1, text.size() - 2);
    const std::vector<std::string> values = split_at_commas(text);
    if (std::optional<SweepAxis> range = range_of(text))
      add_axis(*range);
    else if (values.size() > 1)
      add_axis({{}, values});
    else
      assignment.pieces[0] = text;
  } else if (is_fixed(key)) {
    assignment.pieces[0] = text;
  } else {
    for (std::size_t at = 0; at < text.size(); ++at) {
      if (text[at] == '}')
        throw ParseError(std::string(key.flag), std::string(text), at, "expected a '{' before this '}'");
      if (text[at] != '{') {
        assignment.pieces.back() += text[at];
        continue;
      }
      const std::size_t close = text.find_first_of("{}", at + 1);
      if (close == std::string_view::npos || text[close] == '{')
        throw ParseError(std::string(key.flag), std::string(text), at, "expected a '}' that closes this '{'");
      add_axis({{}, split_at_commas(text.substr(at + 1, close - at - 1))});
      at = close;
    }
  }
  if (is_fixed(key) && !assignment.axes.empty())  // a number, then; texts are taken as they are
    throw ValueError(
        fmt::format("{}: expected one value, the first seed (--seeds says how many), got '{}'", name, text));
  const std::size_t count = assignment.axes.size();
  for (std::size_t k = 0; k < count; ++k) {
    SweepAxis& axis = assignment.axes[k];
    axis.name = count == 1 ? std::string(key.flag) : fmt::format("{}.{}", key.flag, k + 1);
    for (std::size_t j = 0; j <= count; ++j)
      axis.text += assignment.pieces[j] + (j == count ? "" : j == k ? "{...}" : "...");
    if (axis.text == "{...}") axis.text.clear();
  }
  std::erase_if(assignments_, [&](const Assignment& a) { return a.key == &key; });
  const auto after = std::upper_bound(assignments_.begin(), assignments_.end(), &key,
                                      [](const ExperimentKey* k, const Assignment& a) { return k < a.key; });
  assignments_.insert(after, std::move(assignment));
}

std::vector<std::pair<const ExperimentKey*, std::string>> SweepGrid::texts() const {
  std::vector<std::pair<const ExperimentKey*, std::string>> texts;
  for (const Assignment& a : assignments_) texts.emplace_back(a.key, a.text);
  return texts;
}

std::vector<SweepAxis> SweepGrid::axes() const {
  std::vector<SweepAxis> axes;
  for (const Assignment& a : assignments_) axes.insert(axes.end(), a.axes.begin(), a.axes.end());
  return axes;
}

std::vector<const ExperimentKey*> SweepGrid::varied_keys() const {
  std::vector<const ExperimentKey*> keys;
  for (const Assignment& a : assignments_)
    if (!a.axes.empty()) keys.push_back(a.key);
  return keys;
}

std::vector<std::vector<std::string>> SweepGrid::samples() const {
  const std::vector<SweepAxis> axes = this->axes();
  const auto value_of = [](const SweepAxis& axis, std::size_t v) {
    return axis.range ? number_text(v == 0 ? axis.range->first : axis.range->second) : axis.values[v];
  };
  std::vector<std::string> firsts;
  for (const SweepAxis& axis : axes) firsts.push_back(value_of(axis, 0));
  std::vector<std::vector<std::string>> samples{firsts};
  for (std::size_t k = 0; k < axes.size(); ++k)
    for (std::size_t v = 1; v < (axes[k].range ? 2 : axes[k].values.size()); ++v) {
      samples.push_back(firsts);
      samples.back()[k] = value_of(axes[k], v);
    }
  return samples;
}

bool SweepGrid::has_range() const {
  const std::vector<SweepAxis> axes = this->axes();
  return std::any_of(axes.begin(), axes.end(), [](const SweepAxis& axis) { return axis.range.has_value(); });
}

double SweepGrid::combinations() const {
  double count = 1;
  for (const SweepAxis& axis : axes())
    count *= axis.range ? std::numeric_limits<double>::infinity() : static_cast<double>(axis.values.size());
  return count;
}

Index SweepGrid::count() const {
  for (const SweepAxis& axis : axes())
    if (axis.range)
      throw ValueError(fmt::format("--{}: a range has no end of values: --random says how many to draw", axis.name));
  const double count = combinations();
  if (count > kMostConfigurations)
    throw ValueError(
        fmt::format("[sweep] expected at most a million configurations, got {:.3g}: --random draws some", count));
  return static_cast<Index>(count);
}

std::vector<std::vector<std::string>> SweepGrid::all() const {
  const std::vector<SweepAxis> axes = this->axes();
  std::vector<std::vector<std::string>> all(static_cast<std::size_t>(count()));
  for (std::size_t c = 0; c < all.size(); ++c) all[c] = combination(axes, c);
  return all;
}

std::vector<std::vector<std::string>> SweepGrid::draw(Index count, RandomState& random) const {
  const std::vector<SweepAxis> axes = this->axes();
  std::vector<std::vector<std::string>> drawn;
  if (combinations() <= kMostConfigurations) {
    std::vector<Index> chosen = random.permutation(this->count());
    chosen.resize(std::min(chosen.size(), static_cast<std::size_t>(count)));
    std::sort(chosen.begin(), chosen.end());
    for (const Index c : chosen) drawn.push_back(combination(axes, static_cast<std::size_t>(c)));
    return drawn;
  }
  // Too many to number. Of a range nearly all are different anyway, of lists those drawn twice are drawn again.
  const bool is_ranged = has_range();
  std::set<std::vector<std::string>> different;
  while (static_cast<Index>(drawn.size()) < count) {
    std::vector<std::string> values;
    for (const SweepAxis& axis : axes)
      values.push_back(axis.range ? drawn_from(axis, random)
                                  : axis.values[static_cast<std::size_t>(random.interval(axis.values.size() - 1))]);
    if (is_ranged || different.insert(values).second) drawn.push_back(std::move(values));
  }
  return drawn;
}

Experiment SweepGrid::experiment(Experiment base, std::span<const std::string> values) const {
  for (const Assignment& a : assignments_) {
    std::string text = a.pieces[0];
    for (std::size_t k = 0; k < a.axes.size(); ++k) text += values[k] + a.pieces[k + 1];
    values = values.subspan(a.axes.size());
    set_key(base, *a.key, parse_key_value(*a.key, text), a.name);
  }
  return base;
}

}  // namespace gradus
