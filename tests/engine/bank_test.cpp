// SPDX-License-Identifier: MIT
#include "gradus/engine/bank.hpp"

#include <cmath>
#include <limits>
#include <map>
#include <numeric>

#include <gtest/gtest.h>

#include "gradus/engine/gradient_plan.hpp"
#include "gradus/engine/instruction_set.hpp"
#include "gradus/train/fit.hpp"
#include "tests/engine/epochs.hpp"
#include "tests/engine/plan_cases.hpp"

namespace gradus {
namespace {

using namespace engine_test;

template <class T>
constexpr Index width = engine::Bank<T>::width;

/// A handful of updates, each a sum over at most 70 inputs and functions with an error of 2 ULP a stage; a step carries
/// the error of the one before on with a factor of about 1 at these learning rates.
template <class T>
double tolerance(const Network& network) {
  return 2000 * static_cast<double>(network.size()) * static_cast<double>(std::numeric_limits<T>::epsilon());
}

/// How the lanes of a test differ.
struct LaneSetting {
  std::uint32_t seed;
  double learning_rate;
  double l2;
};
LaneSetting setting(std::size_t k) {
  return {static_cast<std::uint32_t>(100 + k), 0.02 + 0.01 * static_cast<double>(k % 7), k % 3 == 0 ? 0.0 : 0.003};
}

template <class T>
std::vector<T> parameters_of(const engine::Bank<T>& bank, Index lane, std::size_t count) {
  std::vector<T> theta(count, std::numeric_limits<T>::quiet_NaN());
  bank.parameters(lane, theta);
  return theta;
}

/// A bank over a problem; every lane starts from parameters of its own and sees all rows but one of its own choosing.
template <class T>
struct Lanes {
  Lanes(const Problem<T>& p, Index count) : problem(p) {
    for (std::size_t k = 0; k < static_cast<std::size_t>(count); ++k) {
      thetas.push_back(p.theta);
      for (T& w : thetas.back()) w *= static_cast<T>(1 + 0.01 * static_cast<double>(k));
      rows.emplace_back();
      for (Index i = 0; i < p.x.rows(); ++i)
        if (i != static_cast<Index>(k) % p.x.rows()) rows.back().push_back(i);
      std::reverse(rows.back().begin(), rows.back().end());
    }
  }

  engine::BankLane<T> lane(std::size_t k) const {
    const LaneSetting s = setting(k);
    return {thetas[k], RandomState(s.seed), s.learning_rate, s.l2, rows[k]};
  }
  engine::Bank<T> bank(const engine::BankOptions& options, std::size_t first, std::size_t count) const {
    std::vector<engine::BankLane<T>> lanes;
    for (std::size_t k = first; k < first + count; ++k) lanes.push_back(lane(k));
    return engine::Bank<T>(problem.network, problem.x, problem.targets, options, lanes);
  }

  /// What `fit` makes of lane k.
  std::vector<T> fitted(const engine::BankOptions& options, std::size_t k, Index updates) const {
    const LaneSetting s = setting(k);
    FitOptions fit_options;
    fit_options.loss = options.loss;
    OptimizerMethod method = options.method;
    set_learning_rate(method, s.learning_rate);
    std::visit([&](const auto& m) { fit_options.optimizer = m; }, method);
    fit_options.batch = options.batch;
    fit_options.updates = updates;
    fit_options.order = options.draws ? Order::draws : Order::shuffle;
    fit_options.regularisation.l2 = s.l2;
    std::vector<T> theta = thetas[k];
    RandomState random(s.seed);
    const Matrix<T> x = take_rows(problem.x, std::span<const Index>(rows[k]));
    const Matrix<T> targets = take_rows(problem.targets, std::span<const Index>(rows[k]));
    fit<T>(problem.network, theta, {x, targets}, fit_options, random);
    return theta;
  }

