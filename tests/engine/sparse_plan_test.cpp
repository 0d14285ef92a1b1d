// SPDX-License-Identifier: MIT
// Sparse samples give the bits of dense ones, whatever the matrix, the network, the method and the arithmetic.
#include <array>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "gradus/engine/gradient_plan.hpp"
#include "gradus/engine/instruction_set.hpp"
#include "gradus/engine/predictor.hpp"
#include "gradus/train/sparse_passes.hpp"
#include "tests/engine/epochs.hpp"
#include "tests/engine/plan_cases.hpp"

namespace gradus {
namespace {

using namespace engine_test;

/// A matrix as somebody may have put it together: some rows are empty, some columns of a row come in any order and more
/// than once, some values are 0 or -0; and the same written out.
template <class T>
struct Mixed {
  std::vector<T> values;
  std::vector<std::int32_t> columns, starts{0};
  std::vector<std::int64_t> long_columns, long_starts;
  Matrix<T> dense;

  Mixed(Index rows, Index cols, double density, std::uint32_t seed, bool tidy = false) : dense(rows, cols, T(0)) {
    RandomState random(seed);
    for (Index i = 0; i < rows; ++i) {
      const bool empty = random.uniform(0, 1) < 0.2;
      for (Index j = 0; j < cols && !empty; ++j) {
        if (random.uniform(0, 1) >= density) continue;
        const double kind = random.uniform(0, 1);
        add(i, j, kind < 0.1 ? T(0) : kind < 0.2 ? -T(0) : static_cast<T>(random.uniform(-2, 2)));
        if (!tidy && kind > 0.8) add(i, (j * 7 + i) % cols, static_cast<T>(random.uniform(-2, 2)));  // out of turn
        if (!tidy && kind > 0.95) add(i, j, static_cast<T>(random.uniform(-2, 2)));
      }
      starts.push_back(static_cast<std::int32_t>(values.size()));
    }
    long_columns.assign(columns.begin(), columns.end());
    long_starts.assign(starts.begin(), starts.end());
  }

  SparseRows<T> rows(bool wide = false) const {
    if (wide) return {values, std::span(long_columns), std::span(long_starts), dense.cols()};
    return {values, std::span(columns), std::span(starts), dense.cols()};
  }

 private:
  void add(Index i, Index j, T value) {
    values.push_back(value);
    columns.push_back(static_cast<std::int32_t>(j));
    dense(i, j) += value;  // as SciPy writes it out: 0 + value + value ...
  }
};

template <class T>
bool same_bits(std::span<const T> a, std::span<const T> b) {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size_bytes()) == 0);
}
template <class T>
bool same_bits(const std::vector<T>& a, const std::vector<T>& b) {
  return same_bits(std::span<const T>(a), std::span<const T>(b));
}

constexpr std::array kArithmetics{Arithmetic::fused, Arithmetic::plain};

template <class T>
std::vector<T> parameters(const Network& network, std::uint32_t seed) {
  RandomState random(seed);
  std::vector<T> theta(static_cast<std::size_t>(network.parameter_count()));
  for (T& number : theta) number = static_cast<T>(random.uniform(-1, 1));
  for (std::size_t k = 0; k < theta.size(); k += 5) theta[k] = k % 2 ? T(0) : -T(0);
  return theta;
}

template <class T>
Matrix<T> dense_answers(const Network& network, std::span<const T> theta, ConstMatrixView<T> x, Arithmetic arithmetic) {
  Matrix<T> y(x.rows(), network.outputs());
  engine::predict<T>(network, theta, x, y, {}, arithmetic);
  return y;
}

// ------------------------------------------------------------------------------------------------------- predictions

template <class T>
void check_predictions() {
  std::vector<std::string> tails{"1",
                                 "7tanh-2softmax",
                                 "8relu-3softmax",
                                 "9sigmoid-1sigmoid",
                                 "16-5",
                                 "17relu-4tanh-2",
                                 "33tanh-1",
                                 "65sigmoid-10softmax",
                                 "130relu-2",
                                 "1relu-1exponential",
                                 "5softmax",
                                 "4tanh-5logsoftmax",
                                 "3logsoftmax",
                                 "6sigmoid"};
  for (const std::string& name : activation_names([](const auto&) { return true; })) {
    tails.push_back("5" + name + "-2");
    tails.push_back("3" + name);
  }
  std::uint32_t seed = 0;
  for (const Index inputs : {1, 5, 16, 131, 700})
    for (const std::string& tail : tails) {
      const Network network = parse_network(std::to_string(inputs) + "-" + tail);
      const std::vector<T> theta = parameters<T>(network, ++seed);
      const Index rows = std::array<Index, 5>{4, 31, 255, 256, 300}[seed % 5];
      const Mixed<T> x(rows, inputs, seed % 3 ? 0.1 : 0.01, seed, seed % 2 == 0);
      for (const Arithmetic arithmetic : kArithmetics) {
        const Matrix<T> expected = dense_answers<T>(network, theta, x.dense, arithmetic);
        for (const bool wide : {false, true}) {
          Matrix<T> found(rows, network.outputs(), std::numeric_limits<T>::quiet_NaN());
          engine::predict<T>(network, theta, x.rows(wide), found, arithmetic);
          EXPECT_TRUE(same_bits(found.values(), expected.values()))
              << inputs << '-' << tail << ' ' << rows << ' ' << to_text(arithmetic) << wide;
        }
      }
    }
}

