// SPDX-License-Identifier: MIT
#include <atomic>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include "gradus/engine/bank.hpp"
#include "gradus/engine/gradient_plan.hpp"
#include "gradus/engine/predictor.hpp"
#include "gradus/engine/updater.hpp"
#include "tests/engine/epochs.hpp"
#include "tests/engine/plan_cases.hpp"

namespace {

std::atomic<long> allocations = 0;

void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  const std::size_t whole = (size + alignment - 1) / alignment * alignment;
  void* p = alignment > alignof(std::max_align_t) ? std::aligned_alloc(alignment, whole) : std::malloc(size ? size : 1);
  if (!p) throw std::bad_alloc();
  return p;
}

}  // namespace

// Of the whole test program; the other forms call these, but that AddressSanitizer has one without exceptions of its
// own, which a delete of ours would not fit. Where GCC inlines one of a pair it takes the other for a stranger.
[[gnu::noinline]] void* operator new(std::size_t size) { return counted(size, alignof(std::max_align_t)); }
[[gnu::noinline]] void* operator new(std::size_t size, const std::nothrow_t&) noexcept {
  try {
    return counted(size, alignof(std::max_align_t));
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
[[gnu::noinline]] void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
[[gnu::noinline]] void operator delete(void* p) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
[[gnu::noinline]] void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace gradus {
namespace {

using namespace engine_test;

template <class F>
long allocations_in(F&& f) {
  const long before = allocations;
  f();
  return allocations - before;
}

TEST(Allocation, IsCounted) {
  static std::unique_ptr<std::vector<double>> kept;  // out of the optimiser's reach
  EXPECT_EQ(allocations_in([] { kept = std::make_unique<std::vector<double>>(1000); }), 2);
}

std::vector<Case> all_cases() {
  std::vector<Case> all = cases();
  for (const Case& c : further_cases()) all.push_back(c);
  all.push_back({"4-120relu-3softmax", "cross-entropy"});
  all.push_back({"1x4x4-conv2k3relu-maxpool2-3softmax", "cross-entropy"});
  return all;
}

/// Of a training after its first epoch, of samples as they lie and of rows. What a run leaves on record is the
/// history's to hold: an entry a record, as often as the options say; here none is due.
TEST(Allocation, HasNoPlaceInAnEpoch) {
  for (const Case& c : all_cases())
    for (const char* method : {"sgd", "sgd:momentum=0.9,nesterov", "adam", "adamw", "rprop", "nadam"})
      for (const Index batch : {1, 8, 20}) {
        const Problem<float> p(c, 20, 4);
        const std::vector<float> weights(20, 0.5F);
        const std::vector<Index> order{3, 19, 0, 4, 4, 7, 8, 9, 2, 1, 0, 6};
        FitOptions options{.loss = p.loss, .optimizer = parse_training_method(method), .batch = batch};
        options.hit = Hit::argmax;
        options.regularisation = {.l2 = batch == 1 ? 0 : 0.1, .clip_norm = batch == 1 ? 0.0 : 1.0};
        Epochs<float> epochs(p.network, options, p.theta, {p.x, p.targets});
        epochs.epoch();
        epochs.epoch(order);
        SCOPED_TRACE(c.network + " " + method);
        EXPECT_EQ(allocations_in([&] { epochs.epoch(); }), 0);
        EXPECT_EQ(allocations_in([&] { epochs.epoch({p.x, p.targets, weights}, order); }), 0);
      }
}

/// The same in epochs that shuffle.
TEST(Allocation, HasNoPlaceInUpdatesOfATraining) {
  for (const Case& c : all_cases())
    for (const char* method : {"sgd", "adam", "rprop"})
      for (const Index batch : {1, 8, 20}) {
        Problem<float> p(c, 20, 4);
        RandomState random(1);
        FitOptions options;
        options.loss = p.loss;
        options.optimizer = parse_training_method(method);
        options.batch = batch;
        options.epochs = 5;
        options.record_every = 1000;
        const Samples<float> samples{p.x, p.targets, {}};
        Training<float> training(make_passes(p.network, options, samples), std::span<float>(p.theta), samples, options,
                                 random);
        training.advance(2 * training.updates_per_epoch());
        SCOPED_TRACE(c.network + " " + method);
        EXPECT_EQ(allocations_in([&] { training.advance(2 * training.updates_per_epoch()); }), 0);
        EXPECT_FALSE(training.is_over());
      }
}

/// Sequences have any number of steps, which the first batch tells.
TEST(Allocation, HasNoPlaceAfterTheFirstEpochOfSequences) {
  const Problem<double> p({"seq1-4gru-2softmax", "cross-entropy"}, 6, 4);
  RandomState random(1);
  const Matrix<double> x = random.standard_normal(6, 5);
  Epochs<double> epochs(p.network, {.loss = p.loss, .optimizer = Adam{}, .batch = 4}, p.theta, {x, p.targets});
  epochs.epoch();
  EXPECT_EQ(allocations_in([&] { epochs.epoch(); }), 0);
}

TEST(Allocation, HasNoPlaceInProductsSharedByThreads) {
  const Problem<float> p({"400-400relu-10softmax", "cross-entropy"}, 60, 3);
  ASSERT_EQ(engine::GradientPlan<float>(p.network, p.loss, 60).kind(), engine::PlanKind::products);
  Epochs<float> epochs(p.network, {.loss = p.loss, .batch = 60, .threads = 2}, p.theta, {p.x, p.targets});
  // Memory for the threads is fetched when they are first called in, which trials of both ways decide.
  for (int trial = 0; trial < 20; ++trial) epochs.epoch();
  EXPECT_EQ(allocations_in([&] { epochs.epoch(); }), 0);
}

TEST(Allocation, HasNoPlaceInPrediction) {
  for (const Case& c : cases()) {
    const Problem<double> p(c, 5, 4);
    const engine::Predictor<double> predictor(p.network, p.theta);
    Matrix<double> y(5, p.network.outputs());
    EXPECT_EQ(allocations_in([&] {
                predictor(p.x, y);
                predictor(p.x.row(2), y.row(2));
              }),
              0);
  }
}

TEST(Allocation, HasNoPlaceInABank) {
  const Problem<float> p({"2-5tanh-2softmax", "cross-entropy"}, 20, 4);
  const std::vector<engine::BankLane<float>> lanes(3, {.theta = p.theta});
  engine::Bank<float> bank(p.network, p.x, p.targets, {.loss = p.loss, .batch = 6}, lanes);
  EXPECT_EQ(allocations_in([&] { bank.train(50); }), 0);
}

/// Each unit of a block of a batch has 4 vectors, at most 256 numbers of 1 byte in all, for what it holds, its
/// derivative, and where it is kept its slope.
TEST(GradientPlan, HoldsABatchsTrace) {
  for (const Case& c : all_cases()) {
    const Problem<double> p(c, 4, 4);
    const engine::GradientPlan<double> plan(p.network, p.loss, 32);
    if (plan.kind() != engine::PlanKind::batch) continue;
    EXPECT_GT(plan.memory(), 0U) << c.network;
    std::size_t units = 2;
    std::size_t widest = static_cast<std::size_t>(p.network.inputs());
    for (std::size_t l = 0; l < p.network.size(); ++l) {
      units += static_cast<std::size_t>(2 * p.network.outputs(l));
      widest = std::max(widest, static_cast<std::size_t>(p.network.outputs(l)));
    }
    units += static_cast<std::size_t>(p.network.inputs() + 3 * p.network.outputs()) + 2 * widest;
    EXPECT_LE(plan.memory(), 256 * units) << c.network;
  }
}

TEST(Updater, HoldsTheSlotsOfItsMethod) {
  const auto memory = [](const OptimizerMethod& method) { return Updater<double>(method, {}, {}, 7).memory(); };
  EXPECT_EQ(memory(Sgd{}), 0U);
  EXPECT_EQ(memory(Sgd{.momentum = 0.9}), 7 * sizeof(double));
  EXPECT_EQ(memory(Adam{}), 14 * sizeof(double));
}

}  // namespace
}  // namespace gradus
