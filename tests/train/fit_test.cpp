// SPDX-License-Identifier: MIT
#include "gradus/train/fit.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "gradus/nn/initializer.hpp"
#include "gradus/nn/pass.hpp"

namespace gradus {
namespace {

/// A noisy linear problem with `n` samples, 2 features and 1 target.
struct Problem {
  Matrix<double> x, t;
  explicit Problem(Index n, std::uint32_t seed = 1) {
    RandomState random(seed);
    x = random.standard_normal(n, 2);
    t = Matrix<double>(n, 1);
    for (Index i = 0; i < n; ++i) t(i, 0) = 3 * x(i, 0) - x(i, 1) + 0.5 + random.normal(0, 0.1);
  }
  Samples<double> samples() const { return {x, t}; }
};

const Network kLine = parse_network("2-1");

FitOptions squared_error(Index batch) {
  FitOptions options;
  options.loss = {MeanSquaredError{}};
  options.batch = batch;
  options.optimizer = Sgd{.learning_rate = 0.05};
  return options;
}

/// The samples of each update, read off the batches that callbacks see.
std::vector<std::vector<double>> batches_of(const Problem& problem, FitOptions options, RandomState& random) {
  std::vector<std::vector<double>> batches;
  std::vector<double> theta(3, 0.0);
  fit(kLine, theta, problem.samples(), options, random, std::nullopt,
      {.before_step =
           [&](const UpdateEvent<double>& event) {
             batches.emplace_back();
             for (Index i = 0; i < event.x.rows(); ++i) batches.back().push_back(event.x(i, 0));
             return Signal::go_on;
           },
       .after_step = {},
       .after_epoch = {}});
  return batches;
}

TEST(Fit, OneStepIsTheOptimizersStepAlongTheLossGradient) {
  for (const Index batch : {0, 1, 3, 7}) {
    const Problem problem(7);
    FitOptions options = squared_error(batch);
    options.order = Order::given;
    options.given = {4, 2, 5, 0, 1, 3, 6};
    options.updates = 1;
    std::vector<double> theta{0.1, 0.2, 0.3};
    const std::vector<double> before = theta;
    RandomState random(0);
    const FitResult result = fit(kLine, theta, problem.samples(), options, random);
    const std::span<const Index> used =
        std::span<const Index>(options.given).first(batch == 0 ? 7u : std::size_t(batch));
    Trace<double> trace;
    std::vector<double> gradient(3);
    const double loss = value_and_gradient(kLine, options.loss, before, take_rows(problem.x, used),
                                           take_rows(problem.t, used), trace, gradient);
    for (std::size_t k = 0; k < 3; ++k) EXPECT_DOUBLE_EQ(theta[k], before[k] - 0.05 * gradient[k]);
    EXPECT_DOUBLE_EQ(result.history.loss.at(0), loss);
    EXPECT_EQ(result.updates, 1);
  }
}

TEST(Fit, ShufflesVisitEverySampleOncePerPassAndCompoundAsScikitLearnDoes) {
  for (const Index n : {1, 2, 7, 10, 13})
    for (const Index batch : {1, 3, 10}) {
      const Problem problem(n);
      FitOptions options = squared_error(batch);
      options.optimizer = Sgd{.learning_rate = 0};
      options.epochs = 3;
      RandomState random(5);
      const auto batches = batches_of(problem, options, random);
      RandomState reference(5);
      std::vector<Index> order(static_cast<std::size_t>(n));
      for (Index i = 0; i < n; ++i) order[std::size_t(i)] = i;
      std::size_t b = 0;
      for (int epoch = 0; epoch < 3; ++epoch) {
        std::vector<Index> next;
        for (const Index i : reference.permutation(n)) next.push_back(order[std::size_t(i)]);
        order = next;
        for (Index first = 0; first < n; first += batch, ++b)
          for (Index i = first; i < std::min(n, first + batch); ++i)
            EXPECT_EQ(batches.at(b).at(std::size_t(i - first)), problem.x(order[std::size_t(i)], 0));
      }
      EXPECT_EQ(b, batches.size());
    }
}

TEST(Fit, DrawsWithReplacementAreRandintsOfTheSameStream) {
  const Problem problem(11);
  FitOptions options = squared_error(1);
  options.order = Order::draws;
  options.updates = 40;
  RandomState random(3);
  const auto batches = batches_of(problem, options, random);
  RandomState reference(3);
  const auto indexes = reference.randint(0, 11, 40);
  ASSERT_EQ(batches.size(), 40u);
  for (std::size_t u = 0; u < 40; ++u) EXPECT_EQ(batches[u][0], problem.x(indexes[u], 0));
  EXPECT_EQ(random.state(), reference.state());
}

TEST(Fit, TheFullBatchDrawsNothing) {
  const Problem problem(6);
  RandomState random(1);
  const RandomState::State before = random.state();
  std::vector<double> theta(3, 0.0);
  fit(kLine, theta, problem.samples(), squared_error(0), random);
  EXPECT_EQ(random.state(), before);
}

TEST(Fit, FindsTheLeastSquaresSolution) {
  const Problem problem(200);
  std::vector<double> theta(3, 0.0);
  FitOptions options = squared_error(0);
  options.epochs = 100'000;
  options.min_change = 1e-12;
  RandomState random(1);
  const FitResult result = fit(kLine, theta, problem.samples(), options, random);
  EXPECT_EQ(result.reason, StopReason::converged);
  EXPECT_LT(result.updates, 100'000);
  // 200 samples with noise 0.1: standard errors of about 0.1 / sqrt(200) = 0.007; 5 of them.
  EXPECT_NEAR(theta[0], 3, 0.035);
  EXPECT_NEAR(theta[1], -1, 0.035);
  EXPECT_NEAR(theta[2], 0.5, 0.035);
}

TEST(Fit, RecordsMeansSinceTheLastRecord) {
  const Problem problem(10);
  FitOptions options = squared_error(4);  // passes of 4, 4 and 2 samples
  options.epochs = 4;
  const auto losses = [&](Index every) {
    FitOptions recorded = options;
    recorded.record_every = every;
    std::vector<double> theta(3, 0.0);
    RandomState random(9);
    return fit(kLine, theta, problem.samples(), recorded, random).history;
  };
  const History each = losses(1);
  ASSERT_EQ(each.loss.size(), 12u);
  const History passes = losses(0);
  ASSERT_EQ(passes.loss.size(), 4u);
  EXPECT_EQ(passes.update, (std::vector<Index>{3, 6, 9, 12}));
  for (std::size_t e = 0; e < 4; ++e)
    EXPECT_DOUBLE_EQ(passes.loss[e], (4 * each.loss[3 * e] + 4 * each.loss[3 * e + 1] + 2 * each.loss[3 * e + 2]) / 10);
  const History fives = losses(5);
  EXPECT_EQ(fives.update, (std::vector<Index>{5, 10, 12}));
  EXPECT_TRUE(losses(-1).loss.empty());
}

TEST(Fit, SumReductionTakesStepsOfTheSumButRecordsTheMean) {
  const Problem problem(10);
  FitOptions mean = squared_error(0);
  mean.epochs = 1;
  FitOptions sum = mean;
  sum.loss.reduction = Reduction::sum;
  mean.optimizer = Sgd{.learning_rate = 0.1};
  sum.optimizer = Sgd{.learning_rate = 0.01};
  std::vector<double> a(3, 0.2), b(3, 0.2);
  RandomState random(1);
  const FitResult mean_result = fit(kLine, a, problem.samples(), mean, random);
  const FitResult sum_result = fit(kLine, b, problem.samples(), sum, random);
  for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(a[k], b[k], 1e-15);
  EXPECT_DOUBLE_EQ(mean_result.history.loss[0], sum_result.history.loss[0]);
}

TEST(Fit, TriesTheTestSetAfterUpdatesOneAndEveryNth) {
  const Problem problem(8);
  const Problem other(5, 2);
  FitOptions options = squared_error(1);
  options.updates = 25;
  options.test_every = 10;
  std::vector<double> theta(3, 0.0);
  RandomState random(1);
  const FitResult result = fit(kLine, theta, problem.samples(), options, random, other.samples());
  EXPECT_EQ(result.history.test_update, (std::vector<Index>{1, 11, 21}));
  EXPECT_TRUE(result.history.test_accuracy.empty());  // a squared error knows no hits
}

TEST(Fit, KeepsGradientsOnDemandAndHandsThemToCallbacks) {
  const Problem problem(4);
  FitOptions options = squared_error(2);
  options.epochs = 2;
  options.keep_gradients = true;
  std::vector<double> theta(3, 0.0);
  std::vector<std::vector<double>> seen;
  std::vector<double> before, after;
  RandomState random(1);
  const FitResult result = fit(kLine, theta, problem.samples(), options, random, std::nullopt,
                               {.before_step =
                                    [&](const UpdateEvent<double>& event) {
                                      seen.emplace_back(event.gradient.begin(), event.gradient.end());
                                      before.push_back(event.theta[0]);
                                      return Signal::go_on;
                                    },
                                .after_step =
                                    [&](const UpdateEvent<double>& event) {
                                      after.push_back(event.theta[0]);
                                      return Signal::go_on;
                                    },
                                .after_epoch = {}});
  EXPECT_EQ(result.history.gradients, seen);
  ASSERT_EQ(seen.size(), 4u);
  for (std::size_t u = 0; u < 4; ++u) EXPECT_DOUBLE_EQ(after[u], before[u] - 0.05 * seen[u][0]);
}

TEST(Fit, StopsWhenACallbackSaysSoAndKeepsWhatWasLearned) {
  const Problem problem(8);
  std::vector<double> theta(3, 0.0);
  RandomState random(1);
  const FitResult result = fit(
      kLine, theta, problem.samples(), squared_error(1), random, std::nullopt,
      {.before_step = {},
       .after_step = [](const UpdateEvent<double>& event) { return event.update == 11 ? Signal::stop : Signal::go_on; },
       .after_epoch = {}});
  EXPECT_EQ(result.reason, StopReason::callback);
  EXPECT_EQ(result.updates, 12);
  EXPECT_NE(theta[0], 0);
}

TEST(Fit, SaysWhereANumberFirstWentNonFiniteAndKeepsTheLastFiniteParameters) {
  const Problem problem(8);
  FitOptions options = squared_error(0);
  options.optimizer = Sgd{.learning_rate = 1e30};
  std::vector<double> theta(3, 0.1);
  RandomState random(1);
  const FitResult result = fit(kLine, theta, problem.samples(), options, random);
  EXPECT_EQ(result.reason, StopReason::diverged);
  EXPECT_EQ(result.divergence.where, "the loss");  // the outputs' squares overflow before the outputs do
  EXPECT_EQ(result.divergence.update, result.updates + 1);
  EXPECT_EQ(result.divergence.epoch, result.epochs);
  for (const double value : theta) EXPECT_TRUE(std::isfinite(value));
}

TEST(Fit, NamesTheLayerThatABadInputRowReaches) {
  Problem problem(8);
  problem.x(5, 1) = std::nan("");
  std::vector<double> theta = {1, 1, 1, 1, 0, 0, 1, 1, 0};
  RandomState random(1);
  const FitResult result = fit(parse_network("2-2relu-1"), theta, problem.samples(), squared_error(0), random);
  EXPECT_EQ(result.divergence.where, "layer 1 (dense) outputs");
  EXPECT_EQ(result.divergence.update, 1);
}

TEST(Fit, GivesTheSameBitsForTheSameSeed) {
  const Problem problem(30);
  const auto run = [&] {
    const Network network = parse_network("2-5tanh-1");
    RandomState random(4);
    auto theta = initial_parameters(network, {}, random);
    fit(network, theta, problem.samples(), squared_error(7), random);
    return theta;
  };
  EXPECT_EQ(run(), run());
}

TEST(Fit, LearnsXorInFloatAndDouble) {
  const auto learn = [](auto number) {
    using T = decltype(number);
    const Matrix<T> x{{0, 0}, {0, 1}, {1, 0}, {1, 1}};
    const Matrix<T> t{{0}, {1}, {1}, {0}};
    const Network network = parse_network("2-4tanh-1sigmoid");
    RandomState random(3);
    auto theta = initial_parameters<T>(network, {.kind = Initializer::Kind::standard_normal}, random);
    FitOptions options;
    options.loss = {BinaryCrossEntropy{}};
    options.optimizer = Sgd{.learning_rate = 0.5, .momentum = 0.9, .nesterov = true};
    options.batch = 0;
    options.epochs = 500;
    return fit(network, theta, {x, t}, options, random).history.accuracy.back();
  };
  EXPECT_EQ(learn(double{}), 1);
  EXPECT_EQ(learn(float{}), 1);
}

TEST(Fit, RefusesWhatDoesNotFitTogether) {
  const Problem problem(8);
  RandomState random(1);
  std::vector<double> theta(3, 0.0);
  std::vector<double> short_theta(2, 0.0);
  const auto fit_with = [&](auto change) {
    FitOptions options = squared_error(1);
    change(options);
    fit(kLine, theta, problem.samples(), options, random);
  };
  EXPECT_THROW(fit(kLine, short_theta, problem.samples(), squared_error(1), random), ShapeError);
  EXPECT_THROW(fit(parse_network("3-1"), theta, problem.samples(), squared_error(1), random), ShapeError);
  EXPECT_THROW(fit(parse_network("2-2"), theta, problem.samples(), squared_error(1), random), ShapeError);
  EXPECT_THROW(fit(kLine, theta, {Matrix<double>(0, 2), Matrix<double>(0, 1)}, squared_error(1), random), ValueError);
  EXPECT_THROW(fit_with([](FitOptions& o) { o.batch = -1; }), ValueError);
  EXPECT_THROW(fit_with([](FitOptions& o) { o.epochs = -1; }), ValueError);
  EXPECT_THROW(fit_with([](FitOptions& o) { o.order = Order::given; }), ValueError);
  EXPECT_THROW(fit_with([](FitOptions& o) { o.order = Order::given, o.given = {8}; }), ValueError);
  EXPECT_THROW(fit_with([](FitOptions& o) { o.optimizer = Sgd{.learning_rate = -1}; }), ValueError);
  EXPECT_THROW(fit_with([](FitOptions& o) { o.optimizer = Sgd{.learning_rate = 0.1, .momentum = 1}; }), ValueError);
  EXPECT_THROW(fit_with([](FitOptions& o) { o.optimizer = Sgd{.learning_rate = std::nan("")}; }), ValueError);
}

TEST(Fit, WithWeightsIsThatOfScikitLearn) {
  // One pass of MLPClassifier.partial_fit of scikit-learn 1.9 (solver sgd, tanh, alpha 0.1, batches of 3 and 2, no
  // momentum, no shuffle) from these weights.
  const Network network = parse_network("2-2tanh-3softmax");
  const Matrix<double> x{{0.5, -1}, {1, 0.25}, {-0.75, 2}, {0.1, 0.3}, {-1.5, -0.5}};
  const Matrix<double> t{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {0, 1, 0}, {1, 0, 0}};
  const std::vector<double> weights{1, 2, 0.5, 0, 3};
  std::vector<double> theta{0.1, -0.2, 0.3, 0.4, 0.05, -0.05, 0.5, -0.6, 0.7, -0.8, 0.9, -1.0, 0.1, 0.2, -0.3};
  FitOptions options;
  options.optimizer = Sgd{.learning_rate = 0.5};
  options.regularisation = {.l2 = 0.1, .per_sample = true};
  options.batch = 3;
  options.epochs = 1;
  options.order = Order::given;
  options.given = {0, 1, 2, 3, 4};
  RandomState random(0);
  const FitResult result = fit(network, theta, {x, t, weights}, options, random);
  const std::vector<double> expected{
      -0.3590013645808581,  0.5698056290015456,  0.21383899212761776, 0.5722886881400711,  0.031655458061933775,
      -0.03847375978952555, 0.4233154731053741,  -0.5445116925087897, 0.7027676479748441,  -0.8858989330244655,
      0.8751584905497759,   -0.8616167003824532, 0.34886814708887776, 0.15180081163498724, -0.500668958723865};
  for (std::size_t k = 0; k < theta.size(); ++k) EXPECT_NEAR(theta[k], expected[k], 1e-15);  // some roundings
  EXPECT_NEAR(result.history.loss.back(), 1.1655903075955198, 1e-15);
}

TEST(Fit, ByEveryMethodTakesAWeightOfTwoForTheSampleTwice) {
  const Problem problem(6);
  const std::vector<double> weights{1, 2, 0, 1, 3, 1};
  const std::vector<Index> rows{0, 1, 1, 3, 4, 4, 4, 5};
  const Matrix<double> x = take_rows(problem.x, rows);
  const Matrix<double> t = take_rows(problem.t, rows);
  for (const char* method : {"sgd", "adam", "lbfgs", "cg", "lm"})
    for (const Reduction reduction : {Reduction::mean, Reduction::sum}) {
      FitOptions options = squared_error(0);
      options.loss.reduction = reduction;
      options.optimizer = parse_training_method(method);
      options.regularisation = {.l2 = 0.1, .per_sample = true};
      options.epochs = 3;
      RandomState random(0);
      std::vector<double> weighted{0.1, 0.2, 0.3};
      std::vector<double> repeated = weighted;
      const FitResult a = fit(kLine, weighted, {problem.x, problem.t, weights}, options, random);
      const FitResult b = fit(kLine, repeated, {x, t}, options, random);
      // Sums of 8 terms in another order: 1e-15 of their size, which three steps of at most 10 times that carry on.
      for (std::size_t k = 0; k < 3; ++k) EXPECT_NEAR(weighted[k], repeated[k], 1e-11) << method;
      EXPECT_NEAR(a.history.loss.front(), b.history.loss.front(), 1e-13 * b.history.loss.front()) << method;
    }
}

TEST(Fit, LooksAtATestSetByItsWeights) {
  const Problem problem(6);
  const std::vector<double> weights{0, 0, 1, 0, 0, 0};
  FitOptions options = squared_error(0);
  options.epochs = 1;
  RandomState random(0);
  std::vector<double> theta{0.1, 0.2, 0.3};
  const FitResult result =
      fit(kLine, theta, problem.samples(), options, random, Samples<double>{problem.x, problem.t, weights});
  const double error = predict(kLine, theta, problem.x)(2, 0) - problem.t(2, 0);
  EXPECT_DOUBLE_EQ(result.history.test_loss.back(), error * error);
}

TEST(Fit, RefusesWeightsThatAreNone) {
  const Problem problem(3);
  RandomState random(0);
  std::vector<double> theta(3);
  const auto with = [&](std::vector<double> weights) {
    fit(kLine, theta, {problem.x, problem.t, weights}, squared_error(0), random);
  };
  EXPECT_THROW(with({1, 2}), ShapeError);
  EXPECT_THROW(with({1, 2, -1}), ValueError);
  EXPECT_THROW(with({0, 0, 0}), ValueError);
  EXPECT_THROW(with({1, std::nan(""), 1}), ValueError);
  EXPECT_THROW(with({1, std::numeric_limits<double>::infinity(), 1}), ValueError);
}

}  // namespace
}  // namespace gradus
