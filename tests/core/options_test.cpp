// SPDX-License-Identifier: MIT
#include "gradus/core/options.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "gradus/core/error.hpp"

namespace gradus {
namespace {

constexpr double kInf = std::numeric_limits<double>::infinity();

/// What becomes of a number in a range: "" if it is taken.
std::string refusal(double value, Range range) {
  try {
    check_options("box", std::vector<Option>{{"size", &value, range}});
  } catch (const ValueError& error) {
    return error.what();
  }
  return "";
}

TEST(Options, ANumberLiesInItsRangeOrIsRefusedInTheRangesWords) {
  struct Row {
    Range range;
    std::string words;
    std::vector<double> good, bad;
  };
  const double tiny = std::numeric_limits<double>::denorm_min(), below_1 = std::nextafter(1.0, 0.0);
  const double above_1 = std::nextafter(1.0, 2.0);
  for (const Row& row : {Row{Range::any, "", {-1e308, 0, 5}, {}},
                         {Range::above_0, " above 0", {tiny, 1e308}, {0, -tiny}},
                         {Range::from_0, " of at least 0", {0, 7}, {-tiny}},
                         {Range::from_0_to_1, " from 0 to 1", {0, 1}, {-tiny, above_1}},
                         {Range::from_0_below_1, " from 0 to below 1", {0, below_1}, {-tiny, 1}},
                         {Range::above_0_below_1, " above 0 and below 1", {tiny, below_1}, {0, 1}},
                         {Range::above_1, " above 1", {above_1}, {1, 0}},
                         {Range::at_least_1, " of at least 1", {1, 2}, {below_1}}}) {
    for (const double value : row.good) EXPECT_EQ(refusal(value, row.range), "") << row.words << ": " << value;
    std::vector<double> bad = row.bad;
    for (const double never : {kInf, -kInf, std::nan("")}) bad.push_back(never);
    for (const double value : bad)
      EXPECT_TRUE(
          refusal(value, row.range).starts_with("[box] expected size to be a finite number" + row.words + ", got "))
          << refusal(value, row.range);
  }
}

struct Box {
  static constexpr std::string_view name = "box";
  double size = 1;
  Index count = 3;
  bool open = false, lined = true;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("size", size, Range::above_0);
    visit("count", count, Range::from_0);
    visit("open", open);
    visit("lined", lined);
  }
  bool operator==(const Box&) const = default;
};
struct Ball {
  static constexpr std::string_view name = "ball";
  template <class Visitor>
  void visit_options(Visitor&&) {}
  bool operator==(const Ball&) const = default;
};
using Thing = std::variant<Box, Ball>;

TEST(Options, AreReadBackFromTheirText) {
  for (const Box& box : {Box{}, Box{.size = 0.1}, Box{.count = 0}, Box{.open = true}, Box{.lined = false},
                         Box{.size = 5e-324, .count = Index{1} << 53, .open = true, .lined = false}})
    EXPECT_EQ(parse_variant<Thing>("thing", named_options_text(box)), Thing(box)) << named_options_text(box);
  EXPECT_EQ(named_options_text(Box{.count = 7, .lined = false}), "box:count=7,lined=false");
  EXPECT_EQ(named_options_text(Thing(Ball{})), "ball");
  EXPECT_EQ(parse_variant<Thing>("thing", "box:open,lined=false,open=true"), Thing(Box{.open = true, .lined = false}));
  EXPECT_EQ(parse_variant<Thing>("thing", "box:open=false"), Thing(Box{}));
  EXPECT_EQ(variant_names<Thing>(), (std::vector<std::string>{"box", "ball"}));
}

/// The message, and under the text a caret where it is wrong.
std::pair<std::string, std::string> fault(const std::string& text) {
  try {
    parse_variant<Thing>("thing", text);
  } catch (const ParseError& error) {
    return {error.what(), error.pointer()};
  }
  return {"read", ""};
}

TEST(Options, ThatCannotBeMeantArePointedAt) {
  const std::string count = "expected count= and a whole number of at least 0, got ";
  for (const auto& [text, place, message] : std::vector<std::tuple<std::string, std::size_t, std::string>>{
           {"bix", 0, "unknown thing 'bix', did you mean box? (known: box, ball)"},
           {"box:", 4, "unknown option ''"},
           {"box:sise=1", 4, "unknown option 'sise', did you mean size? (known: size, count, open, lined)"},
           {"ball:size=1", 5, "unknown option 'size' (it has no options)"},
           {"box:open=yes", 4, "expected open, open=true or open=false, got 'open=yes'"},
           {"box:open=", 4, "expected open, open=true or open=false, got 'open='"},
           {"box:size", 4, "expected size= and a finite number above 0, got 'size'"},
           {"box:size=", 4, "expected size= and a finite number above 0, got 'size='"},
           {"box:size=0", 4, "expected size= and a finite number above 0, got 'size=0'"},
           {"box:size=inf", 4, "expected size= and a finite number above 0, got 'size=inf'"},
           {"box:open,count=1.5", 9, count + "'count=1.5'"},
           {"box:count=-1", 4, count + "'count=-1'"},
           {"box:count=9007199254740994", 4, count + "'count=9007199254740994'"},
           {"box:count=x", 4, count + "'count=x'"}}) {
    const auto [told, pointer] = fault(text);
    EXPECT_NE(told.find("character " + std::to_string(place + 1) + ": " + message), std::string::npos)
        << text << ": " << told;
    EXPECT_EQ(pointer, text + "\n" + std::string(place, ' ') + "^");
  }
  EXPECT_EQ(fault("box:count=9007199254740992").first, "read");
}

}  // namespace
}  // namespace gradus
