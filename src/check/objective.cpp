// SPDX-License-Identifier: MIT
#include "gradus/check/objective.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gradus/check/detail/diagnosis.hpp"
#include "gradus/check/ridders.hpp"

namespace gradus {
namespace {

std::vector<double> gradient_over(double fill, const ObjectiveWithGradient& f, std::span<const double> theta,
                                  double& value) {
  std::vector<double> gradient(theta.size(), fill);
  value = f(theta, gradient);
  return gradient;
}

/// Extrapolated differences by every number, and how far each may be off.
class Slopes {
 public:
  Slopes(const ScalarFunction& f, std::span<const double> theta, const ObjectiveCheck& check)
      : f_(f), theta_(theta), moved_(theta.begin(), theta.end()), middle_(check.value) {
    norm_ = detail::norm_of(check.gradient);
    double sensitivity = std::abs(check.value);
    for (std::size_t k = 0; k < theta.size(); ++k) sensitivity += std::abs(check.gradient[k] * theta[k]);
    roundings_ = 4 * kEpsilon * (1 + std::sqrt(static_cast<double>(theta.size())));
    for (std::size_t k = 0; k < theta.size(); ++k) estimates_.push_back(estimate(k, roundings_ * sensitivity));
  }

  std::vector<double> values() const {
    std::vector<double> all;
    for (const Estimate& estimate : estimates_) all.push_back(estimate.value);
    return all;
  }
  std::vector<double> tolerances() {
    std::vector<double> all;
    for (const Estimate& estimate : estimates_) all.push_back(4 * estimate.error + 64 * kEpsilon * norm_);
    add_curvature(all);
    return all;
  }

 private:
  static constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

  double step(std::size_t k) const { return std::ldexp(1.0, std::ilogb(std::max(std::abs(theta_[k]), 1.0)) - 10); }
  double at(std::size_t k, double w) {
    moved_[k] = w;
    const double value = f_(moved_);
    moved_[k] = theta_[k];
    return value;
  }

  Estimate estimate(std::size_t k, double rounding) {
    Estimate best;
    double h = step(k);
    for (int attempt = 0; attempt < 4; ++attempt, h /= 64) {
      Estimate estimate = ridders([&](double w) { return at(k, w); }, theta_[k], h, 1e-8 * norm_);
      estimate.error += 2 * rounding / estimate.step;
      if (estimate.error < best.error || attempt == 0) best = estimate;
      if (best.error <= 1e-4 * norm_) break;
    }
    return best;
  }

  /// At a minimum the value itself feels no rounding, but a step away it does: see check/detail/difference_review.hpp.
  void add_curvature(std::vector<double>& tolerances) {
    std::vector<double> root;
    double sum = 0;
    for (std::size_t k = 0; k < theta_.size(); ++k) {
      const double h = step(k);
      const double second = std::abs(at(k, theta_[k] + h) - 2 * middle_ + at(k, theta_[k] - h)) / (h * h);
      root.push_back(std::isfinite(second) ? std::sqrt(second) : 0);
      sum += root.back() * std::abs(theta_[k]);
    }
    for (std::size_t k = 0; k < root.size(); ++k) tolerances[k] += 4 * roundings_ * root[k] * sum;
  }

  const ScalarFunction& f_;
  std::span<const double> theta_;
  std::vector<double> moved_;
  double middle_;
  double norm_ = 0;
  double roundings_ = 0;
  std::vector<Estimate> estimates_;
};

std::string slip_of(const ObjectiveCheck& check, std::span<const double> theta) {
  if (!check.writes_all) return "The gradient is not the same twice, or some of its numbers are never written.";
  if (!check.same_value) return "The value is not the same with the gradient as without.";
  detail::DiagnosisCase c;
  c.where = "the gradient";
  c.block.rows = 1;
  c.block.cols = static_cast<Index>(theta.size());
  c.observed = c.observed_on_one = check.gradient;
  c.reference = check.differences;
  c.theta.assign(theta.begin(), theta.end());
  // A number that differences cannot tell well blurs the others too little to matter.
  std::vector<double> sorted = check.tolerance;
  std::sort(sorted.begin(), sorted.end());
  c.rounding = sorted.empty() ? 0 : 2 * sorted[sorted.size() * 3 / 4];
  return detail::diagnose(c).sentence;
}

}  // namespace

ObjectiveCheck check_objective(const ScalarFunction& value, const ObjectiveWithGradient& value_and_gradient,
                               std::span<const double> theta) {
  ObjectiveCheck check;
  double over_zeros = 0;
  check.gradient = gradient_over(std::numeric_limits<double>::quiet_NaN(), value_and_gradient, theta, check.value);
  check.writes_all = check.gradient == gradient_over(0, value_and_gradient, theta, over_zeros);
  check.same_value = check.value == value(theta) && check.value == over_zeros;
  Slopes slopes(value, theta, check);
  check.differences = slopes.values();
  check.tolerance = slopes.tolerances();
  double most = -1;
  for (std::size_t k = 0; k < theta.size(); ++k) {
    const double apart = std::abs(check.gradient[k] - check.differences[k]);
    const double off = apart == 0 ? 0 : apart / check.tolerance[k];
    if (!(off <= 1)) check.verdict = GradientVerdict::wrong;
    if (off <= most) continue;
    most = std::isnan(off) ? std::numeric_limits<double>::infinity() : off;
    check.worst = k;
  }
  // Smaller throughout than what differences can tell: nothing was proven.
  const bool seen =
      std::any_of(check.gradient.begin(), check.gradient.end(),
                  [&, k = std::size_t{0}](double g) mutable { return std::abs(g) > check.tolerance[k++]; });
  if (check.verdict == GradientVerdict::right && !seen) check.verdict = GradientVerdict::unproven;
  if (check.overall() == GradientVerdict::wrong) check.sentence = slip_of(check, theta);
  return check;
}

std::string ObjectiveCheck::report() const {
  std::string text = sentence.empty() ? "" : sentence + "\n";
  if (overall() == GradientVerdict::unproven)
    text += "Nothing could be proven here: the gradient is smaller than what differences can tell.\n";
  text += fmt::format("{:>6}  {:>16}  {:>16}  {:>9}\n", "number", "gradient", "differences", "tolerance");
  for (std::size_t k = 0; k < gradient.size() && k < 20; ++k)
    text += fmt::format("{:>6}  {:>16.9g}  {:>16.9g}  {:>9.1e}{}\n", k, gradient[k], differences[k], tolerance[k],
                        std::abs(gradient[k] - differences[k]) <= tolerance[k] ? "" : "  WRONG");
  if (gradient.size() > 20) text += fmt::format("... {} more\n", gradient.size() - 20);
  return text;
}

}  // namespace gradus
