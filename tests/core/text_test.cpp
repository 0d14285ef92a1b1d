// SPDX-License-Identifier: MIT
#include "src/core/text.hpp"

#include <gtest/gtest.h>

#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"
#include "gradus/nn/network.hpp"

namespace gradus {
namespace {

/// Some text of every length of character: 1, 2, 3 and 4 bytes.
const std::string kCharacters = "a\u00e4\u20ac\U0001F600";

TEST(Text, ReadsCharactersOfOneToFourBytes) {
  std::string_view text = kCharacters;
  for (const auto& [code, bytes] : {std::pair{0x61u, 1u}, {0xE4u, 2u}, {0x20ACu, 3u}, {0x1F600u, 4u}}) {
    const Character c = first_character(text);
    EXPECT_EQ(c.code, code);
    EXPECT_EQ(c.bytes, bytes);
    text.remove_prefix(c.bytes);
  }
  EXPECT_EQ(first_character(text).bytes, 0u) << "nothing is left";
}

TEST(Text, RefusesWhatIsNoUtf8) {
  for (const std::string bytes :
       {"\x80", "\xC3", "\xC0\xAF", "\xE0\x80\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF8\x88\x80\x80\x80",
        "\xF8\x84\x80\x80\x80", "\x80\x84\x80\x80\x80", "\xC3(", "\xE2\x82", "\xFF"}) {
    EXPECT_EQ(first_character(bytes).bytes, 0u);
    EXPECT_FALSE(is_plain_text("x" + bytes));
  }
  EXPECT_TRUE(is_plain_text(kCharacters + "\t\n"));
  for (const std::string control : {"\x1B", "\r", "\x7F", "\x01"}) EXPECT_FALSE(is_plain_text(control));
}

TEST(Text, OnOneLineMovesNoCursorAndIsCutBetweenCharacters) {
  EXPECT_EQ(one_line("a\nb\x1B[2Jc\rd\te"), "a?b?[2Jc?d?e");
  EXPECT_EQ(one_line("a\xC2\x9B"
                     "b\u202Ec\u2028d"),
            "a?b?c?d")
      << "C1, an override of direction, a line separator";
  EXPECT_EQ(one_line("a\xFF\xC3"), "a??");
  EXPECT_EQ(printable("a\nb\tc\x1B"), "a\nb\tc?");
  for (std::size_t limit = 0; limit <= 8; ++limit) {
    const std::string cut = one_line(kCharacters + kCharacters, limit);
    EXPECT_TRUE(is_plain_text(cut)) << limit;
    EXPECT_EQ(cut.ends_with("..."), limit < 8) << limit;
  }
  EXPECT_EQ(in_quotes("x", 1), "'x'");
}

/// A character of up to three bytes.
std::string character(unsigned code) {
  const auto tail = [](unsigned bits) { return static_cast<char>(0x80 | (bits & 0x3F)); };
  if (code < 0x80) return {static_cast<char>(code)};
  if (code < 0x800) return {static_cast<char>(0xC0 | code >> 6), tail(code)};
  return {static_cast<char>(0xE0 | code >> 12), tail(code >> 6), tail(code)};
}

TEST(Text, ShowsEveryCharacterButThoseThatMoveSomething) {
  for (const unsigned shown :
       {0x20u, 0x7Eu, 0xA0u, 0x200Du, 0x2010u, 0x2027u, 0x202Fu, 0x2065u, 0x206Au, 0xD7FFu, 0xE000u})
    EXPECT_EQ(one_line(character(shown)), character(shown)) << std::hex << shown;
  for (const unsigned moves :
       {0x0u, 0x9u, 0xAu, 0x1Fu, 0x7Fu, 0x80u, 0x9Fu, 0x200Eu, 0x200Fu, 0x2028u, 0x202Eu, 0x2066u, 0x2069u})
    EXPECT_EQ(one_line(character(moves)), "?") << std::hex << moves;
  for (const unsigned surrogate : {0xD800u, 0xDFFFu}) EXPECT_EQ(one_line(character(surrogate)), "???");
}

TEST(Text, AnExcerptShowsThePlaceOfAByteAtEveryPlace) {
  std::string text;
  for (int k = 0; k < 100; ++k) text += kCharacters;
  std::size_t place = 0;
  for (std::size_t byte = 0; byte < text.size(); ++byte) {
    const bool begins = static_cast<unsigned char>(text[byte]) >> 6 != 2;
    if (begins) {
      const Excerpt shown = excerpt(text, byte);
      EXPECT_TRUE(is_plain_text(shown.text)) << byte;
      EXPECT_LE(shown.text.size(), 300u);
      std::string_view rest = shown.text;
      for (std::size_t k = 0; k < shown.before; ++k) rest.remove_prefix(first_character(rest).bytes);
      EXPECT_EQ(first_character(rest).code, first_character(std::string_view(text).substr(byte)).code) << byte;
      ++place;
    }
  }
  EXPECT_EQ(place, 400u);
  EXPECT_EQ(excerpt("short", 2).text, "short");
  EXPECT_EQ(excerpt("short", 99).before, 5u) << "beyond the end is the end";
}

template <class F>
ParseError refusal(F f) {
  try {
    f();
  } catch (const ParseError& error) {
    return error;
  }
  return {"nothing", "", 0, "was refused"};
}

TEST(Text, ErrorsAboutLongTextsAreShort) {
  const std::string many(20'000, 'x');
  for (const std::string& text :
       {"2-" + many, "2-3tanh:" + many, "2-3" + many + "-2softmax", many, std::string(70'000, '2')}) {
    const ParseError error = refusal([&] { parse_network(text); });
    EXPECT_LT(std::string(error.what()).size(), 1000u) << error.what();
    EXPECT_LT(error.pointer().size(), 300u);
  }
  EXPECT_EQ(nearest(many, {"tanh", "xxx"}), "");
}

TEST(Text, ANetworksTextIsBoundInLengthAndInNesting) {
  std::string nested = "4-4";
  for (int k = 0; k < 101; ++k) nested += "-[4";
  EXPECT_NE(std::string(refusal([&] { parse_network(nested); }).what()).find("at most 100 residual blocks"),
            std::string::npos);
  std::string chain = "1";
  while (chain.size() <= 65'536) chain += "-1tanh";
  EXPECT_NE(std::string(refusal([&] { parse_network(chain); }).what()).find("expected at most 65536 characters"),
            std::string::npos);
}

}  // namespace
}  // namespace gradus
