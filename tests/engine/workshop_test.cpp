// SPDX-License-Identifier: MIT
#include "src/engine/threads/workshop.hpp"

#include <atomic>
#include <chrono>
#include <thread>

#include <gtest/gtest.h>

namespace gradus {
namespace {

using engine::Workshop;

/// Whether a pass after all trials is shared, where shared passes last `shared` and those of one thread `alone`.
bool is_shared_at_last(int threads, std::chrono::milliseconds shared, std::chrono::milliseconds alone) {
  Workshop workshop(threads);
  bool was_shared = false;
  for (int k = 0; k < 20; ++k)
    workshop.pass(1, [&] {
      std::atomic<int> members = 0;
      workshop.share(Workshop::alone_numbers, 1, [&](Index, Index, int) { ++members; });
      was_shared = members > 1;
      std::this_thread::sleep_for(was_shared ? shared : alone);
    });
  return was_shared;
}

// One way sleeps 20 ms and the other not at all: more than a busy machine takes from the least of six passes.
TEST(Workshop, KeepsThreadsOnlyIfTheyWereFaster) {
  using namespace std::chrono_literals;
  EXPECT_TRUE(is_shared_at_last(2, 0ms, 20ms));
  EXPECT_FALSE(is_shared_at_last(2, 20ms, 0ms));
  EXPECT_FALSE(is_shared_at_last(1, 0ms, 0ms));
}

}  // namespace
}  // namespace gradus
