// SPDX-License-Identifier: MIT
#include "check/value_slopes.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>

#include "gradus/check/result.hpp"

namespace gradus::detail {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();
constexpr double kInfinite = std::numeric_limits<double>::infinity();

bool contradicts(double gradient, const ValueSlope& slope, double norm) {
  return !(std::abs(gradient - slope.value) <= 4 * slope.error + 64 * kEpsilon * norm);
}

/// Whether two estimates may be of one slope, or of one kink.
bool agree(const ValueSlope& a, const ValueSlope& b) {
  const double allowed = 4 * (a.error + b.error);
  return std::abs(a.value - b.value) <= allowed && std::abs(a.low - b.low) <= allowed &&
         std::abs(a.high - b.high) <= allowed;
}

}  // namespace

ValueSlopes::ValueSlopes(const ScalarFunction& f, std::span<const double> theta, double value,
                         std::span<const double> gradient)
    : f_(f), theta_(theta), moved_(theta.begin(), theta.end()), middle_(value), norm_(norm_of(gradient)) {
  if (!std::isfinite(norm_)) norm_ = 0;
  measure_noise(value, gradient);
  for (std::size_t k = 0; k < theta.size(); ++k)
    slopes_.push_back(estimate(k, std::max(std::abs(gradient[k]), 1e-6 * norm_)));
  add_curvature();
  for (std::size_t k = 0; k < theta.size(); ++k)
    if (std::isfinite(gradient[k]) && contradicts(gradient[k], slopes_[k], norm_))
      slopes_[k] = review(k, gradient[k], slopes_[k]);
}

double ValueSlopes::at(std::size_t k, double w) {
  moved_[k] = w;
  const double value = f_(moved_);
  moved_[k] = theta_[k];
  if (std::isfinite(value)) largest_ = std::max(largest_, std::abs(value));
  return value;
}

double ValueSlopes::step(std::size_t k) const {
  return std::ldexp(1.0, std::ilogb(std::max(std::abs(theta_[k]), 1.0)) - 10);
}

/// What rounding does to a value: by what the value feels of a rounding of every number that it is made of, and as it
/// is seen (More and Wild, 2011), for within the function larger numbers may have cancelled, or others than doubles
/// been used.
void ValueSlopes::measure_noise(double value, std::span<const double> gradient) {
  relative_ = 4 * kEpsilon * (1 + std::sqrt(static_cast<double>(theta_.size())));
  rounding_ = relative_ * std::abs(value);
  for (std::size_t k = 0; k < theta_.size(); ++k)
    if (std::isfinite(gradient[k])) rounding_ += relative_ * std::abs(gradient[k]) * std::abs(theta_[k]);
  // On each side by itself, so that a kink here is not taken for noise.
  rounding_ = std::max(rounding_, 4 * std::min(noise_along(1), noise_along(-1)));
}

/// The deviation of values next to one another from a smooth course: differences of high order leave nothing else.
double ValueSlopes::noise_along(double sign) {
  constexpr std::size_t kPoints = 9;
  std::array<double, kPoints> values{};
  for (int exponent = -24; exponent <= -12; exponent += 6) {
    bool all_alike = true;
    for (std::size_t i = 0; i < kPoints; ++i) {
      for (std::size_t k = 0; k < theta_.size(); ++k)
        moved_[k] = theta_[k] * (1 + sign * std::ldexp(static_cast<double>(i + 1), exponent));
      values[i] = f_(moved_);
      if (!std::isfinite(values[i])) {
        std::copy(theta_.begin(), theta_.end(), moved_.begin());
        return 0;
      }
      all_alike = all_alike && values[i] == values[0];
    }
    if (!all_alike) break;
  }
  std::copy(theta_.begin(), theta_.end(), moved_.begin());
  double least = kInfinite;
  double gamma = 1;  // (k!)^2 / (2k)!
  for (std::size_t order = 1; order + 1 < kPoints; ++order) {
    double squares = 0;
    const std::size_t count = kPoints - order;
    for (std::size_t i = 0; i < count; ++i) {
      values[i] = values[i + 1] - values[i];
      squares += values[i] * values[i] / static_cast<double>(count);
    }
    gamma *= static_cast<double>(order) / static_cast<double>(2 * (2 * order - 1));
    if (order > 2) least = std::min(least, std::sqrt(gamma * squares));
  }
  return std::isfinite(least) ? least : 0;
}

