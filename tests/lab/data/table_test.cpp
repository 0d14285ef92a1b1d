// SPDX-License-Identifier: MIT
// Which columns of a table are what, and what becomes of words and gaps in them.
#include "gradus/lab/data/table.hpp"

#include <gtest/gtest.h>

#include <cmath>

#include "gradus/lab/data/csv.hpp"
#include "gradus/lab/data/npy.hpp"

namespace gradus {
namespace {

using Names = std::vector<std::string>;
using Missing = ReadingOptions::Missing;
using Task = TableOptions::Task;

TableOptions reading(ReadingOptions options) { return {.reading = std::move(options)}; }

std::string fault(std::string_view text, const TableOptions& options = {}) {
  try {
    parse_csv(text, options, "f.csv");
  } catch (const FileError& error) {
    return error.what();
  }
  return "read";
}

const std::string kTable = "id,a,b1,b2,kind\n1,0.5,1,2,x\n2,1.5,3,4,y\n3,2.5,5,6,x\n";

TEST(Table, TakesTheColumnsThatAreAskedFor) {
  EXPECT_EQ(parse_csv(kTable, reading({.features = "b*"})).feature_names, (Names{"b1", "b2"}));
  EXPECT_EQ(parse_csv(kTable, reading({.features = "b2, a"})).feature_names, (Names{"b2", "a"}));
  EXPECT_EQ(parse_csv(kTable, reading({.features = " b2 , a  "})).feature_names, (Names{"b2", "a"}));
  EXPECT_EQ(parse_csv(kTable, reading({.features = "2,4"})).feature_names, (Names{"a", "b2"}));
  EXPECT_EQ(parse_csv(kTable, reading({.drop = "id"})).feature_names, (Names{"a", "b1", "b2"}));
  EXPECT_EQ(parse_csv(kTable, reading({.drop = "id,b*"})).feature_names, (Names{"a"}));
  EXPECT_EQ(parse_csv(kTable, reading({.drop = "kind"})).target_names, Names{});  // b2: whole numbers, and few
  EXPECT_EQ(parse_csv(kTable, reading({.drop = "kind"})).label_name, "b2");
  EXPECT_EQ(parse_csv("a,\"x,y\",l\n1,2,0\n2,3,1\n", reading({.features = "x,y"})).feature_names, (Names{"x,y"}));
  EXPECT_EQ(fault(kTable, reading({.features = "c*"})), "f.csv: expected a column 'c*', got id, a, b1, b2, kind");
  EXPECT_EQ(fault(kTable, reading({.drop = "kinds"})),
            "f.csv: expected a column 'kinds', got id, a, b1, b2, kind; did you mean kind?");
}

TEST(Table, TakesSeveralTargetsAndTargetsByNumber) {
  const Dataset two = parse_csv("x,y1,y2\n1,2,3\n2,4,6\n", {.target = "y1,y2"});
  EXPECT_EQ(two.target_names, (Names{"y1", "y2"}));
  EXPECT_EQ(two.targets, (Matrix<double>{{2, 3}, {4, 6}}));
  const Dataset first = parse_csv("2,0.5,1.5\n3,0.2,2.5\n2,0.1,0.5\n", {.target = "1"});
  EXPECT_EQ(first.class_names, (Names{"2", "3"}));
  EXPECT_EQ(first.size(), 3);
  EXPECT_EQ(parse_csv("1,0.5,1.5\n3,0.2,2.5\n", {.target = "1"}).size(), 2);  // its own name is in the first row
  EXPECT_EQ(fault("x,y1,y2\n1,a,3\n2,4,6\n", {.target = "y1,y2"}).substr(0, 52),
            "f.csv:2: column 'y1': expected a finite number, got ");
}

TEST(Table, LeavesTheRowsNamesOutWithAWord) {
  for (const std::string name : {"", "rownames", "row.names", "Unnamed: 0"}) {
    const Reading table = parse_table(name + ",a,label\nMazda,1,0\nFiat,2,1\n");
    EXPECT_EQ(table.data.feature_names, (Names{"a"})) << name;
    EXPECT_EQ(table.words.size(), 1u) << name;
    EXPECT_EQ(table.words[0].substr(0, 9), "left out:") << name;
  }
  EXPECT_EQ(parse_csv("a b label\nMazda 1 2 0\nFiat 2 1 1\n").feature_names, (Names{"a", "b"}));  // as R writes them
  EXPECT_EQ(parse_csv("rownames,a,label\n1,1,0\n2,2,1\n", reading({.features = "rownames,a"})).features(), 2);
}

TEST(Table, MakesInputsOfCategories) {
  const std::string text = "color,size,n,label\nred,S,1,0\nblue,L,2,1\nred,M,3,0\n";
  const Reading table = parse_table(text, reading({.encode = "color,size:S<M<L"}));
  EXPECT_EQ(table.data.feature_names, (Names{"color=blue", "color=red", "size", "n"}));
  EXPECT_EQ(table.data.x, (Matrix<double>{{0, 1, 0, 1}, {1, 0, 2, 2}, {0, 1, 1, 3}}));
  EXPECT_EQ(parse_csv(text, reading({.encode = "one-hot"})).features(), 6);
  EXPECT_EQ(parse_csv(text, reading({.encode = "one-hot,n"})).features(), 8);
  EXPECT_EQ(
      fault(text),
      "f.csv:2: column 'color': expected a number, got 'red' (words in color, size: --encode one-hot takes them as "
      "categories, --drop color,size leaves them out)");
  EXPECT_EQ(fault(text, reading({.encode = "size:S<M,color"})), "f.csv: column 'size': expected one of S < M, got 'L'");
  EXPECT_EQ(fault(text, reading({.encode = "shape"})).substr(0, 50),
            "f.csv: expected a feature to encode, got 'shape' (");
}

TEST(Table, NamesUpToFourColumnsWithWordsAndCountsMore) {
  EXPECT_NE(fault("a,b,c,d,l\nu,v,w,x,0\n").find(" (words in a, b, c, d: --encode"), std::string::npos);
  EXPECT_NE(fault("a,b,c,d,e,l\nu,v,w,x,y,0\n").find(" (words in 5 columns: --encode"), std::string::npos);
}

TEST(Table, TellsTheFirstCellThatCannotBeUsedAndAllRemedies) {
  EXPECT_TRUE(fault("a,b,l\n1,2,0\n1,x,1\ny,2,1\n").starts_with("f.csv:3: column 'b': expected a number, got 'x' ("));
  const std::string both = fault("a,b,l\n1,x,0\n,y,1\n,z,1\n");
  EXPECT_EQ(
      both,
      "f.csv:2: column 'b': expected a number, got 'x' (words in b: --encode one-hot takes them as categories, "
      "--drop b leaves the column out; gaps in 2 of 3 rows: --missing median or mean fills them, drop leaves them "
      "out)");
  EXPECT_EQ(fault("a,b,l\n1,inf,0\n1,2,1\n"), "f.csv:2: column 'b': expected a finite number, got 'inf'");
}

TEST(Table, OfAModelTellsWhatItWasNotToldInTraining) {
  const TableOptions options{.inputs = {{"a"}, {"b"}}, .answers = {"l"}};
  EXPECT_EQ(fault("a,b\n1,x\n", options), "f.csv:2: column 'b': expected a number as in training, got 'x'");
  EXPECT_EQ(fault("a,b\n1,\n", options),
            "f.csv:2: column 'b': expected a number, got an empty cell (the model was not told how to fill gaps: train "
            "it with --missing mean or median)");
  EXPECT_TRUE(fault("a,b,l\n1,2,\n", options).starts_with("f.csv:2: column 'l': expected an answer, got an empty"));
  const TableOptions ordered{.inputs = {{"a", {"s", "m"}, true}}, .answers_are_optional = true};
  EXPECT_NE(fault("a\ns\n?\n", ordered).find("column 'a': expected a number"), std::string::npos)
      << "of an order a gap is no category";
}

TEST(Table, TakesUpToAHundredCategoriesThatComeAgain) {
  const auto words_of = [](int kinds, int rows) {
    std::string text = "word,a,label\n";
    for (int i = 0; i < rows; ++i)
      text += "w" + std::to_string(i % kinds) + "," + std::to_string(i) + "," + std::to_string(i % 2) + "\n";
    return parse_table(text, reading({.encode = "one-hot"})).words.at(0);
  };
  EXPECT_EQ(words_of(20, 20), "encoded one-hot: word, 20 categories");
  EXPECT_EQ(words_of(21, 42), "encoded one-hot: word, 21 categories");
  EXPECT_EQ(words_of(21, 41), "left out: word, 21 different words in 41 rows (--encode word takes them)");
  EXPECT_EQ(words_of(100, 1000), "encoded one-hot: word, 100 categories");
  EXPECT_EQ(words_of(101, 1000), "left out: word, 101 different words in 1000 rows (--encode word takes them)");
  std::string names = "name,label\n";
  for (int i = 0; i < 60; ++i) names += "n" + std::to_string(i) + ",0\n";
  EXPECT_EQ(fault(names, reading({.encode = "one-hot"})),
            "f.csv: expected a feature, got only columns that are left out");
}

TEST(Table, TakesNumbersForCategoriesWhereItIsAsked) {
  const Dataset data =
      parse_csv("a,n,label\n1,2,0\n10,3,1\n9,4,0\n,5,1\n", reading({.encode = "a", .missing = Missing::mean}));
  EXPECT_EQ(data.feature_names, (Names{"a=1", "a=9", "a=10", "n"})) << "in their order as numbers";
  EXPECT_EQ(data.x, (Matrix<double>{{1, 0, 0, 2}, {0, 0, 1, 3}, {0, 1, 0, 4}, {0, 0, 0, 5}}));
  EXPECT_EQ(parse_csv("a,label\n1,0\n2.5,1\nx,1\n1.0,0\n,1\n", reading({.encode = "a", .missing = Missing::mean}))
                .feature_names,
            (Names{"a=1", "a=2.5", "a=x"}))
      << "what stood before the first word counts, each number once";
}

TEST(Table, OfAnOrderTakesAStrangerForAGap) {
  const TableOptions ordered{
      .reading = {.missing = Missing::mean}, .inputs = {{"a", {"s", "m", "l"}, true}}, .answers_are_optional = true};
  const Reading table = parse_table("a\ns\nl\nxl\n?\n", ordered);
  EXPECT_EQ(table.data.x(1, 0), 2);
  EXPECT_TRUE(std::isnan(table.data.x(2, 0)) && std::isnan(table.data.x(3, 0)));
  EXPECT_EQ(table.words, (Names{"a: 1 rows of a category never seen in training"}));
  EXPECT_EQ(fault("a,b,l\n1,,0\n2,,1\n"),
            "f.csv:2: column 'b': expected a number, got an empty cell (gaps in 2 of 2 rows: --missing median or mean "
            "fills them, drop leaves them out)");
}

TEST(Table, KnowsItsColumnsByItsCategoriesOrByItsFeatures) {
  Dataset data = parse_csv("a,b,l\n1,2,0\n2,3,1\n");
  ASSERT_EQ(columns_of(data).size(), 2u);
  EXPECT_EQ(columns_of(data)[1].name, "b");
  data.columns = {{"size", {"s", "m"}}};
  EXPECT_EQ(columns_of(data), data.columns);
}

TEST(Table, HasAnEnd) {
  InputColumn wide{"a", {}};
  for (int k = 0; k < 300'000; ++k) wide.categories.push_back(std::to_string(k));
  std::string text = "a\n";
  for (int row = 0; row < 7200; ++row) text += "7\n";
  EXPECT_EQ(fault(text, {.inputs = {wide}, .answers_are_optional = true}),
            "f.csv: expected at most 2147483648 numbers, got 7200 rows of 300000");
}

TEST(Table, LeavesOutWhatIsNoCategory) {
  std::string text = "name,a,label\n";
  for (int i = 0; i < 60; ++i)
    text += "n" + std::to_string(i) + "," + std::to_string(i) + "," + std::to_string(i % 2) + "\n";
  const Reading table = parse_table(text, reading({.encode = "one-hot"}));
  EXPECT_EQ(table.data.feature_names, (Names{"a"}));
  EXPECT_EQ(table.words, (Names{"left out: name, 60 different words in 60 rows (--encode name takes them)"}));
  EXPECT_EQ(parse_csv(text, reading({.encode = "name"})).features(), 61);
}

TEST(Table, TakesEverySignOfAGapForTheSame) {
  for (const std::string gap : {"", "NA", "NaN", "nan", "?", "N/A", "null", "NULL", "<NA>", "\"\""}) {
    const std::string text = "a,b,label\n1,2,0\n" + gap + ",3,1\n4,5,0\n";
    EXPECT_EQ(parse_csv(text, reading({.missing = Missing::drop})).x, (Matrix<double>{{1, 2}, {4, 5}})) << gap;
    const Dataset gaps = parse_csv(text, reading({.missing = Missing::mean}));
    EXPECT_TRUE(std::isnan(gaps.x(1, 0))) << gap;
    EXPECT_NE(fault(text).find("(gaps in 1 of 3 rows: --missing drop leaves them out, mean or median fills them)"),
              std::string::npos)
        << fault(text);
  }
}

TEST(Table, LeavesOutRowsWithoutAnAnswerAndColumnsWithoutAValue) {
  const std::string text = "a,b,c,label\n1,,2,0\n,,3,NA\n4,,5,1\n";
  const Reading table = parse_table(text, reading({.missing = Missing::median}));
  EXPECT_EQ(table.data.feature_names, (Names{"a", "c"}));
  EXPECT_EQ(table.data.size(), 2);
  EXPECT_EQ(table.words, (Names{"left out: b, without any value", "1 of 3 rows left out for their gaps"}));
  EXPECT_EQ(fault("a,label\nNA,1\n2,NA\n", reading({.missing = Missing::drop})),
            "f.csv: expected rows without a gap, got none among 2 (--missing median or mean fills gaps)");
}

TEST(Table, FillsGapsFromTheSamplesThatItIsFittedOn) {
  const double none = std::nan("");
  const Matrix<double> x{{1, none}, {none, none}, {4, none}, {7, none}};
  EXPECT_EQ(filling_of(Filling::mean, x), (std::vector<double>{4, 0}));
  EXPECT_EQ(filling_of(Filling::median, x), (std::vector<double>{4, 0}));
  EXPECT_EQ(filling_of(Filling::median, Matrix<double>{{1}, {9}, {2}, {4}}), (std::vector<double>{3}));
  EXPECT_EQ(filled(x, std::vector<double>{4, 0}), (Matrix<double>{{1, 0}, {4, 0}, {4, 0}, {7, 0}}));
  EXPECT_EQ(filling_of(Filling::mean, Matrix<double>{{1.7e308}, {1.7e308}}), (std::vector<double>{1.7e308}));
}

TEST(Table, HearsWhatTheNetworkSaysOfTheTargets) {
  std::string prices = "x,price\n";
  for (int i = 0; i < 40; ++i) prices += std::to_string(i) + "," + std::to_string(238000 + 37 * i) + "\n";
  EXPECT_FALSE(parse_csv(prices).is_classification());
  EXPECT_FALSE(parse_csv(prices, {.outputs = 1}).is_classification());
  EXPECT_TRUE(parse_csv(prices, {.task = Task::classification}).is_classification());
  EXPECT_TRUE(parse_csv("a,b\n1,0\n2,1\n3,2\n", {.outputs = 3}).is_classification());
  EXPECT_FALSE(parse_csv("a,b\n1,0\n2,1\n3,2\n", {.outputs = 1}).is_classification());
  EXPECT_TRUE(parse_csv("a,b\n1,0\n2,1\n", {.outputs = 1}).is_classification());
  EXPECT_TRUE(parse_csv("a,b\n1,3\n2,7\n", {.outputs = 1}).is_classification()) << "of two kinds";
  EXPECT_FALSE(parse_csv("a,b\n1,3\n2,7\n3,8\n", {.outputs = 1}).is_classification());
  EXPECT_TRUE(parse_csv("a,b\n1,3\n2,7\n3,8\n", {.outputs = 1, .bounded_outputs = true}).is_classification());
  EXPECT_EQ(parse_csv("a,b\n1,0.0\n2,1.0\n").class_names, (Names{"0", "1"}));
  EXPECT_EQ(
      fault("a,b\n1,0\n2,0.5\n", {.task = Task::classification, .because = "the network ends in softmax"}),
      "f.csv:3: column 'b': expected a class, got '0.5' (the network ends in softmax; --target names another column, "
      "--task classification takes each number for a class)");
}

TEST(Table, TakesFewWholeNumbersForClassesAndManyForCounts) {
  const auto is_classes = [](int rows, auto value) {
    std::string text = "x,y\n";
    for (int i = 0; i < rows; ++i) text += "0.5," + std::to_string(value(i)) + "\n";
    return parse_csv(text).is_classification();
  };
  EXPECT_TRUE(is_classes(150, [](int i) { return i % 3; }));
  EXPECT_TRUE(is_classes(1797, [](int i) { return i % 10; }));
  EXPECT_TRUE(is_classes(520, [](int i) { return i % 26; }));
  EXPECT_TRUE(is_classes(200, [](int i) { return i < 5 ? 1 : 0; }));       // rare, but one of two
  EXPECT_FALSE(is_classes(442, [](int i) { return 25 + i * 7 % 300; }));   // of hardly any two alike
  EXPECT_FALSE(is_classes(500, [](int i) { return i < 2 ? 9 : i % 9; }));  // the tail of a count
}

TEST(Table, TakesColumnsByTheNamesThatAModelKnows) {
  TableOptions options{.inputs = {{"x1"}, {"x2"}}, .answers = {"price"}, .answers_are_optional = true};
  options.task = Task::regression;
  const Dataset data = parse_csv("x2,Id,price,x1\n2,7,10.5,1\n4,8,NA,3\n", options);
  EXPECT_EQ(data.x, (Matrix<double>{{1, 2}, {3, 4}}));
  EXPECT_EQ(data.targets(0, 0), 10.5);
  EXPECT_TRUE(std::isnan(data.targets(1, 0)));
  EXPECT_TRUE(parse_csv("Id,x1,x2\n7,1,2\n", options).targets.empty());
  EXPECT_EQ(parse_table("Id,x1,x2\n7,1,2\n", options).words,
            (Names{"columns that the model does not know, left out: Id"}));
  EXPECT_EQ(parse_csv("1,2\n3,4\n", options).x, (Matrix<double>{{1, 2}, {3, 4}}));  // no header: by position
  // A model that does not say what it answers: the last column, if it is the one more, and not a feature.
  const TableOptions silent{.task = Task::regression, .inputs = options.inputs, .answers_are_optional = true};
  EXPECT_EQ(parse_csv("x1,x2,z\n1,2,3\n", silent).targets, (Matrix<double>{{3}}));
  EXPECT_TRUE(parse_csv("z,x1,x2\n3,1,2\n", silent).targets.empty());
  EXPECT_EQ(fault("x1,price\n1,2\n", options),
            "f.csv: expected the columns of training, got none named x2 (the file has x1, price)");
  EXPECT_EQ(fault("humidity,wind\n1,2\n", options),
            "f.csv: expected the columns of training, got none named x1, x2 (the file has humidity, wind)");
}

TEST(Table, CodesCategoriesAsTheModelDoes) {
  const TableOptions options{.inputs = {{"color", {"blue", "red"}}, {"n"}}, .answers_are_optional = true};
  const Reading table = parse_table("n,color\n1,red\n2,green\n3,\n", options);
  EXPECT_EQ(table.data.x, (Matrix<double>{{0, 1, 1}, {0, 0, 2}, {0, 0, 3}}));
  EXPECT_EQ(table.words, (Names{"color: 1 rows of a category never seen in training"}));
  EXPECT_EQ(parse_table("n,color\n1,red\n2,\n", options).words, Names{}) << "a gap is no stranger";
}

TEST(Table, CountsAnswersThatAreMissingOrUnknown) {
  const TableOptions options{
      .inputs = {{"a"}}, .answers = {"kind"}, .class_names = {"x", "y"}, .answers_are_optional = true};
  const Reading table = parse_table("a,kind\n1,x\n2,\n3,z\n4,y\n", options);
  EXPECT_EQ(table.data.labels, (std::vector<int>{0, -1, -1, 1}));
  EXPECT_EQ(table.words.size(), 2u);
  EXPECT_TRUE(parse_csv("a,kind\n1,\n2,?\n", options).labels.empty());
}

TEST(Table, RefusesAnIntegerThatADoubleCannotHold) {
  std::string npy = "\x93NUMPY\x01";
  const std::string header = "{'descr': '<i8', 'fortran_order': False, 'shape': (1, 1), }\n";
  npy += std::string(1, '\0') + static_cast<char>(header.size()) + std::string(1, '\0') + header;
  for (const auto& [value, good] :
       {std::pair{9007199254740992LL, true}, {9007199254740993LL, false}, {-9007199254740993LL, false}}) {
    std::string bytes = npy;
    for (int k = 0; k < 8; ++k) bytes += static_cast<char>(static_cast<unsigned long long>(value) >> (8 * k) & 0xff);
    if (good)
      EXPECT_EQ(parse_npy(bytes).values(0, 0), 9007199254740992.0);
    else
      EXPECT_THROW(parse_npy(bytes), FileError) << value;
  }
}

}  // namespace
}  // namespace gradus
