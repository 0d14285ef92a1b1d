// SPDX-License-Identifier: MIT
// The same bits at every vector width (docs/decisions/0047-one-order-of-sums.md).
#include <array>
#include <cmath>
#include <limits>
#include <string>
#include <thread>
#include <vector>

#include <gtest/gtest.h>

#include "gradus/engine/bank.hpp"
#include "gradus/engine/instruction_set.hpp"
#include "gradus/engine/predictor.hpp"
#include "tests/engine/epochs.hpp"
#include "tests/engine/plan_cases.hpp"

namespace gradus {
namespace {

using namespace engine_test;

constexpr std::array kArithmetics{Arithmetic::fused, Arithmetic::plain};

/// Sets of instructions to compare; the portable one, which computes fused arithmetic in software, where there is time.
std::vector<std::string> sets(Arithmetic arithmetic, bool slow_too) {
  std::vector<std::string> all = engine::instruction_sets();
  if (arithmetic == Arithmetic::fused && !slow_too)
    std::erase_if(all, [](const std::string& set) {
      engine::use_instruction_set(set);
      return !engine::is_native(Arithmetic::fused);
    });
  engine::use_instruction_set("");
  return all;
}

/// Sizes 1, primes, and around lines and pieces.
struct Trained {
  Case what;
  Index samples;
  Index batch;
  OptimizerMethod method = Sgd{.learning_rate = 0.02};
};

std::vector<Trained> runs() {
  std::vector<Trained> all;
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
std::string bits_of(const Trained& run, Arithmetic arithmetic, int threads = 1) {
  const Problem<T> p(run.what, run.samples, 5);
  FitOptions options{.loss = p.loss, .optimizer = as_training_method(run.method), .batch = run.batch};
  options.hit = Hit::argmax;
  options.arithmetic = arithmetic;
  options.threads = threads;
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
  engine::predict<T>(p.network, theta, p.x, y, epochs.running(), arithmetic);
  put<T>(bits, y.values());
  if (engine::Predictor<T>::exists(p.network)) {
    engine::Predictor<T>(p.network, theta, arithmetic)(p.x.view(), y.view());
    put<T>(bits, y.values());
  }
  return bits;
}

template <class T>
void check_widths() {
  Index number = 0;
  for (const Trained& run : runs()) {
    const bool slow_too = ++number % 8 == 0 && run.samples < 100;
    for (const Arithmetic arithmetic : kArithmetics) {
      const std::string expected = bits_of<T>(run, arithmetic);
      for (const std::string& set : sets(arithmetic, slow_too)) {
        engine::use_instruction_set(set);
        EXPECT_TRUE(bits_of<T>(run, arithmetic) == expected)
            << run.what.network << ' ' << run.what.loss << " batch " << run.batch << ' ' << to_text(arithmetic) << ' '
            << set << (sizeof(T) == 4 ? " float" : " double");
      }
      engine::use_instruction_set("");
    }
  }
}

TEST(Widths, DoNotMatterToParametersTalliesAndPredictions) {
  check_widths<float>();
  check_widths<double>();
}

TEST(Widths, AreComparedByBitsThatTellTheArithmeticsApart) {
  for (const Trained& run : {runs().front(), runs().back()}) {
    EXPECT_NE(bits_of<float>(run, Arithmetic::fused), bits_of<float>(run, Arithmetic::plain));
    EXPECT_NE(bits_of<double>(run, Arithmetic::fused), bits_of<double>(run, Arithmetic::plain));
  }
}

TEST(Widths, AutomaticArithmeticIsFusedWhereTheProcessorFusesAndPlainWhereNot) {
  for (const std::string& set : engine::instruction_sets()) {
    engine::use_instruction_set(set);
    const Arithmetic expected = set == "AVX2" || set == "AVX3" || set == "NEON" ? Arithmetic::fused : Arithmetic::plain;
    EXPECT_EQ(engine::resolved(Arithmetic::automatic), expected) << set;
    EXPECT_EQ(bits_of<float>(runs().front(), Arithmetic::automatic), bits_of<float>(runs().front(), expected)) << set;
    EXPECT_EQ(engine::is_native(Arithmetic::fused), expected == Arithmetic::fused) << set;
    EXPECT_TRUE(engine::is_native(Arithmetic::plain)) << set;
  }
  engine::use_instruction_set("");
}

TEST(Widths, NeitherDoThreadsMatterInEitherArithmetic) {
  const Trained large{{"60-300relu-200tanh-11softmax", "cross-entropy"}, 512, 256, Adam{}};
  for (const Arithmetic arithmetic : kArithmetics) {
    const std::string alone = bits_of<float>(large, arithmetic);
    for (const int threads : {2, 3}) EXPECT_TRUE(bits_of<float>(large, arithmetic, threads) == alone) << threads;
  }
}

TEST(Widths, TheArithmeticOfOneThreadIsNotThatOfAnother) {
  const Trained run = runs().front();
  const std::string fused = bits_of<double>(run, Arithmetic::fused);
  const std::string plain = bits_of<double>(run, Arithmetic::plain);
  std::vector<std::thread> threads;
  std::array<bool, 4> same{};
  for (std::size_t k = 0; k < same.size(); ++k)
    threads.emplace_back([&, k] {
      same[k] = true;
      for (int again = 0; again < 20; ++again)
        same[k] &= bits_of<double>(run, kArithmetics[k % 2]) == (k % 2 == 0 ? fused : plain);
    });
  for (std::thread& thread : threads) thread.join();
  for (const bool is : same) EXPECT_TRUE(is);
}

TEST(Widths, PlainArithmeticKeepsNumbersThatFusedFlushes) {
  // Momentum alone shrinks v by 0.5 an update, in 200 updates far below the smallest normal float.
  const Network network = parse_network("1-1");
  const Matrix<float> x(1, 1);
  const Matrix<float> targets(1, 1);
  const auto velocity = [&](Arithmetic arithmetic) {
    FitOptions options{.loss = parse_loss("mse"), .optimizer = Sgd{.learning_rate = 0.0, .momentum = 0.5}};
    options.arithmetic = arithmetic;
    Epochs<float> epochs(network, options, std::vector<float>{1, 0}, {x, targets});
    TrainingState<float> state = epochs.training().state();
    state.optimizer.slots[0][0] = 1e-30F;
    epochs.training().set_state(state);
    for (int k = 0; k < 40; ++k) epochs.epoch();
    return epochs.remembered().slots[0][0];
  };
  EXPECT_EQ(velocity(Arithmetic::plain), std::ldexp(1e-30F, -40));
#if defined(__x86_64__) || defined(__aarch64__)
  EXPECT_EQ(velocity(Arithmetic::fused), 0);
#endif
}

/// Two shuffled epochs in a bank and alone.
template <class T>
void check_lane(const Case& c, Index samples, engine::BankOptions options, engine::PlanKind plan, Arithmetic arithmetic,
                double l2 = 0) {
  const Problem<T> p(c, samples, 3);
  options.loss = p.loss;
  options.arithmetic = arithmetic;
  std::vector<engine::BankLane<T>> lanes;
  for (std::uint32_t k = 0; k < 3; ++k)
    lanes.push_back({.theta = p.theta, .random = RandomState(40 + k), .learning_rate = 0.01 + 0.01 * k});
  lanes[1].l2 = l2;  // beside lanes without
  engine::Bank<T> bank(p.network, p.x, p.targets, options, lanes);
  bank.train(2 * bank.updates_per_epoch());
  std::vector<T> lane(p.theta.size());
  bank.parameters(1, lane);

  set_learning_rate(options.method, 0.02);
  FitOptions alone{.loss = p.loss, .optimizer = as_training_method(options.method), .batch = options.batch};
  alone.record_every = options.record ? 0 : -1;
  alone.arithmetic = arithmetic;
  alone.regularisation.l2 = l2;
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
  if (options
          .record) {  // sums in double, of losses that the single run rounds once more; of a penalty each has an order
    const double terms = static_cast<double>(l2 == 0 ? 1 : samples);
    const double error = static_cast<double>(samples) * 2.3e-16 + terms * std::numeric_limits<T>::epsilon() / 2;
    EXPECT_NEAR(bank.tally(1).loss, tally.loss, error * std::abs(tally.loss));
  }
}

template <class T>
void check_lanes(Arithmetic arithmetic) {
  using engine::PlanKind;
  for (const Case& c : cases()) {
    for (const bool record : {false, true})
      check_lane<T>(c, 29, {.batch = 1, .record = record}, PlanKind::online, arithmetic);
    for (const bool record : {false, true})
      check_lane<T>(c, 29, {.batch = 1, .record = record}, PlanKind::batch, arithmetic, 0.01);
    check_lane<T>(c, 29, {.method = Sgd{.momentum = 0.9}, .batch = 5, .record = true}, PlanKind::batch, arithmetic);
  }
  const Case small{"2-16tanh-2softmax", "cross-entropy"};
  for (const Index batch : {1, 2, 15, 16, 17, 33, 255, 257, 600})
    check_lane<T>(small, 601, {.method = Adam{}, .batch = batch}, PlanKind::batch, arithmetic);
  check_lane<T>({"5-dropout0.3-9relu-dropout0.2-3softmax", "cross-entropy"}, 23, {.batch = 4}, PlanKind::batch,
                arithmetic);
  check_lane<T>({"5-9tanh-dropout0.2-3softmax", "cross-entropy"}, 23, {.batch = 1}, PlanKind::batch, arithmetic);
}

TEST(Widths, ALaneOfABankIsTheSingleRunToTheLastBit) {
  for (const Arithmetic arithmetic : kArithmetics)
    for (const std::string& set : sets(arithmetic, false)) {
      engine::use_instruction_set(set);
      check_lanes<float>(arithmetic);
      check_lanes<double>(arithmetic);
    }
  engine::use_instruction_set("");
}

}  // namespace
}  // namespace gradus
