// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <string>
#include <string_view>

#include "gradus/lab/figure/contour.hpp"
#include "gradus/lab/figure/figure.hpp"
#include "layout.hpp"

namespace gradus {
namespace {

using namespace figure_detail;

/// A text as a gnuplot string: single quotes, in which nothing but the quote itself is special.
std::string quoted(std::string_view text) {
  std::string result = "'";
  for (const char byte : text) {
    if (byte == '\'') result += '\'';
    const auto code = static_cast<unsigned char>(byte);
    result += code < 32 || code == 127 ? ' ' : byte;
  }
  return result + "'";
}

/// A mark's text is a format for its number, in which `%` is special too.
std::string quoted_mark(const std::string& text) {
  std::string doubled;
  for (const char byte : text) doubled += byte == '%' ? "%%" : std::string(1, byte);
  return quoted(doubled);
}

/// Strokes and gaps in units of gnuplot's own, which are longer in SVG than elsewhere.
std::string_view dash_of(Dash dash, Terminal terminal) {
  const bool svg = terminal == Terminal::svg, pdf = terminal == Terminal::pdf;
  switch (dash) {
    case Dash::dashed: return svg ? "(7,4)" : pdf ? "(24,16)" : "(12,7)";
    case Dash::dotted: return svg ? "(1.5,3)" : pdf ? "(3,12)" : "(2.5,5)";
    case Dash::dash_dotted: return svg ? "(8,3,1.5,3)" : pdf ? "(28,12,3,12)" : "(14,5,2.5,5)";
    case Dash::solid: break;
  }
  return "1";
}

struct Glyph {
  int type = 7;
  double scale = 1;  // brings all markers to about the same area
};

Glyph glyph_of(Marker marker) {
  switch (marker) {
    case Marker::circle: return {7, 1.0};
    case Marker::square: return {5, 0.86};
    case Marker::triangle: return {9, 1.05};
    case Marker::diamond: return {13, 1.05};
    case Marker::down_triangle: return {11, 1.05};
    case Marker::pentagon: return {15, 1.0};
    case Marker::ring: return {6, 0.9};
  }
  return {};
}

/// A marker of about 3 pixels in units of gnuplot's own, which differ between its terminals.
double marker_unit(Terminal terminal) {
  switch (terminal) {
    case Terminal::svg: return 0.64;
    case Terminal::png: return 0.95;
    case Terminal::pdf: break;
  }
  return 0.5;
}
constexpr double rim = 1.35;

class Script {
 public:
  Script(const Figure& figure, Terminal terminal) : figure_(figure), terminal_(terminal), layout_(lay_out(figure)) {}

  std::string write() {
    open();
    for (std::size_t k = 0; k < figure_.panels.size(); ++k) panel(figure_.panels[k], layout_.panels[k], k == 0);
    line("unset multiplot");
    return std::move(text_);
  }

 private:
  template <class... Args>
  void line(fmt::format_string<Args...> format, Args&&... args) {
    fmt::format_to(std::back_inserter(text_), format, std::forward<Args>(args)...);
    text_ += '\n';
  }

  std::string screen(double x, double y) const {
    return fmt::format("screen {:.6g},{:.6g}", x / figure_.width, 1 - y / layout_.height);
  }
  // The cairo terminals find a plain sans serif under this name wherever fontconfig knows one.
  std::string_view font() const { return terminal_ == Terminal::svg ? "sans-serif" : "Helvetica"; }
  // gnuplot counts the fonts of SVG in pixels and of the others in points, of which there are 72 to the inch.
  double font_size(double pixels) const { return terminal_ == Terminal::svg ? pixels : 0.75 * pixels; }

  void open() {
    line("set encoding utf8");
    const double w = figure_.width, h = layout_.height;
    switch (terminal_) {
      case Terminal::svg:
        line("set terminal svg size {:.0f},{:.0f} fixed noenhanced rounded font 'sans-serif,{}' background '#ffffff'",
             w, h, tick_size);
        break;
      case Terminal::png:
        line(
            "set terminal pngcairo size {:.0f},{:.0f} noenhanced rounded font 'Helvetica,{}' fontscale 2 linewidth 2 "
            "pointscale 2 background '#ffffff'",
            2 * w, 2 * h, font_size(tick_size));
        break;
      case Terminal::pdf:
        line(
            "set terminal pdfcairo size {:.6g}in,{:.6g}in noenhanced rounded font 'Helvetica,{}' fontscale 0.75 "
            "linewidth "
            "1 "
            "background '#ffffff'",
            w / 96, h / 96, font_size(tick_size));
        break;
    }
    line("set multiplot");
    line("unset key");
    line("set border 3 linecolor rgb '{}' linewidth 0.8", hex(grey));
    line("set datafile separator whitespace");
  }

