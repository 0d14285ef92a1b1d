// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>
#include <vector>

#include "gradus/check/detail/kinks.hpp"
#include "gradus/check/detail/sources.hpp"
#include "gradus/check/result.hpp"

namespace gradus::detail {

/// The loss's differences by every number of theta and of x, one at a time: extrapolated ones, with how far each may be
/// off, plain ones beside them, and the kinks that they straddle.
template <class L>
class EntrywiseDifferences {
 public:
  explicit EntrywiseDifferences(GradientCheckOptions options) : options_(std::move(options)) {}

  /// Reads the tape's gradient and magnitudes, and writes the differences with their errors and kinks; those by x where
  /// `input` is true.
  void run(const LossOfBatch<L>& f, bool input, GradientEvidence& evidence) {
    evidence_ = &evidence;
    first_told_ = first_behind_stops(f.network);
    const double loss = probe_.start(f, options_.seed);
    note_rounding(f, loss);
    const std::size_t n = f.theta.size() + (input ? static_cast<std::size_t>(f.x.size()) : 0);
    for (const GradientSource source : kSources)
      if (source == GradientSource::ridders || options_.plain) by(source).resize(n);
    evidence.ridders_error.resize(n);
    truncation_.resize(n);
    step_.resize(n);
    for_each_layer_backwards(f.network, f.theta, [&](std::size_t l, std::size_t offset, std::size_t count) {
      const auto scale = scales_of(offset, count);
      // Where layers stop the derivative, differences see what it does not.
      for (std::size_t k = offset; k < offset + count; ++k)
        l < first_told_ ? no_difference(k) : difference(f, l, probe_.theta()[k], k, scale, loss);
    });
    if (!input) return;
    const std::size_t offset = f.theta.size();
    const auto scale = scales_of(offset, probe_.x().size());
    for (std::size_t k = 0; k < probe_.x().size(); ++k)
      first_told_ > 0 ? no_difference(offset + k) : difference(f, 0, probe_.x()[k], offset + k, scale, loss);
  }

  /// Of the extrapolated differences: their estimated error but for rounding.
  const std::vector<double>& truncation() const { return truncation_; }
  const std::vector<double>& step() const { return step_; }
  double loss_rounding() const { return loss_rounding_; }

 private:
  static constexpr std::array kSources{GradientSource::ridders, GradientSource::forward_difference,
                                       GradientSource::central_difference};

  std::vector<double>& by(GradientSource source) { return evidence_->gradients[static_cast<std::size_t>(source)]; }

  /// The computed loss is that of parameters each of which is off by some roundings of its own.
  void note_rounding(const LossOfBatch<L>& f, double loss) {
    const std::vector<double>& tape = by(GradientSource::tape);
    double bound = std::abs(loss);
    double felt = std::abs(loss);
    for (std::size_t k = 0; k < f.theta.size(); ++k) {
      bound += evidence_->magnitude[k] * std::abs(f.theta[k]);
      felt += std::abs(tape[k] * f.theta[k]);
    }
    loss_rounding_ = std::numeric_limits<double>::epsilon() * evidence_->summands * std::min(bound, 64 * felt);
  }

  /// What differences by the numbers of an array are held against: the magnitudes of their paths, or so many times the
  /// derivatives themselves where that is less, for magnitudes grow with depth.
  auto scales_of(std::size_t offset, std::size_t count) {
    const std::span<const double> magnitude = std::span<const double>(evidence_->magnitude).subspan(offset, count);
    const std::span<const double> tape = std::span<const double>(by(GradientSource::tape)).subspan(offset, count);
    return [=, rms = root_mean_square(magnitude), size = root_mean_square(tape)](std::size_t k) {
      const double bound = magnitude[k - offset] + rms;
      return size > 0 ? std::min(bound, 64 * (std::abs(tape[k - offset]) + size)) : bound;
    };
  }

  void no_difference(std::size_t k) {
    for (const GradientSource source : kSources)
      if (!by(source).empty()) by(source)[k] = std::numeric_limits<double>::quiet_NaN();
    evidence_->ridders_error[k] = truncation_[k] = std::numeric_limits<double>::infinity();
    step_[k] = 1;
  }

  /// Entry k of the gradient, by differences in the number w.
  template <class Scale>
  void difference(const LossOfBatch<L>& f, std::size_t layer, double& w, std::size_t k, const Scale& scale_of,
                  double loss) {
    f.pause();
    const double value = w;
    const auto at = [&](double changed) {
      w = changed;
      return probe_.loss(f, layer);
    };
    const double scale = scale_of(k);
    // A power of two, so that the steps are exact.
    double step = std::ldexp(1.0, std::ilogb(std::max(std::abs(value), 1.0)) - 10);
    Estimate best;
    for (int attempt = 0; attempt < 4; ++attempt, step /= 64) {
      Estimate estimate = ridders(at, value, step, 1e-7 * scale);
      estimate.error += 2 * loss_rounding_ / estimate.step;
      if (estimate.error < best.error || attempt == 0) best = estimate;
      if (best.error <= 1e-4 * scale) break;
    }
    // Where the loss overflows within the step, differences have no say.
    if (!std::isfinite(best.value)) best.error = std::numeric_limits<double>::infinity();
    by(GradientSource::ridders)[k] = best.value;
    evidence_->ridders_error[k] = best.error;
    truncation_[k] = std::max(best.error - 2 * loss_rounding_ / best.step, 0.0);
    step_[k] = best.step;
    if (options_.plain) {
      by(GradientSource::forward_difference)[k] = (at(value + options_.forward_step) - loss) / options_.forward_step;
      const double c = options_.central_step;
      by(GradientSource::central_difference)[k] = (at(value + c) - at(value - c)) / (2 * c);
    }
    w = value;
    find_kink(f, k, best, std::max(best.step, step), scale);
  }

  /// Where the difference is not what it should be, or does not settle.
  void find_kink(const LossOfBatch<L>& f, std::size_t k, const Estimate& seen, double reach, double scale) {
    const double tape = by(GradientSource::tape)[k];
    const double off = std::abs(seen.value - tape);
    if (off <= seen.error + 4 * evidence_->roundings(tape, scale / 64) && seen.error <= 1e-3 * scale) return;
    if (const std::optional<Kink> kink =
            KinkFinder<L>(f, options_.seed, loss_rounding_).find(k, reach, evidence_->magnitude[k]))
      evidence_->kinks.push_back(*kink);
  }

  GradientCheckOptions options_;
  GradientEvidence* evidence_ = nullptr;  // of the check that runs
  LossProbe<L> probe_;
  std::size_t first_told_ = 0;  // layer, from which on differences tell the derivative
  double loss_rounding_ = 0;
  std::vector<double> truncation_;
  std::vector<double> step_;
};

}  // namespace gradus::detail
