// SPDX-License-Identifier: MIT
#include "gradus/optim/regularisation.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace gradus {
namespace {

using V = std::vector<double>;

/// Two units with two weights each, and their biases.
const std::vector<ParameterBlock> kBlocks{
    {.name = "weights", .rows = 2, .cols = 2, .offset = 0, .is_bias = false, .number = 1},
    {.name = "bias", .rows = 1, .cols = 2, .offset = 4, .is_bias = true, .number = 1}};
const std::span<const ParameterBlock> kSpan(kBlocks);

double penalty(const Regularisation& r, const V& theta, V& gradient, double samples = 4) {
  return add_penalty(r, kSpan, samples, std::span<const double>(theta), std::span<double>(gradient));
}

TEST(Regularisation, PenaltiesAndTheirDerivativesLeaveBiasesAlone) {
  const V theta{3, -2, 0, 1, 5, 6};
  V gradient(6, 1.0);
  EXPECT_DOUBLE_EQ(penalty({.l1 = 0.5, .l2 = 0.1}, theta, gradient), 0.5 * 6 + 0.05 * 14);
  EXPECT_EQ(gradient, (V{1 + 0.1 * 3 + 0.5, 1 - 0.1 * 2 - 0.5, 1, 1 + 0.1 + 0.5, 1, 1}));
  V ones(6, 0.0);
  EXPECT_DOUBLE_EQ(penalty({.l1 = 1}, theta, ones), 6);
  EXPECT_DOUBLE_EQ(penalty({.l2 = 1}, theta, ones), 7);
  V none(6, 1.0);
  EXPECT_EQ(penalty({}, theta, none), 0);
  EXPECT_EQ(none, V(6, 1.0));
  V shared(6, 0.0);
  EXPECT_DOUBLE_EQ(penalty({.l2 = 0.8, .per_sample = true}, theta, shared, 8), 0.05 * 14);
}

TEST(Regularisation, ThePenaltysDerivativeEqualsDifferences) {
  const Regularisation r{.l1 = 0.3, .l2 = 0.7};
  const V theta{3, -2, 0.25, 1, 5, 6};
  V gradient(6, 0.0), unused(6);
  penalty(r, theta, gradient);
  for (std::size_t k = 0; k < 6; ++k) {
    V above = theta, below = theta;
    above[k] += 1e-5;
    below[k] -= 1e-5;
    // A quadratic has no truncation error; rounding is eps * 20 / 1e-5.
    EXPECT_NEAR(gradient[k], (penalty(r, above, unused) - penalty(r, below, unused)) / 2e-5, 1e-9);
  }
}

TEST(Regularisation, ClipsByValueThenByNormAndKeepsNaN) {
  V g{3, -4, 0.5};
  clip({.clip_value = 1}, std::span<double>(g));
  EXPECT_EQ(g, (V{1, -1, 0.5}));
  V h{3, -4};
  clip({.clip_norm = 2.5}, std::span<double>(h));
  EXPECT_DOUBLE_EQ(h[0], 1.5);
  EXPECT_DOUBLE_EQ(h[1], -2);
  V small{0.3, -0.4};
  clip({.clip_norm = 0.5}, std::span<double>(small));
  EXPECT_EQ(small, (V{0.3, -0.4}));
  V bad{std::nan(""), 5};
  clip({.clip_value = 1, .clip_norm = 1}, std::span<double>(bad));
  EXPECT_TRUE(std::isnan(bad[0]));
  V huge{3e200, 4e200};
  clip({.clip_norm = 1}, std::span<double>(huge));
  EXPECT_DOUBLE_EQ(huge[0], 0.6);
}

TEST(Regularisation, DecayAndMaxNormTouchWeightsOnly) {
  V theta{3, 1, 4, 1, 9, 9};
  decay_weights({.weight_decay = 0.5}, kSpan, 0.2, std::span<double>(theta));
  EXPECT_EQ(theta, (V{2.7, 0.9, 3.6, 0.9, 9, 9}));
  V long_units{3, 0.1, 4, 0.1, 9, 9};
  limit_norms({.max_norm = 1}, kSpan, std::span<double>(long_units));
  EXPECT_DOUBLE_EQ(long_units[0], 0.6);
  EXPECT_DOUBLE_EQ(long_units[2], 0.8);
  EXPECT_EQ(long_units[1], 0.1);
  EXPECT_EQ(long_units[4], 9);
}

TEST(Regularisation, RefusesNumbersBelowZero) {
  EXPECT_THROW(check(Regularisation{.l1 = -1}), ValueError);
  EXPECT_THROW(check(Regularisation{.max_norm = std::nan("")}), ValueError);
  EXPECT_NO_THROW(check(Regularisation{}));
}

}  // namespace
}  // namespace gradus
