// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gradus/core/error.hpp"
#include "gradus/core/shape.hpp"
#include "gradus/lab/figure/spread.hpp"
#include "lab/figure/area.hpp"

namespace gradus {

Area figure_detail::area_of(ConstMatrixView<double> x) {
  double low[2] = {INFINITY, INFINITY}, high[2] = {-INFINITY, -INFINITY};
  for (Index i = 0; i < x.rows(); ++i)
    for (Index j = 0; j < 2; ++j)
      if (std::isfinite(x(i, j))) {
        low[j] = std::min(low[j], x(i, j));
        high[j] = std::max(high[j], x(i, j));
      }
  for (int j = 0; j < 2; ++j) {
    if (low[j] > high[j]) low[j] = 0, high[j] = 1;
    const double margin = high[j] > low[j] ? 0.05 * (high[j] - low[j]) : std::max(0.5, 0.5 * std::abs(low[j]));
    low[j] -= margin;
    high[j] += margin;
  }
  return {low[0], high[0], low[1], high[1]};
}

namespace {

using figure_detail::area_of;

constexpr double most_points = 1e7;

struct Grid {
  Area area;
  Index rows = 0;
  Index cols = 0;
};

Grid grid_of(const Area& area, const DecisionOptions& options) {
  if (!(area.x_min < area.x_max) || !(area.y_min < area.y_max))
    throw ValueError(fmt::format("[decision_regions] expected an area from low to high, got [{}, {}] x [{}, {}]",
                                 area.x_min, area.x_max, area.y_min, area.y_max));
  if (!options.step) {
    if (options.grid < 2 || options.grid > 3000)
      throw ValueError(
          fmt::format("[decision_regions] expected a grid of 2 to 3000 points a side, got {}", options.grid));
    return {area, options.grid, options.grid};
  }
  const double step = *options.step;
  const double across = (area.x_max - area.x_min) / step, up = (area.y_max - area.y_min) / step;
  if (!(step > 0) || !(across >= 1) || !(up >= 1) || !((across + 1) * (up + 1) <= most_points))
    throw ValueError(
        fmt::format("[decision_regions] expected a step that gives 2 x 2 to 10^7 grid points, got {}", step));
  const auto cols = static_cast<Index>(std::floor(across + 1e-9)), rows = static_cast<Index>(std::floor(up + 1e-9));
  return {{area.x_min, area.x_min + static_cast<double>(cols) * step, area.y_min,
           area.y_min + static_cast<double>(rows) * step},
          rows + 1,
          cols + 1};
}

Matrix<double> points_of(const Grid& grid) {
  Matrix<double> points(grid.rows * grid.cols, 2);
  const Area& a = grid.area;
  for (Index i = 0; i < grid.rows; ++i)
    for (Index j = 0; j < grid.cols; ++j) {
      points(i * grid.cols + j, 0) =
          a.x_min + (a.x_max - a.x_min) * static_cast<double>(j) / static_cast<double>(grid.cols - 1);
      points(i * grid.cols + j, 1) =
          a.y_min + (a.y_max - a.y_min) * static_cast<double>(i) / static_cast<double>(grid.rows - 1);
    }
  return points;
}

std::string class_name(Index c, const DecisionOptions& options) {
  const auto k = static_cast<std::size_t>(c);
  return k < options.class_names.size() ? options.class_names[k] : fmt::format("class {}", c);
}

/// The field of two classes and its boundary. `p` holds P(class 1) in its last column.
void add_two_classes(Panel& panel, const Grid& grid, const Matrix<double>& p, const DecisionOptions& options) {
  Field field{.area = grid.area, .colors = Matrix<Color>(grid.rows, grid.cols)};
  Contour boundary{.area = grid.area,
                   .values = Matrix<double>(grid.rows, grid.cols),
                   .levels = {0.5},
                   .name = fmt::format("P({}) = ½", class_name(1, options))};
  for (Index k = 0; k < p.rows(); ++k) {
    const double probability = p(k, p.cols() - 1);
    field.colors.values()[static_cast<std::size_t>(k)] = probability_color(probability);
    boundary.values.values()[static_cast<std::size_t>(k)] = probability;
  }
  panel.layers.push_back(std::move(field));
  panel.layers.push_back(std::move(boundary));
}

/// The mixed field of many classes; the region of class c ends where its probability less the largest other is 0.
void add_many_classes(Panel& panel, const Grid& grid, const Matrix<double>& p) {
  Field field{.area = grid.area, .colors = Matrix<Color>(grid.rows, grid.cols)};
  for (Index k = 0; k < p.rows(); ++k) field.colors.values()[static_cast<std::size_t>(k)] = probability_color(p.row(k));
  panel.layers.push_back(std::move(field));
  for (Index c = 0; c < p.cols(); ++c) {
    Contour boundary{.area = grid.area, .values = Matrix<double>(grid.rows, grid.cols), .levels = {0.0}};
    for (Index k = 0; k < p.rows(); ++k) {
      double other = -INFINITY;
      for (Index d = 0; d < p.cols(); ++d)
        if (d != c) other = std::max(other, p(k, d));
      boundary.values.values()[static_cast<std::size_t>(k)] = p(k, c) - other;
    }
    if (c == 0) boundary.name = "boundary";
    panel.layers.push_back(std::move(boundary));
  }
}

void add_field(Panel& panel, const Predictor& predict, const Grid& grid, const DecisionOptions& options) {
  const Matrix<double> points = points_of(grid);
  const Matrix<double> p = predict(points);
  check_rows("decision_regions", "probabilities", p, points.rows());
  if (p.cols() < 1) throw ShapeError("[decision_regions] expected probabilities with at least 1 column, got 0");
  p.cols() <= 2 ? add_two_classes(panel, grid, p, options) : add_many_classes(panel, grid, p);
}

void add_points(Panel& panel, ConstMatrixView<double> x, std::span<const int> classes, const DecisionOptions& options) {
  Index count = static_cast<Index>(options.class_names.size());
  for (const int c : classes) {
    if (c < 0) throw ValueError(fmt::format("[decision_regions] expected classes 0, 1, ..., got {}", c));
    count = std::max(count, static_cast<Index>(c) + 1);
  }
  for (Index c = 0; c < count; ++c) {
    Points points{.x = {},
                  .y = {},
                  .name = class_name(c, options),
                  .color = class_color(c),
                  .marker = class_marker(c),
                  .size = options.point_size};
    for (Index i = 0; i < x.rows(); ++i)
      if (classes[static_cast<std::size_t>(i)] == c) {
        points.x.push_back(x(i, 0));
        points.y.push_back(x(i, 1));
      }
    if (!points.x.empty()) panel.layers.push_back(std::move(points));
  }
}

/// The plane of the grid: layers, and the points on them.
Panel plane(const Grid& grid, std::vector<PlotLayer> layers, ConstMatrixView<double> x, std::span<const int> classes,
            const DecisionOptions& options) {
  Panel panel{.title = options.title, .x = {.label = options.x_label}, .y = {.label = options.y_label}, .grid = false};
  panel.x.min = grid.area.x_min;
  panel.x.max = grid.area.x_max;
  panel.y.min = grid.area.y_min;
  panel.y.max = grid.area.y_max;
  panel.layers = std::move(layers);
  add_points(panel, x, classes, options);
  // Close to one scale on both axes, as far as the page allows.
  panel.shape = std::clamp((grid.area.y_max - grid.area.y_min) / (grid.area.x_max - grid.area.x_min), 0.6, 1.1);
  return panel;
}

}  // namespace

Figure decision_regions(const Predictor& predict, ConstMatrixView<double> x, std::span<const int> classes,
                        const DecisionOptions& options) {
  check_cols("decision_regions", "x", x, 2);
  check_length("decision_regions", "classes", static_cast<Index>(classes.size()), x.rows());
  const Grid grid = grid_of(options.area.value_or(area_of(x)), options);
  Panel field;
  if (predict) add_field(field, predict, grid, options);
  return {.width = 520, .panels = {plane(grid, std::move(field.layers), x, classes, options)}};
}

namespace {

/// Sums over classifiers, for the mean and the deviation of each number.
struct Sums {
  Matrix<double> first;
  Matrix<double> second;
  void add(const Matrix<double>& p) {
    if (first.empty()) first = second = Matrix<double>(p.rows(), p.cols());
    for (std::size_t k = 0; k < p.values().size(); ++k) {
      first.values()[k] += p.values()[k];
      second.values()[k] += p.values()[k] * p.values()[k];
    }
  }
};

/// The lines of a classifier, or of the mean of several, thin or bold.
std::vector<PlotLayer> boundaries(const Grid& grid, const Matrix<double>& p, const DecisionOptions& options,
                                  Color color, double width, const std::string& name) {
  Panel panel;
  p.cols() <= 2 ? add_two_classes(panel, grid, p, options) : add_many_classes(panel, grid, p);
  std::vector<PlotLayer> lines;
  for (PlotLayer& layer : panel.layers)
    if (auto* contour = std::get_if<Contour>(&layer)) {
      contour->color = color;
      contour->width = width;
      contour->name = lines.empty() ? name : "";
      lines.push_back(std::move(*contour));
    }
  return lines;
}

Field deviation_field(const Grid& grid, const Sums& sums, double count) {
  Field field{.area = grid.area, .colors = Matrix<Color>(grid.rows, grid.cols)};
  const Index classes = sums.first.cols();
  for (Index k = 0; k < sums.first.rows(); ++k) {
    double deviation = 0;
    for (Index c = classes == 2 ? 1 : 0; c < classes; ++c) {
      const double mean = sums.first(k, c) / count;
      deviation += std::sqrt(std::max(0.0, sums.second(k, c) / count - mean * mean));
    }
    if (classes > 2) deviation /= static_cast<double>(classes);
    // A probability spreads by 1/2 at most.
    field.colors.values()[static_cast<std::size_t>(k)] = mix(white, okabe_ito::purple, 2 * deviation);
  }
  return field;
}

}  // namespace

Figure seed_cloud(const std::vector<Predictor>& predictors, ConstMatrixView<double> x, std::span<const int> classes,
                  const SeedCloudOptions& options) {
  check_cols("seed_cloud", "x", x, 2);
  check_length("seed_cloud", "classes", static_cast<Index>(classes.size()), x.rows());
  if (predictors.empty()) throw ValueError("[seed_cloud] expected at least 1 classifier, got none");
  const DecisionOptions& regions = options.regions;
  const Grid grid = grid_of(regions.area.value_or(area_of(x)), regions);
  const Matrix<double> points = points_of(grid);
  Sums sums;
  std::vector<PlotLayer> lines;
  for (std::size_t k = 0; k < predictors.size(); ++k) {
    const Matrix<double> p = predictors[k](points);
    check_rows("seed_cloud", "probabilities", p, points.rows());
    sums.add(p);
    if (k >= options.most_lines) continue;
    for (PlotLayer& line : boundaries(grid, p, regions, mix(white, ink, 0.55), 0.5, k == 0 ? "each seed" : ""))
      lines.push_back(std::move(line));
  }
  const auto count = static_cast<double>(predictors.size());
  Matrix<double> mean = sums.first;
  for (double& value : mean.values()) value /= count;
  Panel field;
  mean.cols() <= 2 ? add_two_classes(field, grid, mean, regions) : add_many_classes(field, grid, mean);
  std::vector<PlotLayer> left{field.layers.front()};
  left.insert(left.end(), lines.begin(), lines.end());
  std::vector<PlotLayer> right{deviation_field(grid, sums, count)};
  for (const PlotLayer& line : boundaries(grid, mean, regions, ink, 1.8, "the mean")) {
    left.push_back(line);
    right.push_back(line);
  }
  DecisionOptions small = regions;
  small.point_size *= 0.55;
  Figure figure{.width = 800, .columns = 2};
  small.title = "mean, and the boundary of each seed";
  figure.panels.push_back(plane(grid, std::move(left), x, classes, small));
  small.title = "standard deviation over seeds";
  figure.panels.push_back(plane(grid, std::move(right), x, classes, small));
  figure.panels[1].y.show_label = false;
  return figure;
}

}  // namespace gradus
