// SPDX-License-Identifier: MIT
#include "gradus/lab/figure/spread.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <optional>

#include "gradus/core/elementary.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/number.hpp"

namespace gradus {
namespace {

/// Where values stand on an axis: at their number, if all have one, else one after the other.
struct Places {
  std::vector<double> at;
  bool numbers = true;
  bool log = false;
};

Places places_of(const std::vector<std::string>& values) {
  Places places;
  std::vector<std::string> order;  // of words
  for (const std::string& value : values) {
    const std::optional<double> number = parse_number(value);
    places.numbers = places.numbers && number && std::isfinite(*number);
    places.at.push_back(number.value_or(0));
    if (std::find(order.begin(), order.end(), value) == order.end()) order.push_back(value);
  }
  if (!places.numbers)
    for (std::size_t k = 0; k < values.size(); ++k)
      places.at[k] = static_cast<double>(std::find(order.begin(), order.end(), values[k]) - order.begin());
  const auto [low, high] = std::minmax_element(places.at.begin(), places.at.end());
  places.log = places.numbers && !values.empty() && *low > 0 && *high > 8 * *low;
  return places;
}

struct Moments {
  double mean = 0;
  double deviation = 0;  ///< of the sample, with n - 1
};
Moments moments_of(const std::vector<double>& values) {
  const auto n = static_cast<double>(values.size());
  Moments m;
  m.mean = std::accumulate(values.begin(), values.end(), 0.0) / n;
  double squares = 0;
  for (const double v : values) squares += (v - m.mean) * (v - m.mean);
  m.deviation = values.size() > 1 ? std::sqrt(squares / (n - 1)) : 0;
  return m;
}

/// Places beside each other for points that would lie on each other: k phi modulo 1, about 0, where the first one lies.
double jitter(std::size_t k) {
  const double turns = 0.6180339887498949 * static_cast<double>(k);
  return turns - std::round(turns);
}

/// The least distance of neighbouring groups, on the axis as it is drawn.
double spacing(const std::vector<double>& at) {
  std::vector<double> sorted = at;
  std::sort(sorted.begin(), sorted.end());
  double least = INFINITY;
  for (std::size_t k = 1; k < sorted.size(); ++k)
    if (sorted[k] > sorted[k - 1]) least = std::min(least, sorted[k] - sorted[k - 1]);
  return std::isfinite(least) ? least : 1;
}

/// Whether a label has room beside the last one that had.
class LabelRoom {
 public:
  LabelRoom(double from, double to) : from_(from), range_(to - from) {}

  bool takes(double at, const std::string& text) {
    constexpr double letter = 0.015;  // of the axis
    const double place = range_ > 0 ? (at - from_) / range_ : 0.5;
    const double half = letter * (0.5 * static_cast<double>(text.size()) + 0.5);
    if (place - half < end_) return false;
    end_ = place + half;
    return true;
  }

 private:
  double from_;
  double range_;
  double end_ = -INFINITY;  ///< of the last label
};

}  // namespace

Figure spread_figure(const std::vector<SpreadGroup>& groups, const SpreadOptions& options) {
  if (groups.empty()) throw ValueError("[spread_figure] expected at least 1 group, got none");
  std::vector<std::string> values;
  for (const SpreadGroup& group : groups) values.push_back(group.value);
  const Places places = places_of(values);
  const auto drawn = [&](double x) { return places.log ? log(x) : x; };
  const auto undrawn = [&](double x) { return places.log ? exp(x) : x; };
  std::vector<double> at;
  for (const double x : places.at) at.push_back(drawn(x));
  const double room = spacing(at);
  const double margin =
      std::max(0.35 * room, 0.04 * (*std::max_element(at.begin(), at.end()) - *std::min_element(at.begin(), at.end())));

  Panel panel{.title = options.title, .x = {.label = options.x_label}, .y = {.label = options.y_label}};
  panel.x.log = places.log;
  panel.x.min = undrawn(*std::min_element(at.begin(), at.end()) - margin);
  panel.x.max = undrawn(*std::max_element(at.begin(), at.end()) + margin);
  Points points{.name = "each run", .color = mix(white, okabe_ito::blue, 0.45), .size = 0.5, .rim = false};
  Line line{.name = "mean", .color = okabe_ito::blue, .width = 2};
  Points means{.color = okabe_ito::blue, .marker = Marker::diamond, .size = 1};
  Band band{.name = "± one standard deviation", .color = okabe_ito::blue, .opacity = 0.15};
  std::vector<Line> bars;
  LabelRoom room_for_labels(drawn(*panel.x.min), drawn(*panel.x.max));
  bool is_spread = false;  // else a mean is its one run
  std::vector<std::size_t> order(groups.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return at[a] < at[b]; });
  for (const std::size_t g : order) {
    std::vector<double> results;
    for (const double r : groups[g].results)
      if (std::isfinite(r)) results.push_back(r);
    const std::string label = groups[g].value.empty() ? "–" : groups[g].value;
    if (room_for_labels.takes(at[g], label)) panel.x.ticks.emplace_back(places.at[g], label);
    if (results.empty()) continue;
    is_spread |= results.size() > 1;
    const Moments m = moments_of(results);
    std::sort(results.begin(), results.end());
    const std::size_t shown = std::min(results.size(), std::max<std::size_t>(options.most_points, 2));
    for (std::size_t k = 0; k < shown; ++k) {
      points.x.push_back(undrawn(at[g] + (shown > 1 ? 0.3 * room * jitter(k) : 0)));
      points.y.push_back(results[shown == 1 ? 0 : k * (results.size() - 1) / (shown - 1)]);
    }
    for (std::vector<double>* x : {&line.x, &band.x, &means.x}) x->push_back(places.at[g]);
    line.y.push_back(m.mean);
    means.y.push_back(m.mean);
    band.low.push_back(m.mean - m.deviation);
    band.high.push_back(m.mean + m.deviation);
    bars.push_back({.x = {places.at[g], places.at[g]},
                    .y = {m.mean - m.deviation, m.mean + m.deviation},
                    .name = bars.empty() ? band.name : "",
                    .color = okabe_ito::blue,
                    .width = 3});
  }
  if (!is_spread) {
    panel.layers = {points};
  } else if (places.numbers) {
    panel.layers = {band, points, line, means};
  } else {
    means.name = "mean";
    panel.layers = {points};
    panel.layers.insert(panel.layers.end(), bars.begin(), bars.end());
    panel.layers.push_back(means);
  }
  return {.width = 640, .panels = {panel}};
}

