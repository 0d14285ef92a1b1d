// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <vector>

#include "gradus/check/detail/sources.hpp"
#include "gradus/check/tracked_source.hpp"

namespace gradus::detail {

/// The loss along a line through theta and x: at theta + h v, x + h w for the direction (v, w), which may end early;
/// what it is too short for does not move.
template <class L, class Number>
class LossAlong {
 public:
  LossAlong(const LossOfBatch<L>& f, std::uint64_t seed, std::span<const double> direction)
      : f_(f), direction_(direction) {
    set_mode(trace_, seed);
  }

  Number operator()(double h) {
    const auto moved = [&](double value, std::size_t k) {
      const double by = k < direction_.size() ? direction_[k] : 0;
      return by == 0 || h == 0 ? Number(value) : Number(value) + Number(h) * Number(by);
    };
    theta_.clear();
    for (std::size_t k = 0; k < f_.theta.size(); ++k) theta_.push_back(moved(f_.theta[k], k));
    x_.resize(f_.x.rows(), f_.x.cols());
    for (Index i = 0; i < x_.rows(); ++i)
      for (Index j = 0; j < x_.cols(); ++j)
        x_(i, j) = moved(f_.x(i, j), theta_.size() + static_cast<std::size_t>(i * x_.cols() + j));
    forward(f_.network, theta_, x_, trace_);
    return loss_of_trace(f_.network, f_.loss, trace_, f_.targets);
  }

 private:
  LossOfBatch<L> f_;
  std::span<const double> direction_;
  std::vector<Number> theta_;
  Matrix<Number> x_;
  Trace<Number> trace_;
};

/// As a double computes it and, beside it, without rounding: steps along the line are exact too. (Constants, which no
/// tape records.)
template <class L>
class ExactLine : LossAlong<L, TrackedVar<double>> {
 public:
  using LossAlong<L, TrackedVar<double>>::LossAlong;
  Tracked<double> operator()(double h) { return LossAlong<L, TrackedVar<double>>::operator()(h).value(); }
};

/// The slope of a loss that is known without rounding, by differences, if at some step below `unit`, however small, it
/// has settled to the left and to the right alike, so that the point lies on no kink and on no jump: well enough to
/// be held against `other`.
template <class Line>
std::optional<Estimate> settled_slope(Line&& line, double unit, double other) {
  const Tracked<double> middle = line(0);
  const DoubleDouble here = middle.exact();
  // 32 digits of a loss that is made of numbers near 1, or of as large ones as its rounding in a double betrays.
  const double rounding = 0x1p-98 * (1 + std::abs(here.hi())) + 0x1p-45 * std::abs(middle.error());
  for (const int power : {-20, -28, -36, -44}) {
    const double h = std::ldexp(unit, power);
    const auto central = [&](double step) {
      const DoubleDouble up = line(step).exact() - here;
      const DoubleDouble down = here - line(-step).exact();
      return std::pair{((up + down) / DoubleDouble(2 * step)).hi(), std::abs(((up - down) / DoubleDouble(step)).hi())};
    };
    const double wide = central(h).first;
    const auto [narrow, sides_apart] = central(h / 2);
    const double value = (4 * narrow - wide) / 3;
    const double off = std::abs(narrow - wide) + 1e-12 * std::abs(value) + 4 * rounding / h;
    const double apart = std::abs(value - other);
    const bool settled = off <= 1e-6 * std::abs(value) || off <= 1e-2 * apart;
    if (settled && sides_apart <= 1e-2 * std::max(apart, off)) return Estimate{value, off, h / 2};
  }
  return {};
}

}  // namespace gradus::detail