  void panel(const Panel& panel, const PanelBox& box, bool first) {
    line("unset label");
    line("unset arrow");
    line("set lmargin at screen {:.6g}", box.left / figure_.width);
    line("set rmargin at screen {:.6g}", box.right / figure_.width);
    line("set tmargin at screen {:.6g}", 1 - box.top / layout_.height);
    line("set bmargin at screen {:.6g}", 1 - box.bottom / layout_.height);
    axis('x', box.x);
    axis('y', box.y);
    if (panel.grid)
      line("set grid noxtics ytics nomxtics nomytics back linetype 1 linecolor rgb '#e6e6e6' linewidth 0.6");
    else
      line("unset grid");
    if (!panel.title.empty()) text(panel.title, box.left, box.title_y, "left", ink, title_size, ":Bold");
    if (panel.x.show_label) text(panel.x.label, (box.left + box.right) / 2, box.x_label_y, "center", slate, label_size);
    if (panel.y.show_label)
      text(panel.y.label, box.y_label_x, (box.top + box.bottom) / 2, "center rotate by 90", slate, label_size);
    for (const LegendEntry& entry : box.legend) legend(entry);
    if (first)
      for (const LegendEntry& entry : layout_.shared_legend) legend(entry);
    for (const EndLabel& label : box.end_labels)
      text(label.name, box.right + 7, label.y, "left", label.color, label_size);
    layers(panel, box);
  }

  void axis(char name, const Scale& scale) {
    line("{} logscale {}", scale.log ? "set" : "unset", name);
    line("set {}range [{}:{}]", name, scale.reversed ? scale.max : scale.min, scale.reversed ? scale.min : scale.max);
    std::string marks;
    for (const Tick& tick : scale.major) marks += fmt::format("{} {}, ", quoted_mark(tick.text), tick.at);
    for (const double at : scale.minor) marks += fmt::format("'' {} 1, ", at);
    if (marks.empty()) {
      line("unset {}tics", name);
      return;
    }
    marks.resize(marks.size() - 2);
    line("set {}tics border nomirror out scale 0.5,0.28 norotate textcolor rgb '{}' ({})", name, hex(slate), marks);
  }

  void text(const std::string& words, double x, double y, std::string_view how, Color color, double size,
            std::string_view style = "") {
    line("set label {} at {} {} textcolor rgb '{}' font '{}{},{}'", quoted(words), screen(x, y), how, hex(color),
         font(), style, font_size(size));
  }

  void legend(const LegendEntry& entry) {
    const double width = sample_width(*entry.layer);
    const auto stroke = [&](const auto& l) {
      line("set arrow from {} to {} nohead linecolor rgb '{}' linewidth {} dashtype {}", screen(entry.x, entry.y),
           screen(entry.x + width, entry.y), hex(l.color), std::max(1.4, l.width), dash_of(l.dash, terminal_));
    };
    if (const auto* line_layer = std::get_if<Line>(entry.layer)) stroke(*line_layer);
    if (const auto* contour = std::get_if<Contour>(entry.layer)) stroke(*contour);
    if (const auto* points = std::get_if<Points>(entry.layer)) {
      const Glyph glyph = glyph_of(points->marker);
      line("set label '' at {} point pointtype {} pointsize {:.4g} linecolor rgb '{}'",
           screen(entry.x + width / 2, entry.y), glyph.type,
           marker_unit(terminal_) * glyph.scale * std::max(1.0, points->size), hex(points->color));
    }
    if (const auto* band = std::get_if<Band>(entry.layer))
      line("set arrow from {} to {} nohead linecolor rgb '{}' linewidth 10", screen(entry.x, entry.y),
           screen(entry.x + width, entry.y), hex(mix(white, band->color, band->opacity)));
    text(entry.name, entry.x + width + 6, entry.y, "left", ink, label_size);
  }

  // ---------------------------------------------------------------------------------------------- the layers
  void layers(const Panel& panel, const PanelBox& box) {
    clauses_.clear();
    pixels_.clear();
    box_ = &box;
    for (const PlotLayer& layer : panel.layers) std::visit([this](const auto& l) { add(l); }, layer);
    // Without anything to draw gnuplot would refuse to draw the axes too.
    std::string command = "plot NaN notitle";
    for (const std::string& clause : clauses_) command += ", \\\n  " + clause;
    text_ += command + '\n' + pixels_;
  }

