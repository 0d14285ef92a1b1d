// SPDX-License-Identifier: MIT
// The same bits at every vector width (docs/decisions/0047-one-order-of-sums.md).
#include <array>
#include <cmath>
#include <limits>
#include <map>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "gradus/engine/bank.hpp"
#include "gradus/engine/instruction_set.hpp"
#include "gradus/engine/predictor.hpp"
#include "tests/engine/epochs.hpp"
#include "tests/engine/plan_cases.hpp"

namespace gradus {
namespace {

using namespace engine_test;

/// How products are added: rounded once or twice.
enum class Arithmetic { fused, plain };
Arithmetic arithmetic_of(const std::string& instruction_set) {
  static const std::set<std::string> plain{"SSSE3", "SSE4", "WASM", "EMU128", "SCALAR"};
  return plain.contains(instruction_set) ? Arithmetic::plain : Arithmetic::fused;
}

/// Sizes 1, primes, and around lines and pieces.
struct Run {
  Case what;
  Index samples;
  Index batch;
  OptimizerMethod method = Sgd{.learning_rate = 0.02};
};

std::vector<Run> runs() {
  std::vector<Run> all;
  for (const Case& c : cases()) {
    all.push_back({c, 23, 1});
    all.push_back({c, 37, 37, Adam{.learning_rate = 0.01}});
  }
  for (const Case& c : further_cases()) all.push_back({c, 19, 7});
  for (const Index batch : {2, 15, 16, 17, 255, 257, 600}) {
    all.push_back({{"2-16tanh-2softmax", "cross-entropy"}, 601, batch, Sgd{.learning_rate = 0.02, .momentum = 0.9}});
    all.push_back({{"5-9relu-3", "mse"}, 601, batch, AdamW{.learning_rate = 0.01}});
  }
  all.push_back({{"1x8x8-conv4k3relu-maxpool2-9tanh-4softmax", "cross-entropy"}, 21, 10, Adam{}});
  all.push_back({{"12-130relu-11softmax", "cross-entropy"}, 40, 20, Adam{}});  // products
  return all;
}

/// Appends the bits.
template <class T>
void put(std::string& bits, std::span<const T> numbers) {
  bits.append(reinterpret_cast<const char*>(numbers.data()), numbers.size_bytes());
}

/// Parameters, tallies and predictions of two epochs.
template <class T>
std::string bits_of(const Run& run) {
  const Problem<T> p(run.what, run.samples, 5);
  FitOptions options{.loss = p.loss, .optimizer = as_training_method(run.method), .batch = run.batch};
  options.hit = Hit::argmax;
  options.regularisation.l2 = run.batch == 16 ? 1e-3 : 0;
  Epochs<T> epochs(p.network, options, p.theta, {p.x, p.targets});
  std::string bits;
  for (int epoch = 0; epoch < 2; ++epoch) {
    const engine::Tally tally = epochs.epoch();
    put<double>(bits, std::array{tally.loss, tally.penalty, static_cast<double>(tally.hits)});
  }
  const std::vector<T>& theta = epochs.theta();
  put<T>(bits, theta);
  Matrix<T> y(run.samples, p.targets.cols());
  engine::predict<T>(p.network, theta, p.x, y, epochs.running());
  put<T>(bits, y.values());
  if (engine::Predictor<T>::exists(p.network)) {
    engine::Predictor<T>(p.network, theta)(p.x.view(), y.view());
    put<T>(bits, y.values());
  }
  return bits;
}

template <class T>
void check_widths() {
  for (const Run& run : runs()) {
    std::map<Arithmetic, std::string> first;
    for (const std::string& target : engine::instruction_sets()) {
      engine::use_instruction_set(target);
      const std::string bits = bits_of<T>(run);
      const auto [known, is_new] = first.emplace(arithmetic_of(target), bits);
      EXPECT_TRUE(known->second == bits) << run.what.network << ' ' << run.what.loss << " batch " << run.batch << ' '
                                         << target << (sizeof(T) == 4 ? " float" : " double");
    }
  }
  engine::use_instruction_set("");
}

TEST(Widths, DoNotMatterToParametersTalliesAndPredictions) {
  check_widths<float>();
  check_widths<double>();
}

TEST(Widths, AreComparedByBitsThatTellTheArithmeticsApart) {
  std::map<Arithmetic, std::set<std::string>> seen;
  for (const std::string& target : engine::instruction_sets()) {
    engine::use_instruction_set(target);
    seen[arithmetic_of(target)].insert(bits_of<float>(runs().front()));
  }
  engine::use_instruction_set("");
  for (const auto& [arithmetic, bits] : seen) EXPECT_EQ(bits.size(), 1U);
  if (seen.size() == 2) {
    EXPECT_NE(seen[Arithmetic::fused], seen[Arithmetic::plain]);
  }
}

/// Two shuffled epochs in a bank and alone.
template <class T>
void check_lane(const Case& c, Index samples, engine::BankOptions options, engine::PlanKind plan) {
  const Problem<T> p(c, samples, 3);
  options.loss = p.loss;
  std::vector<engine::BankLane<T>> lanes;
  for (std::uint32_t k = 0; k < 3; ++k)
    lanes.push_back({.theta = p.theta, .random = RandomState(40 + k), .learning_rate = 0.01 + 0.01 * k});
  engine::Bank<T> bank(p.network, p.x, p.targets, options, lanes);
  bank.train(2 * bank.updates_per_epoch());
  std::vector<T> lane(p.theta.size());
  bank.parameters(1, lane);

  set_learning_rate(options.method, 0.02);
  FitOptions alone{.loss = p.loss, .optimizer = as_training_method(options.method), .batch = options.batch};
  alone.record_every = options.record ? 0 : -1;
  RandomState random(41);
  if (p.network.uses_masks()) alone.mask_seed = random.interval(0xffffffff);
  Epochs<T> single(p.network, alone, p.theta, {p.x, p.targets}, plan);
  std::vector<Index> order(static_cast<std::size_t>(samples));
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = static_cast<Index>(i);
  engine::Tally tally;
  for (int epoch = 0; epoch < 2; ++epoch) {
    random.shuffle(std::span<Index>(order));
    tally = single.epoch(order);
  }
  SCOPED_TRACE(c.network + " batch " + std::to_string(options.batch) + ' ' + engine::instruction_set() +
               (sizeof(T) == 4 ? " float" : " double"));
  EXPECT_EQ(lane, single.theta());
  if (options.record) {  // sums in double, of losses that the single run rounds once more
    const double error = static_cast<double>(samples) * 2.3e-16 + std::numeric_limits<T>::epsilon() / 2;
    EXPECT_NEAR(bank.tally(1).loss, tally.loss, error * std::abs(tally.loss));
  }
}

template <class T>
void check_lanes() {
  using engine::PlanKind;
  for (const Case& c : cases()) {
    for (const bool record : {false, true}) check_lane<T>(c, 29, {.batch = 1, .record = record}, PlanKind::online);
    check_lane<T>(c, 29, {.method = Sgd{.momentum = 0.9}, .batch = 5, .record = true}, PlanKind::batch);
  }
  const Case small{"2-16tanh-2softmax", "cross-entropy"};
  for (const Index batch : {1, 2, 15, 16, 17, 33, 255, 257, 600})
    check_lane<T>(small, 601, {.method = Adam{}, .batch = batch}, PlanKind::batch);
  check_lane<T>({"5-dropout0.3-9relu-dropout0.2-3softmax", "cross-entropy"}, 23, {.batch = 4}, PlanKind::batch);
  check_lane<T>({"5-9tanh-dropout0.2-3softmax", "cross-entropy"}, 23, {.batch = 1}, PlanKind::batch);
}

TEST(Widths, ALaneOfABankIsTheSingleRunToTheLastBit) {
  for (const std::string& target : engine::instruction_sets()) {
    engine::use_instruction_set(target);
    check_lanes<float>();
    check_lanes<double>();
  }
  engine::use_instruction_set("");
}

}  // namespace
}  // namespace gradus