namespace {

/// Heights of values on an upright axis, a little within [0, 1].
std::vector<double> heights_of(const Places& places) {
  std::vector<double> heights;
  for (const double x : places.at) heights.push_back(places.log ? log(x) : x);
  const auto [low, high] = std::minmax_element(heights.begin(), heights.end());
  const double from = *low;
  const double range = *high - *low;
  for (double& h : heights) h = 0.02 + 0.96 * (range > 0 ? (h - from) / range : 0.5);
  return heights;
}

void add_upright(Panel& panel, double x, const std::string& name, Align align, const std::vector<std::string>& values,
                 const std::vector<double>& heights) {
  panel.layers.push_back(Line{.x = {x, x}, .y = {0, 1}, .color = slate, .width = 1});
  const double shift = align == Align::right ? 55 : 0;  // over the numbers beside the last one
  panel.layers.push_back(Annotation{.x = x, .y = 1, .text = name, .align = align, .dx = shift, .dy = 18, .size = 13});
  std::vector<double> labelled;
  for (std::size_t k = 0; k < values.size(); ++k) {
    const bool free =
        std::none_of(labelled.begin(), labelled.end(), [&](double h) { return std::abs(h - heights[k]) < 0.045; });
    if (!free) continue;
    labelled.push_back(heights[k]);
    panel.layers.push_back(
        Annotation{.x = x, .y = heights[k], .text = values[k].empty() ? "–" : values[k], .dx = 6, .dy = 9, .size = 12});
  }
}

}  // namespace

Figure parallel_figure(const std::vector<ParallelAxis>& axes, const std::vector<double>& results,
                       const std::string& result_name, const std::string& title) {
  if (axes.empty()) throw ValueError("[parallel_figure] expected at least 1 axis, got none");
  for (const ParallelAxis& axis : axes)
    if (axis.values.size() != results.size())
      throw ShapeError(fmt::format("[parallel_figure] expected {} values on axis {}, got {}", results.size(), axis.name,
                                   axis.values.size()));
  std::vector<std::size_t> order;
  for (std::size_t k = 0; k < results.size(); ++k)
    if (std::isfinite(results[k])) order.push_back(k);
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return results[a] < results[b]; });

  // The panel's own axes are the first upright and the ground; names of the others need the room of a title.
  Panel panel{.title = title.empty() ? " " : title, .names = Names::none, .grid = false, .shape = 0.55};
  panel.x = {.label = "parameter", .min = 0, .max = static_cast<double>(axes.size()) + 0.3, .show_label = false};
  panel.y = {.label = "place", .min = 0, .max = 1, .show_label = false};
  panel.x.ticks = {{-100, ""}};
  panel.y.ticks = {{-100, ""}};
  std::vector<std::vector<double>> heights;
  for (const ParallelAxis& axis : axes) heights.push_back(heights_of(places_of(axis.values)));
  const double low = order.empty() ? 0 : results[order.front()];
  const double high = order.empty() ? 1 : results[order.back()];
  const auto share = [&](double r) { return high > low ? (r - low) / (high - low) : 0.5; };
  for (const std::size_t k : order) {
    const bool best = k == order.back();
    Line line{.color = best ? okabe_ito::vermillion : mix(Color{222, 232, 240}, okabe_ito::blue, share(results[k])),
              .width = best ? 2.6 : 1.2};
    for (std::size_t a = 0; a <= axes.size(); ++a) {
      line.x.push_back(static_cast<double>(a));
      // Lines through one value are a bundle, not one line.
      line.y.push_back(a < axes.size() ? heights[a][k] + 0.025 * jitter(k) : 0.02 + 0.96 * share(results[k]));
    }
    panel.layers.push_back(std::move(line));
  }
  for (std::size_t a = 0; a < axes.size(); ++a)
    add_upright(panel, static_cast<double>(a), axes[a].name, a == 0 ? Align::left : Align::center, axes[a].values,
                heights[a]);
  std::vector<std::string> marks;
  std::vector<double> marked;
  for (int k = 0; k <= 4; ++k) {
    marks.push_back(fmt::format("{:.3g}", low + (high - low) * k / 4));
    marked.push_back(0.02 + 0.96 * k / 4);
  }
  add_upright(panel, static_cast<double>(axes.size()), result_name, Align::right, marks, marked);
  return {.width = 720, .panels = {panel}};
}

}  // namespace gradus
