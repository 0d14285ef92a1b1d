// SPDX-License-Identifier: MIT
#include "gradus/metrics/scores.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <set>

#include "gradus/metrics/metrics.hpp"
#include "gradus/random/random_state.hpp"

namespace gradus {
namespace {

TEST(Scores, WilsonsIntervalEndsWhereTheShareIsJustWithinItsDeviations) {
  // The ends p solve (share - p)^2 = z^2 p (1 - p) / n: the interval's definition, not the formula that solves it.
  const double z2 = 1.959963984540054 * 1.959963984540054;
  for (const Index n : {1, 2, 7, 30, 1000})
    for (Index hits = 0; hits <= n; hits += std::max<Index>(1, n / 5)) {
      const double share = static_cast<double>(hits) / static_cast<double>(n);
      const Interval interval = wilson_interval(share, n);
      for (const double p : {interval.low, interval.high})
        EXPECT_NEAR((share - p) * (share - p), z2 * p * (1 - p) / static_cast<double>(n), 1e-14) << hits << " of " << n;
      EXPECT_LT(interval.low, interval.high);
      EXPECT_GE(interval.low, 0);
      EXPECT_LE(interval.high, 1);
    }
  EXPECT_THROW(wilson_interval(0.5, 0), ValueError);
  EXPECT_THROW(wilson_interval(1.5, 3), ValueError);
}

TEST(Scores, AnIntervalHoldsTheTruthAboutAsOftenAsItSays) {
  RandomState random(1);
  constexpr int draws = 2000;
  constexpr Index samples = 60;
  int mse_held = 0, r2_held = 0;
  for (int k = 0; k < draws; ++k) {
    Matrix<double> truth(samples, 1), predicted(samples, 1);
    for (Index i = 0; i < samples; ++i) {
      const double signal = random.standard_normal();
      truth(i, 0) = signal + 0.5 * random.standard_normal();
      predicted(i, 0) = signal;
    }
    Scores scores;
    scores.samples = samples;
    scores.mse = mean_squared_error(predicted, truth);
    scores.r2 = r2_score(predicted, truth);
    scores.mse_deviation = mean_squared_error_deviation(predicted, truth);
    scores.r2_deviation = r2_score_deviation(predicted, truth);
    for (const ScoreField& field : score_fields()) {
      const std::optional<Interval> interval = interval_of(scores, field);
      const auto holds = [&](double x) { return interval && interval->low <= x && x <= interval->high; };
      if (field.name == "mse") mse_held += holds(0.25);
      if (field.name == "r2") r2_held += holds(1 - 0.25 / 1.25);
    }
  }
  // The normal approximation is a little short for so few samples of a skew quantity: 0.88 to 0.97 in all.
  EXPECT_NEAR(mse_held / static_cast<double>(draws), 0.93, 0.04);
  EXPECT_NEAR(r2_held / static_cast<double>(draws), 0.92, 0.05);
}

TEST(Scores, AreNamedOnceAndTheMainOneIsAccuracyOrR2) {
  std::set<std::string_view> names;
  for (const ScoreField& field : stored_score_fields()) EXPECT_TRUE(names.insert(field.name).second) << field.name;
  Scores scores;
  EXPECT_EQ(main_score(scores), nullptr);
  scores.r2 = 0.5;
  EXPECT_EQ(main_score(scores)->name, "r2");
  EXPECT_FALSE(interval_of(scores, *main_score(scores))) << "without a standard error";
  scores.accuracy = 0.5;
  scores.samples = 10;
  EXPECT_EQ(main_score(scores)->name, "accuracy");
  EXPECT_EQ(interval_of(scores, *main_score(scores)), wilson_interval(0.5, 10));
}

}  // namespace
}  // namespace gradus
