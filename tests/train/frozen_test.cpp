// SPDX-License-Identifier: MIT
// Layers that stay as they are while the others learn.
#include <gtest/gtest.h>

#include <cstring>

#include "gradus/nn/pass.hpp"
#include "tests/train/training_plans.hpp"

namespace gradus {
namespace {

using training_plans::Bench;
using training_plans::Outcome;
using training_plans::Plan;

template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b, const ParameterBlock& block) {
  return std::memcmp(a.data() + block.offset, b.data() + block.offset,
                     static_cast<std::size_t>(block.size()) * sizeof(T)) == 0;
}

/// Every method, with all that moves parameters beside the gradient.
std::vector<Plan> plans() {
  std::vector<Plan> all;
  for (const std::string& method : variant_names<TrainingMethod>()) {
    if (method == "lm") continue;
    for (const Index batch : {1, 4, 0})
      for (const Engine engine : {Engine::automatic, Engine::definition})
        all.emplace_back(method, [&](Plan& plan) {
          plan.network = "3-4tanh-5relu-2softmax";
          plan.options.optimizer = parse_training_method(method);
          plan.options.batch = batch;
          plan.options.engine = engine;
          plan.options.regularisation = {.l1 = 0.01, .l2 = 0.1};
          if (!stepping_method(plan.options.optimizer)) return;
          plan.options.regularisation = {.l1 = 0.01, .l2 = 0.1, .clip_norm = 0.5, .weight_decay = 0.1, .max_norm = 0.3};
        });
  }
  all.emplace_back("momentum", [](Plan& plan) {
    plan.network = "3-4tanh-5relu-2softmax";
    plan.options.optimizer = Sgd{.learning_rate = 0.1, .momentum = 0.9, .nesterov = true};
    plan.options.regularisation = {.weight_decay = 0.1, .max_norm = 0.3};
  });
  return all;
}

template <class T>
void expect_the_frozen_to_stay() {
  for (Plan plan : plans())
    for (const std::vector<Index>& frozen : {std::vector<Index>{1}, {2}, {3}, {1, 3}}) {
      plan.options.frozen = frozen;
      Bench<T> bench(plan);
      const std::vector<T> before = bench.theta;
      const Outcome<T> after = bench.finish();
      EXPECT_GT(after.result.updates, 0);
      for (const ParameterBlock& block : bench.network.parameter_blocks()) {
        const bool is_frozen = std::find(frozen.begin(), frozen.end(), block.number) != frozen.end();
        EXPECT_EQ(same_bits(before, after.theta, block), is_frozen)
            << plan.name << " batch " << plan.options.batch << ": " << block.label();
      }
    }
}

TEST(Frozen, LayersKeepTheirBitsUnderEveryMethodAndTheOthersMove) {
  expect_the_frozen_to_stay<double>();
  expect_the_frozen_to_stay<float>();
}

TEST(Frozen, EngineAndDefinitionAgree) {
  for (Plan plan : plans()) {
    plan.options.frozen = {2};
    plan.options.engine = Engine::automatic;
    const std::vector<double> by_engine = Bench<double>(plan).finish().theta;
    plan.options.engine = Engine::definition;
    const std::vector<double> by_definition = Bench<double>(plan).finish().theta;
    // A dozen or two updates of numbers about 1: rounding of 1e-16 each, carried on with a factor near 1; the searches
    // of lbfgs and cg may end a step elsewhere on a flat piece.
    const double tolerance = stepping_method(plan.options.optimizer) ? 1e-10 : 1e-6;
    for (std::size_t k = 0; k < by_engine.size(); ++k)
      EXPECT_NEAR(by_engine[k], by_definition[k], tolerance) << plan.name << " batch " << plan.options.batch;
  }
}

// What the first layer makes of the samples is then nothing but data: the rest must learn what a network of the rest
// learns from that data, clipping by norm included, which is of what learns alone.
TEST(Frozen, FirstLayersAreAsDataForTheOthers) {
  Plan whole("whole", [](Plan& plan) {
    plan.network = "3-4tanh-2softmax";
    plan.options.frozen = {1};
    plan.options.batch = 0;
    plan.options.epochs = 20;
    plan.options.regularisation = {.l2 = 0.1, .clip_norm = 0.2, .weight_decay = 0.05};
  });
  Bench<double> bench(whole);
  const Network first = parse_network("3-4tanh");
  const std::vector<double> first_theta(bench.theta.begin(), bench.theta.begin() + first.parameter_count());
  const Matrix<double> hidden = predict(first, first_theta, bench.data.x);
  std::vector<double> rest(bench.theta.begin() + first.parameter_count(), bench.theta.end());
  const std::vector<double> learned = bench.finish().theta;
  FitOptions options = whole.options;
  options.frozen = {};
  RandomState random(3);
  fit(parse_network("4-2softmax"), rest, {hidden, bench.data.t}, options, random);
  for (std::size_t k = 0; k < rest.size(); ++k)
    EXPECT_NEAR(learned[k + static_cast<std::size_t>(first.parameter_count())], rest[k], 1e-12) << k;
}

TEST(Frozen, RunningStatisticsStayToo) {
  Plan plan("statistics", [](Plan& p) { p.network = "3-4-batchnorm-tanh-2softmax"; });
  Bench<double> learning(plan);
  const std::vector<ParameterBlock> states = learning.network.state_blocks();
  ASSERT_FALSE(states.empty());
  const std::vector<double> first = learning.network.initial_state<double>();
  EXPECT_NE(learning.finish().result.state, first);
  plan.options.frozen = {states.front().number};
  EXPECT_EQ(Bench<double>(plan).finish().result.state, first);
}

TEST(Frozen, WhatCannotBeMeantIsRefused) {
  const auto refusal = [](const std::vector<Index>& frozen, const TrainingMethod& method) -> std::string {
    Plan plan("refused", [&](Plan& p) {
      p.options.frozen = frozen;
      p.options.optimizer = method;
      p.network = "3-4tanh-2";
      p.options.loss = {MeanSquaredError{}};
    });
    try {
      Bench<double> bench(plan);
    } catch (const ValueError& error) {
      return error.what();
    }
    return "";
  };
  EXPECT_EQ(refusal({3}, Sgd{}), "[fit] expected frozen layers among those with parameters (1, 2), got 3");
  EXPECT_EQ(refusal({0}, Sgd{}), "[fit] expected frozen layers among those with parameters (1, 2), got 0");
  EXPECT_EQ(refusal({1, 2}, Sgd{}), "[fit] expected a layer that learns, got all frozen");
  EXPECT_EQ(refusal({1}, LevenbergMarquardt{}),
            "[fit] expected no frozen layers with lm, whose step is of all parameters at once");
  EXPECT_EQ(refusal({1, 1}, Sgd{}), "") << "said twice";
}

}  // namespace
}  // namespace gradus
