// SPDX-License-Identifier: MIT
#include "layout.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gradus/core/error.hpp"

namespace gradus::figure_detail {
namespace {

struct Extents {
  Extent x, y;
};

/// Takes every layer's numbers into the ranges; refuses vectors that do not belong together.
class ExtentOf {
 public:
  explicit ExtentOf(const Panel& panel) : panel_(panel) {
    for (const PlotLayer& layer : panel.layers) std::visit(*this, layer);
  }
  Extents extents() const { return extents_; }

  void operator()(const Line& line) { curve("line", line.name, line.x, line.y); }
  void operator()(const Points& points) { curve("points", points.name, points.x, points.y); }
  void operator()(const Band& band) {
    curve("band", band.name, band.x, band.low);
    curve("band", band.name, band.x, band.high);
  }
  void operator()(const Field& field) { area(field.area); }
  void operator()(const Contour& contour) { area(contour.area); }
  void operator()(const Annotation&) {}

 private:
  void curve(const char* kind, const std::string& name, const std::vector<double>& x, const std::vector<double>& y) {
    if (x.size() != y.size())
      throw ShapeError(fmt::format("[figure] expected as many y as x in {} '{}' of panel '{}', got {} and {}", kind,
                                   name, panel_.title, y.size(), x.size()));
    for (std::size_t i = 0; i < x.size(); ++i) {
      if (!drawable(x[i], panel_.x.log) || !drawable(y[i], panel_.y.log)) continue;
      extents_.x.include(x[i], panel_.x.log);
      extents_.y.include(y[i], panel_.y.log);
    }
  }
  void area(const Area& a) {
    if (!(a.x_min < a.x_max) || !(a.y_min < a.y_max))
      throw ValueError(fmt::format("[figure] expected an area from low to high in panel '{}', got [{}, {}] x [{}, {}]",
                                   panel_.title, a.x_min, a.x_max, a.y_min, a.y_max));
    for (const double x : {a.x_min, a.x_max}) extents_.x.include(x, panel_.x.log);
    for (const double y : {a.y_min, a.y_max}) extents_.y.include(y, panel_.y.log);
  }

  const Panel& panel_;
  Extents extents_;
};

const std::string& name_of(const PlotLayer& layer) {
  static const std::string none;
  return std::visit(
      [](const auto& l) -> const std::string& {
        if constexpr (requires { l.name; })
          return l.name;
        else
          return none;
      },
      layer);
}

bool has_field(const Panel& panel) {
  return std::any_of(panel.layers.begin(), panel.layers.end(),
                     [](const PlotLayer& layer) { return std::holds_alternative<Field>(layer); });
}

bool in_legend(const Panel& panel, const PlotLayer& layer) {
  if (name_of(layer).empty() || panel.names == Names::none) return false;
  return panel.names == Names::legend || !std::holds_alternative<Line>(layer);
}

/// Entries side by side from (0, 0) on, a new row where the next would pass `width`. Returns the number of rows.
int flow(std::vector<LegendEntry>& entries, double width) {
  double x = 0;
  int row = 0;
  for (LegendEntry& entry : entries) {
    const double needed = sample_width(*entry.layer) + 6 + text_width(entry.name, label_size);
    if (x > 0 && x + needed > width) {
      x = 0;
      ++row;
    }
    entry.x = x;
    entry.y = row * legend_row;
    x += needed + 20;
  }
  return entries.empty() ? 0 : row + 1;
}

void collect(const Panel& panel, std::vector<LegendEntry>& entries) {
  for (const PlotLayer& layer : panel.layers) {
    if (!in_legend(panel, layer)) continue;
    const std::string& name = name_of(layer);
    if (std::none_of(entries.begin(), entries.end(), [&](const auto& e) { return e.name == name; }))
      entries.push_back({&layer, name, 0, 0});
  }
  std::stable_partition(entries.begin(), entries.end(),
                        [](const auto& e) { return std::holds_alternative<Points>(*e.layer); });
}

std::vector<EndLabel> end_labels(const Panel& panel, const Scale& y) {
  std::vector<EndLabel> labels;
  if (panel.names != Names::direct) return labels;
  for (const PlotLayer& layer : panel.layers) {
    const Line* line = std::get_if<Line>(&layer);
    if (!line || line->name.empty()) continue;
    // The last number that is drawn carries the name.
    for (std::size_t i = line->y.size(); i-- > 0;)
      if (y.drawable(line->y[i])) {
        labels.push_back({line->name, line->color, std::clamp(y.position(line->y[i]), 0.0, 1.0)});
        break;
      }
  }
  return labels;
}

/// Moves labels apart that would overlap, as little as possible, keeping their order and the panel's height.
void spread(std::vector<EndLabel>& labels, double top, double bottom) {
  constexpr double apart = label_size + 3;
  std::stable_sort(labels.begin(), labels.end(), [](const auto& a, const auto& b) { return a.y < b.y; });
  for (int sweep = 0; sweep < 200; ++sweep)
    for (std::size_t i = 1; i < labels.size(); ++i) {
      const double missing = apart - (labels[i].y - labels[i - 1].y);
      if (missing <= 1e-6) continue;
      labels[i - 1].y -= missing / 2;
      labels[i].y += missing / 2;
    }
  if (labels.empty()) return;
  const double low = std::max(0.0, top - labels.front().y), high = std::max(0.0, labels.back().y - bottom);
  for (EndLabel& label : labels) label.y += low - (low > 0 ? 0 : high);
}

double widest(const std::vector<Tick>& ticks) {
  double width = 0;
  for (const Tick& tick : ticks) width = std::max(width, text_width(tick.text, tick_size));
  return width;
}

struct Margins {
  double left = 0, right = 0, top = 0, bottom = 0;
};

class LayoutOf {
 public:
  explicit LayoutOf(const Figure& figure) : figure_(figure) {
    check();
    columns_ = std::min(figure.columns, static_cast<Index>(figure.panels.size()));
    rows_ = (static_cast<Index>(figure.panels.size()) + columns_ - 1) / columns_;
  }

