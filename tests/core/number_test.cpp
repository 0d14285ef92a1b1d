// SPDX-License-Identifier: MIT
#include "gradus/core/number.hpp"

#include <gtest/gtest.h>

#include <bit>
#include <clocale>
#include <cmath>
#include <limits>

#include "gradus/random/random_state.hpp"

namespace gradus {
namespace {

TEST(Number, ReadsDecimalAndScientific) {
  EXPECT_EQ(parse_number("0"), 0.0);
  EXPECT_EQ(parse_number("-1.5e-3"), -0.0015);
  EXPECT_EQ(parse_number(".5"), 0.5);
  EXPECT_EQ(parse_number("1E2"), 100.0);
  EXPECT_EQ(parse_number("inf"), std::numeric_limits<double>::infinity());
  EXPECT_TRUE(std::isnan(*parse_number("nan")));
}

TEST(Number, RefusesWhatIsNotWhollyANumber) {
  for (const char* text : {"", " 1", "1 ", "+1", "1,5", "0x10", "1.5abc", "-", "e5", "1e999", "1e-999", "--1", "1.2.3"})
    EXPECT_FALSE(parse_number(text)) << text;
}

TEST(Number, TextIsReadBackBitForBit) {
  RandomState random(3);
  for (int i = 0; i < 2000; ++i) {
    const double value = std::ldexp(random.uniform(-1, 1), static_cast<int>(random.randint(-1000, 1000, 1)[0]));
    EXPECT_EQ(std::bit_cast<std::uint64_t>(*parse_number(number_text(value))), std::bit_cast<std::uint64_t>(value));
  }
  EXPECT_EQ(number_text(0.1), "0.1");
  EXPECT_TRUE(std::signbit(*parse_number(number_text(-0.0))));
}

TEST(Number, KeepsItsDecimalPointInAGermanLocale) {
  if (std::setlocale(LC_ALL, "de_DE.UTF-8") == nullptr) GTEST_SKIP() << "the locale de_DE.UTF-8 is not installed";
  EXPECT_EQ(std::localeconv()->decimal_point[0], ',');  // or the test tests nothing
  EXPECT_EQ(parse_number("1.5"), 1.5);
  EXPECT_FALSE(parse_number("1,5"));
  EXPECT_EQ(number_text(1.5), "1.5");
  std::setlocale(LC_ALL, "C");
}

}  // namespace
}  // namespace gradus
