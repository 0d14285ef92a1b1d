// SPDX-License-Identifier: MIT
// Layers that know the mode, draw masks or keep running statistics, alone and in training.
#include <gtest/gtest.h>

#include "gradus/autodiff/differentiated.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "gradus/nn/initializer.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/train/definition_passes.hpp"

namespace gradus {
namespace {

Matrix<double> dropped(const Network& network, const Matrix<double>& x, std::uint64_t seed, std::uint64_t update,
                       Index first_row = 0) {
  Trace<double> trace;
  trace.mode = Mode::training;
  trace.seed = seed;
  trace.update = update;
  trace.first_row = first_row;
  return Matrix<double>(forward(network, std::vector<double>{}, x, trace));
}

TEST(Dropout, DropsItsShareAndKeepsTheMean) {
  const Index n = 300;
  const Matrix<double> x(n, n, 1.0);
  for (const double rate : {0.0, 0.1, 0.5, 0.9}) {
    const Matrix<double> y = dropped(Network({Dropout{n, rate}}), x, 1, 2);
    double kept = 0;
    for (const double value : y.values()) {
      EXPECT_TRUE(value == 0 || value == 1 / (1 - rate));
      kept += value != 0;
    }
    // 5 standard deviations of a binomial share of 90000 draws.
    EXPECT_NEAR(kept / static_cast<double>(n * n), 1 - rate, 5 * std::sqrt(rate * (1 - rate)) / static_cast<double>(n));
  }
}

TEST(Dropout, MaskDependsOnSeedLayerAndUpdateAndNotOnHowTheBatchIsCut) {
  const Matrix<double> x(7, 31, 1.0);
  const Network one({Dropout{31, 0.5}});
  const Matrix<double> whole = dropped(one, x, 1, 2);
  EXPECT_EQ(dropped(one, x, 1, 2), whole);
  EXPECT_NE(dropped(one, x, 2, 2), whole);
  EXPECT_NE(dropped(one, x, 1, 3), whole);
  EXPECT_NE(dropped(Network({Flatten{31}, Dropout{31, 0.5}}), x, 1, 2), whole);
  for (Index i = 0; i < 7; ++i) {
    const Matrix<double> part = dropped(one, Matrix<double>(1, 31, 1.0), 1, 2, i);
    EXPECT_TRUE(std::equal(part.values().begin(), part.values().end(), whole.row(i).begin())) << i;
  }
  EXPECT_EQ(predict(one, std::vector<double>{}, x), x);
}

TEST(BatchNorm, RunningStatisticsMoveInTrainingAndStandStillInUse) {
  const Network network = parse_network("2-batchnorm:momentum0.5");
  const std::vector<double> theta{1, 1, 0, 0};
  const Matrix<double> x{{1, 10}, {3, 10}};
  Trace<double> trace;
  trace.mode = Mode::training;
  forward(network, theta, x, trace);
  EXPECT_EQ(trace.state, (std::vector<double>{1, 5, 1.5, 0.5}));  // unbiased variances 2 and 0
  trace.mode = Mode::inference;
  const std::vector<double> state = trace.state;
  forward(network, theta, x, trace);
  EXPECT_EQ(trace.state, state);
  EXPECT_EQ(predict(network, theta, x, state), trace.outputs.back());
  EXPECT_THROW(predict(network, theta, x), ShapeError);  // never silently with statistics of nothing
}

/// Points inside and outside a circle.
struct Circle {
  Matrix<double> x;
  Matrix<double> targets{200, 1};
  Circle() {
    RandomState random(5);
    x = random.standard_normal(200, 2);
    for (Index i = 0; i < 200; ++i) targets(i, 0) = x(i, 0) * x(i, 0) + x(i, 1) * x(i, 1) < 1.4 ? 1 : 0;
  }
};

TEST(Fit, TrainsNormsAndDropoutToTheSameBitsTwiceAndKeepsTheirState) {
  const Circle circle;
  const Network network = parse_network("2-16tanh-batchnorm-dropout0.1-8tanh-1sigmoid");
  const auto train = [&](std::uint32_t seed) {
    RandomState random(seed);
    Model model;
    model.network = network;
    model.theta = initial_parameters(network, {}, random);
    model.loss = {BinaryCrossEntropy{}};
    FitOptions options;
    options.loss = model.loss;
    options.optimizer = Sgd{.learning_rate = 0.5};
    options.batch = 20;
    options.epochs = 60;
    const FitResult result = fit(network, model.theta, {circle.x, circle.targets}, options, random);
    model.state = result.state;
    return model;
  };
  const Model model = train(1);
  EXPECT_NE(model.state, network.initial_state());
  const Model again = train(1);
  EXPECT_EQ(again.theta, model.theta);
  EXPECT_EQ(again.state, model.state);
  Index hits = 0;
  const Matrix<double> p = model.predict(circle.x);
  for (Index i = 0; i < p.rows(); ++i) hits += (p(i, 0) > 0.5) == (circle.targets(i, 0) > 0.5);
  EXPECT_GE(hits, 185);
  const Model loaded = parse_model_file(to_model_file(model), "f");
  EXPECT_EQ(loaded.state, model.state);
  EXPECT_EQ(loaded.predict(circle.x), p);
  Model without = model;
  without.state.clear();
  EXPECT_THROW(to_model_file(without), ShapeError);
}

TEST(ModelFile, KeepsEveryKindOfLayer) {
  for (const char* text :
       {"2x6x6-conv4k3p1prelu-batchnorm-maxpool2-[layernorm]+-dropout0.3-5gelu-3softmax",
        "seq3-4lstm:all:remember-5gru:truncate2-2softmax", "1x9-conv2k3-globalavgpool-2logsoftmax"}) {
    Model model;
    model.network = parse_network(text);
    RandomState random(2);
    model.theta = initial_parameters(model.network, {}, random);
    model.state = model.network.initial_state();
    const Model loaded = parse_model_file(to_model_file(model), "f");
    EXPECT_TRUE(loaded.network == model.network) << text;
    EXPECT_EQ(loaded.theta, model.theta) << text;
  }
}

TEST(Fit, LearnsASequenceTaskAndCarriesItToLengthsNeverSeen) {
  // A fading mean of a sequence of +-1, read off at every step.
  const auto make = [](Index samples, Index steps, RandomState& random, Matrix<double>& x, Matrix<double>& t) {
    x = Matrix<double>(samples, steps);
    t = Matrix<double>(samples, steps);
    for (Index i = 0; i < samples; ++i) {
      double mean = 0;
      for (Index s = 0; s < steps; ++s) {
        x(i, s) = random.randint(0, 2) ? 1 : -1;
        mean = 0.6 * mean + 0.4 * x(i, s);
        t(i, s) = mean;
      }
    }
  };
  const Network network = parse_network("seq1-8elman:all-1");
  RandomState random(3);
  Matrix<double> x, t;
  make(100, 5, random, x, t);
  std::vector<double> theta = initial_parameters(network, {}, random);
  FitOptions options;
  options.loss = {MeanSquaredError{}};
  options.optimizer = Sgd{.learning_rate = 0.1, .momentum = 0.9};
  options.batch = 10;
  options.epochs = 60;
  const FitResult result = fit(network, theta, {x, t}, options, random);
  EXPECT_LT(result.history.loss.back(), 0.003);
  make(50, 40, random, x, t);
  Trace<double> trace;
  EXPECT_LT(loss_value(network, options.loss, theta, x, t, trace), 0.005);  // of a mean square of 0.25
}

/// y = a sin(x), with a trained amplitude: a layer as a user writes it, its backward left to the tape.
struct Wave {
  static constexpr std::string_view name = "wave";
  static constexpr bool is_activation = true;
  Index width = 0;

