// SPDX-License-Identifier: MIT
#include "gradus/optim/schedule.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace gradus {
namespace {

/// The factor of each of `count` updates, `updates` a pass of 100 samples.
std::vector<double> factors(const std::string& text, Index updates, Index count) {
  const Scheduler scheduler(parse_schedule(text), updates, 100);
  std::vector<double> all;
  for (Index u = 0; u < count; ++u) all.push_back(scheduler.factor(u));
  return all;
}

TEST(Schedule, EveryFactorLiesBetweenZeroAndOne) {
  for (const std::string& name : variant_names<Schedule>())
    for (const char* warm_up : {"", ":warm-up=1", ":warm-up=2.5"})
      for (const Index updates : {1, 3, 7})
        for (const double f : factors(name + warm_up, updates, 500)) {
          EXPECT_GE(f, 0) << name;
          EXPECT_LE(f, 1) << name;
        }
}

TEST(Schedule, AllButTheOneCycleNeverRiseAfterTheWarmUp) {
  for (const std::string& name : variant_names<Schedule>()) {
    if (name == OneCycleSchedule::name) continue;
    const std::vector<double> f = factors(name + ":warm-up=2", 7, 900);
    for (std::size_t u = 14; u + 1 < f.size(); ++u) EXPECT_LE(f[u + 1], f[u]) << name << " " << u;
  }
}

TEST(Schedule, ConstantChangesNoBit) {
  for (const double f : factors("constant", 3, 20)) EXPECT_EQ(f, 1);
}

TEST(Schedule, StepsAtTheEndOfEachStretch) {
  const std::vector<double> f = factors("step:every=3,by=0.5", 2, 13);
  EXPECT_EQ(f, (std::vector<double>{1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.25}));
}

TEST(Schedule, ExponentialFallsByItsDecayAPass) {
  const std::vector<double> f = factors("exponential:decay=0.81", 2, 5);
  EXPECT_DOUBLE_EQ(f[1], 0.9);
  EXPECT_DOUBLE_EQ(f[2], 0.81);
  EXPECT_DOUBLE_EQ(f[4], 0.81 * 0.81);
}

TEST(Schedule, CosineEndsAtItsFloorAndStaysThere) {
  const std::vector<double> f = factors("cosine:epochs=10,floor=0.2", 4, 60);
  EXPECT_EQ(f[0], 1);
  EXPECT_DOUBLE_EQ(f[20], 0.6);  // half way
  for (std::size_t u = 40; u < f.size(); ++u) EXPECT_DOUBLE_EQ(f[u], 0.2);
  for (std::size_t u = 1; u < 40; ++u) EXPECT_NEAR(f[u] + f[40 - u], 1.2, 4e-16);  // point symmetry
}

TEST(Schedule, InverseIsScikitLearnsInvscaling) {
  // eta = eta0 / (t + 1)^power_t, with t the samples of the passes made, set at the end of each.
  const std::vector<double> f = factors("inverse:power=0.5", 3, 9);
  for (std::size_t u = 0; u < 9; ++u)
    EXPECT_DOUBLE_EQ(f[u], 1 / std::sqrt(1 + 100 * std::floor(static_cast<double>(u) / 3)));
}

TEST(Schedule, OneCycleRisesThenFalls) {
  const std::vector<double> f = factors("one-cycle:epochs=20,rise=0.25,start=0.1,end=0.01", 4, 100);
  EXPECT_DOUBLE_EQ(f[0], 0.1);
  for (std::size_t u = 0; u < 20; ++u) EXPECT_LT(f[u], f[u + 1]);
  EXPECT_EQ(f[20], 1);
  for (std::size_t u = 20; u < 80; ++u) EXPECT_GT(f[u], f[u + 1]);
  for (std::size_t u = 80; u < 100; ++u) EXPECT_DOUBLE_EQ(f[u], 0.01);
}

TEST(Schedule, AWarmUpRisesInEqualStepsAndDelaysTheRest) {
  const std::vector<double> plain = factors("cosine:epochs=10", 5, 50);
  const std::vector<double> warm = factors("cosine:epochs=10,warm-up=2", 5, 60);
  for (std::size_t u = 0; u < 10; ++u) EXPECT_DOUBLE_EQ(warm[u], static_cast<double>(u + 1) / 10);
  // 12 - 2 and 10 in passes differ by roundings of numbers near 10.
  for (std::size_t u = 10; u < 60; ++u) EXPECT_NEAR(warm[u], plain[u - 10], 1e-15);
}

TEST(Schedule, AdaptiveDividesOnAStallAndEndsAtItsFloor) {
  Scheduler scheduler(parse_schedule("adaptive:by=5,patience=2,tolerance=0.1,floor=0.04"), 1, 10);
  EXPECT_TRUE(scheduler.listens());
  EXPECT_TRUE(scheduler.end_epoch(1.0));
  EXPECT_TRUE(scheduler.end_epoch(0.8));                               // better by more than the tolerance
  for (int k = 0; k < 2; ++k) EXPECT_TRUE(scheduler.end_epoch(0.75));  // two bad passes are forgiven
  EXPECT_EQ(scheduler.factor(9), 1);
  EXPECT_TRUE(scheduler.end_epoch(0.75));
  EXPECT_DOUBLE_EQ(scheduler.factor(9), 0.2);
  for (int k = 0; k < 3; ++k) EXPECT_TRUE(scheduler.end_epoch(0.75));
  EXPECT_DOUBLE_EQ(scheduler.factor(9), 0.04);
  for (int k = 0; k < 2; ++k) EXPECT_TRUE(scheduler.end_epoch(0.75));
  EXPECT_FALSE(scheduler.end_epoch(0.75));
}

TEST(Schedule, IsConstantInAPassIfItKnowsWholePassesOnly) {
  for (const auto& [text, constant] : std::vector<std::pair<const char*, bool>>{{"constant", true},
                                                                                {"inverse", true},
                                                                                {"adaptive", true},
                                                                                {"exponential", false},
                                                                                {"cosine:epochs=5", false},
                                                                                {"constant:warm-up=2", false}})
    EXPECT_EQ(Scheduler(parse_schedule(text), 10, 100).is_constant_in_pass(), constant) << text;
}

TEST(Schedule, TextsAreReadBackAndFaultsRefused) {
  for (const char* text : {"constant", "constant:warm-up=5", "step:every=30,by=0.5", "cosine:epochs=50,floor=0.01",
                           "adaptive:patience=3", "one-cycle:epochs=20,rise=0.2", "inverse:power=1", "exponential"})
    EXPECT_EQ(to_text(parse_schedule(text)), text);
  for (const char* text : {"", "cosin", "cosine:epochs=0", "cosine:epochs", "adaptive:patience=1.5", "adaptive:by=1",
                           "one-cycle:rise=1", "step:by=2"})
    EXPECT_THROW(parse_schedule(text), ParseError) << text;
  EXPECT_THROW(Scheduler(CosineSchedule{.epochs = -1}, 1, 1), ValueError);
}

}  // namespace
}  // namespace gradus