TEST(Sparse, PredictionsHaveTheBitsOfDenseOnes) {
  check_predictions<double>();
  check_predictions<float>();
}

TEST(Sparse, ARowIsPredictedAloneAsAmongOthers) {
  const Network network = parse_network("40-9tanh-3softmax");
  const std::vector<double> theta = parameters<double>(network, 1);
  const Mixed<double> x(9, 40, 0.2, 2);
  const Matrix<double> expected = dense_answers<double>(network, theta, x.dense, Arithmetic::automatic);
  for (Index i = 0; i < 9; ++i) {
    const std::array<std::int32_t, 2> bounds{x.starts[static_cast<std::size_t>(i)],
                                             x.starts[static_cast<std::size_t>(i) + 1]};
    Matrix<double> found(1, 3);
    engine::predict<double>(network, theta, {x.values, std::span(x.columns), std::span(bounds), 40}, found);
    EXPECT_TRUE(same_bits<double>(found.row(0), expected.row(i))) << i;
  }
}

/// A bias of -0 and weights below 0: what is not there, times these, is -0, and a sum of them stays -0 until a weight
/// above 0 comes.
template <class T>
void check_negative_zeros() {
  for (const Index inputs : {1, 3, 20}) {
    const Network network = parse_network(std::to_string(inputs) + "-9");
    std::vector<T> theta(static_cast<std::size_t>(network.parameter_count()), -T(0));
    for (Index i = 0; i < inputs; ++i)
      for (Index j = 0; j < 9; ++j) theta[static_cast<std::size_t>(i * 9 + j)] = (i * 5 + j) % 7 == 0 ? T(1) : T(-1);
    Mixed<T> x(5, inputs, 0.3, 7);
    for (T& value : x.values) value = value > 0 ? T(0) : -T(0);  // explicit, of both signs
    std::fill(x.dense.values().begin(), x.dense.values().end(), T(0));
    for (const Arithmetic arithmetic : kArithmetics) {
      const Matrix<T> expected = dense_answers<T>(network, theta, x.dense, arithmetic);
      Matrix<T> found(5, 9);
      engine::predict<T>(network, theta, x.rows(), found, arithmetic);
      EXPECT_TRUE(same_bits(found.values(), expected.values())) << inputs;
    }
  }
}

TEST(Sparse, ZerosHaveTheSignOfDenseOnes) {
  check_negative_zeros<double>();
  check_negative_zeros<float>();
}

// ---------------------------------------------------------------------------------------------------------- gradients

/// Networks that are taken as products in batches of so many.
struct Wide {
  const char* network;
  const char* loss;
  Index batch;
};
constexpr std::array kWide{Wide{"130-8tanh-3softmax", "cross-entropy", 8},
                           Wide{"1100-1relu-2softmax", "cross-entropy", 7},
                           Wide{"300-7sigmoid-1sigmoid", "binary-cross-entropy", 5},
                           Wide{"257-16relu-9tanh-2", "mse", 3},
                           Wide{"64-33tanh:nobias-4", "mse", 4},
                           Wide{"1030-17", "mse", 40},
                           Wide{"1030-17softmax", "cross-entropy", 40},
                           Wide{"400-41gelu-3softmax", "cross-entropy", 300},
                           Wide{"700-24relu-3softmax", "cross-entropy", 257},
                           Wide{"320-9relu-dropout0.3-2softmax", "cross-entropy", 6}};

