// SPDX-License-Identifier: MIT
#include "gradus/nn/fitting.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "gradus/nn/pass.hpp"

namespace gradus {
namespace {

using Losses = AlternativesOf<LossFunction>;

std::string verdict(const Network& network, const LossFunction& loss, const Matrix<double>& targets) {
  try {
    check_fitting<double>("fit", network, loss, targets);
    return "";
  } catch (const ValueError& error) {
    return error.what();
  }
}
std::string verdict(const char* text, const char* loss, const Matrix<double>& targets) {
  return verdict(parse_network(text), parse_loss(loss).function, targets);
}

const Matrix<double> kClasses{{1, 0}, {0, 1}, {0, 1}};
const Matrix<double> kShares{{0.25, 0.75}, {1, 0}, {0.33, 0.66}};
const Matrix<double> kLabels{{1, 1}, {0, 0}, {0, 1}};
const Matrix<double> kCounts{{3, 0}, {1, 1}, {0, 2}};
const Matrix<double> kPrices{{103.5, 99}, {101, 98}, {97, 100}};
const Matrix<double> kSigned{{-0.5, 0.25}, {0.75, -1}, {0.25, 0}};
const Matrix<double> kTwo{{0}, {1}, {1}};

TEST(Fitting, RefusesInOneSentenceThatSaysWhatIsWrongAndWhatToDo) {
  EXPECT_EQ(verdict("2-1softmax", "cross-entropy", kTwo),
            "[fit] the network ends in a softmax of one output, which is always 1: use sigmoid");
  EXPECT_EQ(verdict("2-1logsoftmax", "nll", kTwo),
            "[fit] the network ends in a logsoftmax of one output, which is always 0: use sigmoid");
  EXPECT_EQ(
      verdict("2-1sigmoid", "binary-cross-entropy", Matrix<double>{{103.5}, {1}}),
      "[fit] binary-cross-entropy needs classes (targets from 0 to 1), but target 1 of sample 0 is 103.5: use mse "
      "and a linear last layer");
  EXPECT_EQ(verdict("2-2softmax", "cross-entropy", kPrices),
            "[fit] cross-entropy needs classes (targets of at least 0 that sum to 1), but those of sample 0 sum to "
            "202.5: use mse and a linear last layer");
  EXPECT_EQ(
      verdict("2-2softmax", "cross-entropy", kLabels),
      "[fit] cross-entropy needs classes (targets of at least 0 that sum to 1), but those of sample 0 sum to 2: for "
      "several labels at once use multi-label-cross-entropy and end the network in sigmoid");
  EXPECT_EQ(
      verdict("2-2sigmoid", "cross-entropy", kClasses),
      "[fit] cross-entropy needs probabilities that sum to 1, but the network ends in sigmoid: end it in softmax, or "
      "use binary-cross-entropy and end it in sigmoid");
  EXPECT_EQ(verdict("2-2", "nll", kClasses),
            "[fit] nll needs logarithms of probabilities, but the network ends in dense: end it in logsoftmax, or use "
            "cross-entropy and end it in softmax");
  EXPECT_EQ(
      verdict("2-2sigmoid", "mse", kPrices),
      "[fit] target 1 is 100.5 in the mean, but the network ends in sigmoid, which gives numbers from 0 to 1: scale "
      "the targets, or end it in a linear layer");
  EXPECT_EQ(
      verdict("2-2relu", "mse", Matrix<double>{{1, -3}, {2, 1}}),
      "[fit] target 2 is -1 in the mean, but the network ends in relu, which gives numbers of at least 0: scale the "
      "targets, or end it in a linear layer");
  EXPECT_EQ(
      verdict("2-3softmax", "mse", Matrix<double>{{1, 1, 0}, {1, 0.5, 0.5}}),
      "[fit] the targets of a sample sum to 2 in the mean, but the network ends in softmax, which gives numbers that "
      "sum to 1: end it in sigmoid or a linear layer");
  EXPECT_EQ(verdict("2-2step", "mse", kClasses),
            "[fit] the network ends in step, which has no slope for mse to learn along: use perceptron, or end it in "
            "sigmoid");
  EXPECT_EQ(verdict("2-1", "hinge", kTwo),
            "[fit] hinge needs an output for each class, but the network has one: give it two");
  EXPECT_EQ(
      verdict("2-2exponential", "poisson", kSigned),
      "[fit] poisson needs counts (targets of at least 0), but target 1 of sample 0 is -0.5: use mse and a linear "
      "last layer");
  EXPECT_EQ(verdict("2-2softmax", "cross-entropy", Matrix<double>(3, 2, 0.0)),
            "[fit] cross-entropy needs classes (targets of at least 0 that sum to 1), but all of them are 0");
}

TEST(Fitting, TakesWhatIsSoundThoughUnusual) {
  const auto fits = [](const char* text, const char* loss, const Matrix<double>& targets) {
    EXPECT_EQ(verdict(text, loss, targets), "") << text << " " << loss;
  };
  fits("2-2softmax", "mse", kClasses);  // as document 003 trains
  fits("2-2softmax", "binary-cross-entropy", kClasses);
  fits("2-2sigmoid", "multi-label-cross-entropy", kLabels);
  fits("2-2sigmoid", "binary-cross-entropy", kShares);
  fits("2-2softmax", "cross-entropy:smoothing=0.1", kShares);  // 0.33 and 0.66: shares with two digits
  fits("2-2logsoftmax", "nll", kShares);
  fits("2-2softplus", "poisson", kCounts);
  fits("2-2exponential", "poisson", kClasses);
  fits("2-2tanh", "hinge", kClasses);
  fits("2-2tanh", "mae", kSigned);
  fits("2-2relu", "huber", Matrix<double>{{-0.1, 3}, {0.5, 2}});  // a few out of reach: noise
  fits("2-1step", "perceptron", kTwo);
  fits("2-1", "perceptron", kTwo);  // counts mistakes
  fits("1x4x4-conv1k3sigmoid-globalavgpool", "binary-cross-entropy", kTwo);
  fits("seq2-3gru:all-2softmax", "cross-entropy",
       Matrix<double>{{1, 0, 0, 1}, {0, 1, 0, 0}});  // a step that counts nothing
}

TEST(Fitting, BelievesALayerThatTellsNothing) {
  const detail::LastLayer own{"own", 2, unknown_answers};
  Losses::for_each([&](const auto& loss) {
    EXPECT_NO_THROW(detail::check_answers("fit", own, loss)) << loss.name;
    EXPECT_NO_THROW(detail::check_reach<double>("fit", own, loss, kPrices)) << loss.name;
  });
}

/// Calls f with every loss, every last layer of `outputs` numbers and every kind of targets.
template <class F>
void for_each_triple(Index outputs, const F& f) {
  const auto columns = [&](const Matrix<double>& m) {
    Matrix<double> cut(m.rows(), outputs);
    for (Index i = 0; i < m.rows(); ++i) std::copy_n(m.row(i).begin(), outputs, cut.row(i).begin());
    return cut;
  };
  const std::vector<std::pair<const char*, Matrix<double>>> kinds{{"classes", outputs == 1 ? kTwo : columns(kClasses)},
                                                                  {"shares", columns(kShares)},
                                                                  {"labels", columns(kLabels)},
                                                                  {"counts", columns(kCounts)},
                                                                  {"prices", columns(kPrices)},
                                                                  {"signed", columns(kSigned)}};
  const auto with_last = [&](const Network& network) {
    Losses::for_each([&](const auto& loss) {
      for (const auto& [kind, targets] : kinds) f(loss, network, targets, kind);
    });
  };
  with_last(Network({Dense{2, outputs}}));
  with_last(Network({Dense{2, outputs}, Softmax{outputs}}));
  with_last(Network({Dense{2, outputs}, LogSoftmax{outputs}}));
  Activations::for_each([&]<class A>(A) { with_last(Network({Dense{2, outputs}, Elementwise<A>{outputs}})); });
}

/// The loss of one sample with these numbers before the last layer, as training computes it.
template <class F>
double loss_at(const F& loss, const Network& network, const std::vector<double>& z, std::span<const double> t) {
  // Weights of 0: the bias is what the last layer is given.
  std::vector<double> theta(static_cast<std::size_t>(network.parameter_count()), 0);
  std::copy(z.begin(), z.end(), theta.end() - static_cast<std::ptrdiff_t>(z.size()));
  Trace<double> trace;
  return loss_value(network, Loss{loss, Reduction::sum}, theta, Matrix<double>(1, 2),
                    ConstMatrixView<double>(t.data(), 1, network.outputs()), trace);
}

TEST(Fitting, WhatIsTakenHasAFiniteLossThatIsBoundedBelow) {
  for (const Index outputs : {1, 2})
    for_each_triple(
        outputs, [&](const auto& loss, const Network& network, const Matrix<double>& targets, const char* kind) {
          if (!verdict(network, loss, targets).empty()) return;
          for (Index i = 0; i < targets.rows(); ++i)
            for (const double a : {-8.0, -1.0, 0.5, 8.0})
              for (const double b : {-8.0, 0.25, 8.0}) {
                const std::vector<double> z = outputs == 1 ? std::vector<double>{a} : std::vector<double>{a, b};
                const double value = loss_at(loss, network, z, targets.row(i));
                const std::string what = std::string(loss.name) + " " + to_text(network) + " " + kind;
                EXPECT_TRUE(std::isfinite(value)) << what << " " << a << " " << b;
                // No loss is below 0 where what it asks for is given, but for two: Poisson's leaves out what depends on
                // the
                // counts alone, t log t - t each, and shares with two digits, of a sum of 0.99, take 0.01 from a
                // divergence.
                double floor = -0.011;
                if (std::is_same_v<std::decay_t<decltype(loss)>, Poisson>)
                  for (const double t : targets.row(i)) floor += t > 0 ? std::min(0.0, t - t * std::log(t)) : 0;
                EXPECT_GE(value, floor) << what;
              }
        });
}

TEST(Fitting, OfWhatIsTakenTheLeastLossIsThatOfTheRightClass) {
  for_each_triple(2, [&](const auto& loss, const Network& network, const Matrix<double>& targets, const char* kind) {
    if (kind != std::string("classes") || !verdict(network, loss, targets).empty()) return;
    for (Index i = 0; i < targets.rows(); ++i) {
      double least = std::numeric_limits<double>::infinity();
      bool right = false;
      for (int a = -8; a <= 8; ++a)
        for (int b = -8; b <= 8; ++b) {
          const double value = loss_at(loss, network, {0.5 * a + 0.25, 0.5 * b + 0.25}, targets.row(i));
          const bool answer = (targets(i, 0) == 1) == (a > b);
          if (value < least - 1e-12)
            right = answer;
          else if (value <= least + 1e-12)
            right = right && answer;  // of equals, each must be right
          least = std::min(least, value);
        }
      EXPECT_TRUE(right) << loss.name << " " << to_text(network) << " row " << i;
    }
  });
}

TEST(Fitting, ACrossEntropyOnSigmoidsWouldBeNoticed) {  // the fault for which the test above is there
  const Network network = parse_network("2-2sigmoid");
  const std::vector<double> t{0, 1};
  EXPECT_LT(loss_at(CrossEntropy{}, network, {20, 20}, t), loss_at(CrossEntropy{}, network, {-20, 8}, t));
}

TEST(Fitting, EveryLossIsTakenWithItsOwnLinkAndTheTargetsItAsksFor) {
  Losses::for_each([]<class F>(const F& loss) {
    using Link = std::conditional_t<F::answers == AnswersNeeded::log_distribution, LogSoftmax, typename F::Link>;
    const Network network({Dense{2, 2}, Link{2}});
    EXPECT_EQ(verdict(network, loss, kClasses), "") << F::name;
    EXPECT_EQ(verdict(network, loss, kPrices).empty(),
              F::targets == TargetsNeeded::numbers || F::targets == TargetsNeeded::counts)
        << F::name;
  });
}

}  // namespace
}  // namespace gradus
