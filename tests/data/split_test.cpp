// SPDX-License-Identifier: MIT
#include "gradus/data/split.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "gradus/data/makers.hpp"
#include "gradus/lab/data/real.hpp"

namespace gradus {
namespace {

/// Each of 0..n-1 on exactly one side.
void expect_partition(const Split& split, Index n) {
  std::vector<Index> all = split.train;
  all.insert(all.end(), split.test.begin(), split.test.end());
  std::sort(all.begin(), all.end());
  std::vector<Index> expected(static_cast<std::size_t>(n));
  std::iota(expected.begin(), expected.end(), Index{0});
  EXPECT_EQ(all, expected);
}

TEST(Split, PutsEverySampleOnOneSide) {
  RandomState random(1);
  for (const Index n : {2, 3, 7, 31, 100})
    for (const double test_size : {0.01, 0.25, 0.4, 1.0}) {
      const Split split = train_test_split(n, test_size, random);
      expect_partition(split, n);
      EXPECT_EQ(split.test.size(), test_size == 1.0 ? 1 : std::ceil(test_size * static_cast<double>(n)));
    }
}

TEST(Split, KeepsTheSharesOfTheClasses) {
  const Dataset iris = load_iris();
  RandomState random(5);
  const TrainTest parts = split(iris, 0.4, random, true);
  for (int c = 0; c < 3; ++c) {
    EXPECT_EQ(std::count(parts.test.labels.begin(), parts.test.labels.end(), c), 20);
    EXPECT_EQ(std::count(parts.train.labels.begin(), parts.train.labels.end(), c), 30);
  }
  EXPECT_EQ(parts.test.class_names, iris.class_names);
}

TEST(Split, TakesAsManyClassesAsThereAreSamplesInTime) {
  std::vector<int> labels(100000);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int>(i / 2);
  RandomState random(5);
  expect_partition(stratified_split(labels, 0.5, random), 100000);
}

TEST(Split, RefusesSizesThatCannotBe) {
  RandomState random(1);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  for (const double test_size : {0.0, -0.1, 1.5, 10.0, 11.0, nan, 1e300, -1.0})
    EXPECT_THROW(train_test_split(10, test_size, random), ValueError) << test_size;
  for (const Index n : {-1, 0, 1}) EXPECT_THROW(train_test_split(n, 0.5, random), ValueError) << n;
  EXPECT_THROW(train_test_split(3, 0.99, random), ValueError);
  EXPECT_THROW(stratified_split(std::vector<int>{0, 0, 1}, 0.4, random), ValueError);      // one sample of class 1
  EXPECT_THROW(stratified_split(std::vector<int>{0, 0, 1, 1}, 0.25, random), ValueError);  // no room for both in test
  EXPECT_THROW(split(make_gaussian({}, random), 0.5, random, true), ValueError);
  EXPECT_THROW(k_fold(10, 1), ValueError);
  EXPECT_THROW(k_fold(10, 11), ValueError);
  EXPECT_THROW(k_fold(0, 2), ValueError);
  EXPECT_THROW(stratified_k_fold(std::vector<int>{0, 0, 1, 1}, 3), ValueError);
}

TEST(Split, TestsEverySampleOnceOverTheFolds) {
  RandomState random(1);
  std::vector<int> labels;
  for (int i = 0; i < 31; ++i) labels.push_back(i % 3);
  for (const auto& splits : {k_fold(31, 4), k_fold(31, 4, random), stratified_k_fold(labels, 4),
                             stratified_k_fold(labels, 4, random), k_fold(31, 31)}) {
    std::vector<int> tested(31);
    for (const Split& split : splits) {
      expect_partition(split, 31);
      EXPECT_TRUE(std::is_sorted(split.test.begin(), split.test.end()));
      for (const Index row : split.test) ++tested[static_cast<std::size_t>(row)];
    }
    EXPECT_EQ(tested, std::vector<int>(31, 1));
  }
}

}  // namespace
}  // namespace gradus
