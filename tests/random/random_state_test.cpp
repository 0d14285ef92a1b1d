// SPDX-License-Identifier: MIT
#include "gradus/random/random_state.hpp"

#include <gtest/gtest.h>

namespace gradus {
namespace {

TEST(RandomState, GivesNumPysGoldenUniformsAndNormals) {
  RandomState random(1234567890);
  EXPECT_EQ(random.random_sample(), 0.61879477158568);
  EXPECT_EQ(random.random_sample(), 0.59162362775974664);
  random.seed(1234567890);
  EXPECT_DOUBLE_EQ(random.standard_normal(), 1.34016345771863121);
  EXPECT_DOUBLE_EQ(random.standard_normal(), 1.73759122771936081);
}

TEST(RandomState, GivesNumPysGoldenIntegersAndShuffle) {
  RandomState random(1234567890);
  EXPECT_EQ(random.randint(-99, 99, 6), (std::vector<std::int64_t>{31, 3, -52, 41, -48, -66}));
  EXPECT_EQ(random.randint(7, 8), 7);
  EXPECT_THROW(random.randint(7, 7), ValueError);
  EXPECT_THROW(random.randint(7, 6), ValueError);
  random.seed(1234567890);
  std::vector<int> values{1, 2, 3, 4, 5, 6, 7, 8, 9, 0};
  random.shuffle(values);
  EXPECT_EQ(values, (std::vector<int>{0, 1, 9, 6, 2, 4, 5, 8, 7, 3}));
}

}  // namespace
}  // namespace gradus