/// To so many digits of `size`.
ValueSlope ValueSlopes::estimate(std::size_t k, double size) {
  Estimate best;
  largest_ = 0;
  // Larger steps where noise is all that smaller ones see; smaller ones where the function is steep or bent.
  constexpr std::array kScales{1.0, 0x1p-6, 0x1p-12, 0x1p-18, 0x1p5};
  for (std::size_t attempt = 0; attempt < kScales.size(); ++attempt) {
    Estimate estimate = ridders([&](double w) { return at(k, w); }, theta_[k], kScales[attempt] * step(k), 1e-8 * size);
    estimate.error += 2 * std::max(rounding_, relative_ / 4 * largest_) / estimate.step;
    if (estimate.error < best.error || attempt == 0) best = estimate;
    if (best.error <= 1e-4 * size) break;
  }
  if (!std::isfinite(best.value)) return {.value = 0, .error = kInfinite};
  return {.value = best.value, .error = best.error};
}

/// The derivative where the gradient contradicts it: a step may have been too long, across a kink or out of where there
/// are values. It is taken again at ever smaller steps, and the smallest of them believed at which rounding would not
/// hide what is contradicted.
ValueSlope ValueSlopes::review(std::size_t k, double gradient, const ValueSlope& first) {
  const double apart = std::isfinite(first.error) ? std::abs(gradient - first.value) : std::abs(gradient);
  const double w = theta_[k];
  const double least = std::max(std::abs(w), std::numeric_limits<double>::min() / kEpsilon) * 0x1p-44;
  std::optional<ValueSlope> smallest;
  double h = 8 * step(k);
  while ((h /= 8) >= least) {
    largest_ = std::abs(middle_);
    const double above = at(k, w + h) - middle_;
    const double below = middle_ - at(k, w - h);
    const double half_above = at(k, w + h / 2) - middle_;
    const double half_below = middle_ - at(k, w - h / 2);
    const double rounding = 8 * std::max(rounding_, relative_ / 4 * largest_) / h;
    if (!(rounding <= apart / 16)) break;
    if (!std::isfinite(above) || !std::isfinite(below)) continue;
    const double wide = (above + below) / (2 * h);
    const double near = (half_above + half_below) / h;
    const double right = (4 * half_above - above) / h;
    const double left = (4 * half_below - below) / h;
    const double bend = std::abs(right - 2 * half_above / h) + std::abs(left - 2 * half_below / h);
    ValueSlope slope{.value = (4 * near - wide) / 3, .error = std::abs(near - wide) + rounding};
    if (std::abs(right - left) > 8 * (bend + rounding))
      slope = {.value = near,
               .error = bend + rounding,
               .is_kink = true,
               .low = std::min(left, right),
               .high = std::max(left, right)};
    // A smaller step overrules a larger one only where it contradicts it, for it tells fewer digits.
    if (slope.error <= apart / 16 &&
        (!smallest || smallest->is_kink != slope.is_kink || !agree(*smallest, slope) || slope.error < smallest->error))
      smallest = slope;
  }
  // The first look's steps tell more digits: where the gradient stays contradicted, it does as they tell it.
  const bool overruled =
      smallest && (smallest->is_kink || !contradicts(gradient, *smallest, norm_) || !std::isfinite(first.error));
  return overruled ? *smallest : first;
}

double ValueSlopes::second_derivative(std::size_t k) {
  const double h = step(k);
  const double second = std::abs(at(k, theta_[k] + h) - 2 * middle_ + at(k, theta_[k] - h)) / (h * h);
  return std::isfinite(second) ? second : 0;
}

/// At a minimum the value itself feels no rounding, but a step away it does: see check/detail/difference_review.hpp.
void ValueSlopes::add_curvature() {
  std::vector<double> root;
  double sum = 0;
  for (std::size_t k = 0; k < theta_.size(); ++k) {
    root.push_back(std::sqrt(second_derivative(k)));
    sum += root.back() * std::abs(theta_[k]);
  }
  for (std::size_t k = 0; k < root.size(); ++k) slopes_[k].error += relative_ * root[k] * sum;
}

}  // namespace gradus::detail
