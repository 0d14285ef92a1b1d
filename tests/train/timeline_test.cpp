// SPDX-License-Identifier: MIT
#include "gradus/train/timeline.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>

#include "gradus/core/error.hpp"
#include "tests/train/training_plans.hpp"

namespace gradus {
namespace {

using namespace training_plans;

TEST(Thinned, KeepsTheEndsAndANeighbourWithinHalfTheAge) {
  EXPECT_TRUE(thinned({}).empty());
  EXPECT_EQ(thinned(std::vector<Index>{7}), (std::vector<Index>{7}));
  std::vector<Index> kept;
  for (Index update = 0; update <= 4096; ++update) {  // as they come, one after the other
    kept.push_back(update);
    kept = thinned(kept);
    ASSERT_EQ(kept.front(), 0);
    ASSERT_EQ(kept.back(), update);
    for (std::size_t k = 0; k + 1 < kept.size(); ++k) {
      const Index age = update - kept[k + 1];
      ASSERT_LE(kept[k + 1] - kept[k], std::max<Index>(age / 2, 1)) << "of " << update;
    }
    ASSERT_LE(static_cast<double>(kept.size()), 3.5 * std::log2(static_cast<double>(update + 1)) + 3);
  }
}

TEST(Timeline, GoesBackToAnyUpdateAndOnToTheSameBits) {
  for (const char* name : {"adam", "dropout", "online", "lbfgs", "batch norm", "draws"}) {
    const std::vector<Plan> all = plans();
    const Plan& run = *std::find_if(all.begin(), all.end(), [&](const Plan& plan) { return plan.name == name; });
    const Outcome<double> expected = Bench<double>(run).finish();
    Bench<double> bench(run);
    Timeline<double> timeline;
    std::vector<std::vector<double>> thetas;
    for (bool more = true; more;) {
      timeline.keep(bench.training->state());
      thetas.push_back(bench.theta);
      more = bench.training->advance(1) || bench.training->updates() == static_cast<Index>(thetas.size());
    }
    const Index end = bench.training->updates();
    EXPECT_EQ(timeline.updates(), thinned(timeline.updates())) << name;
    EXPECT_LT(timeline.updates().size(), thetas.size()) << name;
    for (Index update = end; update >= 0; --update) {
      timeline.seek(*bench.training, update);
      EXPECT_EQ(bench.training->updates(), update);
      EXPECT_EQ(bench.theta, thetas.at(static_cast<std::size_t>(update))) << name;
    }
    EXPECT_TRUE(bench.finish() == expected) << name;
    EXPECT_THROW(timeline.seek(*bench.training, end + 1), ValueError);
    timeline.forget_after(2);
    EXPECT_LE(timeline.updates().back(), 2);
    EXPECT_THROW(Timeline<double>().seek(*bench.training, 0), ValueError);
  }
}

}  // namespace
}  // namespace gradus
