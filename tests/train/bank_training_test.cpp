// SPDX-License-Identifier: MIT
#include "gradus/train/bank_training.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "gradus/nn/initializer.hpp"

namespace gradus {
namespace {

const Network kNetwork = parse_network("2-3tanh-2softmax");

struct Lanes {
  Matrix<double> x{{0, 0}, {0, 1}, {1, 0}, {1, 1}, {2, 1}}, t{{1, 0}, {0, 1}, {0, 1}, {1, 0}, {0, 1}};
  std::vector<std::vector<double>> thetas;
  std::vector<RandomState> streams;

  explicit Lanes(std::uint32_t count) {
    for (std::uint32_t seed = 0; seed < count; ++seed) {
      streams.emplace_back(seed);
      thetas.push_back(initial_parameters(kNetwork, {}, streams.back()));
    }
  }
  engine::Bank<double> bank(bool record = true) const {
    std::vector<engine::BankLane<double>> lanes;
    for (std::size_t k = 0; k < thetas.size(); ++k)
      lanes.push_back({.theta = thetas[k], .random = streams[k], .learning_rate = 0.5});
    return {kNetwork, x, t, {.batch = 2, .record = record}, lanes};
  }
};

TEST(BankTraining, ALaneEndsByItsOwnRuleAndIsWhatItWasThen) {
  const Lanes lanes(11);
  const StallRule rule{.best = StallRule::Best::lowest, .patience = 3, .tolerance = 0.01};
  BankTraining<double> training(lanes.bank(), {.updates = 3 * 200, .rule = rule});
  while (training.advance(5)) {
  }
  std::vector<std::size_t> ends;
  for (Index k = 0; k < 11; ++k) {
    const LaneOutcome<double>& lane = training.lane(k);
    ASSERT_TRUE(lane.has_ended);
    Stall stall;
    for (std::size_t pass = 0; pass < lane.losses.size(); ++pass) {
      EXPECT_FALSE(stall.is_over(rule)) << "ended late";
      stall.look(rule, lane.losses[pass]);
    }
    EXPECT_TRUE(stall.is_over(rule) || lane.losses.size() == 200);
    EXPECT_EQ(lane.stall, stall);
    // The same bits as a bank of that length, whose other lanes are not looked at.
    engine::Bank<double> alike = lanes.bank();
    alike.train(3 * static_cast<Index>(lane.losses.size()));
    std::vector<double> theta(lane.theta.size());
    alike.parameters(k, theta);
    EXPECT_EQ(lane.theta, theta);
    EXPECT_EQ(lane.random.state(), alike.random(k).state());
    ends.push_back(lane.losses.size());
  }
  EXPECT_NE(*std::min_element(ends.begin(), ends.end()), *std::max_element(ends.begin(), ends.end()));
}

TEST(BankTraining, HowItIsCutDoesNotMatter) {
  const Lanes lanes(9);
  BankTraining<double> whole(lanes.bank(), {.updates = 50});
  EXPECT_FALSE(whole.advance(1000));
  EXPECT_EQ(whole.updates(), 50);
  BankTraining<double> cut(lanes.bank(), {.updates = 50});
  while (cut.advance(7)) {
  }
  for (Index k = 0; k < 9; ++k) EXPECT_EQ(whole.lane(k).theta, cut.lane(k).theta);
  BankTraining<double> none(lanes.bank(), {.updates = 0});
  EXPECT_TRUE(none.is_over());
  EXPECT_EQ(none.lane(3).theta, lanes.thetas[3]);
  BankTraining<double> ended(lanes.bank(), {.updates = 50});
  ended.advance(10);
  ended.end();
  EXPECT_FALSE(ended.advance(10));
  EXPECT_EQ(ended.updates(), 10);
}

TEST(WhyNoBank, WhatABankDoesNotKnowIsRefusedWithAReason) {
  const auto why = [](const std::function<void(FitOptions&)>& ask, const char* network = "2-3tanh-2softmax") {
    FitOptions options;
    ask(options);
    return why_no_bank(parse_network(network), options, false).value_or("");
  };
  // All that it knows, away from its default.
  EXPECT_EQ(why([](FitOptions& o) {
              o.optimizer = Adam{.learning_rate = 0.1, .beta1 = 0.8};
              o.loss.reduction = Reduction::sum;
              o.batch = 7, o.epochs = 3, o.updates = 9, o.order = Order::draws, o.threads = 4;
              o.regularisation.l2 = 0.1, o.regularisation.per_sample = true;
              o.record_every = 3, o.test_every = 5, o.hit = Hit::argmax;
            }),
            "");
  const std::vector<std::pair<std::string, std::function<void(FitOptions&)>>> unknown{
      {"lbfgs finds its own steps", [](FitOptions& o) { o.optimizer = Lbfgs{}; }},
      {"it steps by sgd or adam", [](FitOptions& o) { o.optimizer = Rprop{}; }},
      {"the loss does not fit the last layer as one of its kernels does",
       [](FitOptions& o) { o.loss.function = MeanSquaredError{}; }},
      {"of penalties and limits it knows l2 alone", [](FitOptions& o) { o.regularisation.l1 = 0.1; }},
      {"of penalties and limits it knows l2 alone", [](FitOptions& o) { o.regularisation.clip_norm = 0.1; }},
      {"the definition is asked for", [](FitOptions& o) { o.engine = Engine::definition; }},
      {"the learning rate has a schedule", [](FitOptions& o) { o.schedule = CosineSchedule{}; }},
      {"training may stop early", [](FitOptions& o) { o.early_stopping.metric = EarlyStopping::Metric::loss; }},
      {"training stops once an update is small", [](FitOptions& o) { o.min_change = 0; }},
      {"the order of the samples is given", [](FitOptions& o) { o.order = Order::given, o.given = {0}; }},
      {"gradients are kept", [](FitOptions& o) { o.keep_gradients = true; }},
      {"running statistics are given", [](FitOptions& o) { o.state = {1}; }},
      {"the masks of dropout are given", [](FitOptions& o) { o.mask_seed = 3; }},
  };
  for (const auto& [reason, ask] : unknown) EXPECT_EQ(why(ask), reason);
  const auto nothing = [](FitOptions&) {};
  EXPECT_EQ(why(nothing, "2-3gelu-2softmax"),
            "of activations it knows step, sigmoid, tanh and relu, softmax at the end");
  EXPECT_EQ(why(nothing, "2-3tanh-layernorm-2softmax"), "it takes dense layers, dropout before them, and activations");
  EXPECT_EQ(why_no_bank(kNetwork, {}, true), "samples have weights");
}

}  // namespace
}  // namespace gradus