  Layout layout() {
    if (figure_.shared_legend) {
      for (const Panel& panel : figure_.panels) collect(panel, layout_.shared_legend);
      const int rows = flow(layout_.shared_legend, figure_.width - 40);
      header_ = rows * legend_row + (rows ? 12 : 0);
    }
    layout_.panels.resize(figure_.panels.size());
    for (const Panel& panel : figure_.panels) extents_.push_back(ExtentOf(panel).extents());
    // The number of marks depends on the size, and the size on the width of the marks: it settles at once or never.
    area_width_ = figure_.width / static_cast<double>(columns_);
    area_height_ = area_width_ / 2;
    for (int pass = 0; pass < 4; ++pass) {
      scale_panels();
      measure();
    }
    scale_panels();
    place();
    return std::move(layout_);
  }

 private:
  void check() const {
    if (!(figure_.width > 0) || !(figure_.height >= 0) || figure_.width > 1e4 || figure_.height > 1e4)
      throw ValueError(fmt::format("[figure] expected a size between 0 and 10000 pixels, got {} x {}", figure_.width,
                                   figure_.height));
    if (figure_.columns < 1)
      throw ValueError(fmt::format("[figure] expected at least 1 column, got {}", figure_.columns));
    if (figure_.panels.empty()) throw ValueError("[figure] expected at least 1 panel, got none");
    for (const Panel& panel : figure_.panels)
      for (const auto& [axis, label] : {std::pair{'x', &panel.x.label}, std::pair{'y', &panel.y.label}})
        if (label->empty())
          throw ValueError(fmt::format(
              "[figure] expected a label (name or unit) on the {} axis of panel '{}', got none", axis, panel.title));
  }

  void scale_panels() {
    for (std::size_t k = 0; k < figure_.panels.size(); ++k) {
      const Panel& panel = figure_.panels[k];
      const bool field = has_field(panel);
      PanelBox& box = layout_.panels[k];
      box.x = make_scale(panel.x, extents_[k].x, 0, area_width_, 70);
      box.y = make_scale(panel.y, extents_[k].y, field ? 0 : 0.04, area_height_, panel.y.log ? 30 : 44);
      box.end_labels = end_labels(panel, box.y);
      box.legend.clear();
      if (!figure_.shared_legend) collect(panel, box.legend);
    }
  }

