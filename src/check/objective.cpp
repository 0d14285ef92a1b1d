// SPDX-License-Identifier: MIT
#include "gradus/check/objective.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "check/value_slopes.hpp"
#include "gradus/check/detail/diagnosis.hpp"
#include "gradus/core/error.hpp"

namespace gradus {
namespace {

std::vector<double> gradient_over(double fill, const ObjectiveWithGradient& f, std::span<const double> theta,
                                  double& value) {
  std::vector<double> gradient(theta.size(), fill);
  value = f(theta, gradient);
  return gradient;
}

/// NaN is NaN: what a gradient gives twice may be that.
bool same_twice(const std::vector<double>& a, const std::vector<double>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](double p, double q) { return p == q || (std::isnan(p) && std::isnan(q)); });
}

/// Right to some digits: as the differences of a textbook are.
std::string nearly_right(const ObjectiveCheck& check) {
  double off = 0;
  for (std::size_t k = 0; k < check.gradient.size(); ++k)
    if (const double apart = std::abs(check.gradient[k] - check.differences[k]); !(apart <= check.tolerance[k]))
      off = std::isnan(apart) ? 1 : std::max(off, apart / std::abs(check.differences[k]));
  if (!(off < 1e-2)) return "";
  return fmt::format(
      "The gradient is near in every number, off by no more than {:.1e} of it, which is more than rounding allows: as "
      "finite differences are, or numbers of few digits.",
      off);
}

std::string slip_of(ObjectiveCheck check, std::span<const double> theta) {
  if (!std::isfinite(check.value)) return "There is no gradient to compare, for the value is not finite.";
  if (!check.writes_all) return "The gradient is not the same twice, or some of its numbers are never written.";
  if (!check.same_value) return "The value is not the same with the gradient as without.";
  for (std::size_t k = 0; k < theta.size(); ++k)  // what differences cannot tell contradicts nothing
    if (std::isnan(check.differences[k])) check.differences[k] = check.gradient[k];
  detail::DiagnosisCase c;
  c.where = "the gradient";
  c.block.rows = check.rows;
  c.block.cols = static_cast<Index>(theta.size()) / check.rows;
  c.observed = c.observed_on_one = check.gradient;
  c.reference = check.differences;
  c.theta.assign(theta.begin(), theta.end());
  c.tolerances = check.tolerance;
  const Diagnosis found = detail::diagnose(c);
  const std::string near = found.kind.empty() ? nearly_right(check) : "";
  return near.empty() ? found.sentence : near;
}

/// Holds the gradient against one number's slope.
void compare(ObjectiveCheck& check, std::size_t k, const detail::ValueSlope& slope, double rounding) {
  const double g = check.gradient[k];
  check.tolerance[k] = 4 * slope.error + rounding;
  // Any slope between those of the two sides is one; where values cannot tell, every one is.
  check.differences[k] = slope.is_kink             ? std::clamp(g, slope.low, slope.high)
                         : std::isinf(slope.error) ? std::numeric_limits<double>::quiet_NaN()
                                                   : slope.value;
  if (slope.is_kink) check.kinks.push_back(k);
}

}  // namespace

ObjectiveCheck check_objective(const ScalarFunction& value, const ObjectiveWithGradient& value_and_gradient,
                               std::span<const double> theta, Index rows) {
  if (rows < 1 || static_cast<Index>(theta.size()) % rows != 0)
    throw ValueError(fmt::format("[check] expected numbers in rows of the same length, got {} numbers in {} rows",
                                 theta.size(), rows));
  ObjectiveCheck check;
  check.rows = rows;
  double over_zeros = 0;
  check.gradient = gradient_over(std::numeric_limits<double>::quiet_NaN(), value_and_gradient, theta, check.value);
  check.writes_all = same_twice(check.gradient, gradient_over(0, value_and_gradient, theta, over_zeros));
  check.same_value = check.value == value(theta) && check.value == over_zeros;
  check.differences.resize(theta.size());
  check.tolerance.resize(theta.size());
  const detail::ValueSlopes slopes(value, theta, check.value, check.gradient);
  const double rounding = 64 * std::numeric_limits<double>::epsilon() * slopes.norm();
  double most = -1;
  bool seen = false;  // a number that is larger than what differences can tell
  for (std::size_t k = 0; k < theta.size(); ++k) {
    compare(check, k, slopes.slopes()[k], rounding);
    const double apart = std::abs(check.gradient[k] - check.differences[k]);
    const bool untold = std::isnan(check.differences[k]) && std::isfinite(check.gradient[k]);
    const double off = apart == 0 || untold ? 0 : apart / check.tolerance[k];
    if (!(off <= 1)) check.verdict = GradientVerdict::wrong;
    seen = seen || (!untold && !slopes.slopes()[k].is_kink && std::abs(check.gradient[k]) > check.tolerance[k]);
    if (off <= most) continue;
    most = std::isnan(off) ? std::numeric_limits<double>::infinity() : off;
    check.worst = k;
  }
  if (!std::isfinite(check.value)) check.verdict = GradientVerdict::wrong;
  if (check.verdict == GradientVerdict::right && !seen) check.verdict = GradientVerdict::unproven;
  if (check.overall() == GradientVerdict::wrong) check.sentence = slip_of(check, theta);
  return check;
}

std::string ObjectiveCheck::report() const {
  std::string text = sentence.empty() ? "" : sentence + "\n";
  if (overall() == GradientVerdict::unproven)
    text += "Nothing could be proven here: the gradient is smaller than what differences can tell.\n";
  text += fmt::format("{:>6}  {:>16}  {:>16}  {:>9}\n", "number", "gradient", "differences", "tolerance");
  for (std::size_t k = 0; k < gradient.size() && k < 20; ++k) {
    const bool untold = std::isnan(differences[k]) && std::isfinite(gradient[k]);
    const bool kink = std::find(kinks.begin(), kinks.end(), k) != kinks.end();
    const bool agrees = std::abs(gradient[k] - differences[k]) <= tolerance[k];
    text += fmt::format("{:>6}  {:>16.9g}  {:>16.9g}  {:>9.1e}{}\n", k, gradient[k], differences[k], tolerance[k],
                        untold    ? "  differences cannot tell"
                        : !agrees ? "  WRONG"
                        : kink    ? "  a kink: any slope between those of its sides"
                                  : "");
  }
  if (gradient.size() > 20) text += fmt::format("... {} more\n", gradient.size() - 20);
  return text;
}

}  // namespace gradus
