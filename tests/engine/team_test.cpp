// SPDX-License-Identifier: MIT
#include "src/engine/threads/team.hpp"

#include <array>
#include <chrono>
#include <limits>
#include <memory>
#include <numeric>
#include <stdexcept>
#include <string>

#include <gtest/gtest.h>

namespace gradus {
namespace {

using engine::Team;

#if defined(__SSE2__) || defined(__aarch64__)
TEST(Team, CountsDenormalsAs0InThreadsOfItsOwn) {
  Team team(3);
  std::array<float, 3> halves{};
  volatile float smallest = std::numeric_limits<float>::min();
  team.run([&](int member) { halves[static_cast<std::size_t>(member)] = smallest / 2; });
  EXPECT_GT(halves[0], 0.0f) << "the caller's own";
  EXPECT_EQ(halves[1], 0.0f);
  EXPECT_EQ(halves[2], 0.0f);
}
#endif

TEST(Team, CallsEveryMemberOnceAndWaitsForAll) {
  for (const int size : {1, 2, 3, 8}) {
    Team team(size);
    ASSERT_EQ(team.size(), size);
    std::vector<int> calls(static_cast<std::size_t>(size), 0);  // not atomic: each member has its own
    for (int run = 1; run <= 2000; ++run) {
      team.run([&](int member) { ++calls[static_cast<std::size_t>(member)]; });
      ASSERT_EQ(std::accumulate(calls.begin(), calls.end(), 0), run * size);
    }
    for (const int count : calls) EXPECT_EQ(count, 2000);
  }
}

TEST(Team, RunsItsMembersAtTheSameTime) {
  Team team(3);
  std::atomic<int> arrived{0};
  team.run([&](int) {  // none returns before all have come
    ++arrived;
    while (arrived < 3) std::this_thread::yield();
  });
  EXPECT_EQ(arrived, 3);
}

TEST(Team, WakesUpAfterItHasSlept) {
  Team team(2);
  int sum = 0;
  std::array<int, 2> parts{};
  for (int run = 0; run < 5; ++run) {
    std::this_thread::sleep_for(std::chrono::milliseconds(5));  // far longer than a member looks for its next task
    team.run([&](int member) { parts[static_cast<std::size_t>(member)] = run + member; });
    sum += parts[0] + parts[1];
  }
  EXPECT_EQ(sum, 2 * (0 + 1 + 2 + 3 + 4) + 5);
}

TEST(Team, IsMadeAndEndedAtOnceManyTimes) {
  for (int k = 0; k < 200; ++k) Team idle(1 + k % 4);
  for (int k = 0; k < 200; ++k) {
    Team team(2);
    int other = 0;
    team.run([&](int member) {
      if (member == 1) other = k;
    });
    ASSERT_EQ(other, k);
  }
}

TEST(Team, WorksBesideOtherTeams) {
  std::vector<std::unique_ptr<Team>> teams;
  for (int k = 0; k < 5; ++k) teams.push_back(std::make_unique<Team>(3));
  std::vector<std::thread> callers;
  std::vector<int> sums(teams.size(), 0);
  for (std::size_t k = 0; k < teams.size(); ++k)
    callers.emplace_back([&, k] {
      std::array<int, 3> parts{};
      for (int run = 0; run < 200; ++run) {
        teams[k]->run([&](int member) { parts[static_cast<std::size_t>(member)] = run; });
        sums[k] += parts[0] + parts[1] + parts[2];
      }
    });
  for (std::thread& caller : callers) caller.join();
  for (const int sum : sums) EXPECT_EQ(sum, 3 * 199 * 200 / 2);
}

TEST(Team, HandsOnTheFirstExceptionAndStaysUsable) {
  Team team(4);
  for (int run = 0; run < 50; ++run) {
    std::string caught;
    try {
      team.run([&](int member) {
        if (member % 2 == 1) throw std::runtime_error("member " + std::to_string(member));
      });
    } catch (const std::runtime_error& error) {
      caught = error.what();
    }
    EXPECT_EQ(caught, "member 1");
    int last = 0;
    team.run([&](int member) {
      if (member == 3) last = 3;
    });
    EXPECT_EQ(last, 3);
  }
}

}  // namespace
}  // namespace gradus
