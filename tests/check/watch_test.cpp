// SPDX-License-Identifier: MIT
#include "gradus/check/watch.hpp"

#include <gtest/gtest.h>

#include "gradus/nn/initializer.hpp"

namespace gradus {
namespace {

TEST(CheckEvery, ChecksTheFirstBatchOfEverySoManyPasses) {
  const Network network = parse_network("2-3tanh-1");
  RandomState random(1);
  std::vector<double> theta = initial_parameters(network, {}, random);
  const Matrix<double> x = random.standard_normal(10, 2);
  FitOptions options;
  options.loss = {MeanSquaredError{}};
  options.batch = 4;
  options.epochs = 7;
  int checks = 0;
  Callbacks<double> callbacks;
  callbacks.before_step = check_every(network, options.loss, 3, [&](const GradientCheck& check) {
    ++checks;
    EXPECT_TRUE(check.passed()) << check.report();
  });
  const FitResult result =
      fit(network, theta, {x, random.standard_normal(10, 1)}, options, random, std::nullopt, callbacks);
  EXPECT_EQ(checks, 3);  // passes 0, 3 and 6
  EXPECT_EQ(result.reason, StopReason::finished);
  EXPECT_THROW(check_every(network, options.loss, 0), ValueError);
}

}  // namespace
}  // namespace gradus
