// SPDX-License-Identifier: MIT
#include "gradus/lab/sweep/halving.hpp"

#include <gtest/gtest.h>

#include <set>

#include "gradus/lab/experiment/keys.hpp"
#include "gradus/lab/sweep/report.hpp"

namespace gradus {
namespace {

const ExperimentKey& key(std::string_view flag) {
  for (const ExperimentKey& k : experiment_keys())
    if (k.flag == flag) return k;
  throw ValueError("no such key");
}

struct Case {
  SweepRequest request;
  ExperimentSource source;
  SweepPlan plan;

  explicit Case(const std::string& rates, Index epochs = 9) {
    request.base.data = "moons:samples=60,noise=0.1";
    request.base.network = "2-4tanh-2softmax";
    request.base.test = 0.25;
    request.base.epochs = epochs;
    request.seeds = 2;
    request.grid.set(key("lr"), rates, "--lr");
    source = load_source(request.base);
    plan = plan_sweep(request, source);
  }
};

TEST(Halving, EachRoundTrainsAThirdOfTheConfigurationsThreeTimesAsLong) {
  const Case c("0.001,0.003,0.01,0.03,0.1,0.2,0.3,0.5,1");
  const std::vector<HalvingRound> rounds = run_halving(c.plan, c.source, {}, 3);
  ASSERT_EQ(rounds.size(), 2u);
  EXPECT_EQ(rounds[0].plan.configurations.size(), 9u);
  EXPECT_EQ(rounds[0].length, 3);
  EXPECT_EQ(rounds[1].plan.configurations.size(), 3u);
  EXPECT_EQ(rounds[1].length, 9);
  // The best of the first round, and no others, are in the second.
  std::set<std::vector<std::string>> best;
  const std::vector<ConfigurationScore> ranked = rank(rounds[0].plan, rounds[0].outcome);
  for (std::size_t k = 0; k < 3; ++k) best.insert(rounds[0].plan.configurations[ranked[k].configuration]);
  const auto& left = rounds[1].plan.configurations;
  EXPECT_EQ(std::set<std::vector<std::string>>(left.begin(), left.end()), best);
}

TEST(Halving, TheLastRoundsRunsAreThoseOfTheSweep) {
  const Case c("0.01,0.03,0.1,0.3,1");
  const std::vector<HalvingRound> rounds = run_halving(c.plan, c.source, {}, 2);
  const SweepOutcome all = run_sweep(c.plan, c.source, {});
  const HalvingRound& last = rounds.back();
  EXPECT_EQ(last.length, 9);
  for (std::size_t k = 0; k < last.plan.runs.size(); ++k) {
    const auto same = std::find_if(c.plan.runs.begin(), c.plan.runs.end(),
                                   [&](const SweepRun& run) { return run.hash == last.plan.runs[k].hash; });
    ASSERT_NE(same, c.plan.runs.end());
    EXPECT_EQ(last.outcome.results[k], all.results[static_cast<std::size_t>(same - c.plan.runs.begin())]);
  }
}

TEST(Halving, FewConfigurationsOrEpochsMakeFewRounds) {
  EXPECT_EQ(run_halving(Case("0.01,0.1").plan, Case("0.01,0.1").source, {}, 3).size(), 1u);
  const Case one("0.1,0.2,0.3,0.4", 1);
  EXPECT_EQ(run_halving(one.plan, one.source, {}, 2).size(), 1u) << "there is nothing shorter than an epoch";
  const Case four("0.1,0.2,0.3,0.4", 8);
  const std::vector<HalvingRound> rounds = run_halving(four.plan, four.source, {}, 2);
  ASSERT_EQ(rounds.size(), 2u);
  EXPECT_EQ(rounds[0].length, 4);
  EXPECT_EQ(rounds[1].plan.configurations.size(), 2u);
}

TEST(Halving, WhatItWouldShortenCannotBeVaried) {
  Case c("0.1,0.2,0.3");
  EXPECT_THROW(run_halving(c.plan, c.source, {}, 1), ValueError);
  c.request.grid.set(key("epochs"), "2,3", "--epochs");
  EXPECT_THROW(run_halving(plan_sweep(c.request, c.source), c.source, {}, 2), ValueError);
}

TEST(Halving, StoppedItTellsWhereItWas) {
  const Case c("0.01,0.03,0.1,0.3,1");
  SweepOptions options;
  options.progress = [](const SweepProgress& p) { return p.done >= 2 ? Signal::stop : Signal::go_on; };
  const std::vector<HalvingRound> rounds = run_halving(c.plan, c.source, options, 2);
  ASSERT_EQ(rounds.size(), 1u);
  EXPECT_TRUE(rounds.back().outcome.interrupted);
}

}  // namespace
}  // namespace gradus