  const Problem<T>& problem;
  std::vector<std::vector<T>> thetas;
  std::vector<std::vector<Index>> rows;
};

template <class T>
void check_lanes(const Case& c, const engine::BankOptions& given, Index count, std::uint32_t seed, double factor = 1) {
  const Problem<T> p = Problem<T>(c, 11, seed).as_fit_takes_it();
  const Lanes<T> lanes(p, count);
  engine::BankOptions options = given;
  options.loss = p.loss;
  ASSERT_EQ(engine::Bank<T>::why_not(p.network, p.loss.function, options.method), std::nullopt);
  engine::Bank<T> bank = lanes.bank(options, 0, static_cast<std::size_t>(count));
  EXPECT_EQ(bank.lanes(), count);
  const Index updates = 2 * bank.updates_per_epoch() + 1;  // a third pass begins
  bank.train(updates);
  for (std::size_t k = 0; k < static_cast<std::size_t>(count); k += std::max<std::size_t>(1, k)) {  // 0, 1, 2, 4, ...
    const std::vector<T> expected = lanes.fitted(options, k, updates);
    const std::vector<T> got = parameters_of(bank, static_cast<Index>(k), p.theta.size());
    SCOPED_TRACE(c.network + " lane " + std::to_string(k) + " of " + std::to_string(count) + " " +
                 engine::instruction_set() + (sizeof(T) == 4 ? " float" : " double"));
    EXPECT_LE(distance(got, expected), factor * tolerance<T>(p.network) * (norm(expected) + 1e-3));
    EXPECT_NE(got, lanes.thetas[k]);
  }
}

TEST(Bank, ALaneIsTheSingleRunWithTheSameSeed) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    std::uint32_t seed = 1;
    for (const Case& c : cases())
      for (const Index batch : {1, 4, 0}) {
        check_lanes<float>(c, {.batch = batch}, 3, seed++);
        check_lanes<double>(c, {.batch = batch, .draws = batch == 4}, 3, seed++);
      }
  }
  engine::use_instruction_set("");
}

TEST(Bank, EveryMethodStepsAsItsDefinition) {
  const Case c{"3-9tanh-4softmax", "cross-entropy"};
  std::uint32_t seed = 50;
  for (const Index batch : {1, 3, 0}) {
    check_lanes<double>(c, {.method = Sgd{.momentum = 0.9}, .batch = batch}, 5, seed++);
    check_lanes<double>(c, {.method = Sgd{.momentum = 0.8, .nesterov = true}, .batch = batch}, 5, seed++);
    check_lanes<float>(c, {.method = Sgd{.momentum = 0.8, .nesterov = true}, .batch = batch}, 5, seed++);
    // Adam divides by sqrt(v): where a gradient is rounding alone, so is the sign of the step; hence the wider bound.
    check_lanes<double>(c, {.method = Adam{.beta1 = 0.8}, .batch = batch}, 5, seed++, 1e4);
    check_lanes<float>(c, {.method = Adam{}, .batch = batch}, 5, seed++, 1e3);
  }
}

TEST(Bank, DropoutMasksAreThoseOfTheSingleRun) {
  std::uint32_t seed = 70;
  for (const char* network :
       {"4-dropout0.25-12tanh-dropout0.5-3softmax", "3-dropout0.4-2softmax", "2-8relu-dropout0.3-8sigmoid-2softmax"})
    for (const Index batch : {1, 4}) {
      check_lanes<double>({network, "cross-entropy"}, {.batch = batch}, 4, seed++);
      check_lanes<float>({network, "cross-entropy"}, {.method = Sgd{.momentum = 0.5}, .batch = batch}, 4, seed++);
    }
}

TEST(Bank, TakesAnyNumberOfLanes) {
  const Case c{"2-5tanh-2softmax", "cross-entropy"};
  for (const Index count : {Index{1}, width<float> - 1, width<float>, width<float> + 1, Index{37}, Index{97}})
    check_lanes<float>(c, {}, count, 3);
  for (const Index count : {Index{1}, width<double> - 1, width<double>, width<double> + 1, Index{29}})
    check_lanes<double>(c, {}, count, 3);
}

