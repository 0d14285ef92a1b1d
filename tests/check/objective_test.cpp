// SPDX-License-Identifier: MIT
#include "gradus/check/objective.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "gradus/check/ridders.hpp"
#include "gradus/random/random_state.hpp"

namespace gradus {
namespace {

/// A quadratic with penalties on all numbers but the last, a bias.
double penalised(std::span<const double> theta) {
  double value = 0;
  for (std::size_t k = 0; k < theta.size(); ++k) value += std::pow(theta[k] - static_cast<double>(k), 2);
  for (std::size_t k = 0; k + 1 < theta.size(); ++k) value += 0.1 * std::abs(theta[k]) + 0.05 * theta[k] * theta[k];
  return value;
}
double penalised_gradient(std::span<const double> theta, std::span<double> g, bool on_bias) {
  for (std::size_t k = 0; k < theta.size(); ++k) {
    g[k] = 2 * (theta[k] - static_cast<double>(k));
    if (on_bias || k + 1 < theta.size()) g[k] += std::copysign(0.1, theta[k]) + 0.1 * theta[k];
  }
  return penalised(theta);
}

TEST(ScalarFunction, ProvesALossWithPenaltiesAndFindsThePenaltyOnABias) {
  for (const Index n : {1, 2, 3, 7, 20}) {
    RandomState random(static_cast<std::uint32_t>(n));
    const std::vector<double> theta = random.standard_normal(n);
    const auto good = [](auto t, auto g) { return penalised_gradient(t, g, false); };
    const auto bad = [](auto t, auto g) { return penalised_gradient(t, g, true); };
    EXPECT_TRUE(check_objective(penalised, good, theta).passed()) << n;
    const ObjectiveCheck caught = check_objective(penalised, bad, theta);
    EXPECT_EQ(caught.verdict, GradientVerdict::wrong) << n;
    EXPECT_EQ(caught.worst, theta.size() - 1);
  }
}

TEST(ScalarFunction, FindsAGradientThatIsNotWrittenWhole) {
  const std::vector<double> theta{1, 2};
  const auto half = [](std::span<const double> t, std::span<double> g) {
    g[0] = 2 * t[0];
    return t[0] * t[0];
  };
  const auto value = [](std::span<const double> t) { return t[0] * t[0]; };
  EXPECT_FALSE(check_objective(value, half, theta).passed());
}

TEST(ScalarFunction, ReportsZeroThroughoutAsUnproven) {
  const std::vector<double> theta{1, 2};
  const auto value = [](std::span<const double>) { return 1.0; };
  const auto gradient = [](std::span<const double>, std::span<double> g) {
    std::fill(g.begin(), g.end(), 0.0);
    return 1.0;
  };
  EXPECT_EQ(check_objective(value, gradient, theta).verdict, GradientVerdict::unproven);
}

TEST(Ridders, BoundsItsOwnError) {
  // exp, whose derivative is itself: six digits more than the best central difference has.
  for (const double w : {-3.0, 0.0, 0.5, 2.0}) {
    const Estimate estimate = ridders([](double x) { return std::exp(x); }, w, 0.0625, 0);
    EXPECT_LE(std::abs(estimate.value - std::exp(w)), 4 * estimate.error + 1e-12 * std::exp(w)) << w;
    EXPECT_LT(estimate.error, 1e-9 * std::exp(w));
  }
}

}  // namespace
}  // namespace gradus