  std::string block(std::string_view rows) {
    std::string name = fmt::format("$data{}", ++blocks_);
    text_ += name + " << END_OF_DATA\n";
    text_ += rows;
    text_ += "END_OF_DATA\n";
    return name;
  }

  bool drawable(double x, double y) const { return box_->x.drawable(x) && box_->y.drawable(y); }

  /// Coordinates with the digits that a picture can show, so that scripts stay small: 1 part in 10^7 of the axis.
  static void pair(std::string& rows, double x, double y) {
    fmt::format_to(std::back_inserter(rows), "{:.8g} {:.8g}", x, y);
  }

  void add(const Line& curve) {
    std::string rows;
    bool gap = true;
    for (std::size_t i = 0; i < curve.x.size(); ++i) {
      if (drawable(curve.x[i], curve.y[i])) {
        pair(rows, curve.x[i], curve.y[i]);
        rows += '\n';
        gap = false;
      } else if (!gap) {
        rows += '\n';  // an empty row lifts the pen
        gap = true;
      }
    }
    if (rows.empty()) return;
    clauses_.push_back(fmt::format("{} using 1:2 with {} linecolor rgb '{}' linewidth {} dashtype {} notitle",
                                   block(rows), curve.steps ? "steps" : "lines", hex(curve.color), curve.width,
                                   dash_of(curve.dash, terminal_)));
  }

  void add(const Points& points) {
    const Glyph glyph = glyph_of(points.marker);
    const double size = marker_unit(terminal_) * glyph.scale * points.size;
    const unsigned color = points.color.red * 65536U + points.color.green * 256U + points.color.blue;
    std::string rows;
    for (std::size_t i = 0; i < points.x.size(); ++i) {
      if (!drawable(points.x[i], points.y[i])) continue;
      // Rim and marker of one point follow each other, so that a later point lies wholly over an earlier one.
      if (points.rim) {
        pair(rows, points.x[i], points.y[i]);
        fmt::format_to(std::back_inserter(rows), " {:.4g} {} 0xffffff\n", size + (rim - 1) * marker_unit(terminal_),
                       glyph.type);
      }
      pair(rows, points.x[i], points.y[i]);
      fmt::format_to(std::back_inserter(rows), " {:.4g} {} 0x{:06x}\n", size, glyph.type, color);
    }
    if (rows.empty()) return;
    clauses_.push_back(fmt::format(
        "{} using 1:2:3:4:5 with points pointsize variable pointtype variable linecolor rgb variable notitle",
        block(rows)));
  }

  void add(const Band& band) {
    const auto usable = [&](std::size_t i) {
      return drawable(band.x[i], band.low[i]) && drawable(band.x[i], band.high[i]);
    };
    for (std::size_t i = 0; i < band.x.size();) {
      std::size_t end = i;
      while (end < band.x.size() && usable(end)) ++end;
      if (end > i + 1) polygon(band, i, end);
      i = end + 1;
    }
  }
  void polygon(const Band& band, std::size_t begin, std::size_t end) {
    std::string rows;
    for (std::size_t i = begin; i < end; ++i) pair(rows, band.x[i], band.low[i]), rows += '\n';
    for (std::size_t i = end; i-- > begin;) pair(rows, band.x[i], band.high[i]), rows += '\n';
    clauses_.push_back(fmt::format(
        "{} using 1:2 with filledcurves closed fillcolor rgb '{}' fillstyle transparent solid {:.3g} noborder "
        "notitle",
        block(rows), hex(band.color), band.opacity));
  }

  void add(const Field& field) {
    if (field.colors.empty()) return;
    field.smooth ? image(field) : cells(field);
  }

  /// Pixels that fill the area exactly. Viewers of SVG smooth an image by themselves; elsewhere more pixels do it.
  void image(const Field& field) {
    // Half the pixels of the area are enough for the eye, and gnuplot takes its time over every one.
    const auto enough = static_cast<Index>(std::clamp((box_->right - box_->left) / 2, 100.0, 220.0));
    const auto pixels = [&](Index nodes) {
      if (terminal_ == Terminal::svg) return std::clamp<Index>(nodes, 2, 120);
      return std::clamp<Index>(nodes, enough, 400);
    };
    const Index width = pixels(field.colors.cols()), height = pixels(field.colors.rows());
    for (Index i = 0; i < height; ++i)
      for (Index j = 0; j < width; ++j) {
        const Color c = sample(field.colors, (static_cast<double>(i) + 0.5) / static_cast<double>(height),
                               (static_cast<double>(j) + 0.5) / static_cast<double>(width));
        fmt::format_to(std::back_inserter(pixels_), "{} {} {}\n", c.red, c.green, c.blue);
      }
    pixels_ += "e\n";
    const Area& a = field.area;
    const double dx = (a.x_max - a.x_min) / static_cast<double>(width),
                 dy = (a.y_max - a.y_min) / static_cast<double>(height);
    clauses_.push_back(fmt::format(
        "'-' using ({:.12g} + {:.12g} * ($0 - {} * floor($0 / {}))):({:.12g} + {:.12g} * floor($0 / {})):1:2:3 "
        "with rgbimage notitle",
        a.x_min + dx / 2, dx, width, width, a.y_min + dy / 2, dy, width));
  }

