// SPDX-License-Identifier: MIT
#include "gradus/engine/trainer.hpp"

#include <array>
#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "gradus/engine/instruction_set.hpp"
#include "gradus/optim/optimizer.hpp"
#include "tests/engine/plan_cases.hpp"

namespace gradus {
namespace {

using namespace engine_test;

/// Both sides round every product and sum once; the error of a sum over n terms relative to the gradient's norm stays
/// well below n eps. 64 terms (the widest layers) and a handful of functions with an error of 2 ULP each, per stage.
template <class T>
double tolerance(const Network& network) {
  return 100 * static_cast<double>(network.size()) * static_cast<double>(std::numeric_limits<T>::epsilon());
}

template <class T>
void check_gradients(const std::vector<Case>& cases) {
  std::uint32_t seed = 1;
  for (const Case& c : cases)
    for (const Index batch : {1, 2, 3, 7, 8, 9, 16, 17, 31, 32, 33, 63, 64, 65, 97, 127, 128, 129, 130}) {
      const Problem<T> p(c, batch + 3, seed++);
      std::vector<Index> rows(static_cast<std::size_t>(batch));
      std::iota(rows.rbegin(), rows.rend(), 1);
      const Matrix<T> x = take_rows(p.x, std::span<const Index>(rows));
      const Matrix<T> targets = take_rows(p.targets, std::span<const Index>(rows));
      Trace<T> trace;
      trace.mode = Mode::training;
      trace.seed = 77;
      trace.update = 3;
      std::vector<T> expected(p.theta.size());
      const T loss = value_and_gradient<T>(p.network, p.loss, std::span<const T>(p.theta), x.view(), targets.view(),
                                           trace, std::span<T>(expected));
      engine::GradientPlan<T> plan(p.network, p.loss, batch, engine::PlanKind::batch);
      ASSERT_EQ(plan.kind(), engine::PlanKind::batch);
      plan.set_masks(77, 3);
      std::vector<T> got(p.theta.size(), std::numeric_limits<T>::quiet_NaN());
      const engine::Tally tally = plan(p.theta, p.x, p.targets, rows, got, true, Hit::argmax);
      SCOPED_TRACE(c.network + " batch " + std::to_string(batch) + " " + engine::instruction_set());
      EXPECT_LE(distance(got, expected), tolerance<T>(p.network) * norm(expected));
      EXPECT_NEAR(tally.loss, static_cast<double>(loss),
                  tolerance<T>(p.network) * (1 + std::abs(static_cast<double>(loss))));
      std::vector<T> all(p.theta.size(), std::numeric_limits<T>::quiet_NaN());
      plan(p.theta, x, targets, {}, all, false);
      EXPECT_EQ(all, got);
      // With memory for few samples they come in groups, whose sums are added up.
      engine::GradientPlan<T> in_groups(p.network, p.loss, 1, engine::PlanKind::batch);
      in_groups.set_masks(77, 3);
      in_groups(p.theta, x, targets, {}, all, false);
      EXPECT_LE(distance(all, expected), tolerance<T>(p.network) * norm(expected));
    }
}

TEST(GradientPlan, GivesTheDefinitionsGradientAndLoss) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    check_gradients<double>(cases());
    check_gradients<float>(cases());
    check_gradients<double>(further_cases());
    check_gradients<float>(further_cases());
  }
  engine::use_instruction_set("");
}

