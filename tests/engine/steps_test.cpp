// SPDX-License-Identifier: MIT
// Epochs by the engine, on every plan and set of instructions, against a training written out from the definition.
#include <array>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "gradus/engine/instruction_set.hpp"
#include "gradus/optim/optimizer.hpp"
#include "tests/engine/epochs.hpp"
#include "tests/engine/plan_cases.hpp"

namespace gradus {
namespace {

using namespace engine_test;
using engine::PlanKind;

/// Both sides round every product and sum once; the error of a sum over n terms relative to the gradient's norm stays
/// well below n eps. 64 terms (the widest layers) and a handful of functions with an error of 2 ULP each, per stage.
template <class T>
double tolerance(const Network& network) {
  return 100 * static_cast<double>(network.size()) * static_cast<double>(std::numeric_limits<T>::epsilon());
}

template <class T>
struct Outcome {
  std::vector<T> theta;
  double loss = 0;
};

/// One epoch by the definition, a sample at a time: its gradient times its weight, added up and divided.
template <class T>
Outcome<T> defined_epoch(const Problem<T>& p, const FitOptions& options, const Samples<T>& set,
                         std::span<const Index> order) {
  Outcome<T> out{p.theta};
  const std::vector<ParameterBlock> blocks = p.network.parameter_blocks();
  const OptimizerMethod method = *stepping_method(options.optimizer);
  Optimizer<T> optimizer(method, p.network.parameter_count());
  optimizer.state().decays.assign(p.theta.size(), 1);
  for (const ParameterBlock& block : blocks)
    if (block.is_bias) std::fill_n(optimizer.state().decays.begin() + block.offset, block.size(), std::uint8_t{0});
  const Loss sum{options.loss.function, Reduction::sum};
  Trace<T> trace;
  trace.mode = Mode::training;
  trace.seed = options.mask_seed.value_or(0);
  for (std::size_t first = 0; first < order.size(); first += static_cast<std::size_t>(options.batch)) {
    const auto rows = order.subspan(first, std::min(static_cast<std::size_t>(options.batch), order.size() - first));
    std::vector<T> gradient(p.theta.size()), one(p.theta.size());
    double loss = 0;
    double count = 0;
    trace.update = static_cast<std::uint64_t>(optimizer.state().steps);
    trace.first_row = -1;
    for (const Index row : rows) {
      ++trace.first_row;
      const T weight = set.weights.empty() ? T(1) : set.weights[static_cast<std::size_t>(row)];
      count += static_cast<double>(weight);
      loss += static_cast<double>(weight * value_and_gradient<T>(p.network, sum, std::span<const T>(out.theta),
                                                                 p.x.view().middle_rows(row, 1),
                                                                 set.targets.middle_rows(row, 1), trace, one));
      for (std::size_t k = 0; k < one.size(); ++k) gradient[k] += weight * one[k];
    }
    const bool is_sum = options.loss.reduction == Reduction::sum;
    const double scale = is_sum ? 1 : count > 0 ? options.loss.scale(1, p.network.outputs()) / count : 0;
    for (T& g : gradient) g *= static_cast<T>(scale);
    Regularisation r = options.regularisation;
    if (r.per_sample) {
      r.l1 *= count > 0 ? 1 / count : 0;
      r.l2 *= count > 0 ? 1 / count : 0;
      r.per_sample = false;
    }
    loss = loss * scale + static_cast<double>(add_penalty<T>(r, blocks, 1, out.theta, gradient));
    const double mean = Loss{options.loss.function}.scale(1, p.network.outputs());
    const double to_mean = !is_sum ? 1 : count > 0 ? mean / count : 0;
    out.loss += loss * to_mean * static_cast<double>(rows.size()) / static_cast<double>(order.size());
    clip<T>(r, gradient);
    decay_weights<T>(r, blocks, learning_rate(method), out.theta);
    optimizer.step(out.theta, gradient);
    limit_norms<T>(r, blocks, out.theta);
  }
  return out;
}

/// Methods that divide by the gradient's own size step by its sign where it is rounding alone: their error is not
/// bounded by the gradient's. So gradients are kept away from 0 by an l2 penalty, and the bound is wider.
template <class T>
void check_training(FitOptions options, PlanKind kind, bool weighted = false) {
  std::uint32_t seed = 11;
  const bool divides = !std::holds_alternative<Sgd>(options.optimizer);
  for (const Case& c : cases()) {
    const Problem<T> p(c, 13, seed++);
    options.loss.function = p.loss.function;
    if (divides) options.regularisation.l2 = std::max(options.regularisation.l2, 0.1);
    std::vector<Index> order(13);
    std::iota(order.rbegin(), order.rend(), 0);
    std::vector<T> weights;
    for (int i = 0; weighted && i < 13; ++i) weights.push_back(static_cast<T>(i % 4) / 2);  // 0 among them
    const Samples<T> set{p.x, p.targets, weights};
    Epochs<T> epochs(p.network, options, p.theta, set, kind);
    const engine::Tally tally = epochs.epoch(order);
    const Outcome<T> expected = defined_epoch<T>(p, options, set, order);
    std::vector<T> moved = expected.theta;
    for (std::size_t k = 0; k < moved.size(); ++k) moved[k] -= p.theta[k];
    SCOPED_TRACE(c.network + " " + to_text(options.optimizer) + " batch " + std::to_string(options.batch) + " " +
                 engine::instruction_set() + (sizeof(T) == 4 ? " float" : " double"));
    const double factor = divides ? 1e4 : 20;
    const double bound = factor * tolerance<T>(p.network) * (norm(moved) + 1e-3 * norm(epochs.theta()));
    EXPECT_LE(distance(epochs.theta(), expected.theta), bound);
    EXPECT_NEAR(tally.loss, expected.loss, factor * tolerance<T>(p.network) * (1 + std::abs(expected.loss)));
    EXPECT_EQ(tally.samples, 13);
    EXPECT_EQ(epochs.remembered().steps, (13 + options.batch - 1) / options.batch);
    FitOptions silent = options;
    silent.record_every = -1;
    Epochs<T> unseen(p.network, silent, p.theta, set, kind);
    unseen.epoch(order);
    EXPECT_LE(distance(unseen.theta(), expected.theta), bound);
  }
}

TEST(EngineSteps, TakesTheStepsOfTheDefinition) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    for (const Index batch : {1, 5, 13, 20})
      for (const char* method :
           {"sgd:lr=0.1", "sgd:lr=0.1,momentum=0.9", "sgd:lr=0.1,momentum=0.9,nesterov", "adam:lr=0.01"}) {
        const FitOptions options{.loss = {}, .optimizer = parse_training_method(method), .batch = batch};
        const bool online = batch == 1 && std::string(method) == "sgd:lr=0.1";
        const PlanKind kind = online ? PlanKind::online : PlanKind::batch;
        check_training<double>(options, kind);
        check_training<float>(options, kind);
      }
  }
  engine::use_instruction_set("");
}

