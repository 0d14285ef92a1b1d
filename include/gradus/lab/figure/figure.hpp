// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "gradus/core/matrix.hpp"
#include "gradus/lab/figure/color.hpp"

/// A picture is a value: panels in a grid, each with two named axes and a list of layers, painted in their order.
/// Lengths are in pixels of a screen with 96 to the inch; a PDF has the same size in inches, a PNG twice the pixels.
/// Text is plain UTF-8: no character of it is special. A number that is not finite (or not positive on a logarithmic
/// axis) is a gap, never an error.
namespace gradus {

enum class Dash { solid, dashed, dotted, dash_dotted };
enum class Marker { circle, square, triangle, diamond, down_triangle, pentagon, ring };
enum class Align { left, center, right };

/// The marker of class `k`; the six filled ones come again after the sixth.
Marker class_marker(Index k);
/// The dash of curve `k`, so that curves are told apart without colour.
Dash series_dash(Index k);

/// A curve through the points in their order; with `steps`, level to the next x and then upright.
struct Line {
  std::vector<double> x{};
  std::vector<double> y{};
  std::string name{};
  Color color = okabe_ito::blue;
  double width = 1.8;
  Dash dash = Dash::solid;
  bool steps = false;
};

/// One marker a point; a thin white rim keeps markers apart where they overlap.
struct Points {
  std::vector<double> x{};
  std::vector<double> y{};
  std::string name{};
  Color color = okabe_ito::blue;
  Marker marker = Marker::circle;
  double size = 1.0;
  bool rim = true;
};

/// The area between two curves over the same x.
struct Band {
  std::vector<double> x{};
  std::vector<double> low{};
  std::vector<double> high{};
  std::string name{};
  Color color = okabe_ito::blue;
  double opacity = 0.2;
};

/// A rectangle [x_min, x_max] x [y_min, y_max] on the plane.
struct Area {
  double x_min = 0;
  double x_max = 1;
  double y_min = 0;
  double y_max = 1;
};

/// Colours on a grid that fills `area`, row 0 at y_min and column 0 at x_min. With `smooth` they stand at the nodes of
/// the grid, the outermost on the border of `area`, and are interpolated between; without, each fills one of rows x
/// cols cells.
struct Field {
  Area area{};
  Matrix<Color> colors{};
  bool smooth = true;
};

/// The lines on which a function, given at the nodes of a grid over `area` (the outermost on its border), takes one of
/// the levels.
struct Contour {
  Area area{};
  Matrix<double> values{};
  std::vector<double> levels{};
  std::string name{};
  Color color = ink;
  double width = 1.4;
  Dash dash = Dash::solid;
};

/// A word or two at a point of the plane; `dx`, `dy` shift it by pixels, to the right and up.
struct Annotation {
  double x = 0;
  double y = 0;
  std::string text{};
  Align align = Align::left;
  Color color = ink;
  double dx = 0;
  double dy = 0;
  double size = 13;
};

using PlotLayer = std::variant<Line, Points, Band, Field, Contour, Annotation>;

/// One axis. `label` is the name or the quantity with its unit and must not be empty; `show_label` hides it where a
/// neighbouring panel already says it. Without `min`/`max` the range is that of the layers.
struct Axis {
  std::string label{};
  std::optional<double> min{};
  std::optional<double> max{};
  bool log = false;
  bool reversed = false;
  bool show_label = true;
  /// Marks in place of those chosen by the range: position and text.
  std::vector<std::pair<double, std::string>> ticks{};
};

/// Where a layer's name stands: at the right end of its curve, in a legend above the panel, or nowhere. Names of
/// points, bands and contours have no end to stand at, so `direct` puts them into the legend.
enum class Names { direct, legend, none };

struct Panel {
  std::string title{};
  Axis x{};
  Axis y{};
  std::vector<PlotLayer> layers{};
  Names names = Names::legend;
  bool grid = true;    ///< pale level lines at the marks of y
  double shape = 0.5;  ///< height over width of the plotting area, where the figure leaves its height open
};

struct Figure {
  double width = 640;
  double height = 0;  ///< 0: as high as the shapes of the panels ask
  Index columns = 1;
  std::vector<Panel> panels{};
  bool shared_legend = false;  ///< one legend for all panels, at the top
};

enum class Terminal { svg, png, pdf };

/// The gnuplot script that draws the figure to standard output, its data inside. The same figure gives the same bytes
/// on every machine and in every locale. Throws ValueError for an axis without a label, a size that is not positive or
/// an empty or reversed range, ShapeError for layers whose vectors differ in length.
std::string to_gnuplot(const Figure& figure, Terminal terminal);

/// What a picture says of itself, where its format has a place for it: by this a file is known to be one of ours.
inline constexpr std::string_view figure_mark = "Drawn by Gradus";

/// Draws the figure into a file; `.svg`, `.png` or `.pdf` at the end of the name picks the format. The file is written
/// whole or not at all. Throws ValueError for another ending, ToolError if gnuplot is missing or fails, FileError.
void save_figure(const Figure& figure, const std::string& path);

/// The figure as an SVG element for a page: no XML prologue, no script, fields embedded as images. Every id in it opens
/// with `id`, or with a hash of the figure, so that many figures can share a page. Throws as save_figure.
std::string render_svg(const Figure& figure, const std::string& id = "");

}  // namespace gradus
