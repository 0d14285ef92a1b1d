// SPDX-License-Identifier: MIT
// Which columns of a table are features, answers and weights, by name, by number and by what a model knows.
#include "src/lab/data/roles.hpp"

#include <gtest/gtest.h>

#include "gradus/lab/data/csv.hpp"

namespace gradus {
namespace {

using Names = std::vector<std::string>;
using Columns = std::vector<Index>;
using Task = TableOptions::Task;

const table::Source kFile{"f.csv"};

table::Roles roles(const Names& names, const TableOptions& options, Index width = -1) {
  return table::choose_roles(names, width < 0 ? std::ssize(names) : width, options, kFile);
}
std::string fault(const Names& names, const TableOptions& options, Index width = -1) {
  try {
    roles(names, options, width);
  } catch (const FileError& error) {
    return error.what();
  }
  return "chosen";
}

TEST(Roles, APatternsStarStandsForAnyCharacters) {
  const Names names{"ab", "abc", "b", "xbz", "a*", "t"};
  const auto features = [&](const std::string& pattern) {
    return roles(names, {.reading = {.features = pattern}, .target = "t"}).features;
  };
  EXPECT_EQ(features("*"), (Columns{0, 1, 2, 3, 4})) << "but the target";
  EXPECT_EQ(features("*b*"), (Columns{0, 1, 2, 3}));
  EXPECT_EQ(features("ab*"), (Columns{0, 1}));
  EXPECT_EQ(features("*b"), (Columns{0, 2}));
  EXPECT_EQ(features("a**c"), (Columns{1}));
  EXPECT_EQ(features("abc*"), (Columns{1})) << "which ab is too short for";
  EXPECT_EQ(features("a*"), (Columns{4})) << "a column is called so";
  EXPECT_EQ(features("b,*b,b"), (Columns{2, 0})) << "each once";
  EXPECT_EQ(fault(names, {.reading = {.features = "*q*"}}),
            "f.csv: expected a column '*q*', got ab, abc, b, xbz, a*, t");
}

TEST(Roles, ANumberCountsColumnsFromOne) {
  EXPECT_EQ(roles({"a", "b", "t"}, {.reading = {.features = "2"}}).features, (Columns{1}));
  EXPECT_EQ(roles({}, {.reading = {.features = "3,1"}, .target = "2"}, 3).features, (Columns{2, 0}));
  for (const char* none : {"0", "4", "-1", "1x", "99999999999999999999", "*"})
    EXPECT_EQ(fault({}, {.reading = {.features = none}}, 3),
              std::string("f.csv: expected a header with a column '") + none +
                  "', got a file without a header of 3 columns, whose numbers count from 1 (--header takes the first "
                  "row for their names)");
}

TEST(Roles, TheNamesOfManyColumnsAreCut) {
  Names names;
  for (char c = 'a'; c <= 'h'; ++c) names.emplace_back(1, c);
  EXPECT_TRUE(fault(names, {.target = "qqqqqq"}).ends_with("got a, b, c, d, e, f, g, h"));
  names.push_back("i");
  EXPECT_TRUE(fault(names, {.target = "qqqqqq"}).ends_with("got a, b, c, d, e, f, g, h, ..."));
}

TEST(Roles, TheUsualTargetIsTakenUnlessItIsTakenForSomethingElse) {
  EXPECT_EQ(roles({"a", "label", "b"}, {}).targets, (Columns{1}));
  EXPECT_EQ(roles({"a", "label", "b"}, {.reading = {.drop = "label"}}).targets, (Columns{2}));
  EXPECT_EQ(roles({"a", "label", "b"}, {.reading = {.features = "label,a"}}).targets, (Columns{2}));
  EXPECT_EQ(roles({"a", "label", "b"}, {.weights = "label"}).targets, (Columns{2}));
  EXPECT_EQ(roles({"a", "b", "w"}, {.weights = "w"}).targets, (Columns{1}));
  EXPECT_EQ(roles({"a", "b", "w"}, {.weights = "none such"}).targets, (Columns{2}));
  EXPECT_EQ(roles({"a", "b"}, {.task = Task::features, .target = "b"}).targets, Columns{});
  EXPECT_EQ(fault({"a", "b", "w"}, {.target = "w", .weights = "w"}),
            "f.csv: expected another column for the weights than the target, got 'w' for both");
}

TEST(Roles, WithoutAFeatureLeftSayWhatTheFileHas) {
  EXPECT_EQ(fault({"a"}, {}), "f.csv: expected a feature and the target, got 1 column");
  EXPECT_EQ(fault({"a", "b"}, {.task = Task::features}), "chosen");
  EXPECT_EQ(fault({"a"}, {.reading = {.drop = "a"}, .task = Task::features}),
            "f.csv: expected a feature, got 1 column");
  EXPECT_EQ(fault({"", "label"}, {}),
            "f.csv: expected a feature and the target, got 2 columns, of which the first only names the rows");
  EXPECT_EQ(roles({"", "label"}, {.reading = {.features = "1"}}).features, (Columns{0}));
  EXPECT_EQ(roles({"a", "", "label"}, {}).features, (Columns{0, 1})) << "only the first names rows";
}

// ------------------------------------------------------------------------------------------------------- for a model

TEST(Roles, ByTheirNumberAreAsManyFeaturesAsAModelHas) {
  const auto by_count = [](const Names& names, Index width, const TableOptions& options) {
    const table::Roles r = roles(names, options, width);
    return std::pair(r.features, r.targets);
  };
  using Pair = std::pair<Columns, Columns>;
  const TableOptions two{.features = 2};
  EXPECT_EQ(by_count({}, 2, two), (Pair{{0, 1}, {}}));
  EXPECT_EQ(by_count({}, 3, two), (Pair{{0, 1}, {2}}));
  EXPECT_EQ(by_count({"y", "a", "b"}, 3, two), (Pair{{1, 2}, {0}})) << "its usual name";
  EXPECT_EQ(by_count({"p", "q", "r"}, 3, {.target = "q", .features = 2}), (Pair{{0, 2}, {1}}));
  const TableOptions weighted{.weights = "w", .features = 2};
  EXPECT_EQ(by_count({"p", "q", "r", "w"}, 4, weighted), (Pair{{0, 1}, {2}})) << "the last that is no weight";
  EXPECT_EQ(by_count({"w", "p", "q", "r"}, 4, weighted), (Pair{{1, 2}, {3}}));
  EXPECT_EQ(by_count({"p", "q", "w"}, 3, weighted), (Pair{{0, 1}, {}}));
  const TableOptions several{.inputs = {{"a"}, {"b"}}, .answers = {"u", "v"}};
  EXPECT_EQ(by_count({}, 4, several), (Pair{{0, 1}, {2, 3}})) << "a regression of several numbers";
  EXPECT_EQ(by_count({}, 2, several), (Pair{{0, 1}, {}}));
  EXPECT_EQ(fault({}, several, 5), "f.csv: expected 2 features, or 4 columns with the target, got 5 columns");
  EXPECT_EQ(fault({"p", "q", "r", "w"}, {.target = "w", .weights = "w", .features = 2}),
            "f.csv: expected 2 features, or 3 columns with the target, got 4 columns");
  EXPECT_EQ(fault({}, two, 5), "f.csv: expected 2 features, or 3 columns with the target, got 5 columns");
  const TableOptions numbered{.inputs = {{"x0"}, {"x1"}}};
  EXPECT_EQ(by_count({"p", "q"}, 2, numbered), (Pair{{0, 1}, {}})) << "a model of a table without a header";
  EXPECT_EQ(fault({"p", "q"}, {.inputs = {{"x0"}, {"x2"}}}),
            "f.csv: expected the columns of training, got none named x0, x2 (the file has p, q)");
}

TEST(Roles, ByTheirNamesAreTheColumnsThatAModelKnows) {
  const TableOptions known{.inputs = {{"a"}, {"b"}}, .answers = {"u", "v"}};
  const Names names{"b", "u", "a", "v"};
  EXPECT_EQ(roles(names, known).features, (Columns{2, 0}));
  EXPECT_EQ(roles(names, known).targets, (Columns{1, 3}));
  EXPECT_EQ(roles({"a", "b", "u"}, known).targets, Columns{}) << "one answer of two is none";
  TableOptions named = known;
  named.target = "v";
  EXPECT_EQ(roles(names, named).targets, (Columns{3}));
  EXPECT_EQ(roles(names, {.inputs = {{"a"}, {"b"}}, .answers = {"a"}}).targets, Columns{}) << "a feature is no answer";
  const TableOptions silent{.inputs = {{"a"}, {"b"}}};
  EXPECT_EQ(roles({"a", "label", "b", "c"}, silent).targets, (Columns{1}));
  EXPECT_EQ(roles({"a", "b", "c"}, silent).targets, (Columns{2}));
  EXPECT_EQ(roles({"c", "a", "b"}, silent).targets, Columns{});
  EXPECT_EQ(roles({"c", "a", "b"}, {.target = "c", .inputs = {{"a"}, {"b"}}}).targets, (Columns{0}))
      << "if it is named";
  EXPECT_EQ(roles({"a", "b", "c", "d"}, silent).targets, Columns{});
  EXPECT_EQ(roles({"a", "b"}, silent).targets, Columns{});
  EXPECT_EQ(roles({"a", "label"}, {.inputs = {{"a"}, {"label"}}}).targets, Columns{}) << "nor is a usual name";
  TableOptions weighted = silent;
  weighted.weights = "w";
  EXPECT_EQ(roles({"a", "b", "w"}, weighted).targets, Columns{});
  EXPECT_EQ(roles({"a", "b", "w"}, weighted).weights, 2);
  EXPECT_EQ(roles({"a", "b", "", "z"}, silent).words,
            (Names{"columns that the model does not know, left out: the one without a name, z"}));
}

}  // namespace
}  // namespace gradus
