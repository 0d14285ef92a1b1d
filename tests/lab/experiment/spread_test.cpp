// SPDX-License-Identifier: MIT
#include "src/lab/experiment/spread.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace gradus {
namespace {

TEST(Spread, IsOfTheValuesThatAreThere) {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Matrix<double> x{{2, nan, 7}, {4, nan, nan}, {4, nan, nan}, {nan, nan, nan}, {10, nan, nan}};
  EXPECT_DOUBLE_EQ(spread_of(x, 0).mean, 5);       // a dozen roundings on the way
  EXPECT_DOUBLE_EQ(spread_of(x, 0).deviation, 3);  // squares 9, 1, 1, 25, of which the mean is 9
  EXPECT_EQ(spread_of(x, 1).deviation, 0);
  EXPECT_EQ(spread_of(x, 2).mean, 7);
  EXPECT_EQ(spread_of(x, 2).deviation, 0);
}

TEST(Spread, LosesNothingWhereTheMeanIsFarFromZero) {
  const Matrix<double> x{{1e9 + 1}, {1e9 - 1}, {1e9 + 1}, {1e9 - 1}};
  EXPECT_EQ(spread_of(x, 0).deviation, 1);
}

}  // namespace
}  // namespace gradus
