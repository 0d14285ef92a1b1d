// SPDX-License-Identifier: MIT
// The plan by matrix products: every kind of layer against its definition, and the same bits whoever does the work.
#include <numeric>

#include <gtest/gtest.h>

#include "gradus/engine/gradient_plan.hpp"
#include "gradus/engine/instruction_set.hpp"
#include "tests/engine/epochs.hpp"
#include "tests/engine/plan_cases.hpp"

namespace gradus {
namespace {

using namespace engine_test;
using engine::PlanKind;

/// Chains with layers other than dense: strides, padding, dilation, groups, no bias, windows that leave cells over, in
/// one and two dimensions; one step, many steps, cuts that fall on and between the ends.
std::vector<Case> chains() {
  return {{"1x5x6-conv3k3-relu-7tanh-3softmax", "cross-entropy"},
          {"2x7x9-conv4k3x2s2x3p1d2x1g2tanh-conv6k1g2:nobias-5softmax", "cross-entropy"},
          {"3x11-conv5k4s2p2d2relu-conv17k1-maxpool2-3softmax", "cross-entropy"},
          {"2x6x5-maxpool3s2p1-avgpool2s1-2", "mse"},
          {"3x7-avgpool3s2p1-globalmaxpool-2", "mse"},
          {"2x4x4-conv33k3p1relu-globalavgpool-2", "mse"},
          {"3-6tanh-dropout0.3-5relu-3softmax", "cross-entropy"},
          {"3-7tanh-batchnorm-3softmax", "cross-entropy"},
          {"3-7relu-layernorm-2", "mse"},
          {"seq3-16elman-2", "mse"},
          {"seq2-7elman:all-5elman:truncate3-3softmax", "cross-entropy"},
          {"seq3-5gru:all-17gru-2softmax", "cross-entropy"},
          {"seq1-9gru:truncate2-2", "mse"},
          {"seq3-5lstm:all-4tanh-16lstm:remember-2", "mse"},
          {"seq2-17lstm:all:truncate4-3softmax", "cross-entropy"}};
}

/// Windows of different shapes, whose cells tie where the inputs do: the derivative goes to the first of them.
std::vector<Case> pools() {
  return {{"1x6x6-conv3k1-maxpool2-3softmax", "cross-entropy"},
          {"2x5x7-conv2k1tanh-maxpool3s2p1-2", "mse"},
          {"2x9-conv4k1-maxpool4s1p2-2", "mse"},
          {"1x4x5-conv2k1-globalmaxpool-2", "mse"}};
}

/// Samples of five or so steps where the network takes sequences.
template <class T>
struct ChainProblem : Problem<T> {
  ChainProblem(const Case& c, Index samples, std::uint32_t seed) : Problem<T>(c, samples, seed) {
    if (!this->network.takes_sequences()) return;
    RandomState random(seed);
    this->x = Matrix<T>(samples, 5 * this->network.inputs());
    for (T& value : this->x.values()) value = static_cast<T>(random.uniform(-1.5, 1.5));
    this->targets = Matrix<T>(samples, this->network.output_cols(this->x.cols()));
    for (T& value : this->targets.values()) value = static_cast<T>(random.uniform());
  }
};

/// Sums of at most some hundred terms; a handful of functions with an error of 2 ULP each, per layer.
template <class T>
double tolerance(const Network& network) {
  return 200 * static_cast<double>(network.size()) * static_cast<double>(std::numeric_limits<T>::epsilon());
}

template <class T>
void check_gradient(const Case& c, Index batch, bool tied = false) {
  SCOPED_TRACE(c.network + " batch " + std::to_string(batch) + " " + engine::instruction_set() +
               (sizeof(T) == 4 ? " float" : " double"));
  ChainProblem<T> p(c, batch + 3, static_cast<std::uint32_t>(batch));
  for (T& value : p.x.values())
    if (tied) value = std::round(value);
  std::vector<Index> rows(static_cast<std::size_t>(batch));
  std::iota(rows.rbegin(), rows.rend(), 1);
  std::vector<T> weights(static_cast<std::size_t>(batch + 3));
  for (std::size_t i = 0; i < weights.size(); ++i) weights[i] = static_cast<T>(i % 3 + 1) / 2;
  std::vector<T> chosen;
  for (const Index row : rows) chosen.push_back(weights[static_cast<std::size_t>(row)]);
  const Matrix<T> x = take_rows(p.x, std::span<const Index>(rows));
  const Matrix<T> targets = take_rows(p.targets, std::span<const Index>(rows));
  Trace<T> trace;
  trace.mode = Mode::training;
  trace.seed = 5;
  trace.update = 3;
  std::vector<T> expected(p.theta.size());
  const T loss = value_and_gradient<T>(p.network, p.loss, std::span<const T>(p.theta), x.view(),
                                       Targets<T>(targets, chosen), trace, std::span<T>(expected));
  engine::GradientPlan<T> plan(p.network, p.loss, batch, PlanKind::products);
  ASSERT_EQ(plan.kind(), PlanKind::products);
  plan.set_masks(5, 3);
  std::vector<T> got(p.theta.size(), std::numeric_limits<T>::quiet_NaN());
  const engine::Tally tally = plan(p.theta, p.x, {p.targets, weights}, rows, got, true, Hit::argmax);
  EXPECT_LE(distance(got, expected), tolerance<T>(p.network) * (norm(expected) + 1e-3));
  EXPECT_NEAR(tally.loss, static_cast<double>(loss),
              tolerance<T>(p.network) * (1 + std::abs(static_cast<double>(loss))));
  const std::vector<T> state(plan.state().begin(), plan.state().end());
  EXPECT_LE(distance(state, trace.state), tolerance<T>(p.network) * (norm(state) + 1e-3));
}

TEST(ProductsPlan, GivesTheDefinitionsGradientAndLoss) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    for (const std::vector<Case>& list : {cases(), chains()})
      for (const Case& c : list)
        for (const Index batch : {1, 2, 7, 16, 33, 130}) {
          check_gradient<double>(c, batch);
          check_gradient<float>(c, batch);
        }
  }
  engine::use_instruction_set("");
}