template <class T>
void check_gradients() {
  std::uint32_t seed = 20;
  for (const Wide& wide : kWide) {
    const Network network = parse_network(wide.network);
    const Loss loss = parse_loss(wide.loss);
    const std::vector<T> theta = parameters<T>(network, ++seed);
    const Index rows = 2 * wide.batch + 1;
    const Mixed<T> x(rows, network.inputs(), 0.02, seed, seed % 2 == 0);
    Matrix<T> targets(rows, network.outputs(), T(0));
    std::vector<T> weights;
    for (Index i = 0; i < rows; ++i) {
      targets(i, i % network.outputs()) = 1;
      if (seed % 3 == 0) weights.push_back(static_cast<T>(i % 4));
    }
    std::vector<Index> order;
    for (Index k = 0; k < wide.batch; ++k) order.push_back((k * 5 + 3) % rows);
    for (const Arithmetic arithmetic : kArithmetics) {
      engine::GradientPlan<T> dense(network, loss, wide.batch, engine::PlanKind::automatic, 1, arithmetic);
      engine::SparsePlan<T> sparse(network, loss, wide.batch, arithmetic);
      dense.set_masks(3, 4);
      sparse.set_masks(3, 4);
      std::vector<T> expected(theta.size()), found(theta.size(), std::numeric_limits<T>::quiet_NaN());
      const Targets<T> given(targets, weights);
      const engine::Tally a = dense(theta, x.dense, given, order, expected, true, Hit::argmax);
      const engine::Tally b = sparse(theta, x.rows(seed % 4 < 2), given, order, found, true, Hit::argmax);
      EXPECT_TRUE(same_bits(found, expected)) << wide.network << ' ' << to_text(arithmetic) << sizeof(T);
      EXPECT_EQ(a.loss, b.loss);
      EXPECT_EQ(a.hits, b.hits);
      EXPECT_EQ(a.samples, b.samples);
      const engine::Tally c = dense.score(theta, x.dense, given, Hit::argmax);
      const engine::Tally d = sparse.score(theta, x.rows(), given, Hit::argmax);
      EXPECT_EQ(c.loss, d.loss) << wide.network;
      EXPECT_EQ(c.hits, d.hits);
    }
  }
}

TEST(Sparse, GradientsAndScoresHaveTheBitsOfDenseOnes) {
  check_gradients<double>();
  check_gradients<float>();
}

TEST(Sparse, ThereIsAPlanWhereDenseSamplesAreTakenAsProducts) {
  const auto exists = [](const char* network, Index batch) {
    return engine::SparsePlan<double>::exists(parse_network(network), parse_loss("mse"), batch);
  };
  EXPECT_TRUE(exists("130-8tanh-3", 8));
  EXPECT_FALSE(exists("130-8tanh-3", 9));
  EXPECT_FALSE(exists("1x12x12-conv4k3relu-1", 9));
  EXPECT_FALSE(exists("seq40-32gru-1", 2));
  EXPECT_THROW(engine::SparsePlan<double>(parse_network("4-2"), parse_loss("mse"), 9), ValueError);
}

// ----------------------------------------------------------------------------------------------------------- training

struct Method {
  const char* name;
  OptimizerMethod method;
  Regularisation regularisation;
};

std::vector<Method> methods() {
  const auto ridge = [](double l2) {
    Regularisation regularisation;
    regularisation.l2 = l2;
    regularisation.per_sample = true;
    return regularisation;
  };
  Regularisation clipped;
  clipped.clip_norm = 0.1;
  Regularisation sizes = ridge(0.01);
  sizes.l1 = 0.02;
  return {{"plain descent", Sgd{.learning_rate = 0.1}, {}},
          {"descent with a penalty", Sgd{.learning_rate = 0.1}, ridge(0.3)},
          {"momentum", Sgd{.learning_rate = 0.02, .momentum = 0.9}, {}},
          {"nesterov with a penalty", Sgd{.learning_rate = 0.02, .momentum = 0.9, .nesterov = true}, ridge(0.1)},
          {"adam", Adam{.learning_rate = 0.01}, {}},
          {"adam with a penalty", Adam{.learning_rate = 0.01}, ridge(0.5)},
          {"adamw", AdamW{.learning_rate = 0.01}, {}},
          {"rprop", Rprop{}, {}},
          {"clipped descent", Sgd{.learning_rate = 0.1}, clipped},
          {"both penalties", Adam{.learning_rate = 0.01}, sizes}};
}

/// Parameters, the optimizer's memory and the means of three epochs, of dense samples or sparse ones.
template <class T>
struct Outcome {
  std::vector<T> theta;
  std::vector<double> means;
  TrainingState<T> state;
};

