// SPDX-License-Identifier: MIT
// `fit` by the engine against `fit` by the definition.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <memory>

#include "gradus/train/fit.hpp"
#include "gradus/train/training.hpp"
#include "tests/engine/plan_cases.hpp"

namespace gradus {
namespace {

using namespace engine_test;

Problem<double> problem_of(const Case& c, Index samples, std::uint32_t seed) {
  return Problem<double>(c, samples, seed).as_fit_takes_it();
}

struct Trained {
  FitResult result;
  std::vector<double> theta;
};

Trained train(const Problem<double>& p, FitOptions options, Engine engine, const Callbacks<double>& callbacks = {}) {
  options.engine = engine;
  options.loss = p.loss;
  RandomState random(5);
  Trained run{{}, p.theta};
  const ConstMatrixView<double> x = p.x;
  const ConstMatrixView<double> t = p.targets;
  const Samples<double> test{x.middle_rows(0, 6), t.middle_rows(0, 6)};
  run.result = fit(p.network, run.theta, {x.middle_rows(6, x.rows() - 6), t.middle_rows(6, x.rows() - 6)}, options,
                   random, test, callbacks);
  return run;
}

void expect_near(const std::vector<double>& got, const std::vector<double>& expected, double tolerance) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t k = 0; k < got.size(); ++k)
    EXPECT_NEAR(got[k], expected[k], tolerance * (1 + std::abs(expected[k])));
}

/// Some dozens of updates magnify a rounding of 1e-16 by no more than a factor of 1000 a pass or so.
void expect_same(const Problem<double>& p, const FitOptions& options, double tolerance = 1e-10) {
  const Trained got = train(p, options, Engine::automatic);
  const Trained expected = train(p, options, Engine::definition);
  expect_near(got.theta, expected.theta, tolerance);
  EXPECT_EQ(got.result.updates, expected.result.updates);
  EXPECT_EQ(got.result.epochs, expected.result.epochs);
  EXPECT_EQ(got.result.reason, expected.result.reason);
  EXPECT_EQ(got.result.history.update, expected.result.history.update);
  EXPECT_EQ(got.result.history.test_update, expected.result.history.test_update);
  expect_near(got.result.history.loss, expected.result.history.loss, tolerance);
  expect_near(got.result.history.accuracy, expected.result.history.accuracy, tolerance);
  expect_near(got.result.history.test_loss, expected.result.history.test_loss, tolerance);
  expect_near(got.result.history.test_accuracy, expected.result.history.test_accuracy, tolerance);
  expect_near(got.result.state, expected.result.state, tolerance);
}

const std::vector<Case> kCases{{"2-5tanh-3softmax", "cross-entropy"},
                               {"3-6relu-dropout0.3-2sigmoid", "binary-cross-entropy"},
                               {"3-4gelu-2", "mse"},
                               {"3-5tanh-batchnorm-2softmax", "cross-entropy"},
                               {"1x4x4-conv2k3tanh-3softmax", "cross-entropy"}};

TEST(FitByTheEngine, IsFitByTheDefinition) {
  for (const Case& c : kCases)
    for (const Index batch : {0, 1, 5})
      for (const char* method : {"sgd:lr=0.05", "adam:lr=0.01", "lbfgs"})
        for (const Index record_every : {-1, 0, 3}) {
          SCOPED_TRACE(c.network + " " + method + " batch " + std::to_string(batch));
          FitOptions options;
          options.optimizer = parse_training_method(method);
          options.batch = batch;
          options.epochs = 4;
          options.record_every = record_every;
          options.test_every = record_every > 0 ? 2 : 0;
          expect_same(problem_of(c, 29, 3), options);
        }
}

TEST(FitByTheEngine, StopsWhereTheDefinitionStops) {
  const Problem<double> p = problem_of(kCases[0], 29, 3);
  for (const Index batch : {1, 4}) {
    FitOptions options;
    options.optimizer = Sgd{.learning_rate = 0.1};
    options.batch = batch;
    options.updates = 37;
    expect_same(p, options);
    options.order = Order::draws;
    expect_same(p, options);
    options.updates = 0;
    options.epochs = 60;
    options.early_stopping = {.metric = EarlyStopping::Metric::test_loss, .patience = 2};
    expect_same(p, options, 1e-7);
    options.schedule = InverseSchedule{};
    expect_same(p, options, 1e-7);
    options.regularisation = {.l1 = 0.01, .l2 = 0.1, .per_sample = true};
    expect_same(p, options, 1e-7);
    options.loss.reduction = Reduction::sum;
    expect_same(p, options, 1e-7);
  }
}

TEST(FitByTheEngine, GivesTheSameBitsForAnyNumberOfThreads) {
  const Problem<double> p = problem_of({"16-200relu-3softmax", "cross-entropy"}, 100, 3);
  FitOptions options;
  options.batch = 64;
  options.epochs = 2;
  const Trained one = train(p, options, Engine::automatic);
  for (const int threads : {2, 3}) {
    options.threads = threads;
    const Trained many = train(p, options, Engine::automatic);
    EXPECT_EQ(many.theta, one.theta);
    EXPECT_EQ(many.result.history.loss, one.result.history.loss);
  }
}