/// What may follow the width of a hidden layer: nothing, every activation that learning can pass, a missing bias.
std::vector<std::string> hidden_functions() {
  std::vector<std::string> names = activation_names([](const auto& f) {
    return f.exponentials != Exponentials::unbounded && f.answers.kind != Answers::Kind::decisions;
  });
  names.insert(names.end(), {"", "tanh:nobias"});
  return names;
}

TEST(EngineSteps, TakesWeightsBelowZeroAsMinusOneTimesThemselves) {
  const Problem<double> p({"3-5tanh-2softmax", "cross-entropy"}, 13, 5);
  std::vector<double> weights, below;
  for (int i = 0; i < 13; ++i) weights.push_back(i % 4 / 2.0 + (i < 4 ? 0.5 : 0));
  for (const double w : weights) below.push_back(-w);
  for (const Index batch : {1, 4, 13}) {
    const auto trained = [&](std::span<const double> w) {
      const FitOptions options{.loss = p.loss, .optimizer = Sgd{.learning_rate = 0.1}, .batch = batch};
      Epochs<double> epochs(p.network, options, p.theta, {p.x, p.targets, w});
      const double loss = epochs.epoch().loss;
      std::vector<double> numbers = epochs.theta();
      numbers.push_back(loss);
      return numbers;
    };
    EXPECT_EQ(trained(below), trained(weights)) << batch;
    EXPECT_NE(trained(below), trained({})) << batch;
  }
}