template <class T>
Outcome<T> train(const Network& network, FitOptions options, const Samples<T>& set, const SparseRows<T>* x,
                 std::vector<T> theta) {
  options.epochs = std::numeric_limits<Index>::max();
  options.record_every = options.epochs;
  options.mask_seed = 5;
  RandomState unused;
  std::unique_ptr<Passes<T>> passes;
  Samples<T> samples = set;
  if (x) {
    auto sparse = std::make_unique<SparsePasses<T>>(network, options, *x, set.targets);
    samples.x = sparse->outline();
    passes = std::move(sparse);
  } else {
    passes = make_passes<T>(network, options, set);
  }
  Outcome<T> run;
  run.theta = std::move(theta);
  Training<T> training(std::move(passes), std::span<T>(run.theta), samples, options, unused);
  std::vector<Index> order;
  for (Index i = 0; i < set.targets.rows(); ++i) order.push_back((i * 7 + 2) % set.targets.rows());
  for (int epoch = 0; epoch < 3 && !training.is_over(); ++epoch) {
    training.begin_epoch(samples, order);
    training.advance(training.updates_per_epoch());
    const engine::Tally mean = training.last_epoch().mean();
    run.means.insert(run.means.end(), {mean.loss, mean.penalty, static_cast<double>(mean.hits)});
    std::rotate(order.begin(), order.begin() + 3, order.end());
  }
  run.state = training.state();
  return run;
}

/// 31 samples, which are 7 x 4 + 3.
template <class T>
struct Setting {
  Network network;
  Mixed<T> x;
  Matrix<T> targets;
  std::vector<T> theta;

  explicit Setting(const Wide& wide, std::uint32_t seed)
      : network(parse_network(wide.network)),
        x(31, network.inputs(), 0.03, seed, seed % 2 == 0),
        targets(31, network.outputs(), T(0)),
        theta(parameters<T>(network, seed)) {
    for (Index i = 0; i < 31; ++i) targets(i, i % network.outputs()) = 1;
  }
};

template <class T>
void check_training() {
  std::uint32_t seed = 40;
  for (const Wide& wide : kWide) {
    const Setting<T> s(wide, ++seed);
    for (const Method& method : methods())
      for (const Arithmetic arithmetic : kArithmetics) {
        FitOptions options{.loss = parse_loss(wide.loss), .optimizer = as_training_method(method.method)};
        options.batch = std::min<Index>(wide.batch, 7);
        options.regularisation = method.regularisation;
        options.arithmetic = arithmetic;
        const Samples<T> set{s.x.dense, s.targets};
        const SparseRows<T> rows = s.x.rows(seed % 3 == 0);
        const Outcome<T> expected = train<T>(s.network, options, set, nullptr, s.theta);
        const Outcome<T> found = train<T>(s.network, options, set, &rows, s.theta);
        const std::string what = std::string(wide.network) + ' ' + method.name + ' ' + std::string(to_text(arithmetic));
        EXPECT_TRUE(same_bits(found.theta, expected.theta)) << what;
        EXPECT_TRUE(same_bits(found.means, expected.means)) << what;
        EXPECT_EQ(found.state.optimizer.slots, expected.state.optimizer.slots) << what;
        EXPECT_EQ(found.state.position, expected.state.position) << what;
        EXPECT_EQ(found.state.largest_gradient, expected.state.largest_gradient) << what;
        EXPECT_EQ(found.state.last_loss, expected.state.last_loss) << what;
        EXPECT_FALSE(same_bits(found.theta, s.theta)) << what;
      }
  }
}

TEST(Sparse, TrainingHasTheBitsOfDenseSamples) {
  check_training<double>();
  check_training<float>();
}

TEST(Sparse, TrainingHasTheBitsOfDenseSamplesAtEveryVectorWidth) {
  const Setting<double> s(kWide[3], 3);
  FitOptions options{.loss = parse_loss("mse"), .optimizer = Adam{.learning_rate = 0.01}, .batch = 3};
  options.regularisation.l2 = 0.1;
  const Samples<double> set{s.x.dense, s.targets};
  const SparseRows<double> rows = s.x.rows();
  for (const Arithmetic arithmetic : kArithmetics) {
    options.arithmetic = arithmetic;
    const Outcome<double> expected = train<double>(s.network, options, set, nullptr, s.theta);
    for (const std::string& instructions : engine::instruction_sets()) {
      engine::use_instruction_set(instructions);
      EXPECT_TRUE(same_bits(train<double>(s.network, options, set, &rows, s.theta).theta, expected.theta))
          << instructions << ' ' << to_text(arithmetic);
    }
    engine::use_instruction_set("");
  }
}