template <class T>
void check_grouping(const engine::BankOptions& given) {
  const Problem<T> p({"2-7tanh-dropout0.2-3softmax", "cross-entropy"}, 13, 5);
  const Index count = 2 * width<T> + 3;
  const Lanes<T> lanes(p, count);
  engine::BankOptions options = given;
  options.loss = p.loss;
  engine::Bank<T> whole = lanes.bank(options, 0, static_cast<std::size_t>(count));
  whole.train(40);
  for (const std::size_t size : {std::size_t{1}, std::size_t{5}, static_cast<std::size_t>(width<T>) + 1})
    for (std::size_t first = 0; first < static_cast<std::size_t>(count); first += size) {
      const std::size_t n = std::min(size, static_cast<std::size_t>(count) - first);
      engine::Bank<T> part = lanes.bank(options, first, n);
      for (const Index updates : {1, 16, 0, 23}) part.train(updates);  // cut up in time as well
      for (std::size_t k = 0; k < n; ++k)
        ASSERT_EQ(parameters_of(part, static_cast<Index>(k), p.theta.size()),
                  parameters_of(whole, static_cast<Index>(first + k), p.theta.size()))
            << "lane " << first + k << " in a bank of " << size << " " << engine::instruction_set();
      for (std::size_t k = 0; k < n; ++k) {
        const engine::Tally got = part.tally(static_cast<Index>(k));
        const engine::Tally expected = whole.tally(static_cast<Index>(first + k));
        ASSERT_EQ(got.loss, expected.loss) << "lane " << first + k << " in a bank of " << size;
        ASSERT_EQ(got.penalty, expected.penalty);
      }
    }
}

TEST(Bank, TheBitsOfALaneKnowNothingOfItsBank) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    check_grouping<float>({});
    check_grouping<double>({.method = Adam{}, .batch = 4});
    check_grouping<float>({.method = Sgd{.momentum = 0.9}, .batch = 5, .draws = true});
    check_grouping<double>({.method = Adam{}, .batch = 5, .per_sample = true, .record = true});
    check_grouping<float>({.record = true});
  }
  engine::use_instruction_set("");
}

TEST(Bank, ALaneThatDivergesLeavesTheOthersAlone) {
  const Problem<float> p({"2-5relu-1", "mse"}, 9, 4);
  std::vector<engine::BankLane<float>> lanes(3, {.theta = p.theta, .random = RandomState(1), .learning_rate = 0.01});
  engine::Bank<float> calm(p.network, p.x, p.targets, {.loss = p.loss}, lanes);
  lanes[1].learning_rate = 1e9;
  engine::Bank<float> wild(p.network, p.x, p.targets, {.loss = p.loss}, lanes);
  calm.train(60);
  wild.train(60);
  EXPECT_FALSE(wild.is_finite(1));
  for (const Index lane : {0, 2}) {
    EXPECT_TRUE(wild.is_finite(lane));
    EXPECT_EQ(parameters_of(wild, lane, p.theta.size()), parameters_of(calm, lane, p.theta.size()));
  }
}