/// A chain of dense layers: any widths, activations and dropout, a last layer and a loss that go together.
Case random_case(RandomState& random) {
  const std::vector<std::string> functions = hidden_functions();
  const auto width = [&] {
    constexpr std::array widths{1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33, 40};
    return std::to_string(widths[static_cast<std::size_t>(random.randint(0, widths.size()))]);
  };
  std::string text = width();
  for (std::int64_t depth = random.randint(0, 4); depth > 0; --depth) {
    if (random.uniform() < 0.25) text += "-dropout0.3";
    text += "-" + width() + functions[static_cast<std::size_t>(random.randint(0, std::ssize(functions)))];
  }
  const std::array<Case, 8> ends{{{"softmax", "cross-entropy"},
                                  {"sigmoid", "binary-cross-entropy"},
                                  {"", "mse"},
                                  {"tanh", "huber:delta=0.3"},
                                  {"logsoftmax", "nll"},
                                  {"softplus", "poisson"},
                                  {"softmax", "cross-entropy:smoothing=0.2"},
                                  {"sigmoid", "multi-label-cross-entropy"}}};
  const Case& end = ends[static_cast<std::size_t>(random.randint(0, ends.size()))];
  return {text + "-" + width() + end.network, end.loss};
}

/// As check_training, for networks that nobody thought of.
template <class T>
void check_random_networks(std::uint32_t seeds) {
  for (std::uint32_t seed = 0; seed < seeds; ++seed) {
    RandomState random(seed);
    const Case c = random_case(random);
    const Index samples = random.randint(1, 140);
    const Problem<T> p(c, samples, seed);
    std::vector<std::string> methods{"sgd:lr=0.05", "sgd:lr=0.02,momentum=0.9,nesterov", "rprop:lr=0.001",
                                     "quickprop:lr=0.001"};
    for (const std::string& name : variant_names<OptimizerMethod>())
      if (name != "rprop" && name != "quickprop") methods.push_back(name);
    FitOptions options;
    options.loss = p.loss;
    options.optimizer =
        parse_training_method(methods[static_cast<std::size_t>(random.randint(0, std::ssize(methods)))]);
    options.batch = random.randint(1, 131);
    options.mask_seed = seed;
    if (!std::holds_alternative<Sgd>(options.optimizer)) options.regularisation.l2 = 0.1;
    std::vector<Index> order = random.permutation(samples);
    const Samples<T> set{p.x, p.targets};
    Epochs<T> epochs(p.network, options, p.theta, set, PlanKind::batch);
    const engine::Tally tally = epochs.epoch(order);
    const Outcome<T> expected = defined_epoch<T>(p, options, set, order);
    const std::vector<T>& got = epochs.theta();
    std::vector<T> moved = expected.theta;
    for (std::size_t k = 0; k < moved.size(); ++k) moved[k] -= p.theta[k];
    SCOPED_TRACE(std::to_string(seed) + ": " + c.network + " " + c.loss + " " + to_text(options.optimizer) + " batch " +
                 std::to_string(options.batch) + " of " + std::to_string(samples));
    const double steps = static_cast<double>((samples + options.batch - 1) / options.batch);
    const double factor = std::holds_alternative<Sgd>(options.optimizer) ? 20 : 1e4;
    EXPECT_LE(distance(got, expected.theta),
              factor * steps * tolerance<T>(p.network) * (norm(moved) + 1e-3 * norm(got)));
    EXPECT_NEAR(tally.loss, expected.loss, factor * tolerance<T>(p.network) * (1 + std::abs(expected.loss)));
  }
}

