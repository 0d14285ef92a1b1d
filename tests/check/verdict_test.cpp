// SPDX-License-Identifier: MIT
// Right only if something was proven; wrong outweighs right; unproven is neither.
#include <gtest/gtest.h>

#include "gradus/check/network_check.hpp"
#include "gradus/check/objective.hpp"
#include "tests/check/cases.hpp"

namespace gradus {
namespace {

CheckSubject subject_of(const testing_cases::Case& made) {
  return {made.network, made.loss, made.theta, made.x, {made.targets, made.weights}};
}

GradientCheck of_blocks(const std::vector<std::pair<int, GradientVerdict>>& blocks) {
  GradientCheck check;
  for (const auto& [number, verdict] : blocks) {
    BlockCheck block;
    block.block.number = number;
    block.verdict = verdict;
    check.blocks.push_back(block);
  }
  return check;
}

TEST(GradientVerdicts, OfArraysAddUpToOne) {
  using V = GradientVerdict;
  const std::vector<V> untold{V::unproven, V::noise};
  for (const V a : untold)
    for (const V b : untold) {
      EXPECT_EQ(of_blocks({{1, a}, {2, b}}).verdict(), V::unproven);
      // The input's derivative alone proves no parameter's.
      EXPECT_EQ(of_blocks({{1, a}, {2, b}, {0, V::right}}).verdict(), V::unproven);
      for (const V told : {V::right, V::kink}) EXPECT_EQ(of_blocks({{1, a}, {2, told}, {0, b}}).verdict(), V::right);
      EXPECT_EQ(of_blocks({{1, a}, {2, V::right}, {0, V::wrong}}).verdict(), V::wrong);
    }
  EXPECT_EQ(of_blocks({{0, V::right}}).verdict(), V::right);  // a network without parameters
  EXPECT_EQ(of_blocks({}).verdict(), V::unproven);
  GradientCheck check = of_blocks({{1, V::right}});
  EXPECT_TRUE(check.passed());
  check.proofs.push_back({"a proof that fails", false, ""});
  EXPECT_EQ(check.verdict(), V::wrong);
  EXPECT_FALSE(check.passed());
}

TEST(GradientVerdicts, AreUnprovenWhereEverythingIsZeroUnderEveryLossAndPlantedFault) {
  for (const char* text : {"2-3relu-2softmax", "3-4tanh-3sigmoid", "2-3-2step"}) {
    testing_cases::Case made = testing_cases::make_case(text, {MeanSquaredError{}}, 4, 1);
    std::fill(made.theta.begin(), made.theta.end(), 0.0);
    std::fill(made.x.values().begin(), made.x.values().end(), 0.0);
    Matrix<double> outputs = predict(made.network, made.theta, made.x);
    made.targets = outputs;  // no residual
    const GradientCheck check = check_network(subject_of(made));
    EXPECT_EQ(check.verdict(), GradientVerdict::unproven) << text << "\n" << check.report();
    EXPECT_FALSE(check.passed());
    EXPECT_NE(check.report().find("Nothing could be proven here."), std::string::npos);
    EXPECT_EQ(check_network_float(subject_of(made)).verdict(), GradientVerdict::unproven) << text;
    EXPECT_EQ(check_network_fast(subject_of(made)).verdict(), GradientVerdict::unproven) << text;
    const PlantedFault sign{FaultKind::sign, {0, 0, "1.weights"}};
    EXPECT_FALSE(check_network(subject_of(made), {}, sign).passed()) << text;
  }
}

TEST(PlantedFaults, ThatWouldChangeNothingAreToldFromThoseThatAreMissed) {
  testing_cases::Case made = testing_cases::make_case("2-3relu-2softmax", {CrossEntropy{}}, 4, 1);
  std::fill(made.x.values().begin(), made.x.values().end(), 0.0);  // no gradient by the first weights
  std::size_t hidden = 0;
  for (const PlantedResult& result : plant_all(subject_of(made))) {
    const bool first_weights = result.planted.place.label == "1.weights" && result.planted.kind == FaultKind::sign;
    if (first_weights) {
      EXPECT_FALSE(result.visible);
    }
    hidden += !result.visible;
    EXPECT_TRUE(!result.visible || result.caught) << result.planted.label();
  }
  EXPECT_GT(hidden, 0u);
}

}  // namespace
}  // namespace gradus