  Index inputs() const { return width; }
  Index outputs() const { return width; }
  Index parameter_count() const { return 1; }
  std::vector<ParameterBlock> parameter_blocks() const {
    return {{.name = "amplitude", .rows = 1, .cols = 1, .offset = 0, .is_bias = true, .start = 1.0}};
  }
  template <Number T>
  void forward(std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y) const {
    using std::sin;
    for (Index i = 0; i < x.rows(); ++i)
      for (Index j = 0; j < width; ++j) y(i, j) = theta[0] * sin(x(i, j));
  }
  bool operator==(const Wave&) const = default;
};

TEST(Fit, TrainsANetworkWithALayerOfOnesOwn) {
  using Own = std::variant<Dense, Differentiated<Wave>, Elementwise<activation::Sigmoid>>;
  const Circle circle;
  const BasicNetwork<Own> network(
      {Dense{2, 12}, Differentiated<Wave>{{12}}, Dense{12, 1}, Elementwise<activation::Sigmoid>{1}});
  RandomState random(1);
  std::vector<double> theta = initial_parameters(network, {}, random);
  FitOptions options;
  options.loss = {BinaryCrossEntropy{}};
  options.optimizer = Sgd{.learning_rate = 0.5};
  options.batch = 10;
  options.epochs = 120;
  const FitResult result = fit(network, theta, {circle.x, circle.targets}, options, random);
  EXPECT_GT(result.history.accuracy.back(), 0.93);
}

TEST(Differentiated, GivesTheGradientOfTheHandWrittenBackward) {
  const auto gradient_of = [](const auto& network) {
    RandomState random(4);
    const std::vector<double> theta = random.standard_normal(network.parameter_count());
    const Matrix<double> x = random.standard_normal(3, 6);
    const Matrix<double> seed = random.standard_normal(3, 4);
    Trace<double> trace;
    std::vector<double> gradient(theta.size());
    Matrix<double> dx(3, 6);
    forward(network, theta, x, trace);
    backward(network, theta, x, trace, seed, network.size(), gradient, dx);
    gradient.insert(gradient.end(), dx.values().begin(), dx.values().end());
    return gradient;
  };
  const auto hand = gradient_of(BasicNetwork<std::variant<Gru>>({Gru{{.features = 2, .units = 4}}}));
  using Taped = Differentiated<Gru>;
  const auto tape = gradient_of(BasicNetwork<std::variant<Taped>>({Taped{{{.features = 2, .units = 4}}}}));
  for (std::size_t k = 0; k < hand.size(); ++k) EXPECT_NEAR(hand[k], tape[k], 1e-14 * (1 + std::abs(hand[k])));
}

}  // namespace
}  // namespace gradus
