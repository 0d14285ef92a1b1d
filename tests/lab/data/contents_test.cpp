// SPDX-License-Identifier: MIT
// What a file holds by its first bytes, and the text in it.
#include "src/lab/data/contents.hpp"

#include <gtest/gtest.h>

#include <array>

#include "gradus/core/error.hpp"

namespace gradus {
namespace {

using namespace std::string_literals;

/// The text that bytes hold, or why they hold none.
std::string text_of(std::string_view bytes, std::size_t most = table::kMostUnpacked) {
  std::string unpacked;
  try {
    return std::string(table::text_of(bytes, unpacked, table::Source{"f"}, most));
  } catch (const FileError& error) {
    return error.what();
  }
}

TEST(Contents, JsonAndPagesAreToldFromTables) {
  const std::string json = "f: expected a table, got JSON";
  for (const char* text : {"{\"a\": 1}", "{}", " { }", "[{}]", "[[1, 2]]", "[\n  [1]]", "\n{\r\n\t\"a\":1}"})
    EXPECT_EQ(text_of(text).substr(0, json.size()), json) << text;
  const std::string page = "f: expected a table, got a page";
  for (const char* text : {"<!DOCTYPE html>", "<?xml version='1.0'?>", "<html>", "<HTML>", "  <html lang='en'>"})
    EXPECT_EQ(text_of(text).substr(0, page.size()), page) << text;
  for (const char* text : {"{1,2\n3,4", "[1,2]\n", "[", "{", "<", "<a>,b\n", "", " \t\r\n", "x", "\xEF\xBB\xBFx"})
    EXPECT_EQ(text_of(text), std::string_view(text).starts_with("\xEF") ? "x" : text);
}

TEST(Contents, AnEncodingThatIsNotUtf8IsToldByItsLine) {
  EXPECT_EQ(text_of("\u00e4,\u20ac,\U0001F600\n"), "\u00e4,\u20ac,\U0001F600\n");
  for (const auto& [text, line] : {std::pair{"a\nb\xe4"s, 2}, {"\xc3"s, 1}, {"\n\n\xe2\x82"s, 3}})
    EXPECT_TRUE(text_of(text).starts_with("f:" + std::to_string(line) + ": expected text in UTF-8, got the byte 0x"))
        << text_of(text);
}

TEST(Contents, WhatIsPackedIsUnpackedToABound) {
  // "a,b,label\n1,2,0\n3,4,1\n" by gzip
  constexpr std::array<unsigned char, 42> packed{0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x4b,
                                                 0xd4, 0x49, 0xd2, 0xc9, 0x49, 0x4c, 0x4a, 0xcd, 0xe1, 0x32, 0xd4,
                                                 0x31, 0xd2, 0x31, 0xe0, 0x32, 0xd6, 0x31, 0xd1, 0x31, 0xe4, 0x02,
                                                 0x00, 0x48, 0x6b, 0xf7, 0xe6, 0x16, 0x00, 0x00, 0x00};
  const std::string bytes(reinterpret_cast<const char*>(packed.data()), packed.size());
  EXPECT_EQ(text_of(bytes), "a,b,label\n1,2,0\n3,4,1\n");
  EXPECT_EQ(text_of(bytes, 22), text_of(bytes));
  EXPECT_EQ(text_of(bytes, 21), "f: expected at most 21 bytes when unpacked, got more");
  EXPECT_EQ(text_of(bytes + bytes, 43), "f: expected at most 43 bytes when unpacked, got more") << "together";
  EXPECT_EQ(text_of(bytes + bytes), text_of(bytes) + text_of(bytes));
  EXPECT_EQ(text_of(bytes + bytes.substr(0, 7)), "f: expected a whole file of gzip, got one that is cut off");
  EXPECT_EQ(text_of(bytes + "more"), "f: expected a file of gzip, got one that is damaged");
}

TEST(Contents, WhatIsPackedMayBeLongerThanAPieceOfIt) {
  // "x\n" by gzip, over and over: the pieces that it is read in end within a member.
  const std::string member("\x1f\x8b\x08\0\0\0\0\0\x02\x03\xab\xe0\x02\0\x1f\x08\xea\x46\x02\0\0\0", 22);
  std::string bytes, text;
  for (int k = 0; k < 10'000; ++k) bytes += member, text += "x\n";
  EXPECT_EQ(text_of(bytes), text);
}

TEST(Contents, SparseRowsAreMadeWhole) {
  EXPECT_EQ(text_of("1 1:2 3:4\n0 2:5\n"), "2,0,4,1\n0,5,0,0\n");
  for (const char* none : {"1 1:x\n", "x 1:2\n", "1\n", "1 0:2\n", "1 a:2\n", "1 1=2\n", "1 1\n", "1 1:\n", "1 1:inf\n",
                           "inf 1:2\n", "# 1 1:2\n", "1 99999999999999999999:1\n"})
    EXPECT_EQ(text_of(none), none) << "no sparse table";
  EXPECT_EQ(text_of("1 1:2\n0 2\n"), "f:2: expected ascending index:value, indices from 1, got '2'");
}

}  // namespace
}  // namespace gradus
