// SPDX-License-Identifier: MIT
#include <gtest/gtest.h>

#include <cmath>

#include "gradus/nn/initializer.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/train/definition_passes.hpp"
#include "gradus/train/fit.hpp"

/// Training by each method, with schedules, penalties and early stopping.
namespace gradus {
namespace {

/// sin(2 x + 1/2) + x / 3 at `n` points.
struct Wave {
  Matrix<double> x, t;
  explicit Wave(Index n = 20) : x(n, 1), t(n, 1) {
    for (Index i = 0; i < n; ++i) {
      x(i, 0) = -2 + 4.0 * static_cast<double>(i) / static_cast<double>(n - 1);
      t(i, 0) = std::sin(2 * x(i, 0) + 0.5) + x(i, 0) / 3;
    }
  }
  Samples<double> samples() const { return {x, t}; }
};

const Network kNetwork = parse_network("1-8tanh-1");

struct Outcome {
  std::vector<double> theta;
  FitResult result;
};
Outcome train(const FitOptions& options, const Wave& wave = Wave(), const Callbacks<double>& callbacks = {},
              bool with_test = false) {
  RandomState random(3);
  Outcome outcome{initial_parameters(kNetwork, {}, random), {}};
  outcome.result = fit(kNetwork, outcome.theta, wave.samples(), options, random,
                       with_test ? std::optional(wave.samples()) : std::nullopt, callbacks);
  return outcome;
}
FitOptions options_for(const char* method, Index epochs = 300) {
  FitOptions options;
  options.loss = {MeanSquaredError{}};
  options.optimizer = parse_training_method(method);
  options.epochs = epochs;
  return options;
}

TEST(FitMethods, EveryMethodLearnsAWave) {
  for (const std::string& method : variant_names<TrainingMethod>()) {
    FitOptions options = options_for(method.c_str());
    options.batch = method == "rprop" || method == "quickprop" ? 0 : 5;
    if (learning_rate(options.optimizer)) set_learning_rate(options.optimizer, method == "quickprop" ? 0.02 : 0.01);
    if (method == "sgd" || method == "adagrad") set_learning_rate(options.optimizer, 0.1);
    const Outcome outcome = train(options);
    EXPECT_LT(outcome.result.history.loss.back(), 0.2 * outcome.result.history.loss.front()) << method;
    EXPECT_EQ(train(options).theta, outcome.theta) << method;  // the same bits again
  }
}

TEST(FitMethods, MinimisersDescendEveryEpochAndTakeTheFullBatch) {
  for (const char* method : {"lbfgs", "cg", "lm"}) {
    FitOptions options = options_for(method, 40);
    options.batch = 7;  // ignored
    const FitResult result = train(options).result;
    EXPECT_EQ(result.updates, result.epochs) << method;
    for (std::size_t e = 1; e < result.history.loss.size(); ++e)
      EXPECT_LE(result.history.loss[e], result.history.loss[e - 1] * (1 + 1e-14)) << method << " " << e;
  }
}

TEST(FitMethods, LevenbergMarquardtLeavesTheOthersFarBehind) {
  const double lm = train(options_for("lm", 100)).result.history.loss.back();
  const double adam = train(options_for("adam:lr=0.01", 100)).result.history.loss.back();
  EXPECT_LT(lm, 1e-4);
  EXPECT_LT(lm, 1e-3 * adam);
}

TEST(FitMethods, TheNetworksJacobianEqualsDifferencesAndItsSquaresTheLoss) {
  const Wave wave(5);
  RandomState random(1);
  const Network network = parse_network("1-3tanh-1");
  std::vector<double> theta = random.standard_normal(network.parameter_count());
  const Loss loss{MeanSquaredError{}};
  Trace<double> trace;
  const Regularisation ridge{.l2 = 0.3};
  const auto blocks = network.parameter_blocks();
  const Residuals<double> residuals = network_residuals<double>(network, loss, wave.x, wave.t, trace, ridge, blocks);
  std::vector<double> r, above, below;
  Matrix<double> jacobian;
  residuals(theta, r, &jacobian);
  double squares = 0;
  for (const double x : r) squares += x * x;
  std::vector<double> gradient(theta.size());
  double expected = value_and_gradient(network, loss, theta, wave.x, wave.t, trace, gradient);
  expected += add_penalty(ridge, std::span<const ParameterBlock>(blocks), 5, std::span<const double>(theta),
                          std::span<double>(gradient));
  EXPECT_NEAR(squares, expected, 1e-14);
  for (std::size_t j = 0; j < theta.size(); ++j) {
    double slope = 0;
    const double kept = theta[j];
    theta[j] = kept + 1e-6;
    residuals(theta, above, nullptr);
    theta[j] = kept - 1e-6;
    residuals(theta, below, nullptr);
    theta[j] = kept;
    for (std::size_t i = 0; i < r.size(); ++i) {
      const double entry = jacobian(static_cast<Index>(i), static_cast<Index>(j));
      EXPECT_NEAR(entry, (above[i] - below[i]) / 2e-6, 1e-8);
      slope += 2 * entry * r[i];
    }
    EXPECT_NEAR(slope, gradient[j], 1e-13);
  }
}

TEST(FitMethods, RefusesWhatAMethodCannotDo) {
  FitOptions lm = options_for("lm");
  lm.loss = {Huber{}};
  EXPECT_THROW(train(lm), ValueError);
  FitOptions lasso = options_for("lm");
  lasso.regularisation.l1 = 1;
  EXPECT_THROW(train(lasso), ValueError);
  FitOptions clipped = options_for("lbfgs");
  clipped.regularisation.clip_norm = 1;
  EXPECT_THROW(train(clipped), ValueError);
  FitOptions scheduled = options_for("cg");
  scheduled.schedule = CosineSchedule{};
  EXPECT_THROW(train(scheduled), ValueError);
  FitOptions drawn = options_for("lbfgs");
  drawn.order = Order::draws;
  EXPECT_THROW(train(drawn), ValueError);
  FitOptions negative = options_for("adam");
  negative.regularisation.l2 = -1;
  EXPECT_THROW(train(negative), ValueError);
}

TEST(FitSchedules, SetTheRateOfEachUpdate) {
  FitOptions options = options_for("sgd:lr=0.5", 4);
  options.batch = 10;  // 2 updates a pass
  options.schedule = StepSchedule{.every = 2, .by = 0.5};
  std::vector<double> rates;
  train(options, Wave(),
        {.before_step =
             [&](const UpdateEvent<double>& event) {
               rates.push_back(event.learning_rate);
               return Signal::go_on;
             },
         .after_step = {},
         .after_epoch = {}});
  EXPECT_EQ(rates, (std::vector<double>{0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25}));
}

TEST(FitSchedules, AConstantOneChangesNoBit) {
  FitOptions options = options_for("sgd:lr=0.1,momentum=0.9", 10);
  const Outcome plain = train(options);
  options.schedule = StepSchedule{.every = 1000};
  EXPECT_EQ(train(options).theta, plain.theta);
}

TEST(FitSchedules, AdaptiveEndsTrainingOnceItIsAtItsFloor) {
  FitOptions options = options_for("sgd:lr=0", 1000);  // nothing improves
  options.schedule = AdaptiveSchedule{.patience = 1, .floor = 0.04};
  const FitResult result = train(options).result;
  EXPECT_EQ(result.reason, StopReason::early);
  EXPECT_LT(result.epochs, 12);
}

TEST(FitPenalties, AreInTheLossAndShrinkTheWeights) {
  const auto weight_norm = [](const std::vector<double>& theta) {
    double squares = 0;
    for (const ParameterBlock& block : kNetwork.parameter_blocks())
      for (Index k = 0; !block.is_bias && k < block.size(); ++k)
        squares += std::pow(theta[static_cast<std::size_t>(block.offset + k)], 2);
    return std::sqrt(squares);
  };
  const double free = weight_norm(train(options_for("adam:lr=0.01")).theta);
  for (const auto part : {&Regularisation::l1, &Regularisation::l2, &Regularisation::weight_decay}) {
    FitOptions options = options_for("adam:lr=0.01");
    options.regularisation.*part = 0.1;
    EXPECT_LT(weight_norm(train(options).theta), free);
  }
  FitOptions options = options_for("sgd:lr=0", 1);
  const double plain = train(options).result.history.loss[0];
  options.regularisation.l2 = 0.5;
  const Outcome penalised = train(options);
  EXPECT_NEAR(penalised.result.history.loss[0], plain + 0.25 * std::pow(weight_norm(penalised.theta), 2), 1e-13);
}

TEST(FitPenalties, MinimisersFindTheRidgeRegressionOfALine) {
  // One weight w and a bias b: mean (w x + b - t)^2 + l2 w^2 / 2. x has mean 0, so w = mean(x t) / (mean(x^2) + l2 /
  // 2).
  const Wave wave;
  const double l2 = 0.5;
  double xt = 0, xx = 0;
  for (Index i = 0; i < 20; ++i) {
    xt += wave.x(i, 0) * wave.t(i, 0) / 20;
    xx += wave.x(i, 0) * wave.x(i, 0) / 20;
  }
  for (const char* method : {"lbfgs", "cg", "lm"}) {
    FitOptions options = options_for(method, 100);
    options.regularisation.l2 = l2;
    std::vector<double> theta{0, 0};
    RandomState random(1);
    const FitResult result = fit(parse_network("1-1"), theta, wave.samples(), options, random);
    EXPECT_EQ(result.reason, StopReason::converged) << method;  // no step leads further down
    EXPECT_NEAR(theta[0], xt / (xx + l2 / 2), 1e-7) << method;
  }
}

TEST(FitEarlyStopping, StopsAfterItsPatienceAndRestoresTheBest) {
  FitOptions options = options_for("sgd:lr=0.01", 100);
  options.early_stopping = {.metric = EarlyStopping::Metric::custom, .patience = 3};
  const std::vector<double> scores{1, 5, 4, 6, 2, 3, 5.5, 7, 8};
  std::vector<std::vector<double>> thetas;
  Callbacks<double> callbacks;
  callbacks.metric = [&](const EpochEvent<double>& event) {
    thetas.emplace_back(event.theta.begin(), event.theta.end());
    return scores.at(static_cast<std::size_t>(event.epoch - 1));
  };
  const Outcome outcome = train(options, Wave(), callbacks);
  EXPECT_EQ(outcome.result.reason, StopReason::early);
  EXPECT_EQ(outcome.result.epochs, 7);
  EXPECT_EQ(outcome.result.best_epoch, 4);
  EXPECT_EQ(outcome.result.best_metric, 6);
  EXPECT_EQ(outcome.theta, thetas[3]);
  options.early_stopping.restore_best = false;
  const std::vector<double> last = thetas[6];
  EXPECT_EQ(train(options, Wave(), callbacks).theta, last);
}

TEST(FitEarlyStopping, RestoresTheRunningStatisticsWithTheParameters) {
  const Network network = parse_network("1-4-batchnorm-tanh-1");
  const Wave wave;
  Callbacks<double> callbacks;
  callbacks.metric = [](const EpochEvent<double>& event) { return event.epoch == 2 ? 1.0 : 0.0; };
  const auto train_for = [&](Index epochs, EarlyStopping::Metric metric) {
    FitOptions options = options_for("sgd:lr=0.05", epochs);
    options.early_stopping = {.metric = metric, .patience = 3};
    RandomState random(3);
    std::vector<double> theta = initial_parameters(network, {}, random);
    FitResult result = fit(network, theta, wave.samples(), options, random, {}, callbacks);
    return std::pair(theta, result.state);
  };
  const auto best = train_for(2, EarlyStopping::Metric::none);
  ASSERT_FALSE(best.second.empty());
  EXPECT_EQ(train_for(9, EarlyStopping::Metric::custom), best);
  EXPECT_NE(train_for(5, EarlyStopping::Metric::none).second, best.second);
}

TEST(FitEarlyStopping, AChangeBelowTheLeastDoesNotCount) {
  FitOptions options = options_for("adam:lr=0.001", 1000);
  options.early_stopping = {.metric = EarlyStopping::Metric::test_loss, .patience = 4, .min_delta = 0.05};
  const FitResult result = train(options, Wave(), {}, true).result;
  EXPECT_EQ(result.reason, StopReason::early);
  EXPECT_LT(result.epochs, 200);
  EXPECT_EQ(result.best_metric, result.history.test_loss[static_cast<std::size_t>(result.best_epoch - 1)]);
}

TEST(FitEarlyStopping, RefusesAMetricThatIsNotThere) {
  FitOptions options = options_for("sgd");
  using Metric = EarlyStopping::Metric;
  for (const Metric metric : {Metric::test_loss, Metric::test_accuracy, Metric::accuracy, Metric::custom}) {
    options.early_stopping.metric = metric;
    EXPECT_THROW(train(options), ValueError);
  }
  options.early_stopping.metric = Metric::loss;
  options.record_every = -1;
  EXPECT_THROW(train(options), ValueError);
}

}  // namespace
}  // namespace gradus
