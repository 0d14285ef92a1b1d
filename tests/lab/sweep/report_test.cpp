// SPDX-License-Identifier: MIT
#include "gradus/lab/sweep/report.hpp"

#include <gtest/gtest.h>

namespace gradus {
namespace {

/// Two seeds of three configurations; the third always diverges.
SweepPlan plan() {
  SweepPlan plan;
  plan.axes = {{"lr", {"0.1", "0.2", "9"}}};
  plan.configurations = {{"0.1"}, {"0.2"}, {"9"}};
  plan.seeds = 2;
  for (std::size_t k = 0; k < 6; ++k) plan.runs.push_back({k / 2, {}, std::to_string(k)});
  return plan;
}

RunResult result(double train, double test) {
  return {.train_loss = 0.3, .train_accuracy = train, .test_loss = 0.5, .test_accuracy = test};
}

TEST(SweepReport, RanksConfigurationsByTheirMean) {
  SweepOutcome outcome;
  outcome.results = {
      result(1, 0.5), result(0.9, 0.7), result(1, 0.8), RunResult{.diverged = true}, RunResult{.diverged = true},
      std::nullopt};
  const std::vector<ConfigurationScore> ranked = rank(plan(), outcome);
  ASSERT_EQ(ranked.size(), 3u);
  EXPECT_EQ(ranked[0].configuration, 0u) << "which never diverged";
  EXPECT_DOUBLE_EQ(ranked[0].mean, 0.6);
  EXPECT_DOUBLE_EQ(ranked[0].deviation, std::sqrt(0.02));
  EXPECT_EQ(ranked[0].low, 0.5);
  EXPECT_EQ(ranked[0].high, 0.7);
  EXPECT_DOUBLE_EQ(ranked[0].train, 0.95);
  EXPECT_EQ(ranked[1].configuration, 1u) << "the better mean, of what is left";
  EXPECT_EQ(ranked[1].runs, 2);
  EXPECT_EQ(ranked[1].diverged, 1);
  EXPECT_EQ(ranked[1].deviation, 0) << "of one number there is no spread";
  EXPECT_EQ(ranked[2].configuration, 2u);
  EXPECT_EQ(ranked[2].runs, 1) << "the other is missing";
  EXPECT_EQ(ranked[2].diverged, 1);
  EXPECT_EQ(merit_name(outcome), "accuracy on the test set");
  EXPECT_EQ(outcome.best(), 2u);
}

TEST(SweepReport, OfNumbersTheLeastLossIsBest) {
  SweepOutcome outcome;
  outcome.results = {RunResult{.train_loss = 2}, RunResult{.train_loss = 1}, RunResult{.train_loss = 4}, {}, {}, {}};
  EXPECT_EQ(merit_name(outcome), "-training loss");
  EXPECT_EQ(outcome.best(), 1u);
  EXPECT_DOUBLE_EQ(rank(plan(), outcome)[0].mean, -1.5);
}

TEST(SweepReport, WithoutResultsThereIsNoBest) {
  SweepOutcome outcome;
  outcome.results.resize(6);
  EXPECT_FALSE(outcome.best());
  EXPECT_TRUE(rank(plan(), outcome).empty());
}

TEST(SweepReport, OfEqualsTheOneWithTheLessLossIsBestAndElseTheFirst) {
  const auto of = [](double accuracy, double loss) {
    return RunResult{.train_loss = 9, .train_accuracy = 0, .test_loss = loss, .test_accuracy = accuracy};
  };
  SweepOutcome outcome;
  outcome.results = {of(0.8, 0.1), of(0.9, 0.4), of(0.9, 0.3), of(0.9, 0.3), of(0.9, 0.5), of(0.7, 0.0)};
  EXPECT_EQ(outcome.best(), 2u);
  const std::vector<ConfigurationScore> ranked = rank(plan(), outcome);
  EXPECT_EQ(ranked[0].configuration, 1u);
  outcome.results = {of(0.9, 0.3), of(0.9, 0.3), of(0.9, 0.3), of(0.9, 0.3), of(0.9, 0.3), of(0.9, 0.3)};
  EXPECT_EQ(outcome.best(), 0u);
  const std::vector<ConfigurationScore> equal = rank(plan(), outcome);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_EQ(equal[k].configuration, k) << "in the order of the plan";
}

}  // namespace
}  // namespace gradus