TEST(EngineSteps, StepsRandomNetworksAsTheDefinitionDoes) {
  check_random_networks<double>(150);
  check_random_networks<float>(80);
}

TEST(EngineSteps, StepsByEveryMethod) {
  std::vector<std::string> methods = variant_names<OptimizerMethod>();
  methods.push_back("adamw:decay=0.1");
  for (const std::string& method : methods)
    check_training<double>({.loss = {}, .optimizer = parse_training_method(method), .batch = 5}, PlanKind::batch);
}

TEST(EngineSteps, Regularises) {
  for (const Regularisation& r :
       {Regularisation{.l2 = 0.1}, Regularisation{.l1 = 0.1}, Regularisation{.l1 = 0.03, .l2 = 0.2, .per_sample = true},
        Regularisation{.clip_value = 0.01}, Regularisation{.clip_norm = 0.02}, Regularisation{.weight_decay = 0.3},
        Regularisation{.max_norm = 0.5}}) {
    check_training<double>({.loss = {}, .optimizer = Sgd{.learning_rate = 0.1}, .batch = 5, .regularisation = r},
                           PlanKind::batch);
    check_training<float>({.loss = {}, .optimizer = Adam{}, .batch = 1, .regularisation = r}, PlanKind::batch);
  }
}

TEST(EngineSteps, TellsThePenaltyApart) {
  const Problem<double> p({"3-4tanh-2softmax", "cross-entropy"}, 10, 3);
  FitOptions options{.loss = p.loss, .optimizer = Sgd{.learning_rate = 0}, .batch = 4};
  const engine::Tally bare = Epochs<double>(p.network, options, p.theta, {p.x, p.targets}).epoch();
  options.regularisation = {.l2 = 0.5, .per_sample = true};
  const engine::Tally tally = Epochs<double>(p.network, options, p.theta, {p.x, p.targets}).epoch();
  double squares = 0;
  for (const ParameterBlock& block : p.network.parameter_blocks())
    for (Index k = 0; !block.is_bias && k < block.size(); ++k)
      squares += std::pow(p.theta[static_cast<std::size_t>(block.offset + k)], 2);
  // Batches of 4, 4 and 2, each by its share of the 10 samples: 3 times squares / 4 / 10.
  EXPECT_NEAR(tally.penalty, 3 * squares / 40, 1e-14);
  EXPECT_NEAR(tally.loss - tally.penalty, bare.loss, 1e-14);
  EXPECT_EQ(bare.penalty, 0);
}

TEST(EngineSteps, MultipliesTheLossWithItsFactor) {
  const Problem<double> p({"3-4tanh-2", "mse"}, 10, 3);
  const auto run = [&](double factor, double rate) {
    Loss loss = p.loss;
    loss.factor = factor;
    Epochs<double> epochs(p.network, {.loss = loss, .optimizer = Sgd{.learning_rate = rate}, .batch = 4}, p.theta,
                          {p.x, p.targets});
    const double recorded = epochs.epoch().loss;
    return std::pair(recorded, epochs.theta());
  };
  const auto [half, by_half] = run(0.5, 0.2);
  const auto [one, by_one] = run(1, 0.1);
  EXPECT_EQ(half, one / 2);  // powers of two change no digit
  EXPECT_EQ(by_half, by_one);
}

