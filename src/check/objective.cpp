// SPDX-License-Identifier: MIT
#include "gradus/check/objective.hpp"

#include <algorithm>
#include <cmath>

#include "gradus/check/ridders.hpp"

namespace gradus {
namespace {

std::vector<double> gradient_over(double fill, const ObjectiveWithGradient& f, std::span<const double> theta,
                                  double& value) {
  std::vector<double> gradient(theta.size(), fill);
  value = f(theta, gradient);
  return gradient;
}

}  // namespace

ObjectiveCheck check_objective(const ScalarFunction& value, const ObjectiveWithGradient& value_and_gradient,
                               std::span<const double> theta) {
  constexpr double eps = std::numeric_limits<double>::epsilon();
  ObjectiveCheck check;
  double over_zeros = 0;
  check.gradient = gradient_over(std::numeric_limits<double>::quiet_NaN(), value_and_gradient, theta, check.value);
  check.writes_all = check.gradient == gradient_over(0, value_and_gradient, theta, over_zeros);
  check.same_value = check.value == value(theta) && check.value == over_zeros;

  double sensitivity = std::abs(check.value);
  for (std::size_t k = 0; k < theta.size(); ++k) sensitivity += std::abs(check.gradient[k] * theta[k]);
  const double norm = detail::norm_of(check.gradient);
  const double rounding = 4 * eps * (1 + std::sqrt(static_cast<double>(theta.size()))) * sensitivity;
  std::vector<double> moved(theta.begin(), theta.end());
  double most = -1;
  for (std::size_t k = 0; k < theta.size(); ++k) {
    const auto at = [&](double w) {
      moved[k] = w;
      return value(moved);
    };
    double step = std::ldexp(1.0, std::ilogb(std::max(std::abs(theta[k]), 1.0)) - 10);
    Estimate best;
    for (int attempt = 0; attempt < 4; ++attempt, step /= 64) {
      Estimate estimate = ridders(at, theta[k], step, 1e-8 * norm);
      estimate.error += 2 * rounding / estimate.step;
      if (estimate.error < best.error || attempt == 0) best = estimate;
      if (best.error <= 1e-4 * norm) break;
    }
    moved[k] = theta[k];
    check.differences.push_back(best.value);
    check.tolerance.push_back(4 * best.error + 64 * eps * norm);
    const double off = std::abs(check.gradient[k] - best.value) / check.tolerance.back();
    if (!(off <= 1)) check.verdict = GradientVerdict::wrong;
    if (off <= most) continue;
    most = std::isnan(off) ? std::numeric_limits<double>::infinity() : off;
    check.worst = k;
  }
  const auto is_zero = [](const std::vector<double>& g) {
    return std::all_of(g.begin(), g.end(), [](double d) { return d == 0; });
  };
  if (check.passed() && is_zero(check.gradient) && is_zero(check.differences))
    check.verdict = GradientVerdict::unproven;
  return check;
}

}  // namespace gradus
