// SPDX-License-Identifier: MIT
#include "gradus/core/error.hpp"

#include <gtest/gtest.h>

namespace gradus {
namespace {

/// What a name of a file, of a column or of a layer may hold: an escape sequence, line ends, a C1 control, an override
/// of direction, bytes that are no UTF-8, a NUL.
const std::string kEvil = std::string("a\x1B[2J\r\nb\xC2\x9B") + "\u202E\xFF" + std::string(1, '\0') + "\tc";
const std::string kShown = "a?[2J??b?????c";

TEST(Error, AboutAFileOrATextIsOneLineThatMovesNoCursor) {
  EXPECT_EQ(FileError(kEvil, kEvil).what(), kShown + ": " + kShown);
  EXPECT_EQ(FileError::at_line(kEvil, 3, kEvil).what(), kShown + ":3: " + kShown);
  EXPECT_EQ(FileError::at_byte(kEvil, 7, kEvil).what(), kShown + ", byte 7: " + kShown);
  const ParseError error(kEvil, kEvil, 2, kEvil);
  EXPECT_EQ(error.what(), kShown + " '" + kShown + "', character 3: " + kShown);
  EXPECT_EQ(error.pointer(), kShown + "\n  ^");
  EXPECT_EQ(error.text(), kEvil) << "what was read stays as it is";
}

TEST(Error, KeepsAMessageThatMovesNothingWhole) {
  const std::string long_one(100'000, 'x');
  EXPECT_EQ(FileError("f", long_one).what(), "f: " + long_one);
  EXPECT_EQ(FileError("f", "\u00e4\u20ac\U0001F600").what(), std::string("f: \u00e4\u20ac\U0001F600"));
  EXPECT_EQ(FileError("f", "").what(), std::string("f: "));
}

}  // namespace
}  // namespace gradus
