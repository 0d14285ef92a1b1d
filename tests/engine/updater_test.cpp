// SPDX-License-Identifier: MIT
#include "gradus/engine/updater.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "gradus/engine/instruction_set.hpp"
#include "gradus/random/random_state.hpp"
#include "src/optim/bias_correction.hpp"

namespace gradus {
namespace {

/// Weights but for a bias of two at the end.
std::vector<ParameterBlock> blocks_of(Index parameters) {
  const Index weights = std::max<Index>(parameters - 2, 0);
  ParameterBlock weight{.name = "weights", .rows = weights, .cols = 1};
  ParameterBlock bias{.name = "bias", .rows = 1, .cols = parameters - weights, .offset = weights, .is_bias = true};
  return {weight, bias};
}

template <class T>
struct Point {
  std::vector<T> theta, gradient;
  explicit Point(Index parameters) : theta(static_cast<std::size_t>(parameters)), gradient(theta.size()) {
    RandomState random(static_cast<std::uint32_t>(parameters));
    for (T& value : theta) value = static_cast<T>(random.normal());
  }
  void draw_gradient(RandomState& random) {
    for (T& value : gradient) value = static_cast<T>(random.normal());
  }
};

/// Some updates by kernels and by definition from the same point; `compare` sees theta after each.
template <class T, class Compare>
void check_method(const char* method, const Regularisation& r, Index parameters, const Compare& compare) {
  const std::vector<ParameterBlock> blocks = blocks_of(parameters);
  Updater<T> kernels(parse_optimizer(method), r, blocks, parameters);
  Updater<T> defined(parse_optimizer(method), r, blocks, parameters, Steps::definition);
  Point<T> a(parameters);
  Point<T> b = a;
  RandomState random(7);
  for (int update = 0; update < 5; ++update) {
    a.draw_gradient(random);
    b.gradient = a.gradient;
    const double penalty = kernels.add_penalty(a.theta, a.gradient, 3);
    const double expected = defined.add_penalty(b.theta, b.gradient, 3);
    // Each is a sum of `parameters` numbers of one sign.
    const double bound = static_cast<double>(std::numeric_limits<T>::epsilon()) * static_cast<double>(parameters + 4);
    ASSERT_NEAR(penalty, expected, bound * std::abs(expected));
    kernels.step(a.theta, a.gradient);
    defined.step(b.theta, b.gradient);
    compare(a.theta, b.theta);
  }
  EXPECT_EQ(kernels.state().steps, 5);
  EXPECT_EQ(defined.state().steps, 5);
}

const std::vector<Index> kSizes{0, 1, 2, 3, 7, 8, 9, 15, 16, 17, 31, 97};  // around the widths of all vectors

template <class T>
void check_descent() {
  const auto equal = [](const std::vector<T>& a, const std::vector<T>& b) { ASSERT_EQ(a, b); };
  for (const char* method : {"sgd:lr=0.1", "sgd:lr=0.1,momentum=0.9", "sgd:lr=0.1,momentum=0.9,nesterov"})
    for (const Regularisation& r : {Regularisation{}, Regularisation{.l1 = 0.01, .l2 = 0.1},
                                    Regularisation{.l2 = 0.1, .per_sample = true, .clip_norm = 0.5},
                                    Regularisation{.clip_value = 0.3, .weight_decay = 0.1, .max_norm = 0.2}})
      for (const Index parameters : kSizes) check_method<T>(method, r, parameters, equal);
}

TEST(Updater, DescentByKernelsHasTheDefinitionsBits) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    check_descent<double>();
    check_descent<float>();
  }
  engine::use_instruction_set("");
}

template <class T>
void check_adam() {
  // Each step of both lies within some roundings of the same numbers, and is no longer than the learning rate or so.
  const T bound = 20 * std::numeric_limits<T>::epsilon();
  const auto near = [&](const std::vector<T>& a, const std::vector<T>& b) {
    for (std::size_t k = 0; k < a.size(); ++k) ASSERT_NEAR(a[k], b[k], bound * (1 + std::abs(b[k])));
  };
  for (const char* method : {"adam:lr=0.01", "adamw:lr=0.01,decay=0.5"})
    for (const Index parameters : kSizes) check_method<T>(method, {.l2 = 0.1}, parameters, near);
}

TEST(Updater, AdamByKernelsAgreesWithTheDefinitionToRounding) {
  check_adam<double>();
  check_adam<float>();
}

