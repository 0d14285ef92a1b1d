// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "gradus/check/detail/exact_line.hpp"
#include "gradus/check/detail/kinks.hpp"
#include "gradus/check/detail/sources.hpp"
#include "gradus/check/tracked_source.hpp"

namespace gradus::detail {

/// What extrapolated differences can really tell, where they contradict the tape. Before the forward pass is accused,
/// their error is estimated with more care, and in the end they are taken again without rounding.
template <class L>
class DifferenceReview {
 public:
  /// `truncation` and `step` are those of each entry's difference.
  DifferenceReview(const LossOfBatch<L>& f, std::uint64_t seed, GradientEvidence& evidence,
                   std::span<const double> truncation, std::span<const double> step)
      : f_(f), seed_(seed), evidence_(evidence), truncation_(truncation), step_(step) {}

  /// `loss_rounding` is what rounding may do to the loss at this point.
  void run(double loss_rounding) {
    for (std::size_t k = 0; k < error().size(); ++k)
      if (std::isfinite(error()[k])) error()[k] = truncation_[k] + 2 * loss_rounding / step_[k];
    if (!any_contradicts()) return;
    const double seen = seen_rounding();
    for (std::size_t k = 0; k < error().size(); ++k) error()[k] += 4 * seen / step_[k];
    if (!any_contradicts()) return;
    add_curvature();
    for (const ParameterBlock& block : evidence_.blocks) settle(block);
  }

 private:
  std::vector<double>& error() { return evidence_.ridders_error; }
  const std::vector<double>& error() const { return evidence_.ridders_error; }
  std::vector<double>& ridders() { return evidence_.gradients[static_cast<std::size_t>(GradientSource::ridders)]; }
  double by(GradientSource source, std::size_t k) const {
    return evidence_.gradients[static_cast<std::size_t>(source)][k];
  }
  double tape(std::size_t k) const { return by(GradientSource::tape, k); }

  /// How many times too far the difference is from the tape, and from the pass on trial if these two agree.
  double excess(std::size_t k) {
    if (std::isinf(error()[k])) return 0;
    const double hand = by(GradientSource::hand, k);
    double apart = std::abs(ridders()[k] - tape(k));
    const bool same_pass = evidence_.precision_gap.empty();  // in float, differences are of another pass than hand
    if (same_pass && std::abs(hand - tape(k)) <= 2 * evidence_.tolerance[k])
      apart = std::max(apart, std::abs(ridders()[k] - hand));
    const double allowed = 4 * error()[k] + evidence_.tolerance[k];
    return apart / std::max(allowed, std::numeric_limits<double>::min());
  }
  bool has_kink(std::size_t k) const {
    return std::any_of(evidence_.kinks.begin(), evidence_.kinks.end(),
                       [&](const Kink& kink) { return static_cast<std::size_t>(kink.entry) == k; });
  }
  bool contradicts(std::size_t k) { return !has_kink(k) && !(excess(k) <= 1); }
  bool any_contradicts() {
    for (std::size_t k = 0; k < error().size(); ++k)
      if (contradicts(k)) return true;
    return false;
  }

  /// At a minimum the loss itself feels no rounding, but a step away it does: its derivative by another number w_j is
  /// there H_kj h, and |H_kj| <= sqrt(H_kk H_jj). A rounding of every w_j then changes the difference quotient,
  /// whatever the step, by as much as eps sqrt(H_kk) sum_j sqrt(H_jj) |w_j|.
  void add_curvature() {
    Place place{{f_.theta.begin(), f_.theta.end()}, Matrix<double>(f_.x)};
    const double middle = loss_at(place);
    std::vector<double> root(error().size());
    double sum = 0;
    for (std::size_t k = 0; k < root.size(); ++k) {
      f_.pause();
      const double value = place[k];
      const double h = std::ldexp(1.0, std::ilogb(std::max(std::abs(value), 1.0)) - 10);
      place[k] = value + h;
      const double above = loss_at(place);
      place[k] = value - h;
      const double below = loss_at(place);
      place[k] = value;
      const double second = std::abs(above - 2 * middle + below) / (h * h);
      root[k] = std::isfinite(second) ? std::sqrt(second) : 0;
      sum += root[k] * std::abs(value);
    }
    constexpr double eps = std::numeric_limits<double>::epsilon();
    for (std::size_t k = 0; k < root.size(); ++k) error()[k] += 4 * eps * evidence_.summands * root[k] * sum;
  }

  /// Goes through the worst contradictions of an array: where differences without rounding say what the tape says,
  /// those with it could not tell; where they do not, they are what is believed.
  void settle(const ParameterBlock& block) {
    const auto first = static_cast<std::size_t>(block.offset);
    const std::size_t last = std::min(first + static_cast<std::size_t>(block.size()), error().size());
    for (int looked = 0; looked < 4; ++looked) {
      std::size_t worst = last;
      for (std::size_t k = first; k < last; ++k)
        if (contradicts(k) && (worst == last || !(excess(k) <= excess(worst)))) worst = k;
      if (worst == last) return;
      if (take_again(worst)) return;
    }
    for (std::size_t k = first; k < last; ++k)
      if (contradicts(k)) error()[k] = std::numeric_limits<double>::infinity();
  }

  /// Whether the contradiction stands without rounding, and on both sides of this point.
  bool take_again(std::size_t k) {
    f_.pause();
    const std::vector<double> along = axis(k);
    const Place place{{f_.theta.begin(), f_.theta.end()}, Matrix<double>(f_.x)};
    const double unit = std::ldexp(1.0, std::ilogb(std::max(std::abs(place[k]), 1.0)));
    const std::optional<Estimate> slope = settled_slope(ExactLine<L>(f_, seed_, along), unit, tape(k));
    error()[k] = slope ? slope->error : std::numeric_limits<double>::infinity();
    if (slope) ridders()[k] = slope->value;
    return slope && contradicts(k);
  }
  std::vector<double> axis(std::size_t k) const {
    std::vector<double> along(error().size());
    along[k] = 1;
    return along;
  }

  /// How far rounding leads the loss off, as far as can be seen: here and a step away in a few of its numbers.
  double seen_rounding() const {
    constexpr std::size_t kPlaces = 8;
    double most = 0;
    for (std::size_t i = 0; i < kPlaces; ++i) {
      const std::vector<double> along = axis(i * error().size() / kPlaces);
      most = std::max(most, std::abs(ExactLine<L>(f_, seed_, along)(i == 0 ? 0 : 0x1p-10).error()));
    }
    return std::isfinite(most) ? most : 0;
  }

  double loss_at(const Place& place) {
    set_mode(trace_, seed_);
    return loss_value(f_.network, f_.loss, place.theta, place.x, f_.targets, trace_);
  }

  LossOfBatch<L> f_;
  std::uint64_t seed_;
  GradientEvidence& evidence_;
  std::span<const double> truncation_;
  std::span<const double> step_;
  Trace<double> trace_;
};

}  // namespace gradus::detail
