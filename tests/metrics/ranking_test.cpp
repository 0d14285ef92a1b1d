// SPDX-License-Identifier: MIT
#include "gradus/metrics/ranking.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace gradus {
namespace {

// Golden numbers: scikit-learn 1.9.1. Ties, and a score that both sides have.
const std::vector<double> kScores{0.9, 0.8, 0.8, 0.4, 0.4, 0.1, 0.75, 0.3};
const bool kTruth[]{true, false, true, true, false, false, true, false};

void expect_near(const std::vector<double>& got, const std::vector<double>& expected) {
  ASSERT_EQ(got.size(), expected.size());
  for (std::size_t k = 0; k < got.size(); ++k)
    EXPECT_TRUE(got[k] == expected[k] || std::abs(got[k] - expected[k]) <= 1e-15) << k << ": " << got[k];
}

TEST(Ranking, TheCurveOfRocHasAPointForEachScore) {
  const Curve curve = roc_curve(kScores, kTruth);
  expect_near(curve.x, {0, 0, 0.25, 0.25, 0.5, 0.75, 1});
  expect_near(curve.y, {0, 0.25, 0.5, 0.75, 1, 1, 1});
  expect_near(curve.thresholds, {std::numeric_limits<double>::infinity(), 0.9, 0.8, 0.75, 0.4, 0.3, 0.1});
  EXPECT_NEAR(roc_auc(kScores, kTruth), 0.8125, 1e-15);
}

TEST(Ranking, AreaIsOneForAPerfectOrderZeroForItsOppositeAndAHalfForTies) {
  const bool truth[]{false, true, true};
  EXPECT_EQ(roc_auc(std::vector{0.1, 0.2, 0.3}, truth), 1);
  EXPECT_EQ(roc_auc(std::vector{0.3, 0.2, 0.1}, truth), 0);
  EXPECT_EQ(roc_auc(std::vector{0.5, 0.5, 0.5}, truth), 0.5);
}

TEST(Ranking, PrecisionAndRecallAreScikitLearns) {
  const Curve curve = precision_recall_curve(kScores, kTruth);
  expect_near(curve.y, {0.5, 4.0 / 7, 2.0 / 3, 0.75, 2.0 / 3, 1, 1});
  expect_near(curve.x, {1, 1, 1, 0.75, 0.5, 0.25, 0});
  expect_near(curve.thresholds, {0.1, 0.3, 0.4, 0.75, 0.8, 0.9});
  EXPECT_NEAR(average_precision(kScores, kTruth), 0.7708333333333333, 1e-15);
}

TEST(Ranking, SeveralClassesAreEachHeldAgainstTheRest) {
  const Matrix<double> p{{0.7, 0.2, 0.1}, {0.1, 0.1, 0.8}, {0.3, 0.5, 0.2},
                         {0.5, 0.2, 0.3}, {0.4, 0.4, 0.2}, {0.2, 0.3, 0.5}};
  const std::vector<int> truth{0, 2, 1, 2, 0, 1};
  EXPECT_NEAR(roc_auc(p, truth), 0.875, 1e-15);
  EXPECT_NEAR(average_precision(p, truth), 0.8333333333333334, 1e-15);
  EXPECT_TRUE(std::isnan(roc_auc(p, std::vector{0, 1, 1, 0, 0, 1}))) << "class 2 has no sample";
  // Of two classes one column says all.
  const Matrix<double> two{{0.1, 0.9}, {0.6, 0.4}, {0.7, 0.3}};
  const Matrix<double> one{{0.9}, {0.4}, {0.3}};
  EXPECT_EQ(roc_auc(two, std::vector{1, 0, 1}), 0.5);
  EXPECT_EQ(roc_auc(one, std::vector{1, 0, 1}), 0.5);
  // 1/2 (1/1) + 1/2 (2/3), of the second class; the mean over both would be 2/3.
  EXPECT_NEAR(average_precision(two, std::vector{1, 0, 1}), 5.0 / 6, 1e-15);
  EXPECT_NEAR(average_precision(one, std::vector{1, 0, 1}), 5.0 / 6, 1e-15);
}

TEST(Ranking, CalibrationSetsTheShareOfABinBesideWhatWasSaid) {
  const Calibration three = calibration_curve(kScores, kTruth, 3);
  expect_near(three.y, {0, 0.5, 0.75});
  expect_near(three.x, {0.2, 0.4, 0.8125});
  EXPECT_EQ(three.samples, (std::vector<Index>{2, 2, 4}));
  const Calibration five = calibration_curve(kScores, kTruth);
  expect_near(five.y, {0, 1.0 / 3, 2.0 / 3, 1});
  expect_near(five.x, {0.1, 1.1 / 3, 2.35 / 3, 0.9});
  const bool both[]{true, false};
  EXPECT_EQ(calibration_curve(std::vector{0.0, 1.0}, both, 2).samples, (std::vector<Index>{1, 1})) << "both ends count";
}

TEST(Ranking, WhatCannotBeRankedIsRefused) {
  const bool alike[]{true, true};
  const bool different[]{true, false};
  const std::vector<double> scores{0.1, 0.2};
  EXPECT_THROW(roc_curve(scores, alike), ValueError);
  EXPECT_THROW(roc_curve(std::vector{0.1, std::nan("")}, different), ValueError);
  EXPECT_THROW(roc_curve(std::vector{0.1}, different), ShapeError);
  EXPECT_THROW(roc_auc(std::vector<double>{}, std::span<const bool>{}), ValueError);
  EXPECT_EQ(average_precision(scores, alike), 1);
  EXPECT_THROW(calibration_curve(std::vector{0.1, 1.2}, different), ValueError);
  EXPECT_THROW(calibration_curve(scores, different, 0), ValueError);
  EXPECT_THROW(roc_auc(Matrix<double>{{0.5, 0.5}}, std::vector{2}), ValueError);
}

}  // namespace
}  // namespace gradus