TEST(EngineSteps, WeighsSamples) {
  for (const Reduction reduction : {Reduction::mean, Reduction::sum})
    for (const Index batch : {1, 4, 13}) {
      const PlanKind kind = batch == 1 ? PlanKind::online : PlanKind::batch;
      const Loss loss{CrossEntropy{}, reduction};
      check_training<double>({.loss = loss, .optimizer = Sgd{.learning_rate = 0.1}, .batch = batch}, kind, true);
      check_training<float>({.loss = loss, .optimizer = Sgd{.learning_rate = 0.1}, .batch = batch}, kind, true);
    }
  const Regularisation alpha{.l2 = 0.1, .per_sample = true};
  check_training<double>({.loss = {}, .optimizer = Sgd{.learning_rate = 0.1}, .batch = 4, .regularisation = alpha},
                         PlanKind::batch, true);
}

TEST(EngineSteps, GoesOnFromAnOptimizersState) {
  for (const Case& c : cases()) {
    const Problem<double> p(c, 12, 5);
    const FitOptions options{.loss = p.loss, .optimizer = Adam{.learning_rate = 0.01}, .batch = 5};
    const auto begun = [&](std::span<const double> theta) {
      return Epochs<double>(p.network, options, theta, {p.x, p.targets});
    };
    Epochs<double> whole = begun(p.theta);
    whole.epoch();
    whole.training().scale_learning_rate(2);
    whole.epoch();

    Epochs<double> first = begun(p.theta);
    first.epoch();
    Epochs<double> second = begun(std::vector<double>(p.theta.size()));
    second.training().set_state(first.training().state());
    second.training().scale_learning_rate(2);
    EXPECT_EQ(second.training().learning_rate(), 0.02);
    second.epoch();
    EXPECT_EQ(second.theta(), whole.theta());
    TrainingState<double> without = first.training().state();
    without.optimizer = {};
    EXPECT_THROW(second.training().set_state(without), ShapeError);
    EXPECT_THROW(second.training().scale_learning_rate(-1), ValueError);
  }
}

#if defined(__SSE2__) || defined(__aarch64__)
bool denormals_count() {
  volatile float smallest = std::numeric_limits<float>::min();
  return smallest / 2 > 0.0f;
}

TEST(EngineSteps, RemembersNoDenormalsAndLeavesTheCallersArithmeticAlone) {
  const Network network = parse_network("2-1");
  const std::vector<float> theta{1, 1, 0};
  const Matrix<float> first{{1, 1}}, then{{1, 0}}, targets{{3}};
  Epochs<float> epochs(network, {.loss = parse_loss("mse"), .optimizer = Adam{}, .batch = 1}, theta, {first, targets});
  epochs.epoch();
  // From now on the second weight has no gradient: its mean decays as 0.9^k, below 1e-38 at k = 840.
  for (int k = 0; k < 1000; ++k) epochs.epoch({then, targets});
  for (const std::vector<float>& slot : epochs.remembered().slots)
    for (const float value : slot) EXPECT_NE(std::fpclassify(value), FP_SUBNORMAL) << value;
  EXPECT_EQ(epochs.remembered().slots[0][1], 0.0f);
  EXPECT_TRUE(denormals_count());
}

/// Whoever is called in the course of a training has the arithmetic of who trains: every callback, and passes of one's
/// own.
TEST(EngineSteps, LeavesTheArithmeticOfCallbacksAlone) {
  const Problem<float> p = Problem<float>({"3-4tanh-2softmax", "cross-entropy"}, 10, 3).as_fit_takes_it();
  int calls = 0;
  const auto look = [&](const auto&) {
    ++calls;
    EXPECT_TRUE(denormals_count());
    return Signal::go_on;
  };
  const auto measure = [&](const EpochEvent<float>& event) { return look(event), 1.0; };
  std::array<Callbacks<float>, 5> each;
  each[0].before_step = each[1].after_step = look;
  each[2].after_epoch = look;
  each[3].after_updates = look;
  each[4].metric = measure;
  for (const Callbacks<float>& callbacks : each) {
    calls = 0;
    FitOptions options{.loss = p.loss, .epochs = 2};
    if (callbacks.metric) options.early_stopping = {.metric = EarlyStopping::Metric::custom, .patience = 9};
    std::vector<float> theta = p.theta;
    RandomState random(1);
    fit<float>(p.network, theta, {p.x, p.targets}, options, random, std::nullopt, callbacks);
    EXPECT_GE(calls, 2);
  }
}
#endif