/// What a single training makes of lane k, pass by pass: its tally, then all that it remembers.
template <class T>
void check_record(const Case& c, const engine::BankOptions& given, Index count, std::uint32_t seed, double factor = 1,
                  double wild = 1) {
  Problem<T> p(c, 12, seed);
  for (T& w : p.theta) w *= static_cast<T>(wild);
  const Lanes<T> lanes(p, count);
  engine::BankOptions options = given;
  options.loss = p.loss;
  options.loss.factor = 0.5;
  options.record = true;
  engine::Bank<T> bank = lanes.bank(options, 0, static_cast<std::size_t>(count));
  EXPECT_EQ(bank.tally(0).samples, 0);
  const Index samples = 11;
  const Index batch = options.batch == 0 ? samples : options.batch;
  struct Single {
    Epochs<T> epochs;
    std::vector<Index> order;
    RandomState random;
  };
  std::map<std::size_t, Single> singles;
  for (const std::size_t k :
       {std::size_t{0}, static_cast<std::size_t>(count) / 2, static_cast<std::size_t>(count) - 1}) {
    const LaneSetting s = setting(k);
    OptimizerMethod method = options.method;
    set_learning_rate(method, s.learning_rate);
    FitOptions single{.loss = options.loss, .optimizer = as_training_method(method), .batch = batch};
    single.regularisation.l2 = s.l2;
    single.regularisation.per_sample = options.per_sample;
    Epochs<T> epochs(p.network, single, lanes.thetas[k], {p.x, p.targets}, engine::PlanKind::definition);
    singles.emplace(k, Single{std::move(epochs), lanes.rows[k], RandomState(s.seed)});
  }
  const double bound = factor * tolerance<T>(p.network);
  for (int pass = 0; pass < 3; ++pass) {
    bank.train(1);
    std::map<std::size_t, engine::Tally> first;
    for (const auto& [k, single] : singles) first[k] = bank.tally(static_cast<Index>(k));
    bank.train(bank.updates_per_epoch() - 1);
    for (auto& [k, single] : singles) {
      SCOPED_TRACE(c.network + " lane " + std::to_string(k) + " of " + std::to_string(count) + " batch " +
                   std::to_string(options.batch) + " pass " + std::to_string(pass) + " " + engine::instruction_set() +
                   (sizeof(T) == 4 ? " float" : " double"));
      if (options.batch > 0) single.random.shuffle(single.order);
      const engine::Tally expected = single.epochs.epoch(single.order);
      const engine::Tally got = bank.tally(static_cast<Index>(k));
      EXPECT_NEAR(got.loss, expected.loss, bound * (1 + std::abs(expected.loss)));
      EXPECT_NEAR(got.penalty, expected.penalty, bound * expected.penalty);
      EXPECT_EQ(got.penalty > 0, setting(k).l2 > 0);
      EXPECT_EQ(got.samples, samples);
      EXPECT_EQ(first[k].samples, std::min(batch, samples));
      if (batch >= samples) {
        EXPECT_EQ(first[k].loss, got.loss);
      }
      EXPECT_EQ(bank.random(static_cast<Index>(k)).state(), single.random.state());
      const OptimizerState<T> state = bank.optimizer_state(static_cast<Index>(k));
      const OptimizerState<T> remembered = single.epochs.remembered();
      EXPECT_EQ(state.steps, remembered.steps);
      ASSERT_EQ(state.slots.size(), remembered.slots.size());
      for (std::size_t slot = 0; slot < state.slots.size(); ++slot)
        EXPECT_LE(distance(state.slots[slot], remembered.slots[slot]), bound * (norm(remembered.slots[slot]) + 1e-3));
      const std::vector<T>& theta = single.epochs.theta();
      EXPECT_LE(distance(parameters_of(bank, static_cast<Index>(k), theta.size()), theta),
                bound * (norm(theta) + 1e-3));
    }
  }
}

TEST(Bank, RecordsLossesAndPenaltiesAsASingleTraining) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    std::uint32_t seed = 120;
    for (const Case& c : cases())
      for (const Index batch : {1, 3, 4, 6, 0}) {
        check_record<float>(c, {.batch = batch, .per_sample = true}, 3, seed++);
        check_record<double>(c, {.method = Sgd{.momentum = 0.5}, .batch = batch}, width<double> + 1, seed++);
      }
    for (const Index count : {Index{1}, width<float> - 1, width<float> + 1})
      for (const bool nesterov : {false, true}) {
        const engine::BankOptions options{
            .method = Sgd{.momentum = 0.9, .nesterov = nesterov}, .batch = 5, .per_sample = true};
        check_record<float>({"3-9tanh-4softmax", "cross-entropy"}, options, count, seed++);
        check_record<double>({"3-9tanh-4softmax", "cross-entropy"}, options, count, seed++);
      }
    // As above, Adam divides by sqrt(v).
    check_record<double>({"3-9tanh-4softmax", "cross-entropy"}, {.method = Adam{}, .batch = 5, .per_sample = true}, 9,
                         seed++, 1e4);
    check_record<float>({"3-9tanh-4softmax", "cross-entropy"}, {.method = Adam{}, .batch = 5, .per_sample = true}, 9,
                        seed++, 1e3);
  }
  engine::use_instruction_set("");
}

TEST(Bank, CutsWhatTheLossCuts) {
  std::uint32_t seed = 300;
  for (const Case& c :
       {Case{"3-5tanh-3softmax", "cross-entropy:cut"}, Case{"3-5tanh-4sigmoid", "binary-cross-entropy:cut"},
        Case{"3-5tanh-1sigmoid", "binary-cross-entropy:cut"},
        Case{"3-5tanh-4sigmoid", "multi-label-cross-entropy:cut"}})
    for (const double wild : {1.0, 200.0}) {  // of which the logarithms of some probabilities are beyond the cut
      check_record<float>(c, {.batch = 5}, 3, seed++, wild, wild);
      check_record<double>(c, {.batch = 5}, 3, seed++, wild, wild);
    }
}