TEST(ProductsPlan, GivesThePooledDerivativeOfATieToTheFirstCell) {
  for (const Case& c : pools())
    for (const Index batch : {1, 5, 33}) {
      check_gradient<double>(c, batch, true);
      check_gradient<float>(c, batch, true);
    }
}

/// The parameters after some epochs with so many threads.
template <class T>
std::vector<T> trained(const Problem<T>& p, PlanKind kind, Index batch, int threads) {
  const FitOptions options{
      .loss = p.loss, .optimizer = Adam{.learning_rate = 0.01}, .batch = batch, .threads = threads};
  Epochs<T> epochs(p.network, options, p.theta, {p.x, p.targets}, kind);
  for (int epoch = 0; epoch < 2; ++epoch) epochs.epoch();
  return epochs.theta();
}

TEST(ProductsPlan, GivesTheSameBitsWithAnyNumberOfThreads) {
  // Large enough for products (2 * 130 * 300 * 270 operations), activations and steps to be shared.
  for (const Case& c : {Case{"300-270relu-133tanh-10softmax", "cross-entropy"},
                        Case{"2x12x12-conv16k3p1relu-maxpool2-avgpool2-10softmax", "cross-entropy"},
                        Case{"seq20-130lstm-10softmax", "cross-entropy"}}) {
    SCOPED_TRACE(c.network);
    const ChainProblem<float> p(c, 200, 3);
    const std::vector<float> alone = trained(p, PlanKind::automatic, 130, 1);
    EXPECT_NE(alone, p.theta);
    for (const int threads : {2, 3, 8}) EXPECT_EQ(trained(p, PlanKind::automatic, 130, threads), alone) << threads;
  }
}

TEST(ProductsPlan, IsChosenForLargeNetworksAndUnusualLayers) {
  const auto kind = [](const char* text, Index batch) {
    const Network network = parse_network(text);
    return engine::GradientPlan<float>(network, {}, batch).kind();
  };
  EXPECT_EQ(kind("2-16tanh-2softmax", 32), PlanKind::batch);
  EXPECT_EQ(kind("784-512relu-10softmax", 128), PlanKind::products);
  EXPECT_EQ(kind("1x5x6-conv3k3-relu-3softmax", 8), PlanKind::products);
}

}  // namespace
}  // namespace gradus
