// SPDX-License-Identifier: MIT
// The integers behind the elementary functions, where functions seldom lead: carries through every limb, and the last
// bit.
#include "src/core/elementary/fixed.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace gradus::detail {
namespace {

Fixed bit_at(int position) {
  Fixed::Limbs limbs{};
  limbs[static_cast<std::size_t>(position / 32)] = std::uint32_t{1} << (position % 32);
  return Fixed(limbs);
}

TEST(Fixed, SeesABitInEveryPlaceBelow) {
  for (int position = 0; position < 255; ++position) {
    EXPECT_EQ(bit_at(position).top_bit(), position);
    EXPECT_TRUE(bit_at(position).any_bit_below(position + 1)) << position;
    EXPECT_FALSE(bit_at(position).any_bit_below(position)) << position;
  }
  EXPECT_EQ(Fixed().top_bit(), -1);
}

TEST(Fixed, CarriesAndBorrowsThroughEveryLimb) {
  for (int top = 1; top < 255; ++top) {
    Fixed below;  // all bits below the top one
    for (int position = 0; position < top; ++position) below = below + bit_at(position);
    EXPECT_TRUE((below + bit_at(0) - bit_at(top)).is_zero()) << top;
    EXPECT_TRUE((bit_at(top) - bit_at(0) - below).is_zero()) << top;
    EXPECT_TRUE((bit_at(0) - bit_at(top) + below).is_zero()) << top;
  }
}

TEST(Fixed, HoldsADoubleToItsLastPlace) {
  for (const double x : {1.0, -1.0, 0x1p-150, 0x1.fffffffffffffp31, -0x1.0000000000001p-170, 0x1p-224, 0.0}) {
    EXPECT_EQ(rounded(Fixed(x), 0), x) << x;
    EXPECT_EQ(Fixed(x).negative(), std::signbit(x)) << x;
  }
  EXPECT_TRUE(Fixed(0x1p-225).is_zero());
}

TEST(Fixed, RoundsToTheNearestAndOfTwoToTheEvenOneWhereTheLastBitDecides) {
  const Fixed middle = Fixed(1) + Fixed(0x1p-53);  // between 1 and the next double
  EXPECT_EQ(rounded(middle, 0), 1.0);
  EXPECT_EQ(rounded(middle + bit_at(0), 0), 1 + 0x1p-52);
  EXPECT_EQ(rounded(middle - bit_at(0), 0), 1.0);
  EXPECT_EQ(rounded(middle + Fixed(0x1p-52), 0), 1 + 0x1p-51);
}

}  // namespace
}  // namespace gradus::detail