TEST(Bank, DroppedLanesRestWhereNoOtherNeedsThem) {
  const Problem<double> p({"2-5tanh-2softmax", "cross-entropy"}, 9, 4);
  const Lanes<double> lanes(p, 2 * width<double>);
  engine::Bank<double> bank = lanes.bank({.loss = p.loss, .batch = 4, .record = true}, 0, 2 * width<double>);
  engine::Bank<double> whole = lanes.bank({.loss = p.loss, .batch = 4, .record = true}, 0, 2 * width<double>);
  bank.train(10);
  for (Index k = 0; k < width<double>; ++k) bank.drop(k);
  bank.drop(width<double> + 1);
  whole.train(10);
  EXPECT_EQ(parameters_of(bank, 0, p.theta.size()), parameters_of(whole, 0, p.theta.size()));
  bank.train(10);
  EXPECT_EQ(parameters_of(bank, 0, p.theta.size()), parameters_of(whole, 0, p.theta.size()));
  whole.train(10);
  EXPECT_NE(parameters_of(bank, 0, p.theta.size()), parameters_of(whole, 0, p.theta.size()));
  for (const Index k : {width<double>, 2 * width<double> - 1})
    EXPECT_EQ(parameters_of(bank, k, p.theta.size()), parameters_of(whole, k, p.theta.size()));
  EXPECT_THROW(bank.drop(2 * width<double>), ValueError);
  EXPECT_THROW(bank.tally(-1), ValueError);
}

template <class T>
void check_order(std::uint32_t seed) {
  const Problem<T> p({"5-7relu-3softmax", "cross-entropy"}, 11, seed);
  std::vector<Index> all(11);
  std::iota(all.begin(), all.end(), Index{0});
  std::vector<engine::BankLane<T>> lanes(3, {.theta = p.theta});
  engine::Bank<T> implied(p.network, p.x, p.targets, {.loss = p.loss, .batch = 0, .record = true}, lanes);
  for (engine::BankLane<T>& lane : lanes) lane.rows = all;
  engine::Bank<T> named(p.network, p.x, p.targets, {.loss = p.loss, .batch = 0, .record = true}, lanes);
  implied.train(5);
  named.train(5);
  EXPECT_EQ(parameters_of(implied, 2, p.theta.size()), parameters_of(named, 2, p.theta.size()));
  EXPECT_EQ(implied.tally(1).loss, named.tally(1).loss);
}

TEST(Bank, AllRowsAreTheSameNamedOrNot) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    check_order<float>(7);
    check_order<double>(8);
  }
  engine::use_instruction_set("");
}

template <class T>
void check_score(const Case& c, std::uint32_t seed) {
  const Problem<T> p(c, 14, seed);
  const Lanes<T> lanes(p, width<T> + 2);
  engine::BankOptions options{.loss = p.loss};
  engine::Bank<T> bank = lanes.bank(options, 0, static_cast<std::size_t>(width<T> + 2));
  bank.train(5);
  std::vector<std::span<const Index>> rows(lanes.rows.begin(), lanes.rows.end());
  for (const auto hit : {Hit::argmax, Hit::threshold}) {
    const std::vector<engine::Tally> tallies = bank.score(rows, hit);
    for (const std::size_t k : {std::size_t{0}, static_cast<std::size_t>(width<T>) + 1}) {
      const std::vector<T> theta = parameters_of(bank, static_cast<Index>(k), p.theta.size());
      const Matrix<T> x = take_rows(p.x, rows[k]);
      const Matrix<T> targets = take_rows(p.targets, rows[k]);
      engine::GradientPlan<T> plan(p.network, p.loss, x.rows());
      std::vector<T> gradient(theta.size());
      const engine::Tally expected = plan(theta, x, targets, {}, gradient, true, hit);
      SCOPED_TRACE(c.network + " " + engine::instruction_set());
      EXPECT_EQ(tallies[k].samples, 13);
      EXPECT_EQ(tallies[k].hits, expected.hits);
      EXPECT_NEAR(tallies[k].loss, expected.loss,
                  100 * static_cast<double>(std::numeric_limits<T>::epsilon()) * (13 + std::abs(expected.loss)));
    }
  }
}

