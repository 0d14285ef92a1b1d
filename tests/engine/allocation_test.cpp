// SPDX-License-Identifier: MIT
// Neither training nor prediction allocates, once the trainer or predictor is made. Every operator new of this program
// is counted.
#include <atomic>
#include <cstdlib>
#include <new>

#include <gtest/gtest.h>

#include "gradus/engine/predictor.hpp"
#include "gradus/engine/trainer.hpp"
#include "tests/engine/plan_cases.hpp"

namespace {

std::atomic<long> allocations{0};

void* counted(std::size_t size, std::size_t alignment) {
  ++allocations;
  void* p = std::aligned_alloc(alignment, (size + alignment - 1) / alignment * alignment);
  if (!p) throw std::bad_alloc();
  return p;
}

}  // namespace

// Not inlined: a compiler that sees through them takes malloc and delete for a mismatched pair.
#define COUNTED [[gnu::noinline]]
COUNTED void* operator new(std::size_t size) { return counted(size, alignof(std::max_align_t)); }
COUNTED void* operator new(std::size_t size, std::align_val_t alignment) {
  return counted(size, static_cast<std::size_t>(alignment));
}
COUNTED void operator delete(void* p) noexcept { std::free(p); }
COUNTED void operator delete(void* p, std::size_t) noexcept { std::free(p); }
COUNTED void operator delete(void* p, std::align_val_t) noexcept { std::free(p); }
COUNTED void operator delete(void* p, std::size_t, std::align_val_t) noexcept { std::free(p); }

namespace gradus {
namespace {

using namespace engine_test;
using engine::PlanKind;

template <class F>
long allocations_of(F f) {
  const long before = allocations;
  f();
  return allocations - before;
}

TEST(Allocation, IsCounted) {
  EXPECT_EQ(allocations_of([] { std::vector<int> kept(3); }), 1);
  EXPECT_EQ(allocations_of([] { engine::Buffer<float> kept(3); }), 1);
}

template <class T>
void check_training(const Case& c, PlanKind plan, const char* method, Index batch, int threads) {
  SCOPED_TRACE(c.network + " " + method + " batch " + std::to_string(batch));
  const Problem<T> p(c, 21, 3);  // the last batch is a smaller one
  const std::vector<Index> order{3, 1, 20, 5, 5, 0, 19};
  engine::Trainer<T> trainer(p.network,
                             {.loss = p.loss,
                              .optimizer = parse_optimizer(method),
                              .batch = batch,
                              .record = true,
                              .plan = plan,
                              .threads = threads},
                             p.theta);
  EXPECT_EQ(allocations_of([&] {
              trainer.epoch(p.x, p.targets);
              trainer.epoch(p.x, p.targets, order);
            }),
            0);
}

TEST(Allocation, IsNoneInTraining) {
  for (const Case& c : cases()) {
    check_training<float>(c, PlanKind::batch, "adam:lr=0.01", 8, 1);
    check_training<double>(c, PlanKind::products, "sgd:lr=0.1,momentum=0.9", 8, 1);
  }
  check_training<float>({"2-16tanh-2softmax", "cross-entropy"}, PlanKind::online, "sgd:lr=0.1", 1, 1);
  for (const char* chain :
       {"2x6x5-conv4k3p1relu-maxpool2-avgpool2-3softmax", "3-7tanh-batchnorm-5relu-layernorm-3softmax"})
    check_training<double>({chain, "cross-entropy"}, PlanKind::products, "adam:lr=0.01", 8, 1);
}

TEST(Allocation, IsNoneWhereThreadsShareTheWork) {
  const Problem<float> p({"400-400relu-10softmax", "cross-entropy"}, 60, 3);
  engine::Trainer<float> trainer(p.network, {.loss = p.loss, .batch = 60, .threads = 2}, p.theta);
  EXPECT_EQ(allocations_of([&] { trainer.epoch(p.x, p.targets); }), 0);
}

TEST(Allocation, IsNoneInPrediction) {
  for (const Case& c : cases()) {
    const Problem<float> p(c, 3, 3);
    const engine::Predictor<float> predictor(p.network, p.theta);
    Matrix<float> y(3, p.network.outputs());
    EXPECT_EQ(allocations_of([&] { predictor(p.x, y); }), 0) << c.network;
  }
}

}  // namespace
}  // namespace gradus
