// SPDX-License-Identifier: MIT
#include "gradus/engine/gradient_plan.hpp"

#include <limits>
#include <numeric>

#include <gtest/gtest.h>

#include "gradus/engine/instruction_set.hpp"
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

TEST(GradientPlan, RefusesWhatDoesNotFit) {
  const Network network = parse_network("2-3tanh-2softmax");
  const std::vector<double> theta(static_cast<std::size_t>(network.parameter_count()));
  std::vector<double> gradient(theta.size());
  EXPECT_THROW(engine::GradientPlan<double>(network, {}, 0), ValueError);
  EXPECT_THROW(engine::GradientPlan<double>(network, {}, 4, engine::PlanKind::online), ValueError);
  EXPECT_THROW(engine::GradientPlan<double>(parse_network("2-layernorm-2softmax"), {}, 4, engine::PlanKind::batch),
               ValueError);
  engine::GradientPlan<double> plan(network, {}, 4);
  const Matrix<double> x(4, 2), wide(4, 3), t(4, 2), few(3, 2);
  const auto run = [&](const Matrix<double>& from, const Targets<double>& targets, std::span<const Index> rows = {}) {
    return plan(theta, from, targets, rows, gradient);
  };
  for (int turn = 0; turn < 2; ++turn) {  // the first samples, and those after some that fit
    EXPECT_THROW(run(wide, t), ShapeError);
    EXPECT_THROW(run(x, wide), ShapeError);
    EXPECT_THROW(run(x, few), ShapeError);
    const std::vector<double> weights(3);
    EXPECT_THROW(run(x, {t, weights}), ShapeError);
    EXPECT_THROW(run(Matrix<double>(0, 2), Matrix<double>(0, 2)), ValueError);
    for (const std::vector<Index>& rows : {std::vector<Index>{0, 4}, {-1}, {3, -5, 0}})
      EXPECT_THROW(run(x, t, rows), ValueError);
    EXPECT_THROW(plan(std::span(theta).first(3), x, t, {}, gradient), ShapeError);
    EXPECT_THROW(plan(theta, x, t, {}, std::span(gradient).first(3)), ShapeError);
    EXPECT_THROW(plan.score(theta, wide, t), ShapeError);
    EXPECT_EQ(plan.score(theta, Matrix<double>(0, 2), Matrix<double>(0, 2)).samples, 0);
    EXPECT_EQ(run(x, t, std::vector<Index>{0, 3}).samples, 2);
  }
}

}  // namespace
}  // namespace gradus
