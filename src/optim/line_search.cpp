// SPDX-License-Identifier: MIT
#include "gradus/optim/line_search.hpp"

#include <algorithm>
#include <cmath>

namespace gradus {
namespace {

/// The minimum of the cubic through two points and their slopes (Nocedal and Wright, 3.59), kept away from the ends of
/// the interval by a tenth of it; its middle where there is no such minimum.
template <std::floating_point T>
T between(const LinePoint<T>& a, const LinePoint<T>& b) {
  const T width = b.step - a.step;
  const T middle = a.step + width / 2;
  const T d1 = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step);
  const T square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return middle;
  const T d2 = std::copysign(std::sqrt(square), width);
  const T step = b.step - width * (b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2);
  if (!std::isfinite(step)) return middle;
  const auto [low, high] = std::minmax({a.step + width / 10, b.step - width / 10});
  return std::clamp(step, low, high);
}

template <std::floating_point T>
class Search {
 public:
  Search(const std::function<LinePoint<T>(T)>& phi, const LinePoint<T>& start, const WolfeConditions& conditions)
      : phi_(phi), start_(start), conditions_(conditions) {}

  LineSearchResult<T> run(T step) {
    LinePoint<T> last = start_;
    while (going()) {
      const LinePoint<T> point = evaluate(step);
      if (!descends(point) || (last.step > 0 && point.value > last.value)) return zoom(last, point);
      if (is_flat(point)) return {point, evaluations_, true};
      if (point.slope >= 0) return zoom(point, last);
      last = point;
      step *= 3;
    }
    return {last, evaluations_, last.step > 0};
  }

 private:
  bool going() const { return evaluations_ < conditions_.evaluations; }
  LinePoint<T> evaluate(T step) {
    ++evaluations_;
    return phi_(step);
  }
  bool descends(const LinePoint<T>& p) const {
    return p.value <= start_.value + static_cast<T>(conditions_.c1) * p.step * start_.slope && std::isfinite(p.slope);
  }
  bool is_flat(const LinePoint<T>& p) const {
    return std::abs(p.slope) <= -static_cast<T>(conditions_.c2) * start_.slope;
  }

  /// A step that will do lies between `low`, the lowest point yet that descends, and `high`.
  LineSearchResult<T> zoom(LinePoint<T> low, LinePoint<T> high) {
    while (going() && low.step != high.step) {
      const LinePoint<T> point = evaluate(between(low, high));
      if (!descends(point) || point.value > low.value) {
        high = point;
        continue;
      }
      if (is_flat(point)) return {point, evaluations_, true};
      if (point.slope * (high.step - low.step) >= 0) high = low;
      low = point;
    }
    if (low.step > 0) low = evaluate(low.step);  // what phi leaves behind belongs to the result
    return {low, evaluations_, low.step > 0};
  }

  const std::function<LinePoint<T>(T)>& phi_;
  LinePoint<T> start_;
  WolfeConditions conditions_;
  Index evaluations_ = 0;
};

}  // namespace

template <std::floating_point T>
LineSearchResult<T> line_search(const std::function<LinePoint<T>(T)>& phi, const LinePoint<T>& start, T first,
                                const WolfeConditions& conditions) {
  return Search<T>(phi, start, conditions).run(first);
}

template LineSearchResult<double> line_search(const std::function<LinePoint<double>(double)>&, const LinePoint<double>&,
                                              double, const WolfeConditions&);
template LineSearchResult<float> line_search(const std::function<LinePoint<float>(float)>&, const LinePoint<float>&,
                                             float, const WolfeConditions&);

}  // namespace gradus