TEST(Updater, ABiasCorrectionThatIsNotComputedIsOneToTheLastBit) {
  for (const double beta : {0.0, 0.5, 0.9, 0.99, 0.999, 0.9999, 1.0})
    for (double t = 1; t < 1e6; t = std::floor(t * 1.01) + 1)
      EXPECT_EQ(bias_correction(beta, t), 1 - pow(beta, t)) << beta << " ^ " << t;
}

TEST(Updater, OnlyWeightsDecayAndArePenalised) {
  for (const Steps steps : {Steps::kernels, Steps::definition})
    for (const char* method : {"sgd:lr=1", "adamw:lr=1,decay=0.5"}) {
      const Regularisation r{.weight_decay = method[0] == 's' ? 0.5 : 0.0};
      Updater<double> updater(parse_optimizer(method), r, blocks_of(4), 4, steps);
      std::vector<double> theta{1, 1, 1, 1}, gradient(4);
      updater.step(theta, gradient);
      EXPECT_EQ(theta, (std::vector<double>{0.5, 0.5, 1, 1})) << method;
    }
  Updater<double> updater(Sgd{}, {.l2 = 1}, blocks_of(4), 4);
  std::vector<double> gradient(4);
  EXPECT_EQ(updater.add_penalty(std::vector<double>{2, 0, 5, 5}, gradient, 1), 2);
  EXPECT_EQ(gradient, (std::vector<double>{2, 0, 0, 0}));
}

TEST(Updater, GoesOnFromAnothersState) {
  for (const std::string& name : variant_names<OptimizerMethod>()) {
    const OptimizerMethod method = parse_optimizer(name);
    Point<double> whole(9), cut(9);
    RandomState random(1), again(1);
    Updater<double> updater(method, {}, blocks_of(9), 9);
    Updater<double> first(method, {}, blocks_of(9), 9);
    for (int k = 0; k < 4; ++k) {
      whole.draw_gradient(random);
      updater.step(whole.theta, whole.gradient);
    }
    for (int k = 0; k < 4; ++k) {
      cut.draw_gradient(again);
      Updater<double> next(method, {}, blocks_of(9), 9);
      next.set_state(first.state());
      next.step(cut.theta, cut.gradient);
      first.set_state(next.state());
    }
    EXPECT_EQ(whole.theta, cut.theta) << name;
  }
}

TEST(Updater, BadNumbersAreRefused) {
  EXPECT_THROW(Updater<double>(Sgd{.learning_rate = -1}, {}, blocks_of(3), 3), ValueError);
  EXPECT_THROW(Updater<double>(Sgd{}, {.l2 = -1}, blocks_of(3), 3), ValueError);
  Updater<double> updater(Adam{}, {}, blocks_of(3), 3);
  EXPECT_THROW(updater.set_learning_rate(-1), ValueError);
  EXPECT_THROW(updater.set_learning_rate(std::nan("")), ValueError);
  EXPECT_THROW(updater.set_state({}), ShapeError);
  OptimizerState<double> state = updater.state();
  state.slots[1].pop_back();
  EXPECT_THROW(updater.set_state(state), ShapeError);
}

TEST(Updater, NoUnitLeavesAnUpdateWithMoreThanTheLargestNorm) {
  // Three units of four inputs each, of which a step moves every weight far.
  const std::vector<ParameterBlock> blocks{{.name = "weights", .rows = 4, .cols = 3}};
  for (const Steps steps : {Steps::kernels, Steps::definition})
    for (const char* method : {"sgd:lr=1", "adam:lr=1", "rmsprop:lr=1"}) {
      Updater<double> updater(parse_optimizer(method), {.max_norm = 0.5}, blocks, 12, steps);
      Point<double> point(12);
      RandomState random(3);
      for (int update = 0; update < 3; ++update) {
        point.draw_gradient(random);
        updater.step(point.theta, point.gradient);
        for (std::size_t unit = 0; unit < 3; ++unit) {
          double squares = 0;
          for (std::size_t i = 0; i < 4; ++i) squares += point.theta[3 * i + unit] * point.theta[3 * i + unit];
          EXPECT_NEAR(std::sqrt(squares), 0.5, 1e-15) << method << " unit " << unit;  // each was cut: a few ULP
        }
      }
    }
}

}  // namespace
}  // namespace gradus