TEST(FitByTheEngine, TellsOfUpdatesMadeAtOnce) {
  const Problem<double> p = problem_of(kCases[0], 29, 3);
  FitOptions options;
  options.batch = 1;
  options.epochs = 3;
  std::vector<Index> made;
  Callbacks<double> callbacks;
  callbacks.after_updates = [&](const UpdatesEvent& event) {
    made.push_back(event.updates);
    EXPECT_TRUE(std::isfinite(event.loss));
    EXPECT_EQ(event.learning_rate, 0.01);
    return event.updates < 40 ? Signal::go_on : Signal::stop;
  };
  const Trained run = train(p, options, Engine::automatic, callbacks);
  EXPECT_EQ(made, (std::vector<Index>{1, 23, 46}));  // the first alone, then passes of 23
  EXPECT_EQ(run.result.reason, StopReason::callback);
  EXPECT_EQ(run.result.updates, 46);
}

/// A line only: what grows there grows by the same factors in both, while a network's way to infinity hangs on
/// rounding.
TEST(FitByTheEngine, ExplainsADivergenceAsTheDefinitionDoes) {
  for (const char* text : {"2-1", "3-2:nobias"})
    for (const Index batch : {1, 4})
      for (const Index record_every : {-1, 0}) {
        const Problem<double> p = problem_of({text, "mse"}, 29, 3);
        FitOptions options;
        options.optimizer = Sgd{.learning_rate = 30};
        options.batch = batch;
        options.record_every = record_every;
        const Trained got = train(p, options, Engine::automatic);
        const Trained expected = train(p, options, Engine::definition);
        ASSERT_EQ(expected.result.reason, StopReason::diverged);
        ASSERT_EQ(got.result.reason, StopReason::diverged);
        EXPECT_EQ(got.result.divergence.where, expected.result.divergence.where);
        EXPECT_EQ(got.result.divergence.update, expected.result.divergence.update);
        EXPECT_EQ(got.result.divergence.sample, expected.result.divergence.sample);
        EXPECT_EQ(got.result.divergence.cause, expected.result.divergence.cause);
        if (record_every < 0) continue;  // no loss is known
        expect_near({got.result.divergence.last_finite_loss / expected.result.divergence.last_finite_loss}, {1}, 1e-8);
      }
}

TEST(FitByTheEngine, OnlineUpdatesThatWentNonFiniteLeaveNothingBehind) {
  const Problem<double> p = problem_of({"3-5tanh-3relu-2", "mse"}, 8, 3);
  FitOptions options;
  options.loss = p.loss;
  options.batch = 1;
  Matrix<double> spoilt = p.x;
  spoilt(0, 1) = std::numeric_limits<double>::infinity();
  const Samples<double> good{p.x, p.targets};
  const Samples<double> bad{spoilt, p.targets};
  std::vector<std::vector<double>> thetas;
  for (const bool fails_first : {false, true}) {
    const std::unique_ptr<Passes<double>> passes = make_passes(p.network, options, good);
    ASSERT_TRUE(passes->goes_online());
    OnlineSums sums;
    std::vector<double> theta = p.theta;
    if (fails_first) passes->online(theta, bad, {}, 0.1, true, sums);
    EXPECT_EQ(std::isfinite(theta[0]), !fails_first);
    theta = p.theta;
    passes->online(theta, good, {}, 0.1, true, sums);
    thetas.push_back(theta);
  }
  EXPECT_EQ(thetas[0], thetas[1]);
}

TEST(FitByTheEngine, SeesTheInputThatIsNoNumber) {
  for (const Index batch : {1, 4})
    for (const Index bad : {6, 20}) {
      Problem<double> p = problem_of(kCases[0], 29, 3);
      p.x(bad, 1) = std::nan("");
      FitOptions options;
      options.batch = batch;
      const Trained run = train(p, options, Engine::automatic);
      ASSERT_EQ(run.result.reason, StopReason::diverged);
      EXPECT_EQ(run.result.divergence.sample, bad - 6);
      EXPECT_NE(run.result.divergence.cause.find("feature 1"), std::string::npos) << run.result.divergence.cause;
    }
}

TEST(FitByTheEngine, FlushesDenormalsInFusedArithmeticAndKeepsThemInPlain) {
  // A gradient of 2e-40, which float32 has without a full mantissa only.
  const Matrix<float> x(1, 1, {1e-20F});
  for (const Index batch : {1, 0})
    for (const double momentum : {0.0, 0.5})
      for (const Arithmetic arithmetic : {Arithmetic::fused, Arithmetic::plain}) {
        std::vector<float> theta{0, 0};
        FitOptions options{.loss = parse_loss("mse"), .optimizer = Sgd{.learning_rate = 1, .momentum = momentum}};
        options.batch = batch;
        options.epochs = 1;
        options.arithmetic = arithmetic;
        RandomState random(0);
        fit<float>(parse_network("1-1"), theta, {x, x}, options, random);
#if defined(__x86_64__) || defined(__aarch64__)
        EXPECT_EQ(theta[0] == 0, arithmetic == Arithmetic::fused) << to_text(arithmetic) << ' ' << theta[0];
#endif
        if (arithmetic == Arithmetic::plain) {
          EXPECT_NEAR(theta[0], 2e-40, 2e-45) << "batch " << batch << " momentum " << momentum;
        }
      }
}

TEST(FitByTheEngine, TheDefinitionHasNoOtherArithmetic) {
  const Matrix<double> x(1, 1, {1.0});
  std::vector<double> theta{0, 0};
  FitOptions options{.loss = parse_loss("mse")};
  options.engine = Engine::definition;
  RandomState random(0);
  for (const Arithmetic arithmetic : {Arithmetic::fused, Arithmetic::plain}) {
    options.arithmetic = arithmetic;
    EXPECT_THROW(fit(parse_network("1-1"), theta, {x, x}, options, random), ValueError);
  }
  options.arithmetic = Arithmetic::automatic;
  EXPECT_NO_THROW(fit(parse_network("1-1"), theta, {x, x}, options, random));
}

}  // namespace
}  // namespace gradus