TEST(Bank, ScoresEachLaneOnItsOwnSamples) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    std::uint32_t seed = 20;
    for (const Case& c : cases()) {
      check_score<float>(c, seed);
      check_score<double>(c, seed++);
    }
  }
  engine::use_instruction_set("");
}

TEST(Bank, RefusesWhatHasNoPlan) {
  const auto exists = [](const char* network, const LossFunction& loss, const OptimizerMethod& method = Sgd{}) {
    return !engine::Bank<double>::why_not(parse_network(network), loss, method).has_value();
  };
  EXPECT_TRUE(exists("2-3tanh-2softmax", CrossEntropy{}));
  EXPECT_TRUE(exists("2-3tanh-2softmax", CrossEntropy{.cut = true}));
  EXPECT_FALSE(exists("2-3tanh-2softmax", MeanSquaredError{}));
  EXPECT_FALSE(exists("2-3tanh-2softmax", CrossEntropy{}, Rprop{}));
  EXPECT_FALSE(exists("2-3gelu-2softmax", CrossEntropy{}));
  EXPECT_FALSE(exists("2-3tanh-layernorm-2softmax", CrossEntropy{}));
  EXPECT_FALSE(exists("2-3tanh-dropout0.5-dropout0.5-2softmax", CrossEntropy{}));

  const Problem<double> p({"2-3tanh-2softmax", "cross-entropy"}, 4, 1);
  const auto make = [&](const engine::BankOptions& options, const std::vector<engine::BankLane<double>>& lanes) {
    return engine::Bank<double>(p.network, p.x, p.targets, options, lanes);
  };
  const engine::BankLane<double> good{.theta = p.theta};
  EXPECT_NO_THROW(make({}, {good}));
  EXPECT_THROW(make({}, {}), ValueError);
  EXPECT_THROW(make({.batch = -1}, {good}), ValueError);
  EXPECT_THROW(make({.method = Adam{.beta1 = 1}}, {good}), ValueError);
  EXPECT_THROW(make({.loss = {MeanSquaredError{}}}, {good}), ValueError);
  engine::BankLane<double> bad = good;
  bad.learning_rate = std::numeric_limits<double>::quiet_NaN();
  EXPECT_THROW(make({}, {good, bad}), ValueError);
  bad = good;
  bad.theta = std::span<const double>(p.theta).first(3);
  EXPECT_THROW(make({}, {bad}), ShapeError);
  const std::vector<Index> beyond{0, 1, 2, 4};
  const std::vector<Index> few{0, 1};
  bad = good;
  bad.rows = beyond;
  EXPECT_THROW(make({}, {bad}), ValueError);
  bad.rows = few;
  EXPECT_THROW(make({}, {good, bad}), ShapeError);
  const Matrix<double> wide(4, 3);
  EXPECT_THROW(engine::Bank<double>(p.network, wide, p.targets, {}, std::vector{good}), ShapeError);
}

#if defined(__SSE2__) || defined(__aarch64__)
TEST(Bank, RemembersNoDenormals) {
  // One sample in a thousand has a second input: between two visits its weight's mean decays as 0.9^k, below 1e-38 at
  // k = 840.
  Matrix<float> x(2000, 2), targets(2000, 1);
  for (Index i = 0; i < x.rows(); ++i) x(i, 0) = 1, x(i, 1) = i % 1000 == 0 ? 1.0f : 0.0f, targets(i, 0) = 3;
  const std::vector<float> theta{1, 1, 0};
  const std::vector<engine::BankLane<float>> lanes{{.theta = theta}};
  engine::Bank<float> bank(parse_network("2-1"), x, targets, {.loss = parse_loss("mse"), .method = Adam{}, .batch = 1},
                           lanes);
  bool moved = false;
  for (int k = 0; k < 6000; ++k) {
    bank.train(1);
    const float mean = bank.optimizer_state(0).slots[0][1];
    moved = moved || mean != 0;
    ASSERT_NE(std::fpclassify(mean), FP_SUBNORMAL) << mean << " after " << k << " updates";
  }
  EXPECT_TRUE(moved);
}
#endif

}  // namespace
}  // namespace gradus
