// SPDX-License-Identifier: MIT
#include "gradus/data/linspace.hpp"

namespace gradus {

std::vector<double> linspace(double start, double stop, Index count, bool endpoint) {
  if (count < 0) throw ValueError("[linspace] expected a count >= 0, got " + std::to_string(count));
  std::vector<double> values(static_cast<std::size_t>(count));
  const double delta = stop - start;
  const double intervals = static_cast<double>(endpoint ? count - 1 : count);
  const double step = intervals > 0 ? delta / intervals : delta;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double position = static_cast<double>(i);
    // A step that underflows to zero would collapse the range: then the division comes first, as in NumPy.
    values[i] = (step == 0 && intervals > 0 ? position / intervals * delta : position * step) + start;
  }
  if (endpoint && count > 1) values.back() = stop;
  return values;
}

}  // namespace gradus