/// Outputs so sure of themselves that half of their probabilities round to 0: there the loss is cut, as defined.
template <class T>
void check_cut(const std::string& network, const std::string& loss) {
  Problem<T> p({network, loss}, 37, 5);
  for (T& value : p.theta) value *= 300;
  for (T& value : p.targets.values()) value = value > T(0.5) ? T(1) : T(0);
  Trace<T> trace;
  const double cut = static_cast<double>(
      loss_value<T>(p.network, parse_loss(loss + ":cut"), std::span<const T>(p.theta), p.x, p.targets, trace));
  const double whole = static_cast<double>(
      loss_value<T>(p.network, parse_loss(loss), std::span<const T>(p.theta), p.x, p.targets, trace));
  EXPECT_LT(cut, 0.8 * whole) << network;
  std::vector<T> gradient(p.theta.size());
  std::vector<T> uncut(p.theta.size());
  engine::GradientPlan<T> plan(p.network, parse_loss(loss + ":cut"), 37);
  EXPECT_EQ(plan.kind(), engine::PlanKind::batch);
  // Each of the 37 K terms is within a few ULP of what the definition has.
  EXPECT_NEAR(plan(p.theta, p.x, p.targets, {}, gradient).loss, cut, tolerance<T>(p.network) * cut) << network;
  engine::GradientPlan<T>(p.network, parse_loss(loss), 37)(p.theta, p.x, p.targets, {}, uncut);
  EXPECT_EQ(gradient, uncut) << network;
}

TEST(GradientPlan, CutsTheLossAndNotTheGradient) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    for (const auto& [network, loss] : {std::pair{"3-5tanh-3softmax", "cross-entropy"},
                                        {"3-5tanh-1sigmoid", "binary-cross-entropy"},
                                        {"3-5tanh-4sigmoid", "multi-label-cross-entropy"}}) {
      check_cut<double>(network, loss);
      check_cut<float>(network, loss);
    }
  }
  engine::use_instruction_set("");
}

template <class T>
struct Outcome {
  std::vector<T> theta;
  double loss = 0;
};

/// One epoch by the definition, a sample at a time: its gradient times its weight, added up and divided.
template <class T>
Outcome<T> defined_epoch(const Problem<T>& p, const engine::TrainerOptions& options, const Targets<T>& set,
                         std::span<const Index> order) {
  Outcome<T> out{p.theta};
  const std::vector<ParameterBlock> blocks = p.network.parameter_blocks();
  Optimizer<T> optimizer(options.optimizer, p.network.parameter_count());
  optimizer.state().decays.assign(p.theta.size(), 1);
  for (const ParameterBlock& block : blocks)
    if (block.is_bias) std::fill_n(optimizer.state().decays.begin() + block.offset, block.size(), std::uint8_t{0});
  const Loss sum{options.loss.function, Reduction::sum};
  Trace<T> trace;
  trace.mode = Mode::training;
  trace.seed = options.mask_seed;
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
                                                                 set.values.middle_rows(row, 1), trace, one));
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
    out.loss += loss * static_cast<double>(rows.size()) / static_cast<double>(order.size());
    clip<T>(r, gradient);
    decay_weights<T>(r, blocks, learning_rate(options.optimizer), out.theta);
    optimizer.step(out.theta, gradient);
    limit_norms<T>(r, blocks, out.theta);
  }
  return out;
}

/// Methods that divide by the gradient's own size step by its sign where it is rounding alone: their error is not
/// bounded by the gradient's. So gradients are kept away from 0 by an l2 penalty, and the bound is wider.
template <class T>
void check_training(engine::TrainerOptions options, engine::PlanKind kind, bool weighted = false) {
  std::uint32_t seed = 11;
  const bool divides = !std::holds_alternative<Sgd>(options.optimizer);
  for (const Case& c : cases()) {
    const Problem<T> p(c, 13, seed++);
    options.loss.function = p.loss.function;
    options.record = true;
    options.plan = kind;
    if (divides) options.regularisation.l2 = std::max(options.regularisation.l2, 0.1);
    std::vector<Index> order(13);
    std::iota(order.rbegin(), order.rend(), 0);
    std::vector<T> weights;
    for (int i = 0; weighted && i < 13; ++i) weights.push_back(static_cast<T>(i % 4) / 2);  // 0 among them
    const Targets<T> targets(p.targets, weights);
    engine::Trainer<T> trainer(p.network, options, p.theta);
    ASSERT_EQ(trainer.kind(), kind);
    const engine::Tally tally = trainer.epoch(p.x, targets, order);
    std::vector<T> got(p.theta.size());
    trainer.parameters(got);
    const Outcome<T> expected = defined_epoch<T>(p, options, targets, order);
    std::vector<T> moved = expected.theta;
    for (std::size_t k = 0; k < moved.size(); ++k) moved[k] -= p.theta[k];
    SCOPED_TRACE(c.network + " " + to_text(options.optimizer) + " batch " + std::to_string(options.batch) + " " +
                 engine::instruction_set() + (sizeof(T) == 4 ? " float" : " double"));
    const double factor = divides ? 1e4 : 20;
    EXPECT_LE(distance(got, expected.theta), factor * tolerance<T>(p.network) * (norm(moved) + 1e-3 * norm(got)));
    EXPECT_NEAR(tally.loss, expected.loss, factor * tolerance<T>(p.network) * (1 + std::abs(expected.loss)));
    EXPECT_EQ(tally.samples, 13);
    EXPECT_EQ(trainer.optimizer_state().steps, (13 + options.batch - 1) / options.batch);
  }
}

