// SPDX-License-Identifier: MIT
#include "gradus/lab/figure/plots.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "gradus/core/error.hpp"

namespace gradus {
namespace {

/// One step past the last x of any series, so that 1000 updates from 0 on end at 1000.
double end_of(const std::vector<Series>& series) {
  double end = 0;
  for (const Series& s : series)
    if (const std::size_t n = s.x.size(); n > 0 && std::isfinite(s.x[n - 1]))
      end = std::max(end, s.x[n - 1] + (n > 1 && std::isfinite(s.x[n - 2]) ? s.x[n - 1] - s.x[n - 2] : 0));
  return end;
}

/// The mean of all values up to each.
std::vector<double> mean_so_far(std::span<const double> values) { return running_mean(values, values.size()); }

std::vector<std::string> names_in(const Figure& figure) {
  std::vector<std::string> names;
  for (const Panel& panel : figure.panels)
    for (const PlotLayer& layer : panel.layers)
      std::visit(
          [&](const auto& l) {
            if constexpr (requires { l.name; })
              if (!l.name.empty()) names.push_back(l.name);
          },
          layer);
  return names;
}

}  // namespace

std::vector<double> counting(std::size_t n, double first, double step) {
  std::vector<double> x(n);
  for (std::size_t i = 0; i < n; ++i) x[i] = first + step * static_cast<double>(i);
  return x;
}

std::vector<double> running_mean(std::span<const double> values, std::size_t window) {
  if (window == 0) throw ValueError("[running_mean] expected a window of at least 1, got 0");
  std::vector<double> means(values.size());
  double sum = 0;
  std::size_t unknown = 0;  // a NaN in the sum could never be taken out again
  const auto known = [](double v) { return std::isfinite(v); };
  for (std::size_t i = 0; i < values.size(); ++i) {
    known(values[i]) ? void(sum += values[i]) : void(++unknown);
    if (i >= window) known(values[i - window]) ? void(sum -= values[i - window]) : void(--unknown);
    const auto count = static_cast<double>(std::min(i + 1, window));
    means[i] = unknown ? std::numeric_limits<double>::quiet_NaN() : sum / count;
  }
  return means;
}

Figure loss_figure(std::span<const double> loss, const LossOptions& options) {
  const std::vector<double> raw(loss.begin(), loss.end());
  const std::vector<double> x = counting(raw.size());
  Panel panel{
      .title = options.title, .x = {.label = options.x_label}, .y = {.label = options.y_label, .log = options.log}};
  panel.x.min = 0;
  panel.x.max = std::max(1.0, static_cast<double>(raw.size()));
  if (!options.log && std::all_of(raw.begin(), raw.end(), [](double v) { return !(v < 0); })) panel.y.min = 0;
  if (options.window > 1) {
    panel.layers.push_back(
        Line{.x = x, .y = raw, .name = "each update", .color = mix(white, okabe_ito::sky, 0.75), .width = 0.7});
    panel.layers.push_back(Line{.x = x,
                                .y = running_mean(raw, options.window),
                                .name = fmt::format("mean of {} updates", options.window),
                                .width = 1.8});
  } else {
    panel.layers.push_back(Line{.x = x, .y = raw, .width = 1.6});
  }
  return {.width = 640, .panels = {panel}};
}

Figure accuracy_figure(std::span<const double> train_hits, std::span<const double> test,
                       const AccuracyOptions& options) {
  Panel panel{.title = options.title, .x = {.label = options.x_label}, .y = {.label = "accuracy (share of points)"}};
  panel.names = Names::direct;
  panel.y.min = 0;
  panel.y.max = 1;
  if (!train_hits.empty())
    panel.layers.push_back(
        Line{.x = counting(train_hits.size()),
             .y = options.window ? running_mean(train_hits, options.window) : mean_so_far(train_hits),
             .name = options.window ? fmt::format("training, mean of {}", options.window) : "training, so far",
             .color = series_color(0)});
  const auto every = static_cast<double>(std::max<std::size_t>(1, options.test_every));
  if (!test.empty())
    panel.layers.push_back(Line{.x = counting(test.size(), 0, every),
                                .y = {test.begin(), test.end()},
                                .name = "test set",
                                .color = series_color(1),
                                .dash = Dash::dashed});
  panel.x.min = 0;
  panel.x.max = std::max({1.0, static_cast<double>(train_hits.size()), every * static_cast<double>(test.size())});
  return {.width = 640, .panels = {panel}};
}

Figure gradient_error_figure(const std::vector<Series>& series, const std::string& title, const std::string& x_label,
                             const std::string& y_label) {
  Panel panel{.title = title, .x = {.label = x_label}, .y = {.label = y_label, .log = true}};
  panel.names = Names::direct;
  panel.x.min = 0;
  panel.x.max = std::max(1.0, end_of(series));
  for (std::size_t k = 0; k < series.size(); ++k)
    panel.layers.push_back(Line{.x = series[k].x,
                                .y = series[k].y,
                                .name = series[k].name,
                                .color = series_color(static_cast<Index>(k)),
                                .width = 1.0});
  return {.width = 640, .panels = {panel}};
}

Figure activation_gallery(const std::vector<ActivationCurve>& curves, double low, double high, Index columns) {
  if (curves.empty()) throw ValueError("[activation_gallery] expected at least 1 function, got none");
  if (!(low < high)) throw ValueError(fmt::format("[activation_gallery] expected low < high, got [{}, {}]", low, high));
  constexpr std::size_t points = 401;
  const std::vector<double> x = counting(points, low, (high - low) / static_cast<double>(points - 1));
  const auto values = [&](const std::function<double(double)>& f) {
    std::vector<double> y;
    for (const double at : x) y.push_back(f(at));
    return y;
  };
  /// A jump is a difference much larger than both of its neighbours: lift the pen there.
  const auto with_jumps = [&](Line line) {
    Line cut = line;
    cut.x.clear();
    cut.y.clear();
    for (std::size_t i = 0; i < line.x.size(); ++i) {
      cut.x.push_back(line.x[i]);
      cut.y.push_back(line.y[i]);
      if (i == 0 || i + 2 >= line.x.size()) continue;
      const double here = std::abs(line.y[i + 1] - line.y[i]);
      const double around = std::abs(line.y[i] - line.y[i - 1]) + std::abs(line.y[i + 2] - line.y[i + 1]);
      if (here > 0.2 && here > 8 * around) {
        cut.x.push_back(line.x[i]);
        cut.y.push_back(std::numeric_limits<double>::quiet_NaN());
      }
    }
    return cut;
  };
  Figure gallery{.width = 720, .columns = columns, .shared_legend = true};
  for (const ActivationCurve& curve : curves) {
    Panel panel{.title = curve.name, .x = {.label = "z", .min = low, .max = high}, .y = {.label = "value (1)"}};
    panel.layers.push_back(with_jumps({.x = x,
                                       .y = values(curve.derivative),
                                       .name = "its derivative",
                                       .color = okabe_ito::vermillion,
                                       .dash = Dash::dashed}));
    panel.layers.push_back(with_jumps({.x = x, .y = values(curve.value), .name = "function", .width = 2.2}));
    std::swap(panel.layers[0], panel.layers[1]);
    gallery.panels.push_back(std::move(panel));
  }
  const auto count = static_cast<Index>(curves.size());
  for (Index k = 0; k < count; ++k) {
    gallery.panels[static_cast<std::size_t>(k)].x.show_label = k + columns >= count;
    gallery.panels[static_cast<std::size_t>(k)].y.show_label = k % columns == 0;
  }
  return gallery;
}

Figure function_fit(const Series& target, const std::vector<Series>& fits, const FunctionFitOptions& options,
                    const Series& samples) {
  Panel panel{.title = options.title, .x = {.label = options.x_label}, .y = {.label = options.y_label}};
  panel.layers.push_back(
      Line{.x = target.x, .y = target.y, .name = target.name, .color = Color{185, 185, 185}, .width = 5});
  if (!samples.x.empty())
    panel.layers.push_back(Points{.x = samples.x,
                                  .y = samples.y,
                                  .name = samples.name.empty() ? options.sample_name : samples.name,
                                  .color = slate,
                                  .marker = Marker::ring,
                                  .size = 0.8,
                                  .rim = false});
  for (std::size_t k = 0; k < fits.size(); ++k)
    panel.layers.push_back(Line{.x = fits[k].x,
                                .y = fits[k].y,
                                .name = fits[k].name,
                                .color = series_color(static_cast<Index>(k)),
                                .width = 2,
                                .dash = series_dash(static_cast<Index>(k))});
  return {.width = 640, .panels = {panel}};
}

Figure confusion_figure(ConstMatrixView<double> counts, const std::vector<std::string>& class_names,
                        const std::string& title) {
  const Index n = counts.rows();
  if (n < 1 || counts.cols() != n)
    throw ShapeError(fmt::format("[confusion_figure] expected a square matrix, got {} x {}", n, counts.cols()));
  Field field{.area = {-0.5, static_cast<double>(n) - 0.5, -0.5, static_cast<double>(n) - 0.5},
              .colors = Matrix<Color>(n, n),
              .smooth = false};
  Panel panel{.title = title, .x = {.label = "predicted class"}, .y = {.label = "true class", .reversed = true}};
  panel.grid = false;
  std::vector<PlotLayer> numbers;
  for (Index i = 0; i < n; ++i) {
    double total = 0;
    for (Index j = 0; j < n; ++j) total += counts(i, j);
    for (Index j = 0; j < n; ++j) {
      const double share = total > 0 ? counts(i, j) / total : 0;
      field.colors(i, j) = mix(Color{246, 246, 246}, okabe_ito::blue, share);
      numbers.push_back(Annotation{.x = static_cast<double>(j),
                                   .y = static_cast<double>(i),
                                   .text = fmt::format("{:.6g}", counts(i, j)),
                                   .align = Align::center,
                                   .color = share > 0.5         ? white
                                            : counts(i, j) == 0 ? grey
                                                                : ink,
                                   .size = 14});
    }
    const std::string name =
        i < static_cast<Index>(class_names.size()) ? class_names[static_cast<std::size_t>(i)] : fmt::format("{}", i);
    panel.x.ticks.emplace_back(static_cast<double>(i), name);
    panel.y.ticks.emplace_back(static_cast<double>(i), name);
  }
  panel.layers.push_back(std::move(field));
  panel.layers.insert(panel.layers.end(), numbers.begin(), numbers.end());
  panel.shape = 0.8;
  return {.width = std::clamp(150 + 90.0 * static_cast<double>(n), 300.0, 720.0), .panels = {panel}};
}

Figure scatter_classes(ConstMatrixView<double> x, std::span<const int> classes, const DecisionOptions& options) {
  return decision_regions(nullptr, x, classes, options);
}

Figure panels(const std::vector<Figure>& figures, Index columns) {
  if (columns < 1) throw ValueError(fmt::format("[panels] expected at least 1 column, got {}", columns));
  Figure all{.width = 0, .columns = columns};
  bool same_names = true, same_x = true, same_y = true;
  double width = 0;
  for (const Figure& figure : figures) {
    same_names = same_names && names_in(figure) == names_in(figures.front());
    for (const Panel& panel : figure.panels) {
      same_x = same_x && panel.x.label == figures.front().panels.front().x.label;
      same_y = same_y && panel.y.label == figures.front().panels.front().y.label;
      all.panels.push_back(panel);
    }
    width = std::max(width, figure.width);
  }
  if (all.panels.empty()) throw ValueError("[panels] expected at least 1 panel, got none");
  const auto count = static_cast<Index>(all.panels.size());
  for (Index k = 0; k < count; ++k) {
    Panel& panel = all.panels[static_cast<std::size_t>(k)];
    if (same_x) panel.x.show_label = k + columns >= count;
    if (same_y) panel.y.show_label = k % columns == 0;
  }
  all.shared_legend = same_names && count > 1;
  all.columns = std::min(columns, count);
  all.width = std::min(width * static_cast<double>(all.columns), all.columns == 1 ? width : 800.0);
  return all;
}

}  // namespace gradus
