// SPDX-License-Identifier: MIT
// What a target column is taken for, and what becomes of answers that are missing or strange.
#include "src/lab/data/answers.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "gradus/lab/data/csv.hpp"
#include "gradus/lab/data/npy.hpp"

namespace gradus {
namespace {

using Names = std::vector<std::string>;
using Task = TableOptions::Task;

std::string fault(std::string_view text, const TableOptions& options = {}) {
  try {
    parse_csv(text, options, "f.csv");
  } catch (const FileError& error) {
    return error.what();
  }
  return "read";
}

/// Options as a model gives them that answers `price` from `a`.
TableOptions priced(Names answers = {"price"}) {
  return {.task = Task::regression, .inputs = {{"a"}}, .answers = std::move(answers), .answers_are_optional = true};
}

TEST(Answers, OfSeveralTargetsAreNumbersAndNoClasses) {
  const std::string text = "x,u,v\n1,0,1\n2,1,0\n";
  EXPECT_EQ(parse_csv(text, {.target = "u,v"}).targets, (Matrix<double>{{0, 1}, {1, 0}}));
  EXPECT_EQ(fault(text, {.task = Task::classification, .target = "u,v"}),
            "f.csv: expected one column of classes, got 2 targets");
  const TableOptions thought{.task = Task::classification, .target = "u,v", .because = "the network ends in softmax"};
  EXPECT_EQ(parse_csv(text, thought).targets.cols(), 2) << "nobody said so, but the network has an output for each";
  EXPECT_EQ(parse_csv("1,2,3\n4,5,6\n", {.target = "2,3"}).target_names, (Names{"y0", "y1"}));
  EXPECT_EQ(parse_csv("1,2.5\n4,5.5\n").target_names, (Names{"y"}));
}

TEST(Answers, ThatAreInfiniteAreRefusedWhereTheyAreNeeded) {
  EXPECT_EQ(fault("a,price\n1,2.5\n2,inf\n"), "f.csv:3: column 'price': expected a finite number, got 'inf'");
  EXPECT_EQ(fault("a,price\n1,2.5\n2,-inf\n", {.task = Task::regression}),
            "f.csv:3: column 'price': expected a finite number, got '-inf'");
  const Reading table = parse_table("a,price\n1,2.5\n2,inf\n", priced());
  EXPECT_EQ(table.data.targets(1, 0), std::numeric_limits<double>::infinity());
  EXPECT_EQ(table.words, (Names{"1 rows without an answer, left out of the scores"}));
}

TEST(Answers, OfARegressionMayBeMissingWhereAModelGivesThem) {
  const Reading some = parse_table("a,price,cost\n1,,4\n2,3,5\n3,word,6\n", priced({"price", "cost"}));
  EXPECT_TRUE(std::isnan(some.data.targets(0, 0)));
  EXPECT_EQ(some.data.targets(0, 1), 4);
  EXPECT_EQ(some.words, (Names{"2 rows without an answer, left out of the scores"}));
  const Reading none = parse_table("a,price\n1,\n2,?\n", priced());
  EXPECT_TRUE(none.data.targets.empty());
  EXPECT_EQ(none.data.size(), 2);
}

TEST(Answers, OfClassesNeverSeenAreCountedAndTheFirstIsNamed) {
  TableOptions options = priced({"kind"});
  options.task = Task::classification;
  options.class_names = {"x", "y"};
  const Reading table = parse_table("a,kind\n1,z\n2,w\n3,x\n4,z\n", options);
  EXPECT_EQ(table.data.labels, (std::vector<int>{-1, -1, 0, -1}));
  EXPECT_EQ(table.words, (Names{"3 rows of a class never seen in training ('z'), left out of the scores"}));
  EXPECT_TRUE(parse_csv("a,kind\n1,z\n2,w\n", options).labels.empty());
}

TEST(Answers, WithWordsAreClassesUnlessTheRestAreFractions) {
  EXPECT_EQ(parse_csv("1,3\n2,x\n3,4\n").class_names, (Names{"3", "4", "x"}));
  EXPECT_EQ(parse_csv("1,5\n2,x\n3,4\n", {.task = Task::classification, .because = "of softmax"}).classes(), 3);
  EXPECT_NE(fault("1,0.5\n2,x\n").find("expected a number as in other rows, got 'x'"), std::string::npos);
  EXPECT_EQ(parse_csv("1,0\n2,2\n").class_names, (Names{"0", "2"})) << "few whole numbers";
  EXPECT_FALSE(parse_csv("1,0.0\n2,2.0\n").is_classification()) << "numbers as numbers are written";
}

TEST(Answers, ManyAndRareAreCountsWhetherThereAreTenKindsOrMore) {
  const auto is_classes = [](int rows, auto value) {
    std::string text = "x,y\n";
    for (int i = 0; i < rows; ++i) text += "0.5," + std::to_string(value(i)) + "\n";
    return parse_csv(text).is_classification();
  };
  EXPECT_TRUE(is_classes(10, [](int i) { return i; })) << "ten of ten";
  EXPECT_FALSE(is_classes(11, [](int i) { return i; })) << "eleven of eleven";
  EXPECT_TRUE(is_classes(55, [](int i) { return i % 11; }));
  EXPECT_FALSE(is_classes(54, [](int i) { return i % 11; }));
}

TEST(Answers, ThatAreMissingAreNoKindOfTheirOwn) {
  const TableOptions drop{.reading = {.missing = ReadingOptions::Missing::drop}};
  EXPECT_EQ(parse_csv("a,y\n1,3\n2,\n3,4\n", drop).class_names, (Names{"3", "4"}));
  EXPECT_FALSE(parse_csv("a,y\n1,1e300\n2,3\n").is_classification()) << "no whole number that a double counts to";
}

TEST(Answers, OfAnArrayAreClassesOrNumbersLikeThoseOfAText) {
  const auto read = [](const Matrix<double>& x, const TableOptions& options = {}) {
    return parse_npy_dataset(to_npy(x.view()), options, "f.npy");
  };
  EXPECT_EQ(read({{1, 0}, {2, 1}}).labels, (std::vector<int>{0, 1}));
  EXPECT_EQ(read({{1, 0}, {2, 1}}, {.task = Task::regression}).targets, (Matrix<double>{{0}, {1}}));
  EXPECT_EQ(read({{1, 0.5}, {2, 1e300}}).targets, (Matrix<double>{{0.5}, {1e300}}));
  EXPECT_EQ(read({{1, 3}, {2, 1}}, {.task = Task::features}).features(), 2);
  const double gap = std::nan("");
  EXPECT_TRUE(std::isnan(read({{gap, 1}, {2, 0}}, {.reading = {.missing = ReadingOptions::Missing::mean}}).x(0, 0)));
  EXPECT_THROW(parse_npy_dataset(to_npy(std::vector<double>{1, 2}), {}, "f.npy"), FileError) << "of one axis";
}

}  // namespace
}  // namespace gradus
