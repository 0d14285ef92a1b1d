// SPDX-License-Identifier: MIT
#include "gradus/optim/optimizer.hpp"

#include <gtest/gtest.h>

namespace gradus {
namespace {

/// Iterates on f(w) = a w^2 / 2 from w = 1, whose gradient is a w.
std::vector<double> iterates(const Sgd& method, double a, int steps) {
  Optimizer<double> optimizer(method, 1);
  std::vector<double> w{1};
  std::vector<double> all;
  for (int k = 0; k < steps; ++k) {
    const std::vector<double> gradient{a * w[0]};
    optimizer.step(w, gradient);
    all.push_back(w[0]);
  }
  return all;
}

TEST(Sgd, ShrinksAQuadraticByTheKnownFactor) {
  double expected = 1;
  for (const double w : iterates({.learning_rate = 0.1}, 3, 20)) {
    expected *= 1 - 0.1 * 3;
    EXPECT_NEAR(w, expected, 20 * 4.5e-16 * expected);  // at most two roundings more a step, over 20 steps
  }
}

TEST(Sgd, WithMomentumFollowsTheTwoTermRecurrence) {
  // w_{k+1} = (1 + mu - lr a) w_k - mu w_{k-1}
  const auto w = iterates({.learning_rate = 0.1, .momentum = 0.9}, 2, 20);
  double last = 1;
  double now = 1;
  for (const double value : w) {
    const double next = (1 + 0.9 - 0.1 * 2) * now - 0.9 * last;
    EXPECT_NEAR(value, next, 1e-14);  // 20 steps of a few roundings of numbers below 2
    last = now;
    now = next;
  }
}

TEST(Sgd, WithNesterovEqualsDescentAtTheLookAhead) {
  // With y = w + mu v kept in place of w: w' = y - lr a y, v' = w' - w. The method stores y.
  const auto stored = iterates({.learning_rate = 0.1, .momentum = 0.9, .nesterov = true}, 2, 20);
  double w = 1;
  double y = 1;
  for (const double value : stored) {
    const double next = y - 0.1 * 2 * y;
    y = next + 0.9 * (next - w);
    w = next;
    EXPECT_NEAR(value, y, 1e-14);
  }
}

TEST(Sgd, KeepsOneSlotOnlyWithMomentum) {
  EXPECT_TRUE(Optimizer<double>(Sgd{}, 5).state().slots.empty());
  const Optimizer<float> optimizer(Sgd{.learning_rate = 0.1, .momentum = 0.5}, 5);
  ASSERT_EQ(optimizer.state().slots.size(), 1u);
  EXPECT_EQ(optimizer.state().slots[0], std::vector<float>(5, 0.f));
}

TEST(Optimizer, RefusesAGradientOfAnotherLength) {
  Optimizer<double> optimizer(Sgd{}, 2);
  std::vector<double> theta(2), gradient(3);
  EXPECT_THROW(optimizer.step(theta, gradient), ShapeError);
}

}  // namespace
}  // namespace gradus
