// SPDX-License-Identifier: MIT
#include "gradus/lab/sweep/grid.hpp"

#include <algorithm>
#include <cmath>
#include <set>

#include <gtest/gtest.h>

#include "gradus/core/error.hpp"
#include "gradus/core/number.hpp"

namespace gradus {
namespace {

const ExperimentKey& key(std::string_view flag) {
  const auto keys = experiment_keys();
  return *std::find_if(keys.begin(), keys.end(), [&](const ExperimentKey& k) { return k.flag == flag; });
}

SweepGrid grid_of(const std::vector<std::pair<std::string, std::string>>& settings) {
  SweepGrid grid;
  for (const auto& [flag, text] : settings) grid.set(key(flag), text, "--" + flag);
  return grid;
}

std::vector<std::string> networks(const SweepGrid& grid) {
  std::vector<std::string> texts;
  for (const auto& values : grid.all()) texts.push_back(grid.experiment({}, values).network);
  return texts;
}

TEST(SweepGrid, BracesStandForOneOfTheirParts) {
  using Texts = std::vector<std::string>;
  EXPECT_EQ(networks(grid_of({{"network", "2-3tanh-2"}})), (Texts{"2-3tanh-2"}));
  EXPECT_EQ(networks(grid_of({{"network", "2-{3,10}tanh-2"}})), (Texts{"2-3tanh-2", "2-10tanh-2"}));
  EXPECT_EQ(networks(grid_of({{"network", "2-{3,4}{tanh,relu}-2"}})),
            (Texts{"2-3tanh-2", "2-3relu-2", "2-4tanh-2", "2-4relu-2"}));
  EXPECT_EQ(networks(grid_of({{"network", "2-{,3tanh-}2"}})), (Texts{"2-2", "2-3tanh-2"})) << "a part may be empty";
  EXPECT_EQ(networks(grid_of({{"network", "{2-2,2-3tanh-2}"}})), (Texts{"2-2", "2-3tanh-2"}));
}

TEST(SweepGrid, NumbersStandBetweenCommas) {
  const SweepGrid grid = grid_of({{"lr", "0.1,0.5"}, {"batch", "1,full"}, {"epochs", "7"}, {"l2", "{0,0.01,0.1}"}});
  const std::vector<SweepAxis> axes = grid.axes();
  ASSERT_EQ(axes.size(), 3u);
  EXPECT_EQ(axes[0].name + axes[1].name + axes[2].name, "lrl2batch") << "in the order of the experiment's keys";
  EXPECT_EQ(grid.all().size(), 12u);
  const Experiment last = grid.experiment({}, grid.all().back());
  EXPECT_EQ(learning_rate(last.optimizer), 0.5);
  EXPECT_EQ(last.regularisation.l2, 0.1);
  EXPECT_EQ(last.batch, 0);
  EXPECT_EQ(last.epochs, 7);
}

TEST(SweepGrid, AnOptimizerKeepsTheRateThatIsGivenForAll) {
  const SweepGrid grid = grid_of({{"lr", "0.3"}, {"optimizer", "{sgd,adam:beta1=0.8}"}});
  for (const auto& values : grid.all())
    EXPECT_EQ(learning_rate(grid.experiment({}, values).optimizer), 0.3) << values[0];
}

TEST(SweepGrid, NamesEachPairOfBraces) {
  const std::vector<SweepAxis> axes = grid_of({{"network", "2-{3,4}{tanh,relu}-2"}}).axes();
  EXPECT_EQ(axes[0].name, "network.1");
  EXPECT_EQ(axes[1].name, "network.2");
  EXPECT_EQ(axes[0].text, "2-{...}...-2");
  EXPECT_EQ(grid_of({{"lr", "1,2"}}).axes()[0].text, "");
}

TEST(SweepGrid, TriesEveryValueInItsSamples) {
  const auto samples = grid_of({{"network", "2-{3,4,5}{tanh,relu}-2"}, {"lr", "0.1..0.5"}}).samples();
  using Row = std::vector<std::string>;
  EXPECT_EQ(samples, (std::vector<Row>{{"3", "tanh", "0.1"},
                                       {"4", "tanh", "0.1"},
                                       {"5", "tanh", "0.1"},
                                       {"3", "relu", "0.1"},
                                       {"3", "tanh", "0.5"}}));
}

TEST(SweepGrid, DrawsDifferentConfigurationsFromLists) {
  const SweepGrid grid = grid_of({{"network", "2-{3,4,5,6,7}tanh-2"}, {"lr", "1,2,3,4"}});
  RandomState random(1);
  const auto drawn = grid.draw(12, random);
  EXPECT_EQ(drawn.size(), 12u);
  EXPECT_EQ((std::set<std::vector<std::string>>(drawn.begin(), drawn.end()).size()), 12u);
  EXPECT_EQ(grid.draw(100, random), grid.all()) << "no more than there are";
  RandomState again(1);
  EXPECT_EQ(grid.draw(12, again), drawn);
}

TEST(SweepGrid, DrawsDifferentConfigurationsFromMoreThanAnyoneCouldTry) {
  std::string list = "1";
  for (int k = 2; k <= 2000; ++k) list += ',' + std::to_string(k);
  const SweepGrid grid = grid_of({{"epochs", list}, {"batch", list}});
  EXPECT_EQ(grid.combinations(), 4e6);
  EXPECT_THROW(grid.count(), ValueError);
  RandomState random(1);
  const auto drawn = grid.draw(5000, random);  // of four million, some three pairs of 5000 are one
  EXPECT_EQ((std::set<std::vector<std::string>>(drawn.begin(), drawn.end()).size()), 5000u);
  RandomState again(1);
  EXPECT_EQ(grid.draw(5000, again), drawn);
}

TEST(SweepGrid, KnowsOneNumberInTwoSpellings) {
  EXPECT_THROW(grid_of({{"lr", "0.1,1,1e-1"}}), ValueError);
  EXPECT_THROW(grid_of({{"l2", "0,1,-0"}}), ValueError);
  EXPECT_THROW(grid_of({{"network", "2-{tanh,relu,tanh}-2"}}), ValueError);
  EXPECT_EQ(grid_of({{"lr", "0.1,0.01,1"}}).count(), 3);
}

TEST(SweepGrid, DrawsFromRangesWithAUniformLogarithm) {
  const SweepGrid grid = grid_of({{"lr", "0.001..1"}, {"epochs", "5..9"}, {"network", "2-{3,4}tanh-2"}});
  RandomState random(1);
  int small = 0;
  std::set<std::string> epochs;
  for (const auto& values : grid.draw(1000, random)) {
    ASSERT_EQ(values.size(), 3u);
    const double rate = *learning_rate(grid.experiment({}, values).optimizer);
    EXPECT_GE(rate, 0.001);
    EXPECT_LE(rate, 1);
    small += rate < 0.0316227766;
    epochs.insert(values[2]);
  }
  EXPECT_NEAR(small, 500, 80) << "5 standard deviations of 16";
  EXPECT_EQ(epochs, (std::set<std::string>{"5", "6", "7", "8", "9"}));
  EXPECT_THROW(grid.all(), ValueError);
}

TEST(SweepGrid, DrawsEvenlyFromARangeThatBeginsAtZeroOrBelow) {
  const SweepGrid grid = grid_of({{"l2", "0..0.5"}});
  RandomState random(1);
  int small = 0;
  for (const auto& values : grid.draw(1000, random)) {
    const double l2 = grid.experiment({}, values).regularisation.l2;
    EXPECT_TRUE(l2 >= 0 && l2 <= 0.5) << l2;
    small += l2 < 0.25;
  }
  EXPECT_NEAR(small, 500, 80) << "5 standard deviations of 16";
}

TEST(SweepGrid, PointsAtABraceWithoutItsFellow) {
  const auto position = [](const std::string& text) -> std::size_t {
    try {
      grid_of({{"network", text}});
    } catch (const ParseError& error) {
      return error.position();
    }
    return std::string::npos;
  };
  EXPECT_EQ(position("2-{3,4tanh-2"), 2u);
  EXPECT_EQ(position("2-3}tanh-2"), 3u);
  EXPECT_EQ(position("2-{3,{4}}tanh-2"), 2u);
  EXPECT_EQ(position("2-{3}tanh-2"), std::string::npos);
}

TEST(SweepGrid, RefusesWhatCannotVaryAndWhatIsNoRange) {
  EXPECT_THROW(grid_of({{"seed", "1,2"}}), ValueError);
  for (const char* none : {"0.1..x", "x..0.1", "0.1..0.1", "nan..1", "-inf..1", "0.1..inf", "..", "1..", "{1..0}"})
    EXPECT_THROW(grid_of({{"lr", none}}), ValueError) << none;
  for (const char* single : {"{", "}", "{0.1", "0.1}", ""}) {
    const SweepGrid grid = grid_of({{"lr", single}});
    EXPECT_EQ(grid.axes().size(), 0u) << single;
    EXPECT_THROW(grid.experiment({}, grid.all().front()), ValueError) << "no number";
  }
  EXPECT_THROW(grid_of({{"lr", "0.1,0.3,0.10"}}), ValueError) << "a value twice";
  EXPECT_THROW(grid_of({{"network", "2-3{tanh,relu,tanh}-2"}}), ValueError);
  EXPECT_THROW(grid_of({{"lr", "0.5..0.1"}}), ValueError);
  for (const char* fixed : {"target", "task", "sample-weight"})
    EXPECT_EQ(grid_of({{fixed, "{a,b}"}}).axes().size(), 0u) << "a column may be called so";
  const SweepGrid bad = grid_of({{"lr", "0.1,-1"}});
  EXPECT_THROW(bad.experiment({}, bad.all().back()), ValueError);
  EXPECT_THROW(grid_of({{"network", "2-{3,x}tanh-2"}}).experiment({}, std::vector<std::string>{"x"}), ParseError);
}

}  // namespace
}  // namespace gradus
