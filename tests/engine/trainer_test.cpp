// SPDX-License-Identifier: MIT
#include "gradus/engine/trainer.hpp"

#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "gradus/engine/target.hpp"
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
void check_gradients() {
  std::uint32_t seed = 1;
  for (const Case& c : cases())
    for (const Index batch : {1, 2, 3, 7, 8, 9, 16, 17, 31, 32, 33, 63, 64, 65, 97, 127, 128, 129, 130}) {
      const Problem<T> p(c, batch + 3, seed++);
      std::vector<Index> rows(static_cast<std::size_t>(batch));
      std::iota(rows.rbegin(), rows.rend(), 1);
      const Matrix<T> x = take_rows(p.x, std::span<const Index>(rows));
      const Matrix<T> targets = take_rows(p.targets, std::span<const Index>(rows));
      Trace<T> trace;
      std::vector<T> expected(p.theta.size());
      const T loss = value_and_gradient<T>(p.network, p.loss, std::span<const T>(p.theta), x.view(), targets.view(),
                                           trace, std::span<T>(expected));
      engine::GradientPlan<T> plan(p.network, p.loss, batch);
      std::vector<T> got(p.theta.size(), std::numeric_limits<T>::quiet_NaN());
      const engine::Tally tally = plan(p.theta, p.x, p.targets, rows, got, true, engine::Match::largest);
      SCOPED_TRACE(c.network + " batch " + std::to_string(batch) + " " + engine::target_name());
      EXPECT_LE(distance(got, expected), tolerance<T>(p.network) * norm(expected));
      EXPECT_NEAR(tally.loss * p.loss.scale(batch, p.network.outputs()), static_cast<double>(loss),
                  tolerance<T>(p.network) * (1 + std::abs(static_cast<double>(loss))));
      std::vector<T> all(p.theta.size(), std::numeric_limits<T>::quiet_NaN());
      plan(p.theta, x, targets, {}, all, false);
      EXPECT_EQ(all, got);
    }
}

TEST(GradientPlan, GivesTheDefinitionsGradientAndLoss) {
  for (const std::string& target : engine::targets()) {
    engine::use_target(target);
    check_gradients<double>();
    check_gradients<float>();
  }
  engine::use_target("");
}

/// Some updates by the definition and by a trainer, from the same parameters over the same samples.
template <class T>
void check_training(const engine::Rule& rule, Index batch, engine::PlanKind kind) {
  std::uint32_t seed = 11;
  for (const Case& c : cases()) {
    const Problem<T> p(c, 13, seed++);
    std::vector<Index> order(13);
    std::iota(order.rbegin(), order.rend(), 0);
    engine::Trainer<T> trainer(p.network, {.loss = p.loss, .rule = rule, .batch = batch, .record = true}, p.theta);
    ASSERT_EQ(trainer.kind(), kind);
    const engine::Tally tally = trainer.epoch(p.x, p.targets, order);
    std::vector<T> got(p.theta.size());
    trainer.parameters(got);

    std::vector<T> theta = p.theta;
    std::vector<T> gradient(theta.size()), m(theta.size()), v(theta.size());
    Trace<T> trace;
    double loss = 0;
    int step = 0;
    for (std::size_t first = 0; first < order.size(); first += static_cast<std::size_t>(batch)) {
      const auto rows = std::span<const Index>(order).subspan(
          first, std::min<std::size_t>(static_cast<std::size_t>(batch), order.size() - first));
      const Matrix<T> x = take_rows(p.x, rows);
      const Matrix<T> targets = take_rows(p.targets, rows);
      loss += static_cast<double>(value_and_gradient<T>(p.network, p.loss, std::span<const T>(theta), x.view(),
                                                        targets.view(), trace, std::span<T>(gradient))) /
              p.loss.scale(x.rows(), p.network.outputs());
      ++step;
      for (std::size_t k = 0; k < theta.size(); ++k) {
        const double g = static_cast<double>(gradient[k]);
        if (rule.kind == engine::Rule::Kind::adam) {
          m[k] = static_cast<T>(rule.beta1 * static_cast<double>(m[k]) + (1 - rule.beta1) * g);
          v[k] = static_cast<T>(rule.beta2 * static_cast<double>(v[k]) + (1 - rule.beta2) * g * g);
          const double rate =
              rule.learning_rate * std::sqrt(1 - std::pow(rule.beta2, step)) / (1 - std::pow(rule.beta1, step));
          theta[k] -=
              static_cast<T>(rate * static_cast<double>(m[k]) / (std::sqrt(static_cast<double>(v[k])) + rule.epsilon));
        } else {
          v[k] = static_cast<T>(rule.momentum * static_cast<double>(v[k]) - rule.learning_rate * g);
          theta[k] += static_cast<T>(rule.nesterov ? rule.momentum * static_cast<double>(v[k]) - rule.learning_rate * g
                                                   : static_cast<double>(v[k]));
        }
      }
    }
    std::vector<T> moved = theta;
    for (std::size_t k = 0; k < moved.size(); ++k) moved[k] -= p.theta[k];
    SCOPED_TRACE(c.network + " " + engine::target_name() + (sizeof(T) == 4 ? " float" : " double"));
    // Adam divides by sqrt(v): where a gradient is rounding alone, so is the sign of the step; hence the wider bound.
    const double factor = rule.kind == engine::Rule::Kind::adam ? 1e4 : 20;
    EXPECT_LE(distance(got, theta), factor * tolerance<T>(p.network) * (norm(moved) + 1e-3 * norm(theta)));
    EXPECT_NEAR(tally.loss, loss, factor * tolerance<T>(p.network) * (1 + std::abs(loss)));
    EXPECT_EQ(tally.samples, 13);
  }
}

