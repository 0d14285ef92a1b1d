// SPDX-License-Identifier: MIT
#include "gradus/metrics/metrics.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace gradus {
namespace {

// Golden numbers: scikit-learn 1.2.1.

TEST(Metrics, PredictTheFirstLargestClassOrTheSideOfOneHalf) {
  EXPECT_EQ(predicted_classes(Matrix<double>{{0.1, 0.7, 0.2}, {0.4, 0.4, 0.2}, {0, 0, 1}}),
            (std::vector<int>{1, 0, 2}));
  EXPECT_EQ(predicted_classes(Matrix<double>{{0.5}, {0.51}, {0.2}}), (std::vector<int>{0, 1, 0}));
  EXPECT_EQ(predicted_classes(Matrix<double>{{0.5, std::nan("")}, {0, 1}}), (std::vector<int>{-1, 1}));
  EXPECT_TRUE(predicted_classes(Matrix<double>(0, 3)).empty());
}

TEST(Metrics, AccuracyIsTheShareOfEqualEntries) {
  EXPECT_EQ(accuracy(std::vector{1, 2, 0}, std::vector{1, 2, 2}), 2.0 / 3);
  EXPECT_EQ(accuracy(std::vector{1}, std::vector{1}), 1);
  EXPECT_THROW(accuracy(std::vector<int>{}, std::vector<int>{}), ValueError);
  EXPECT_THROW(accuracy(std::vector{1}, std::vector{1, 2}), ShapeError);
}

TEST(Metrics, LogLossEqualsScikitLearns) {
  // log_loss([0, 2, 1], [[.7, .2, .1], [.1, .1, .8], [0, 1, 0]], labels=[0, 1, 2])
  const Matrix<double> p{{0.7, 0.2, 0.1}, {0.1, 0.1, 0.8}, {0, 1, 0}};
  EXPECT_NEAR(log_loss(p, std::vector{0, 2, 1}), 0.19327283175098078, 1e-15);
  EXPECT_NEAR(log_loss(Matrix<double>{{0.9}, {0.2}}, std::vector{1, 0}), -(std::log(0.9) + std::log(0.8)) / 2, 1e-16);
  EXPECT_NEAR(log_loss(Matrix<double>{{0, 1}}, std::vector{0}), -std::log(2.220446049250313e-16), 1e-13);
  EXPECT_TRUE(std::isnan(log_loss(Matrix<double>{{std::nan(""), 1}}, std::vector{0})));
  EXPECT_THROW(log_loss(p, std::vector{0, 3, 1}), ValueError);
}

TEST(Metrics, R2IsOneForTheTruthZeroForItsMeanAndAveragedOverColumns) {
  const Matrix<double> t{{3, 1}, {-0.5, 2}, {2, 3}, {7, 4}};
  EXPECT_EQ(r2_score(t, t), 1);
  EXPECT_EQ(r2_score(Matrix<double>{{2.875}, {2.875}, {2.875}, {2.875}}, Matrix<double>{{3}, {-0.5}, {2}, {7}}), 0);
  // r2_score([3, -0.5, 2, 7], [2.5, 0.0, 2, 8])
  EXPECT_NEAR(r2_score(Matrix<double>{{2.5}, {0}, {2}, {8}}, Matrix<double>{{3}, {-0.5}, {2}, {7}}), 0.9486081370449679,
              1e-15);
  EXPECT_EQ(r2_score(Matrix<double>{{1}, {1}}, Matrix<double>{{1}, {1}}), 1);
  EXPECT_EQ(r2_score(Matrix<double>{{1}, {2}}, Matrix<double>{{1}, {1}}), 0);
  EXPECT_TRUE(std::isnan(r2_score(Matrix<double>{{std::nan("")}, {2}}, Matrix<double>{{1}, {1}})));
}

TEST(Metrics, MeanSquaredErrorIsOverAllNumbers) {
  EXPECT_EQ(mean_squared_error(Matrix<double>{{1, 2}, {3, 4}}, Matrix<double>{{1, 0}, {0, 4}}), 13.0 / 4);
}

TEST(Metrics, F1AndBalancedAccuracyEqualScikitLearns) {
  const std::vector<int> truth{0, 2, 1, 2, 0, 1}, predicted{0, 2, 1, 0, 0, 2};
  const std::vector<double> scores = f1_scores(predicted, truth, 3);
  EXPECT_NEAR(scores[0], 0.8, 1e-15);
  EXPECT_NEAR(scores[1], 2.0 / 3, 1e-15);
  EXPECT_NEAR(scores[2], 0.5, 1e-15);
  EXPECT_NEAR(f1_score(predicted, truth, 3), 0.6555555555555556, 1e-15);
  EXPECT_NEAR(balanced_accuracy(predicted, truth), 2.0 / 3, 1e-15);
  // A class that is predicted only, and one that is not there at all.
  EXPECT_NEAR(balanced_accuracy(std::vector{0, 1, 2}, std::vector{0, 0, 2}), 0.75, 1e-15);
  EXPECT_NEAR(f1_score(std::vector{0, 1, 2}, std::vector{0, 0, 2}, 4), 5.0 / 9, 1e-15);
}

TEST(Metrics, AbsoluteErrorsEqualScikitLearns) {
  const Matrix<double> truth{{1, 2}, {3, 4.5}, {0, 1}, {2, 2}}, predicted{{1.5, 2}, {2, 4}, {0, 3}, {5, 2}};
  EXPECT_NEAR(mean_absolute_error(predicted, truth), 0.875, 1e-15);
  EXPECT_NEAR(median_absolute_error(predicted, truth), 0.5, 1e-15);
  EXPECT_EQ(median_absolute_error(Matrix<double>{{1.5}, {2}, {0}}, Matrix<double>{{1}, {3}, {0}}), 0.5);
  EXPECT_TRUE(std::isnan(median_absolute_error(Matrix<double>{{std::nan("")}, {2}}, Matrix<double>{{1}, {1}})));
  EXPECT_TRUE(std::isnan(mean_squared_error_deviation(Matrix<double>{{1}}, Matrix<double>{{2}})));
}

TEST(Metrics, ConfusionCountsTrueClassesInRows) {
  EXPECT_EQ(confusion_matrix(std::vector{0, 1, 1, 2}, std::vector{0, 1, 2, 2}, 3),
            (Matrix<Index>{{1, 0, 0}, {0, 1, 0}, {0, 1, 1}}));
  EXPECT_THROW(confusion_matrix(std::vector{-1}, std::vector{0}, 2), ValueError);
  try {
    confusion_matrix(std::vector{0}, std::vector{2}, 2);
    ADD_FAILURE() << "a label that is no class was counted";
  } catch (const ValueError& error) {
    EXPECT_STREQ(error.what(), "[metrics] expected labels from 0 to 1, got 2");
  }
}

}  // namespace
}  // namespace gradus
