// SPDX-License-Identifier: MIT
#include "gradus/nn/traits.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "gradus/nn/loss.hpp"
#include "gradus/nn/network.hpp"
#include "gradus/nn/pass.hpp"

/// What layers and losses tell of themselves, held against what they compute.
namespace gradus {
namespace {

using Losses = AlternativesOf<LossFunction>;

/// From where everything is saturated to where it is nearly linear.
std::vector<double> inputs() {
  std::vector<double> z{0};
  for (const double size : {1e-300, 1e-8, 0.3, 0.5, 1.0, 1.2, 1.278, 2.0, 3.0, 7.0, 20.0, 36.0, 300.0, 709.0})
    for (const double sign : {-1.0, 1.0}) z.push_back(sign * size);
  return z;
}

TEST(Traits, AnActivationsOutputsLieWhereItTells) {
  Activations::for_each([]<class F>(F) {
    constexpr Answers told = F::answers;
    for (const double z : inputs()) {
      const double y = F::value(z);
      EXPECT_GE(y, told.low) << F::name << " " << z;
      EXPECT_LE(y, told.high) << F::name << " " << z;
      if (!told.open || std::abs(z) > 7) continue;  // beyond, rounding meets the ends
      EXPECT_GT(y, told.low) << F::name << " " << z;
      EXPECT_LT(y, told.high) << F::name << " " << z;
    }
  });
}

TEST(Traits, AnActivationComesNearTheEndsItTells) {
  Activations::for_each([]<class F>(F) {
    constexpr Answers told = F::answers;
    double least = kNoEnd, most = -kNoEnd;
    for (double z = -700; z <= 700; z += 1.0 / 64) {
      least = std::min(least, F::value(z));
      most = std::max(most, F::value(z));
    }
    // The ends of GELU, SiLU and Mish are told with two digits; those of softsign are 1/700 away.
    EXPECT_LT(least, told.low == -kNoEnd ? -6 : told.low + 0.011) << F::name;
    EXPECT_GT(most, told.high == kNoEnd ? 600 : told.high - 0.011) << F::name;
  });
}

TEST(Traits, AnActivationOverflowsFromModestInputsIfItTellsThatItsExponentialIsUnbounded) {
  Activations::for_each([]<class F>(F) {
    bool finite = true;
    for (const double z : {-1e6, -800.0, 800.0, 1e6}) finite = finite && std::isfinite(F::value(z));
    EXPECT_EQ(!finite, F::exponentials == Exponentials::unbounded) << F::name;
  });
}

TEST(Traits, OnlyDecisionsHaveNoSlope) {
  Activations::for_each([]<class F>(F) {
    bool flat = true;
    for (const double z : inputs()) flat = flat && F::derivative(z, F::value(z)) == 0;
    EXPECT_EQ(flat, F::answers.kind == Answers::Kind::decisions) << F::name;
  });
}

/// A loss's value of one output of two and its target; the other output is 1/2 and its target 0.
template <class F>
double loss_at(const F& loss, double p, double t) {
  return loss.template value<double>(std::vector<double>{p, 0.5}, std::vector<double>{t, 0});
}

TEST(Traits, ALossIsRuinedByAnAnswerOf0Or1WhereItTellsOfALogarithm) {
  Losses::for_each([]<class F>(const F& loss) {
    EXPECT_EQ(!std::isfinite(loss_at(loss, 0, 1)), F::logarithms != Logarithms::none) << F::name;
    EXPECT_EQ(!std::isfinite(loss_at(loss, 1, 0)), F::logarithms == Logarithms::of_both_sides) << F::name;
    EXPECT_TRUE(std::isfinite(loss_at(loss, 1, 1))) << F::name;
    EXPECT_TRUE(std::isfinite(loss_at(loss, 0, 0))) << F::name;
  });
}

TEST(Traits, ALossesOwnLinkGivesWhatTheLossNeeds) {
  Losses::for_each([]<class F>(const F&) {
    constexpr Answers link = F::Link::answers(any_number);
    if (F::answers == AnswersNeeded::probabilities) {
      EXPECT_EQ(link, between(0, 1)) << F::name;
    }
    if (F::answers == AnswersNeeded::distribution) {
      EXPECT_EQ(link.kind, Answers::Kind::distribution) << F::name;
    }
    if (F::answers == AnswersNeeded::positive) {
      EXPECT_EQ(link, between(0, kNoEnd)) << F::name;
    }
  });
}

TEST(Traits, ALastLayerHasAtMostOneUsualLoss) {
  AlternativesOf<Layer>::for_each([]<class L>(const L&) {
    int count = 0;
    Losses::for_each([&]<class F>(const F&) { count += std::is_same_v<typename F::UsualAfter, L>; });
    EXPECT_LE(count, 1) << L::name;
  });
  const auto usual = [](const char* text) { return std::string(Loss{usual_loss(parse_network(text))}.name()); };
  EXPECT_EQ(usual("2-3softmax"), "cross-entropy");
  EXPECT_EQ(usual("2-3logsoftmax"), "nll");
  EXPECT_EQ(usual("2-3sigmoid"), "binary-cross-entropy");
  EXPECT_EQ(usual("2-1step"), "perceptron");
  for (const char* text : {"2-3", "2-3tanh", "2-3exponential", "2-3softmax-3", "seq2-3lstm"})
    EXPECT_EQ(usual(text), "mse") << text;
}

TEST(Traits, ANetworkAnswersWhatItsLastLayersMakeOfTheOnesBefore) {
  const auto answers = [](const char* text) { return parse_network(text).answers(); };
  EXPECT_EQ(answers("2-3"), any_number);
  EXPECT_EQ(answers("2-3sigmoid-3"), any_number);
  EXPECT_EQ(answers("2-3tanh"), between(-1, 1));
  EXPECT_EQ(answers("1x4x4-conv2k3sigmoid-flatten"), between(0, 1));
  EXPECT_EQ(answers("1x4x4-conv2k3sigmoid-globalavgpool"), between(0, 1)) << "a mean lies among its numbers";
  EXPECT_EQ(answers("1x4x4-conv2k3softmax-maxpool2").kind, Answers::Kind::numbers) << "no longer with a sum of 1";
  EXPECT_EQ(answers("2-3sigmoid-dropout0.2"), any_number) << "in training it makes numbers larger";
}

}  // namespace
}  // namespace gradus