  /// The colour at a fraction of the height and width, between the nodes around it.
  static Color sample(const Matrix<Color>& colors, double up, double along) {
    const double row = up * static_cast<double>(colors.rows() - 1),
                 col = along * static_cast<double>(colors.cols() - 1);
    const Index i = std::min(static_cast<Index>(row), std::max<Index>(colors.rows() - 2, 0));
    const Index j = std::min(static_cast<Index>(col), std::max<Index>(colors.cols() - 2, 0));
    const Index i1 = std::min(i + 1, colors.rows() - 1), j1 = std::min(j + 1, colors.cols() - 1);
    const double ti = row - static_cast<double>(i), tj = col - static_cast<double>(j);
    return mix(mix(colors(i, j), colors(i, j1), tj), mix(colors(i1, j), colors(i1, j1), tj), ti);
  }

  void cells(const Field& field) {
    const Area& a = field.area;
    const double dx = (a.x_max - a.x_min) / static_cast<double>(field.colors.cols());
    const double dy = (a.y_max - a.y_min) / static_cast<double>(field.colors.rows());
    std::string rows;
    for (Index i = 0; i < field.colors.rows(); ++i)
      for (Index j = 0; j < field.colors.cols(); ++j) {
        const Color c = field.colors(i, j);
        pair(rows, a.x_min + dx * (static_cast<double>(j) + 0.5), a.y_min + dy * (static_cast<double>(i) + 0.5));
        fmt::format_to(std::back_inserter(rows), " 0x{:02x}{:02x}{:02x}\n", c.red, c.green, c.blue);
      }
    clauses_.push_back(fmt::format(
        "{} using 1:2:({:.8g}):({:.8g}):3 with boxxyerror linecolor rgb variable fillstyle solid noborder notitle",
        block(rows), dx / 2, dy / 2));
  }

  void add(const Contour& contour) {
    std::string rows;
    for (const double level : contour.levels)
      for (const Polyline& polyline : contour_lines(contour.area, contour.values, level)) {
        for (const auto& [x, y] : polyline)
          if (drawable(x, y)) pair(rows, x, y), rows += '\n';
        rows += '\n';
      }
    if (rows.empty()) return;
    clauses_.push_back(fmt::format("{} using 1:2 with lines linecolor rgb '{}' linewidth {} dashtype {} notitle",
                                   block(rows), hex(contour.color), contour.width, dash_of(contour.dash, terminal_)));
  }

  void add(const Annotation& note) {
    if (!drawable(note.x, note.y)) return;
    static constexpr std::array how = {"left", "center", "right"};
    const double x = box_->left + box_->x.position(note.x) * (box_->right - box_->left) + note.dx;
    const double y = box_->bottom - box_->y.position(note.y) * (box_->bottom - box_->top) - note.dy;
    text(note.text, x, y, std::string(how[static_cast<std::size_t>(note.align)]) + " front", note.color, note.size);
  }

  const Figure& figure_;
  Terminal terminal_;
  Layout layout_;
  std::string text_;
  std::vector<std::string> clauses_;
  std::string pixels_;  // follow the plot command: gnuplot is slow in storing blocks of many rows
  const PanelBox* box_ = nullptr;
  int blocks_ = 0;
};

}  // namespace

Marker class_marker(Index k) {
  static constexpr std::array markers = {Marker::circle,  Marker::square,        Marker::triangle,
                                         Marker::diamond, Marker::down_triangle, Marker::pentagon};
  return markers[static_cast<std::size_t>(k) % markers.size()];
}

Dash series_dash(Index k) {
  static constexpr std::array dashes = {Dash::solid, Dash::dashed, Dash::dash_dotted, Dash::dotted};
  return dashes[static_cast<std::size_t>(k) % dashes.size()];
}

std::string to_gnuplot(const Figure& figure, Terminal terminal) { return Script(figure, terminal).write(); }

}  // namespace gradus