/// Weights and values so small that products are too small for a full mantissa, or for any number.
TEST(Sparse, NumbersTooSmallForAFullMantissaAreFlushedAsInDenseSamples) {
  Setting<float> s(kWide[0], 9);
  for (std::size_t k = 0; k < s.theta.size(); ++k) s.theta[k] *= k % 3 == 0 ? 1e-39F : k % 3 == 1 ? 1e-30F : 1.0F;
  for (Method method : methods())
    for (const Arithmetic arithmetic : kArithmetics) {
      FitOptions options{.loss = parse_loss("cross-entropy"), .optimizer = as_training_method(method.method)};
      options.loss.factor = 1e-20;
      options.batch = 7;
      options.regularisation = method.regularisation;
      options.arithmetic = arithmetic;
      const Samples<float> set{s.x.dense, s.targets};
      const SparseRows<float> rows = s.x.rows();
      const Outcome<float> expected = train<float>(s.network, options, set, nullptr, s.theta);
      const Outcome<float> found = train<float>(s.network, options, set, &rows, s.theta);
      EXPECT_TRUE(same_bits(found.theta, expected.theta)) << method.name << ' ' << to_text(arithmetic);
      EXPECT_EQ(found.state.optimizer.slots, expected.state.optimizer.slots) << method.name;
    }
}

TEST(Sparse, ATrainingThatDivergesSaysWhereAsOneOfDenseSamples) {
  const Setting<double> s(kWide[3], 5);
  for (const double l2 : {0.0, 0.1}) {
    FitOptions options{.loss = parse_loss("mse"), .optimizer = Sgd{.learning_rate = 1e200}, .batch = 3};
    options.regularisation.l2 = l2;
    const Samples<double> set{s.x.dense, s.targets};
    const SparseRows<double> rows = s.x.rows();
    const Outcome<double> expected = train<double>(s.network, options, set, nullptr, s.theta);
    const Outcome<double> found = train<double>(s.network, options, set, &rows, s.theta);
    EXPECT_EQ(found.state.reason, StopReason::diverged);
    EXPECT_EQ(found.state.divergence.where, expected.state.divergence.where);
    EXPECT_EQ(found.state.divergence.sample, expected.state.divergence.sample);
    EXPECT_EQ(found.state.position.updates, expected.state.position.updates);
  }
}

TEST(Sparse, SamplesThatWouldBeLearnedOnlineAreNotTaken) {
  FitOptions options{.loss = parse_loss("mse"), .optimizer = Sgd{}, .batch = 1};
  const Network network = parse_network("300-7tanh-1");
  EXPECT_FALSE(SparsePasses<double>::exist(network, options, 10));
  options.optimizer = Adam{};
  EXPECT_TRUE(SparsePasses<double>::exist(network, options, 10));
  options.engine = Engine::definition;
  EXPECT_FALSE(SparsePasses<double>::exist(network, options, 10));
}

// ------------------------------------------------------------------------------------------------------------- errors

TEST(Sparse, AColumnOutOfRangeIsAnErrorThatNamesIt) {
  const Network network = parse_network("4-2");
  const std::vector<double> theta = parameters<double>(network, 1), values{1, 2};
  const std::vector<std::int32_t> starts{0, 1, 2};
  Matrix<double> y(2, 2);
  for (const std::int32_t column : {-1, 4, std::numeric_limits<std::int32_t>::max()}) {
    const std::vector<std::int32_t> columns{0, column};
    try {
      engine::predict<double>(network, theta, {values, std::span(columns), std::span(starts), 4}, y);
      ADD_FAILURE() << column;
    } catch (const ValueError& error) {
      EXPECT_EQ(std::string(error.what()),
                "[sparse rows] expected columns from 0 to 3, got " + std::to_string(column) + " in row 1");
    }
  }
}

TEST(Sparse, RowsThatDoNotFitTheirValuesAreRefused) {
  const std::vector<double> values{1, 2};
  const std::vector<std::int32_t> two{0, 1}, none;
  const auto make = [&](std::vector<std::int32_t> columns, std::vector<std::int32_t> starts, Index cols = 4) {
    return SparseRows<double>(values, std::span<const std::int32_t>(columns), std::span<const std::int32_t>(starts),
                              cols);
  };
  EXPECT_EQ(make({0, 1}, {0, 2, 2}).rows(), 2);
  EXPECT_THROW(make({0}, {0, 2}), ShapeError);
  EXPECT_THROW(make({0, 1}, {}), ShapeError);
  EXPECT_THROW(make({0, 1}, {0, 3}), ShapeError);
  EXPECT_THROW(make({0, 1}, {0, 2, 1}), ShapeError);
  EXPECT_THROW(make({0, 1}, {-1, 2}), ShapeError);
  EXPECT_THROW(make({0, 1}, {0, 2}, -1), ShapeError);
  EXPECT_EQ(SparseRows<double>().rows(), 0);
}

}  // namespace
}  // namespace gradus