  /// Margins are shared along a row and a column, so that plotting areas line up and are of one size.
  void measure() {
    column_.assign(static_cast<std::size_t>(columns_), {});
    row_.assign(static_cast<std::size_t>(rows_), {});
    for (std::size_t k = 0; k < figure_.panels.size(); ++k) {
      const Panel& panel = figure_.panels[k];
      PanelBox& box = layout_.panels[k];
      Margins& column = column_[k % static_cast<std::size_t>(columns_)];
      Margins& row = row_[k / static_cast<std::size_t>(columns_)];
      column.left = std::max(column.left, 14 + widest(box.y.major) + (panel.y.show_label ? 26 : 4));
      double names = 0;
      for (const EndLabel& label : box.end_labels) names = std::max(names, text_width(label.name, label_size));
      const double half_mark = box.x.major.empty() ? 0 : text_width(box.x.major.back().text, tick_size) / 2;
      column.right = std::max(column.right, names > 0 ? names + 16 : std::max(12.0, half_mark + 4));
      const int rows = flow(box.legend, area_width_);
      row.top = std::max(row.top, 10 + (panel.title.empty() ? 0 : 24) + rows * legend_row + (rows ? 4 : 0));
      row.bottom = std::max(row.bottom, 28 + (panel.x.show_label ? 22.0 : 2.0));
    }
    area_width_ = figure_.width;
    for (const Margins& m : column_) area_width_ -= m.left + m.right;
    area_width_ /= static_cast<double>(columns_);
    double around = header_;
    for (const Margins& m : row_) around += m.top + m.bottom;
    if (figure_.height > 0) {
      area_height_ = (figure_.height - around) / static_cast<double>(rows_);
    } else {
      area_height_ = 0;
      for (const Panel& panel : figure_.panels) area_height_ = std::max(area_height_, panel.shape * area_width_);
    }
    layout_.height =
        figure_.height > 0 ? figure_.height : std::ceil(around + area_height_ * static_cast<double>(rows_));
    if (area_width_ < 20 || area_height_ < 20)
      throw ValueError(fmt::format("[figure] expected room for {} x {} panels with their labels, got {} x {} pixels",
                                   rows_, columns_, figure_.width, layout_.height));
  }

  void place() {
    double top = header_;
    for (Index i = 0; i < rows_; ++i) {
      const Margins& row = row_[static_cast<std::size_t>(i)];
      top += row.top;
      double left = 0;
      for (Index j = 0; j < columns_; ++j) {
        const Margins& column = column_[static_cast<std::size_t>(j)];
        left += column.left;
        const auto k = static_cast<std::size_t>(i * columns_ + j);
        if (k < layout_.panels.size()) place_panel(layout_.panels[k], left, top, row.top);
        left += area_width_ + column.right;
      }
      top += area_height_ + row.bottom;
    }
    const double from = layout_.panels.front().left;
    for (LegendEntry& entry : layout_.shared_legend) {
      entry.x += from;
      entry.y += 8 + legend_row / 2;
    }
  }

  void place_panel(PanelBox& box, double left, double top, double row_top) const {
    box.left = left;
    box.right = left + area_width_;
    box.top = top;
    box.bottom = top + area_height_;
    const int rows = flow(box.legend, area_width_);
    for (LegendEntry& entry : box.legend) {
      entry.x += left;
      entry.y += top - 4 - (rows - 0.5) * legend_row;
    }
    box.title_y = top - row_top + 18;
    box.x_label_y = box.bottom + 38;
    box.y_label_x = left - 14 - widest(box.y.major) - 10;
    for (EndLabel& label : box.end_labels) label.y = box.bottom - label.y * area_height_;
    spread(box.end_labels, box.top, box.bottom);
  }

  const Figure& figure_;
  Index columns_ = 1;
  Index rows_ = 1;
  double header_ = 0;
  double area_width_ = 0;
  double area_height_ = 0;
  std::vector<Extents> extents_;
  std::vector<Margins> column_;
  std::vector<Margins> row_;
  Layout layout_;
};

}  // namespace

Layout lay_out(const Figure& figure) { return LayoutOf(figure).layout(); }

}  // namespace gradus::figure_detail