TEST(Trainer, TakesTheStepsOfTheDefinition) {
  using engine::PlanKind;
  for (const std::string& target : engine::targets()) {
    engine::use_target(target);
    for (const Index batch : {1, 5, 13, 20}) {
      const PlanKind plain = batch == 1 ? PlanKind::online : PlanKind::batch;
      check_training<double>({.learning_rate = 0.1}, batch, plain);
      check_training<float>({.learning_rate = 0.1}, batch, plain);
      check_training<double>({.learning_rate = 0.1, .momentum = 0.9}, batch, PlanKind::batch);
      check_training<double>({.learning_rate = 0.1, .momentum = 0.9, .nesterov = true}, batch, PlanKind::batch);
      check_training<double>({.kind = engine::Rule::Kind::adam, .learning_rate = 0.01}, batch, PlanKind::batch);
    }
  }
  engine::use_target("");
}

TEST(Trainer, KeepsParametersThroughPacking) {
  for (const Case& c : cases()) {
    const Problem<float> p(c, 1, 3);
    const engine::Trainer<float> trainer(p.network, {.loss = p.loss, .batch = 1}, p.theta);
    std::vector<float> back(p.theta.size());
    trainer.parameters(back);
    EXPECT_EQ(back, p.theta);
  }
}

TEST(Trainer, RefusesWhatHasNoPlan) {
  const Network network = parse_network("2-3tanh-2softmax");
  const std::vector<double> theta(static_cast<std::size_t>(network.parameter_count()));
  EXPECT_FALSE(engine::GradientPlan<double>::exists(network, MeanSquaredError{}));
  EXPECT_THROW(engine::Trainer<double>(network, {.loss = {MeanSquaredError{}}}, theta), ValueError);
  EXPECT_THROW(engine::Trainer<double>(network, {.batch = 0}, theta), ValueError);
  EXPECT_THROW(engine::Trainer<double>(network, {.rule = {.learning_rate = -1}}, theta), ValueError);
  EXPECT_THROW(engine::Trainer<double>(network, {}, std::span(theta).first(3)), ShapeError);
  engine::Trainer<double> trainer(network, {}, theta);
  const Matrix<double> x(4, 2), wide(4, 3), t(4, 2), few(3, 2);
  EXPECT_THROW(trainer.epoch(wide, t), ShapeError);
  EXPECT_THROW(trainer.epoch(x, few), ShapeError);
  const std::vector<Index> beyond{0, 4};
  EXPECT_THROW(trainer.epoch(x, t, beyond), ValueError);
}

}  // namespace
}  // namespace gradus
