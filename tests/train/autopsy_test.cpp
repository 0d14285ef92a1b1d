// SPDX-License-Identifier: MIT
#include "gradus/train/autopsy.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "gradus/nn/activations.hpp"
#include "gradus/nn/initializer.hpp"
#include "gradus/train/fit.hpp"

namespace gradus {
namespace {

struct Outcome {
  FitResult result;
  std::vector<double> theta;
};

Outcome train(const std::string& text, const Loss& loss, Matrix<double> x, Matrix<double> targets, double rate,
              Index batch = 4) {
  const Network network = parse_network(text);
  RandomState random(1);
  Outcome run{{}, initial_parameters(network, {}, random)};
  FitOptions options;
  options.loss = loss;
  options.optimizer = Sgd{.learning_rate = rate};
  options.batch = batch;
  options.epochs = 500;
  run.result = fit(network, run.theta, {x, targets}, options, random);
  return run;
}

TEST(Autopsy, NamesTheRowOfTheTrainingSetThatHoldsNoNumber) {
  for (const Index bad : {0, 5, 11}) {
    RandomState random(2);
    Matrix<double> x = random.standard_normal(12, 3);
    x(bad, 1) = std::numeric_limits<double>::quiet_NaN();
    const Divergence found =
        train("3-4tanh-1", {MeanSquaredError{}}, x, Matrix<double>(12, 1, 0.5), 0.01).result.divergence;
    EXPECT_EQ(found.sample, bad) << found.message();
    EXPECT_EQ(found.where, "layer 1 (dense) outputs");
    EXPECT_EQ(found.epoch, 1);
    EXPECT_EQ(found.batch, found.update);
    EXPECT_NE(found.cause.find("feature 1"), std::string::npos) << found.cause;
  }
}

TEST(Autopsy, BlamesTheTargetThatIsNoNumber) {
  RandomState random(2);
  Matrix<double> targets(12, 1, 0.5);
  targets(7, 0) = std::numeric_limits<double>::infinity();
  const Outcome run = train("3-4tanh-1", {MeanSquaredError{}}, random.standard_normal(12, 3), targets, 0.01);
  EXPECT_EQ(run.result.divergence.sample, 7);
  EXPECT_NE(run.result.divergence.cause.find("target"), std::string::npos) << run.result.divergence.cause;
}

TEST(Autopsy, BlamesALearningRateUnderWhichTheNumbersGrow) {
  RandomState random(3);
  const Matrix<double> x = random.standard_normal(12, 3);
  const Outcome run = train("3-8relu-1", {MeanSquaredError{}}, x, random.standard_normal(12, 1), 5.0);
  ASSERT_EQ(run.result.reason, StopReason::diverged);
  const Divergence& found = run.result.divergence;
  EXPECT_NE(found.cause.find("learning rate"), std::string::npos) << found.message();
  EXPECT_GT(found.largest_gradient, 1e3);
  EXPECT_GT(found.last_finite_loss, 0);
}

TEST(Autopsy, KnowsALogarithmOfZero) {
  // A class 1 whose output a softmax rounds to 0: the binary cross-entropy, whose link is the sigmoid, takes its
  // logarithm.
  const Network network = parse_network("1-2softmax");
  std::vector<double> theta{0, 1000, 0, 0};
  RandomState random(1);
  FitOptions options;
  options.loss = {BinaryCrossEntropy{}};
  options.batch = 2;
  const FitResult result =
      fit(network, theta, {Matrix<double>{{1}, {-1}}, Matrix<double>{{0, 1}, {0, 1}}}, options, random);
  ASSERT_EQ(result.reason, StopReason::diverged);
  EXPECT_EQ(result.divergence.where, "the loss");
  EXPECT_NE(result.divergence.cause.find("logarithm of 0"), std::string::npos) << result.divergence.message();
}

/// What is found of a pass of one sample, x = 1, whose loss is not finite.
template <class F>
Divergence found_of(const char* text, const F& loss, const std::vector<double>& theta, const Matrix<double>& targets) {
  const Network network = parse_network(text);
  const Matrix<double> x{{1}};
  Trace<double> trace;
  std::vector<double> gradient(theta.size());
  const double value = value_and_gradient<double>(network, Loss{loss}, theta, x, targets, trace, gradient);
  return find_divergence<double>(network, Loss{loss},
                                 {.theta = theta,
                                  .gradient = gradient,
                                  .x = x,
                                  .targets = targets,
                                  .loss = value,
                                  .first_loss = 1,
                                  .last_loss = 1,
                                  .largest_gradient = 1},
                                 trace);
}

TEST(Autopsy, KnowsALogarithmOfZeroUnderEveryLossThatTakesOne) {
  AlternativesOf<LossFunction>::for_each([]<class F>(const F& loss) {
    // Sigmoids of -1000 and 0: outputs 0 and 1/2, where the loss is not computed from the logits.
    if (is_fused(parse_network("1-2sigmoid"), LossFunction{loss})) return;
    const Divergence found = found_of("1-2sigmoid", loss, {-1000, 0, 0, 0}, Matrix<double>{{1, 0}});
    const bool blamed = found.cause.find("logarithm of 0") != std::string::npos;
    EXPECT_EQ(blamed, F::logarithms != Logarithms::none) << F::name << ": " << found.cause;
    EXPECT_EQ(found.sample, blamed ? 0 : -1) << F::name;
  });
}

TEST(Autopsy, DoesNotBlameALogarithmThatCountsNothing) {
  // The class is the other output: 0 log 0 = 0.
  const Divergence found = found_of("1-2sigmoid", CrossEntropy{}, {-1000, 0, 0, 0}, Matrix<double>{{0, 1}});
  EXPECT_EQ(found.cause.find("logarithm"), std::string::npos) << found.cause;
}

TEST(Autopsy, KnowsAnExponentialThatOverflowsOfEveryActivation) {
  Activations::for_each([]<class A>(A) {
    const std::string text = "1-1" + std::string(A::name);
    const Divergence found = found_of(text.c_str(), MeanSquaredError{}, {1e5, 0}, Matrix<double>{{1}});
    EXPECT_EQ(found.cause.find("an exponential overflows") != std::string::npos,
              A::exponentials == Exponentials::unbounded)
        << A::name << ": " << found.cause;
  });
}

}  // namespace
}  // namespace gradus
