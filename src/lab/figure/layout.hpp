// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "gradus/lab/figure/figure.hpp"
#include "scale.hpp"

/// Where everything stands, in pixels from the top left corner: private to the figure subject.
namespace gradus::figure_detail {

inline constexpr double title_size = 14;
inline constexpr double label_size = 13;
inline constexpr double tick_size = 12;
inline constexpr double legend_row = 22;

/// One line of a legend: the layer whose name it is, and where.
struct LegendEntry {
  const PlotLayer* layer = nullptr;
  std::string name;
  double x = 0;
  double y = 0;
};

/// A name at the right end of its curve.
struct EndLabel {
  std::string name;
  Color color;
  double y = 0;
};

struct PanelBox {
  double left = 0, right = 0, top = 0, bottom = 0;  ///< the plotting area
  double title_y = 0, x_label_y = 0, y_label_x = 0;
  Scale x, y;
  std::vector<LegendEntry> legend;
  std::vector<EndLabel> end_labels;
};

struct Layout {
  double height = 0;  ///< of the whole figure
  std::vector<PanelBox> panels;
  std::vector<LegendEntry> shared_legend;
};

inline constexpr double sample_width(const PlotLayer& layer) { return std::holds_alternative<Points>(layer) ? 14 : 26; }

Layout lay_out(const Figure& figure);

}  // namespace gradus::figure_detail
