// SPDX-License-Identifier: MIT
// No wrong gradient is called right because it comes from far away: whatever the depth, the number of steps and the
// precision, a sign error in the first layer is seen, and the right gradient is called right.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>

#include "gradus/check/given_gradient.hpp"
#include "gradus/check/network_check.hpp"
#include "tests/check/cases.hpp"

namespace gradus {
namespace {

testing_cases::Case deep_case(const std::string& text, Index samples, Index steps, std::uint32_t seed) {
  RandomState random(seed);
  testing_cases::Case made =
      testing_cases::make_case(text, parse_network(text), {CrossEntropy{}}, samples, steps, random);
  made.theta = initial_parameters(made.network, {}, random);  // as training begins: signals neither die nor explode
  return made;
}

/// Checks one network, right and with a fault; says what is wrong with the checks.
void look_at(const std::string& text, Index samples, Index steps, const PlantedFault& planted) {
  const testing_cases::Case made = deep_case(text, samples, steps, 5);
  const CheckSubject subject{made.network, made.loss, made.theta, made.x, made.targets};
  const GradientCheckOptions quick{.complex = false, .plain = false, .proofs = false};
  const auto about = [&](const GradientCheck& check) { return fmt::format("{}\n{}", text, check.report()); };
  const GradientCheck good = check_network(subject, quick);
  EXPECT_EQ(good.verdict(), GradientVerdict::right) << about(good);
  const GradientCheck bad = check_network(subject, quick, planted);
  EXPECT_EQ(bad.verdict(), GradientVerdict::wrong) << about(bad);
  const FastCheck fast = check_network_fast(subject, 1, planted);
  EXPECT_EQ(fast.verdict(), GradientVerdict::wrong) << text << "\n" << fast.report();
  const GradientCheck narrow = check_network_float(subject, quick);
  EXPECT_NE(narrow.verdict(), GradientVerdict::wrong) << about(narrow);
  const GradientCheck narrow_bad = check_network_float(subject, quick, planted);
  const auto block = static_cast<std::size_t>(planted.place.block);  // of the first layer
  EXPECT_NE(narrow_bad.blocks[block].verdict, GradientVerdict::right) << about(narrow_bad);
  // Float tells until its rounding is all there is.
  if (narrow.blocks[block].verdict == GradientVerdict::right) {
    EXPECT_EQ(narrow_bad.verdict(), GradientVerdict::wrong) << about(narrow_bad);
  }
}

TEST(Depth, HidesNoFaultOfChainsOfOneToTwoHundredLayers) {
  for (const char* activation : {"tanh", "sigmoid", "relu"})
    for (const int depth : {1, 2, 3, 5, 12, 20, 50, 200}) {
      if (depth > 5 && activation != std::string("tanh")) continue;  // their gradients are 0 there, or nearly
      std::string text = "3";
      for (int l = 0; l < depth; ++l) text += fmt::format("-4{}", activation);
      look_at(text + "-3softmax", 3, 1, {FaultKind::sign, {0, 0, "1.weights"}});
    }
}

TEST(Depth, HidesNoFaultOfRecurrentLayersOverOneToAThousandSteps) {
  const bool is_long = std::getenv("GRADUS_LONG_TESTS") != nullptr;  // `make proof`
  for (const char* unit : {"lstm", "gru", "elman"})
    for (const Index steps : {1, 8, 32, 100})
      look_at(fmt::format("seq2-{}{}-4softmax", is_long ? 8 : 3, unit), 2, steps,
              {FaultKind::sign, {0, 0, "1.weights"}});
  for (const char* unit : {"lstm", "gru", "elman"})
    look_at(fmt::format("seq1-{}{}-2softmax", is_long ? 3 : 1, unit), 1, 1000,
            {FaultKind::sign, {0, 1, "1.recurrent weights"}});
}

TEST(Depth, LetsEveryVisibleFaultBeCaughtInThirtyTwoSteps) {
  for (const char* text : {"seq2-8lstm-10softmax", "seq2-4gru-10softmax"}) {
    const testing_cases::Case made = deep_case(text, 4, 32, 1);
    std::size_t seen = 0;
    for (const PlantedResult& result : plant_all({made.network, made.loss, made.theta, made.x, made.targets})) {
      seen += result.visible;
      EXPECT_TRUE(!result.visible || result.caught) << text << " " << result.planted.label();
    }
    EXPECT_GT(seen, 60u);
  }
}

TEST(Depth, LeavesAnErrorOfATenBillionthVisible) {
  // A tolerance near the truth: a gradient off by 1e-10 of itself is wrong at every depth that double can follow.
  for (const int depth : {1, 10, 40}) {
    std::string text = "3";
    for (int l = 0; l < depth; ++l) text += "-4tanh";
    const testing_cases::Case made = deep_case(text + "-3softmax", 3, 1, 5);
    const CheckSubject subject{made.network, made.loss, made.theta, made.x, made.targets};
    Trace<double> trace;
    std::vector<double> gradient(made.theta.size());
    value_and_gradient(made.network, made.loss, made.theta, made.x, made.targets, trace, std::span(gradient));
    EXPECT_TRUE(check_given_gradient(subject, {gradient}).passed()) << depth;
    for (double& d : gradient) d *= 1 + 1e-10;
    EXPECT_EQ(check_given_gradient(subject, {gradient}).verdict(), GradientVerdict::wrong) << depth;
  }
}

}  // namespace
}  // namespace gradus
