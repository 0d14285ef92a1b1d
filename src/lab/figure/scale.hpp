// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "gradus/lab/figure/figure.hpp"

/// Ranges and marks of an axis: private to the figure subject.
namespace gradus::figure_detail {

/// The smallest and largest number seen; empty while `min > max`. What cannot be drawn is passed over.
struct Extent {
  double min = 0;
  double max = -1;
  bool empty() const { return min > max; }
  void include(double value, bool log);
};

/// Whether an axis can show a number: finite, positive for logarithms, and not so large or small that spans overflow.
bool drawable(double value, bool log);

struct Tick {
  double at = 0;
  std::string text;
};

struct Scale {
  double min = 0;
  double max = 1;
  bool log = false;
  bool reversed = false;
  std::vector<Tick> major;
  std::vector<double> minor;

  /// Where a value lies: 0 at the left or bottom end of the axis, 1 at the other.
  double position(double value) const;
  /// Whether a number can be drawn on this axis at all.
  bool drawable(double value) const;
};

/// The range of an axis, from what it asks for and else from its data (padded by `pad` of the span at each end), with
/// round marks not closer than a label of that many `pixels` needs. Throws ValueError for an empty or unusable range.
Scale make_scale(const Axis& axis, const Extent& data, double pad, double pixels, double pixels_per_mark);

/// A number as an axis writes it: a true minus sign, thin spaces between thousands, `decimals` digits after the point.
std::string axis_number(double value, int decimals);
/// 10 to a whole power, with raised digits: `10⁻³`.
std::string power_of_ten(int exponent);

/// About how wide a text is, in pixels, for laying out; no font is asked, so that every machine lays out alike.
double text_width(const std::string& text, double size);

}  // namespace gradus::figure_detail
