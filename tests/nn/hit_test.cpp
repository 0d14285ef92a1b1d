// SPDX-License-Identifier: MIT
#include "gradus/nn/hit.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace gradus {
namespace {

bool met(Hit hit, const std::vector<double>& p, const std::vector<double>& t) { return is_hit<double>(hit, p, t); }

TEST(Hit, TheLargestOutputMustBeTheLargestTarget) {
  EXPECT_TRUE(met(Hit::argmax, {0.2, 0.5, 0.3}, {0, 1, 0}));
  EXPECT_FALSE(met(Hit::argmax, {0.6, 0.5, 0.3}, {0, 1, 0}));
  EXPECT_TRUE(met(Hit::argmax, {0.5, 0.5}, {1, 0})) << "of equal ones the first counts";
  EXPECT_FALSE(met(Hit::argmax, {0.5, 0.5}, {0, 1}));
}

TEST(Hit, EveryOutputMustLieOnItsTargetsSideOfOneHalf) {
  EXPECT_TRUE(met(Hit::threshold, {0.9, 0.1}, {1, 0}));
  EXPECT_FALSE(met(Hit::threshold, {0.9, 0.6}, {1, 0})) << "though the largest is the largest";
  EXPECT_TRUE(met(Hit::threshold, {0.5}, {0})) << "the border belongs below";
  EXPECT_FALSE(met(Hit::threshold, {0.5}, {1}));
  EXPECT_FALSE(met(Hit::threshold, {std::nan("")}, {1}));
}

TEST(Hit, NumbersAreNeverMet) { EXPECT_FALSE(met(Hit::none, {1}, {1})); }

TEST(Hit, EachStepOfASequenceCounts) {
  const Matrix<double> p{{0.9, 0.1, 0.2, 0.8}, {0.4, 0.6, 0.3, 0.7}};
  const Matrix<double> t{{1, 0, 1, 0}, {1, 0, 0, 1}};
  EXPECT_EQ(count_hits<double>(Hit::argmax, p, t, 2), 2);
  EXPECT_EQ(count_hits<double>(Hit::argmax, p, t, 4), 1) << "as samples of one step";
  EXPECT_EQ(count_hits<double>(Hit::none, p, t, 2), 0);
  EXPECT_EQ(count_hits<double>(Hit::argmax, Matrix<double>(0, 4), Matrix<double>(0, 4), 2), 0);
}

}  // namespace
}  // namespace gradus
