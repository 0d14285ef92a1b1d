// SPDX-License-Identifier: MIT
#include "gradus/optim/stall.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

namespace gradus {
namespace {

/// Values looked at until the rule is over, that one included; 0 if it never is.
int looks(const StallRule& rule, const std::vector<double>& values) {
  Stall stall;
  for (std::size_t k = 0; k < values.size(); ++k) {
    stall.look(rule, values[k]);
    if (stall.is_over(rule)) return static_cast<int>(k) + 1;
  }
  return 0;
}

constexpr auto kImproved = StallRule::Best::improved;
constexpr auto kLowest = StallRule::Best::lowest;

TEST(Stall, IsOverAfterSoManyValuesWithoutImprovement) {
  EXPECT_EQ(looks({.best = kImproved, .patience = 2}, {3, 2, 2, 1, 1, 1, 0}), 6);
  EXPECT_EQ(looks({.best = kImproved, .patience = 0}, {3, 2, 1, 1}), 4) << "one at least";
  EXPECT_EQ(looks({.best = kLowest, .patience = 2}, {3, 2, 2, 1, 1.5, 1.5, 1.5, 0}), 7) << "more than so many";
  EXPECT_EQ(looks({.best = kLowest, .patience = HUGE_VAL}, {1, 2, 3, 4}), 0);
}

TEST(Stall, TheToleranceIsMeasuredFromEachRulesOwnBest) {
  // Each value is better by half the tolerance: by improvements the best stays at 10, by the lowest it goes along.
  const std::vector<double> creeping{10, 9.5, 9, 8.5, 8, 7.5};
  EXPECT_EQ(looks({.best = kImproved, .patience = 2, .tolerance = 1}, creeping), 3);
  EXPECT_EQ(looks({.best = kImproved, .patience = 3, .tolerance = 1}, creeping), 0) << "8.5 is below 10 - 1";
  EXPECT_EQ(looks({.best = kLowest, .patience = 3, .tolerance = 1}, creeping), 5);
  Stall stall;
  const StallRule exact{.best = kLowest, .tolerance = 1};
  stall.look(exact, 10);
  EXPECT_TRUE(stall.look(exact, 9)) << "as in scikit-learn, the tolerance itself is enough";
  const StallRule more{.best = kImproved, .tolerance = 1};
  stall = {};
  stall.look(more, 10);
  EXPECT_FALSE(stall.look(more, 9));
}

TEST(Stall, OfScoresItIsTheSameOfTheirNegatives) {
  for (const auto best : {kImproved, kLowest}) {
    const StallRule losses{.best = best, .patience = 2, .tolerance = 0.5};
    StallRule scores = losses;
    scores.larger_is_better = true;
    Stall a, b;
    for (const double value : {3.0, 2.6, 2.5, 2.0, 2.0, 1.9}) {
      EXPECT_EQ(a.look(losses, value), b.look(scores, -value));
      EXPECT_EQ(a, b);
      EXPECT_EQ(a.best_value(losses), -b.best_value(scores));
    }
  }
}

TEST(Stall, NaNIsNoImprovementButWhereScikitLearnTakesItForOne) {
  const StallRule rule{.best = kImproved, .patience = 2};
  Stall stall;
  EXPECT_TRUE(stall.look(rule, 1));
  EXPECT_FALSE(stall.look(rule, std::nan("")));
  EXPECT_FALSE(stall.is_over(rule));
  EXPECT_FALSE(stall.look(rule, 1));
  EXPECT_TRUE(stall.is_over(rule));
  EXPECT_EQ(stall.best, 1);
  stall = {};
  EXPECT_TRUE(stall.look({.best = kLowest}, std::nan("")));
  EXPECT_EQ(stall.best, HUGE_VAL);
}

}  // namespace
}  // namespace gradus