TEST(Trainer, TakesTheStepsOfTheDefinition) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    for (const Index batch : {1, 5, 13, 20})
      for (const char* method :
           {"sgd:lr=0.1", "sgd:lr=0.1,momentum=0.9", "sgd:lr=0.1,momentum=0.9,nesterov", "adam:lr=0.01"}) {
        const engine::TrainerOptions options{.optimizer = parse_optimizer(method), .batch = batch};
        const bool online = batch == 1 && std::string(method) == "sgd:lr=0.1";
        const engine::PlanKind kind = online ? engine::PlanKind::online : engine::PlanKind::batch;
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

TEST(Trainer, TakesWeightsBelowZeroAsMinusOneTimesThemselves) {
  const Problem<double> p({"3-5tanh-2softmax", "cross-entropy"}, 13, 5);
  std::vector<double> weights, below;
  for (int i = 0; i < 13; ++i) weights.push_back(i % 4 / 2.0 + (i < 4 ? 0.5 : 0));
  for (const double w : weights) below.push_back(-w);
  for (const Index batch : {1, 4, 13}) {
    const auto trained = [&](std::span<const double> w) {
      engine::Trainer<double> trainer(
          p.network, {.loss = p.loss, .optimizer = parse_optimizer("sgd:lr=0.1"), .batch = batch, .record = true},
          p.theta);
      const engine::Tally tally = trainer.epoch(p.x, Targets<double>(p.targets, w), {});
      std::vector<double> theta(p.theta.size() + 1, tally.loss);
      trainer.parameters(std::span(theta).first(p.theta.size()));
      return theta;
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
    engine::TrainerOptions options{.loss = p.loss};
    options.optimizer = parse_optimizer(methods[static_cast<std::size_t>(random.randint(0, std::ssize(methods)))]);
    options.batch = random.randint(1, 131);
    options.record = true;
    options.mask_seed = seed;
    options.plan = engine::PlanKind::batch;
    if (!std::holds_alternative<Sgd>(options.optimizer)) options.regularisation.l2 = 0.1;
    std::vector<Index> order = random.permutation(samples);
    engine::Trainer<T> trainer(p.network, options, p.theta);
    const engine::Tally tally = trainer.epoch(p.x, p.targets, order);
    const Outcome<T> expected = defined_epoch<T>(p, options, p.targets, order);
    std::vector<T> got(p.theta.size()), moved = expected.theta;
    trainer.parameters(got);
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

TEST(Trainer, StepsRandomNetworksAsTheDefinitionDoes) {
  check_random_networks<double>(150);
  check_random_networks<float>(80);
}

TEST(Trainer, StepsByEveryMethod) {
  std::vector<std::string> methods = variant_names<OptimizerMethod>();
  methods.push_back("adamw:decay=0.1");
  for (const std::string& method : methods)
    check_training<double>({.optimizer = parse_optimizer(method), .batch = 5}, engine::PlanKind::batch);
}

TEST(Trainer, Regularises) {
  for (const Regularisation& r :
       {Regularisation{.l2 = 0.1}, Regularisation{.l1 = 0.1}, Regularisation{.l1 = 0.03, .l2 = 0.2, .per_sample = true},
        Regularisation{.clip_value = 0.01}, Regularisation{.clip_norm = 0.02}, Regularisation{.weight_decay = 0.3},
        Regularisation{.max_norm = 0.5}}) {
    check_training<double>({.optimizer = Sgd{.learning_rate = 0.1}, .regularisation = r, .batch = 5},
                           engine::PlanKind::batch);
    check_training<float>({.optimizer = Adam{}, .regularisation = r, .batch = 1}, engine::PlanKind::batch);
  }
}

TEST(Trainer, TellsThePenaltyApart) {
  const Problem<double> p({"3-4tanh-2softmax", "cross-entropy"}, 10, 3);
  engine::TrainerOptions options{.loss = p.loss, .optimizer = Sgd{.learning_rate = 0}, .batch = 4, .record = true};
  const engine::Tally bare = engine::Trainer<double>(p.network, options, p.theta).epoch(p.x, p.targets);
  options.regularisation = {.l2 = 0.5, .per_sample = true};
  const engine::Tally tally = engine::Trainer<double>(p.network, options, p.theta).epoch(p.x, p.targets);
  double squares = 0;
  for (const ParameterBlock& block : p.network.parameter_blocks())
    for (Index k = 0; !block.is_bias && k < block.size(); ++k)
      squares += std::pow(p.theta[static_cast<std::size_t>(block.offset + k)], 2);
  // Batches of 4, 4 and 2, each by its share of the 10 samples: 3 times squares / 4 / 10.
  EXPECT_NEAR(tally.penalty, 3 * squares / 40, 1e-14);
  EXPECT_NEAR(tally.loss - tally.penalty, bare.loss, 1e-14);
  EXPECT_EQ(bare.penalty, 0);
}

TEST(Trainer, MultipliesTheLossWithItsFactor) {
  const Problem<double> p({"3-4tanh-2", "mse"}, 10, 3);
  const auto run = [&](double factor, double rate) {
    Loss loss = p.loss;
    loss.factor = factor;
    engine::Trainer<double> trainer(
        p.network, {.loss = loss, .optimizer = Sgd{.learning_rate = rate}, .batch = 4, .record = true}, p.theta);
    std::vector<double> theta(p.theta.size());
    const double recorded = trainer.epoch(p.x, p.targets).loss;
    trainer.parameters(theta);
    return std::pair(recorded, theta);
  };
  const auto [half, by_half] = run(0.5, 0.2);
  const auto [one, by_one] = run(1, 0.1);
  EXPECT_EQ(half, one / 2);  // powers of two change no digit
  EXPECT_EQ(by_half, by_one);
}

TEST(Trainer, WeighsSamples) {
  for (const Reduction reduction : {Reduction::mean, Reduction::sum})
    for (const Index batch : {1, 4, 13}) {
      const engine::PlanKind kind = batch == 1 ? engine::PlanKind::online : engine::PlanKind::batch;
      const Loss loss{CrossEntropy{}, reduction};
      check_training<double>({.loss = loss, .optimizer = Sgd{.learning_rate = 0.1}, .batch = batch}, kind, true);
      check_training<float>({.loss = loss, .optimizer = Sgd{.learning_rate = 0.1}, .batch = batch}, kind, true);
    }
  const Regularisation alpha{.l2 = 0.1, .per_sample = true};
  check_training<double>({.optimizer = Sgd{.learning_rate = 0.1}, .regularisation = alpha, .batch = 4},
                         engine::PlanKind::batch, true);
}

TEST(Trainer, GoesOnFromAnOptimizersState) {
  for (const Case& c : cases()) {
    const Problem<double> p(c, 12, 5);
    const engine::TrainerOptions options{.loss = p.loss, .optimizer = Adam{.learning_rate = 0.01}, .batch = 5};
    engine::Trainer<double> whole(p.network, options, p.theta);
    whole.epoch(p.x, p.targets);
    whole.set_learning_rate(0.02);
    whole.epoch(p.x, p.targets);

    engine::Trainer<double> first(p.network, options, p.theta);
    first.epoch(p.x, p.targets);
    std::vector<double> theta(p.theta.size());
    first.parameters(theta);
    engine::Trainer<double> second(p.network, options, theta);
    second.set_optimizer_state(first.optimizer_state());
    second.set_learning_rate(0.02);
    EXPECT_EQ(second.learning_rate(), 0.02);
    second.epoch(p.x, p.targets);
    std::vector<double> expected(theta.size());
    whole.parameters(expected);
    second.parameters(theta);
    EXPECT_EQ(theta, expected);
    EXPECT_THROW(second.set_optimizer_state({}), ShapeError);
    EXPECT_THROW(second.set_learning_rate(-1), ValueError);
  }
}

#if defined(__SSE2__) || defined(__aarch64__)
TEST(Trainer, RemembersNoDenormalsAndLeavesTheCallersArithmeticAlone) {
  const Network network = parse_network("2-1");
  const std::vector<float> theta{1, 1, 0};
  const Matrix<float> first{{1, 1}}, then{{1, 0}}, targets{{3}};
  engine::Trainer<float> trainer(network, {.loss = parse_loss("mse"), .optimizer = Adam{}, .batch = 1}, theta);
  trainer.epoch(first, targets);
  // From now on the second weight has no gradient: its mean decays as 0.9^k, below 1e-38 at k = 840.
  for (int k = 0; k < 1000; ++k) trainer.epoch(then, targets);
  for (const std::vector<float>& slot : trainer.optimizer_state().slots)
    for (const float value : slot) EXPECT_NE(std::fpclassify(value), FP_SUBNORMAL) << value;
  EXPECT_EQ(trainer.optimizer_state().slots[0][1], 0.0f);
  volatile float smallest = std::numeric_limits<float>::min();
  EXPECT_GT(smallest / 2, 0.0f);
}
#endif

TEST(Trainer, KeepsParametersThroughPacking) {
  for (const Case& c : cases()) {
    const Problem<float> p(c, 1, 3);
    const engine::Trainer<float> trainer(p.network, {.loss = p.loss, .batch = 1}, p.theta);
    std::vector<float> back(p.theta.size());
    trainer.parameters(back);
    EXPECT_EQ(back, p.theta);
  }
}

TEST(Trainer, RefusesWhatDoesNotFit) {
  const Network network = parse_network("2-3tanh-2softmax");
  const std::vector<double> theta(static_cast<std::size_t>(network.parameter_count()));
  EXPECT_THROW(engine::Trainer<double>(network, {.batch = 0}, theta), ValueError);
  EXPECT_THROW(engine::Trainer<double>(network, {.optimizer = Sgd{.learning_rate = -1}}, theta), ValueError);
  EXPECT_THROW(engine::Trainer<double>(network, {.regularisation = {.l2 = -1}}, theta), ValueError);
  EXPECT_THROW(engine::Trainer<double>(network, {.plan = engine::PlanKind::online}, theta), ValueError);
  EXPECT_THROW(engine::Trainer<double>(network, {}, std::span(theta).first(3)), ShapeError);
  engine::Trainer<double> trainer(network, {}, theta);
  const Matrix<double> x(4, 2), wide(4, 3), t(4, 2), few(3, 2);
  EXPECT_THROW(trainer.epoch(wide, t), ShapeError);
  EXPECT_THROW(trainer.epoch(x, few), ShapeError);
  const std::vector<double> weights(3);
  EXPECT_THROW(trainer.epoch(x, {t, weights}), ShapeError);
  const std::vector<Index> beyond{0, 4};
  EXPECT_THROW(trainer.epoch(x, t, beyond), ValueError);
  EXPECT_EQ(trainer.epoch(Matrix<double>(0, 2), Matrix<double>(0, 2)).samples, 0);
}

/// f(x) and f'(x) of one unit with the weight 1: as the loss |y - t| of a t far below, and its derivative by the
/// weight, f'(x) x.
template <class T>
void check_function(const std::string& name) {
  constexpr T eps = std::numeric_limits<T>::epsilon();
  const Network network = parse_network("1-1" + name + ":nobias");
  const Loss loss{MeanAbsoluteError{}, Reduction::sum};
  engine::GradientPlan<T> plan(network, loss, 1);
  const std::vector<T> theta{1};
  std::vector<T> points{
      std::numeric_limits<T>::quiet_NaN(), T(1e-30), T(-1e-30), T(-3), T(3), T(-2.999), T(800), T(-800)};
  for (T x = T(-120.3); x < 80; x += T(0.37)) points.push_back(x);
  for (T x = T(-2); x < 2; x += T(0.011)) points.push_back(x);
  for (const T point : points) {
    const Matrix<T> x(1, 1, point), low(1, 1, T(-3));
    std::vector<T> got(1), expected(1);
    Trace<T> trace;
    const T y = value_and_gradient<T>(network, loss, theta, x.view(), low.view(), trace, expected) - 3;
    const T mine = static_cast<T>(plan(theta, x, low, {}, got).loss) - 3;
    SCOPED_TRACE(name + " at " + std::to_string(point) + " " + engine::instruction_set());
    if (std::isnan(point)) {
      EXPECT_TRUE(std::isnan(mine) && std::isnan(got[0]));
    } else if (std::isfinite(y)) {
      // 6 ULP of the function on either side, and what the sum with 3 rounds off; a slope made from y, as 1 - y^2, has
      // the error of a number near 1.
      EXPECT_LE(std::abs(mine - y), 16 * eps * (3 + std::abs(y)));
      EXPECT_LE(std::abs(got[0] - expected[0]), 16 * eps * (std::abs(expected[0]) + std::abs(point)));
    }
  }
}

TEST(GradientPlan, KnowsTheFunctionsEverywhere) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    for (const std::string& name : activation_names([](const auto&) { return true; })) {
      check_function<float>(name);
      check_function<double>(name);
    }
  }
  engine::use_instruction_set("");
}

template <class T>
void check_scores(const std::vector<Case>& cases, std::vector<Index> batches) {
  std::uint32_t seed = 3;
  for (const Case& c : cases)
    for (const Index batch : batches) {
      const Problem<T> p(c, 37, seed++);
      engine::GradientPlan<T> plan(p.network, p.loss, batch);
      const engine::Tally tally = plan.score(p.theta, p.x, p.targets, Hit::threshold);
      Trace<T> trace;
      const T loss = loss_value<T>(p.network, p.loss, p.theta, p.x.view(), p.targets.view(), trace);
      SCOPED_TRACE(c.network);
      EXPECT_NEAR(tally.loss, static_cast<double>(loss),
                  tolerance<T>(p.network) * (1 + std::abs(static_cast<double>(loss))));
      EXPECT_EQ(tally.samples, 37);
    }
}

TEST(GradientPlan, ScoresTheNetworkInUse) {
  check_scores<double>(cases(), {1, 10, 64});
  check_scores<float>(further_cases(), {1, 10, 64});
  check_scores<double>({{"3-5tanh-batchnorm-dropout0.5-3softmax", "cross-entropy"}}, {1, 10, 64});
}

/// A chain that no fast plan takes: the definition stands in, with the same answers but for rounding of sums.
TEST(Trainer, TakesEveryNetwork) {
  for (const char* text :
       {"1x4x4-conv2k3-tanh-3softmax", "3-4tanh-dropout0.3-layernorm-3softmax", "3-5tanh-batchnorm-3softmax"}) {
    const Problem<double> p({text, "cross-entropy"}, 9, 4);
    const engine::TrainerOptions options{.loss = p.loss, .optimizer = Sgd{.learning_rate = 0.1}, .batch = 4};
    engine::Trainer<double> trainer(p.network, options, p.theta);
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
    trainer.epoch(p.x, p.targets);
    std::vector<double> got(theta.size());
    trainer.parameters(got);
    SCOPED_TRACE(text);
    EXPECT_LE(distance(got, theta), 20 * tolerance<double>(p.network) * norm(theta));
    const std::vector<double> state(trainer.state().begin(), trainer.state().end());
    EXPECT_EQ(state.size(), static_cast<std::size_t>(p.network.state_count()));
    EXPECT_LE(distance(state, trace.state), 20 * tolerance<double>(p.network) * norm(state));
  }
}

}  // namespace
}  // namespace gradus
