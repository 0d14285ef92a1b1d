// SPDX-License-Identifier: MIT
#include "gradus/nn/targets.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "gradus/check/network_check.hpp"
#include "tests/check/cases.hpp"

namespace gradus {
namespace {

using testing_cases::Case;
using testing_cases::make_case;

struct Pass {
  double loss = 0;
  std::vector<double> gradient;
};

Pass pass_of(const Case& made, ConstMatrixView<double> x, const Targets<double>& targets) {
  Trace<double> trace;
  trace.mode = Mode::training;
  Pass pass{0, std::vector<double>(made.theta.size(), std::nan(""))};
  pass.loss = value_and_gradient(made.network, made.loss, made.theta, x, targets, trace, pass.gradient);
  return pass;
}

/// Two ways of adding up the same 13 terms differ by 13 roundings of the largest partial sum, which an order of
/// magnitude more than the result allows for.
void expect_near(const Pass& a, const Pass& b, const std::string& text) {
  constexpr double tolerance = 10 * 13 * 2.3e-16;
  double most = 0;
  for (const double g : b.gradient) most = std::max(most, std::abs(g));
  EXPECT_NEAR(a.loss, b.loss, tolerance * (1 + std::abs(b.loss))) << text;
  for (std::size_t k = 0; k < a.gradient.size(); ++k)
    EXPECT_NEAR(a.gradient[k], b.gradient[k], tolerance * (1 + most)) << text;
}

template <class F>
void for_each_weighted_case(F f) {
  std::uint32_t seed = 0;
  for_each_alternative<LossFunction>([&](auto loss) {
    for (const Reduction reduction : {Reduction::mean, Reduction::sum})
      for (const char* text : {"2-3tanh-3sigmoid", "seq2-4gru:all-3sigmoid"}) {
        RandomState random(++seed);
        const Network network = parse_network(text);
        f(make_case(std::string(text) + " " + std::string(loss.name), network, {loss, reduction}, 4,
                    network.takes_sequences() ? 3 : 1, random));
      }
  });
}

TEST(SampleWeights, OfTwoAreAsGoodAsTheSampleTwiceAndOfZeroAsTheSampleLeftOut) {
  for_each_weighted_case([](const Case& made) {
    const std::vector<double> weights{2, 1, 0, 3};
    const std::vector<Index> repeated{0, 0, 1, 3, 3, 3};
    const Matrix<double> targets = take_rows(made.targets, repeated);
    expect_near(pass_of(made, made.x, {made.targets, weights}), pass_of(made, take_rows(made.x, repeated), targets),
                made.text);
  });
}

TEST(SampleWeights, OfOneChangeNoBit) {
  for_each_weighted_case([](const Case& made) {
    const std::vector<double> ones(4, 1.0);
    const Pass plain = pass_of(made, made.x, made.targets);
    const Pass weighted = pass_of(made, made.x, {made.targets, ones});
    EXPECT_EQ(plain.loss, weighted.loss) << made.text;
    EXPECT_EQ(plain.gradient, weighted.gradient) << made.text;
  });
}

TEST(SampleWeights, OfWhatCountsNothingGiveALossAndAGradientOfZero) {
  const Case made = make_case("2-3tanh-3softmax", {}, 3, 1);
  const std::vector<double> zeros(3);
  const Pass pass = pass_of(made, made.x, {made.targets, zeros});
  EXPECT_EQ(pass.loss, 0);
  for (const double g : pass.gradient) EXPECT_EQ(g, 0);
}

TEST(SampleWeights, BelowZeroCountAsMinusOneTimesThemselvesInSumsAndInWhatTheyAreDividedBy) {
  for_each_weighted_case([](const Case& made) {
    const std::vector<double> weights{2, 1, 0, 3};
    const std::vector<double> below{-2, -1, 0, -3};
    const Pass above = pass_of(made, made.x, {made.targets, weights});
    Pass pass = pass_of(made, made.x, {made.targets, below});
    if (made.loss.reduction == Reduction::sum) {
      pass.loss *= -1;
      for (double& g : pass.gradient) g *= -1;
    }
    EXPECT_EQ(pass.loss, above.loss) << made.text;
    EXPECT_EQ(pass.gradient, above.gradient) << made.text;
  });
}

TEST(SampleWeights, OfAnotherNumberThanTheSamplesAreRefused) {
  const Case made = make_case("2-3tanh-3softmax", {}, 3, 1);
  const std::vector<double> two(2, 1.0);
  EXPECT_THROW(pass_of(made, made.x, {made.targets, two}), ShapeError);
}

TEST(SampleWeights, AreProvenInBothPrecisionsAndMissedWhereABackwardForgetsThem) {
  for_each_weighted_case([](const Case& made) {
    const std::vector<double> weights{2.5, 0.25, 0, 1.75};
    const CheckSubject subject{made.network, made.loss, made.theta, made.x, {made.targets, weights}};
    const GradientCheck check = check_network(subject);
    EXPECT_TRUE(check.passed()) << made.text << "\n" << check.report();
    const GradientCheck narrow = check_network_float(subject);
    EXPECT_TRUE(narrow.passed()) << made.text << "\n" << narrow.report();
    const PlantedFault planted{FaultKind::unweighted, {made.network.size(), kInputs, "loss"}};
    if (!shows(planted, subject)) return;
    const GradientCheck caught = check_network(subject, {}, planted);
    EXPECT_EQ(caught.verdict(), GradientVerdict::wrong) << made.text;
    EXPECT_TRUE(is_named(caught, planted)) << made.text << "\n" << caught.report();
  });
}

TEST(SampleWeights, LeaveEveryOtherFaultCaughtAndNamed) {
  const Case made = make_case("3-4tanh-3softmax", {}, 5, 1);
  const std::vector<double> weights{0.5, 2, 1.25, 3, 1.5};
  const CheckSubject subject{made.network, made.loss, made.theta, made.x, {made.targets, weights}};
  bool unweighted = false;
  for (const PlantedResult& result : plant_all(subject)) {
    EXPECT_TRUE(!result.visible || (result.caught && result.named))
        << result.planted.label() << ": " << result.sentence;
    unweighted = unweighted || result.planted.kind == FaultKind::unweighted;
  }
  EXPECT_TRUE(unweighted);
}

}  // namespace
}  // namespace gradus
