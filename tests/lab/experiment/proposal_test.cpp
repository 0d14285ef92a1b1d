// SPDX-License-Identifier: MIT
#include "gradus/lab/experiment/proposal.hpp"

#include <gtest/gtest.h>

#include "gradus/lab/data/csv.hpp"

namespace gradus {
namespace {

Proposal proposal_for(const std::string& data, const std::vector<std::string>& given = {}, Experiment e = {}) {
  e.data = data;
  std::vector<const ExperimentKey*> keys;
  for (const ExperimentKey& key : experiment_keys())
    if (std::find(given.begin(), given.end(), key.path()) != given.end()) keys.push_back(&key);
  return propose(e, keys, load_source(e));
}

TEST(Proposal, SaysWhatItChoseAsFlags) {
  EXPECT_EQ(proposal_for("iris").flags.substr(0, 60), "--network 4-32relu-32relu-3softmax --init he --test 0.2 --st");
  EXPECT_TRUE(proposal_for("iris").experiment.stratify);
  EXPECT_TRUE(proposal_for("iris").experiment.scale_by_spread);
  EXPECT_EQ(proposal_for("gaussian").experiment.network, "1-32relu-32relu-1");
  EXPECT_TRUE(proposal_for("gaussian").experiment.scale_target_by_spread);
}

TEST(Proposal, LeavesWhatWasSaid) {
  Experiment e;
  e.network = "4-8tanh-3softmax";
  const Proposal mine = proposal_for("iris", {"network.layers", "optimizer.learning_rate"}, e);
  EXPECT_EQ(mine.flags, "");
  EXPECT_EQ(mine.experiment.network, e.network);
  EXPECT_EQ(proposal_for("iris", {"network.layers"}, e).flags, "--optimizer adam --lr 0.01 --epochs 600");
  EXPECT_EQ(proposal_for("iris", {"data.test", "data.scale"}).experiment.test, 0);
  EXPECT_FALSE(proposal_for("iris", {"data.test", "data.scale"}).experiment.scale_by_spread);
}

TEST(Proposal, HoldsNothingOutOfAHandful) {
  EXPECT_EQ(proposal_for("xor").experiment.test, 0);
  EXPECT_EQ(proposal_for("xor:samples=20").experiment.test, 0.2);
}

TEST(Proposal, ScalesWhereSpreadsCallForIt) {
  EXPECT_FALSE(spreads_call_for_scaling(Matrix<double>{{-1, 0.5}, {1, -0.5}}));
  EXPECT_TRUE(spreads_call_for_scaling(Matrix<double>{{-10, 0.5}, {10, -0.5}}));
  EXPECT_TRUE(spreads_call_for_scaling(Matrix<double>{{-1, 0.05}, {1, -0.05}}));
  EXPECT_TRUE(spreads_call_for_scaling(Matrix<double>{{99, 0.5}, {101, -0.5}}));
  EXPECT_FALSE(spreads_call_for_scaling(Matrix<double>{{7, 0.5}, {7, -0.5}}));  // a constant has no spread
  EXPECT_FALSE(spreads_call_for_scaling(Matrix<double>(0, 2)));
}

}  // namespace
}  // namespace gradus