TEST(EngineSteps, KeepsParametersThroughPacking) {
  for (const Case& c : cases()) {
    const Problem<float> p(c, 3, 3);
    Epochs<float> epochs(p.network, {.loss = p.loss, .optimizer = Sgd{.learning_rate = 0}, .batch = 1}, p.theta,
                         {p.x, p.targets}, PlanKind::online);
    epochs.epoch();
    EXPECT_EQ(epochs.theta(), p.theta);
  }
}

TEST(EngineSteps, RefusesWhatDoesNotFit) {
  const Network network = parse_network("2-3tanh-2softmax");
  const std::vector<double> theta(static_cast<std::size_t>(network.parameter_count()));
  const Matrix<double> x(4, 2), wide(4, 3), t(4, 2), few(3, 2);
  const auto make = [&](const FitOptions& options, PlanKind kind = PlanKind::automatic) {
    return Epochs<double>(network, options, theta, {x, t}, kind);
  };
  EXPECT_THROW(make({.loss = {}, .batch = -1}), ValueError);
  EXPECT_THROW(make({.loss = {}, .optimizer = Sgd{.learning_rate = -1}}), ValueError);
  EXPECT_THROW(make({.loss = {}, .regularisation = {.l2 = -1}}), ValueError);
  EXPECT_THROW(make({.loss = {}, .batch = 4}, PlanKind::online), ValueError);
  EXPECT_THROW(Epochs<double>(network, {}, std::span(theta).first(3), {x, t}), ShapeError);
  Epochs<double> epochs = make({});
  EXPECT_THROW(epochs.epoch({wide, t}), ShapeError);
  EXPECT_THROW(epochs.epoch({x, few}), ShapeError);
  const std::vector<double> weights(3);
  EXPECT_THROW(epochs.epoch({x, t, weights}), ShapeError);
  EXPECT_THROW(epochs.epoch(std::vector<Index>{0, 4}), ValueError);
  EXPECT_THROW(epochs.epoch({Matrix<double>(0, 2), Matrix<double>(0, 2)}), ValueError);
}

/// A chain that no fast plan takes: the definition stands in, with the same answers but for rounding of sums.
TEST(EngineSteps, TakesEveryNetwork) {
  for (const char* text :
       {"1x4x4-conv2k3-tanh-3softmax", "3-4tanh-dropout0.3-layernorm-3softmax", "3-5tanh-batchnorm-3softmax"}) {
    const Problem<double> p({text, "cross-entropy"}, 9, 4);
    Epochs<double> epochs(p.network, {.loss = p.loss, .optimizer = Sgd{.learning_rate = 0.1}, .batch = 4}, p.theta,
                          {p.x, p.targets});
    std::vector<double> theta = p.theta;
    Trace<double> trace;
    trace.mode = Mode::training;
    for (Index first = 0; first < 9; first += 4) {
      std::vector<double> gradient(theta.size());
      const Index n = std::min<Index>(4, 9 - first);
      trace.update = static_cast<std::uint64_t>(first / 4);
      value_and_gradient<double>(p.network, p.loss, theta, p.x.view().middle_rows(first, n),
                                 p.targets.view().middle_rows(first, n), trace, gradient);
      for (std::size_t k = 0; k < theta.size(); ++k) theta[k] -= 0.1 * gradient[k];
    }
    epochs.epoch();
    SCOPED_TRACE(text);
    EXPECT_LE(distance(epochs.theta(), theta), 20 * tolerance<double>(p.network) * norm(theta));
    const std::vector<double> state = epochs.running();
    EXPECT_EQ(state.size(), static_cast<std::size_t>(p.network.state_count()));
    EXPECT_LE(distance(state, trace.state), 20 * tolerance<double>(p.network) * norm(state));
  }
}

}  // namespace
}  // namespace gradus
