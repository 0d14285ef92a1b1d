// SPDX-License-Identifier: MIT
#include "gradus/lab/data/csv.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <clocale>
#include <cmath>
#include <filesystem>
#include <limits>

#include "gradus/data/makers.hpp"
#include "gradus/lab/data/real.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/random/random_state.hpp"

namespace gradus {
namespace {

using Task = TableOptions::Task;

/// The message of the error that reading a text gives; "read" if it gives none.
std::string fault(std::string_view text, const TableOptions& options = {}) {
  try {
    parse_csv(text, options, "f.csv");
  } catch (const FileError& error) {
    return error.what();
  }
  return "read";
}

TEST(Csv, ReadsAHeaderFeaturesAndClasses) {
  const Dataset data = parse_csv("height,width,label\n1,2.5,cat\n-3e2,0.25,ant\n4,5,cat\n");
  EXPECT_EQ(data.x, (Matrix<double>{{1, 2.5}, {-300, 0.25}, {4, 5}}));
  EXPECT_EQ(data.feature_names, (std::vector<std::string>{"height", "width"}));
  EXPECT_EQ(data.class_names, (std::vector<std::string>{"ant", "cat"}));
  EXPECT_EQ(data.labels, (std::vector<int>{1, 0, 1}));
  EXPECT_TRUE(data.targets.empty());
}

TEST(Csv, ReadsTheSameWithoutAHeaderWithAMarkAndWithAnyLineEnd) {
  const Dataset expected = parse_csv("x0,x1,label\n1,2,0\n3,4,1\n");
  for (const std::string text :
       {"1,2,0\n3,4,1\n", "1,2,0\n3,4,1", "1,2,0\r\n3,4,1\r\n", "1,2,0\r3,4,1\r",
        "\xEF\xBB\xBFx0,x1,label\r\n1,2,0\r\n3,4,1\r\n",
        "\xEF\xBB\xBF"
        "1,2,0\n3,4,1",
        "\n\n1,2,0\n\n  \n3,4,1\n\n", " 1 ,\t2, 0 \n+3,4.0,1", "\"1\",\"2\",\"0\"\n3,4,\"1\"\n"})
    EXPECT_EQ(parse_csv(text), expected) << text;
}

TEST(Csv, FindsTheTargetByItsName) {
  EXPECT_EQ(parse_csv("label,a\n0,1\n1,2\n").feature_names, (std::vector<std::string>{"a"}));
  EXPECT_EQ(parse_csv("a,target,b\n0,1,5\n1,2,6\n").feature_names, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(parse_csv("y,a\n0,1\n1,2\n").feature_names, (std::vector<std::string>{"a"}));
  EXPECT_EQ(parse_csv("x,y,kind\n0,1,5\n1,2,6\n").feature_names, (std::vector<std::string>{"x", "y"}));
  EXPECT_EQ(parse_csv("a,b,label\n0,1,5\n1,2,6\n", {.target = "a"}).feature_names,
            (std::vector<std::string>{"b", "label"}));
  EXPECT_EQ(parse_csv("1,2,label\n0,1,5\n", {.reading = {{.header = true}}}).feature_names,
            (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(parse_csv("1,2,label\n0,1,5\n").feature_names, (std::vector<std::string>{"1", "2"}));
}

TEST(Csv, TellsClassesFromNumbersAndDoesAsItIsTold) {
  EXPECT_EQ(parse_csv("1,10\n1,9\n1,-1\n").class_names, (std::vector<std::string>{"-1", "9", "10"}));
  EXPECT_EQ(parse_csv("1,01\n1,+1\n1,2\n").class_names, (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(parse_csv("1,b10\n1,b9\n1,7\n").class_names, (std::vector<std::string>{"7", "b10", "b9"}));
  const Dataset numbers = parse_csv("1,10\n1,9.5\n");
  EXPECT_FALSE(numbers.is_classification());
  EXPECT_EQ(numbers.targets, (Matrix<double>{{10}, {9.5}}));
  EXPECT_EQ(parse_csv("1,10\n1,9\n", {.task = Task::regression}).targets, (Matrix<double>{{10}, {9}}));
  EXPECT_EQ(parse_csv("1,10\n1,9.5\n", {.task = Task::classification}).classes(), 2);
}

TEST(Csv, TakesTheNumbersOfKnownClassesAndRefusesALabelNeverSeen) {
  const TableOptions known{.class_names = {"cat", "ant", "dog"}};
  EXPECT_EQ(parse_csv("1,dog\n2,cat\n", known).labels, (std::vector<int>{2, 0}));
  EXPECT_EQ(parse_csv("1,dog\n2,cat\n", known).class_names, known.class_names);
  EXPECT_EQ(fault("x0,label\n1,dog\n2,cow\n", known),
            "f.csv:3: column 'label': expected one of the known classes (cat, ant, dog), got 'cow'");
  EXPECT_EQ(parse_csv("1,01\n", {.class_names = {"0", "1"}}).labels, (std::vector<int>{1}));
}

TEST(Csv, ReadsFeaturesAloneWhereAModelKnowsHowManyThereAre) {
  const TableOptions two{.features = 2};
  const Dataset alone = parse_csv("1,2\n3,4\n", two);
  EXPECT_EQ(alone.x, (Matrix<double>{{1, 2}, {3, 4}}));
  EXPECT_TRUE(alone.labels.empty() && alone.targets.empty());
  EXPECT_EQ(parse_csv("1,2,0\n3,4,1\n", two).labels.size(), 2u);
  EXPECT_EQ(fault("1\n", two), "f.csv: expected 2 features, or 3 columns with the target, got 1 columns");
  EXPECT_EQ(fault("a,label\n1,2\n", two), "f.csv: expected 2 features, or 3 columns with the target, got 2 columns");
  EXPECT_EQ(parse_csv("1,2,3\n", {.task = Task::features}).features(), 3);
}

TEST(Csv, UndoesQuotes) {
  const Dataset data = parse_csv("\"a,b\",\"say \"\"x\"\"\",label\n\"1\",2,\"two\r\nlines\"\n3,4,\"\"\"\"\n");
  EXPECT_EQ(data.feature_names, (std::vector<std::string>{"a,b", "say \"x\""}));
  EXPECT_EQ(data.class_names, (std::vector<std::string>{"\"", "two\nlines"}));
  EXPECT_EQ(parse_csv(to_csv(data)), data);
}

TEST(Csv, NamesTheFileWithoutRows) {
  for (const std::string text : {"", "\n\n", "\xEF\xBB\xBF", "  \r\n"})
    EXPECT_EQ(fault(text), "f.csv: expected rows of comma-separated values, got an empty file") << text;
  EXPECT_EQ(fault("x0,x1,label\n"), "f.csv: expected rows under the header, got none");
}

TEST(Csv, NamesTheLineOfARowOfAnotherWidth) {
  EXPECT_EQ(fault("x0,x1,label\n1,2,0\n\n1,2\n"), "f.csv:4: expected 3 columns as in the first row, got 2");
  EXPECT_EQ(fault("1,2,0\r\n1,2,0,\r\n"), "f.csv:2: expected 3 columns as in the first row, got 4");
  EXPECT_EQ(fault(",a,l\n1,2,3,4\n"), "f.csv:2: expected 3 columns as in the first row, got 4") << "R leaves it out";
  EXPECT_EQ(fault("a,b,label\n1,2,\"two\nlines\"\n1\n"), "f.csv:4: expected 3 columns as in the first row, got 1");
}

TEST(Csv, NamesTheLineAndColumnOfACellThatIsNoNumber) {
  EXPECT_EQ(
      fault("x0,x1,label\n1,2,0\n1,two,0\n"),
      "f.csv:3: column 'x1': expected a number, got 'two' (words in x1: --encode one-hot takes them as categories, "
      "--drop x1 leaves the column out)");
  const std::string gaps = " (gaps in 1 of 2 rows: --missing drop leaves them out, mean or median fills them)";
  EXPECT_EQ(fault("1,2,0\n1,,0\n"), "f.csv:2: column '2': expected a number, got an empty cell" + gaps);
  EXPECT_EQ(fault("1,2,0\n1,nan,0\n"), "f.csv:2: column '2': expected a number, got 'nan'" + gaps);
  EXPECT_EQ(fault("1,-inf,0\n"), "f.csv:1: column '2': expected a finite number, got '-inf'");
  EXPECT_EQ(fault("NaN,1,0\n1,2,0\n"), "f.csv:1: column '1': expected a number, got 'NaN'" + gaps);
  for (const std::string cell : {"1.5x", "1,5x", "0x10", "1e999", "--1", "+-1", "1 2", "+", "."})
    EXPECT_NE(fault("1,0\n" + cell + ",0\n"), "read") << cell;
}

TEST(Csv, NamesTheLineOfATargetThatIsNoLabelOrNumber) {
  const std::string gaps = " (gaps in 1 of 2 rows: --missing drop leaves them out, mean or median fills them)";
  EXPECT_EQ(fault("x0,label\n1,0\n2,\n"), "f.csv:3: column 'label': expected an answer, got an empty cell" + gaps);
  EXPECT_EQ(fault("1,0\n2,nan\n"), "f.csv:2: column '2': expected an answer, got 'nan'" + gaps);
  EXPECT_EQ(
      fault("1,0.5\n2,cat\n"),
      "f.csv:2: column '2': expected a number as in other rows, got 'cat' (--task classification takes each for a "
      "class)");
  EXPECT_EQ(fault("1,0.5\n2,cat\n", {.task = Task::regression}),
            "f.csv:2: column '2': expected a finite number, got 'cat' (--task classification takes each for a class, "
            "--target names another column)");
}

TEST(Csv, NamesAColumnThatIsMissing) {
  EXPECT_EQ(fault("a,b\n1,2\n", {.target = "c"}), "f.csv: expected a column 'c', got a, b");
  EXPECT_EQ(fault("1,2\n", {.target = "c"}),
            "f.csv: expected a header with a column 'c', got a file without a header of 2 columns, whose numbers count "
            "from 1 "
            "(--header takes the first row for their names)");
  EXPECT_EQ(fault("1\n2\n"), "f.csv: expected a feature and the target, got 1 column");
  EXPECT_EQ(fault("a,,label\n1,2,3\n"),
            "f.csv:1: expected a name for every column, got none for column 2 (--no-header takes the first row for a "
            "sample)");
  EXPECT_EQ(fault("a,a,label\n1,2,3\n"),
            "f.csv:1: expected different column names, got 'a' twice (--no-header takes the first row for a sample)");
}

TEST(Csv, NamesTheLineOfAQuoteThatGoesWrong) {
  EXPECT_EQ(fault("1,2,0\n1,\"2,0\n3,4,1\n"), "f.csv:2: expected a closing quote, got the end of the file");
  EXPECT_EQ(fault("1,\"2\"3,0\n"), "f.csv:1: expected a comma after a closing quote, got '3'");
  EXPECT_EQ(fault("gr\xF6\xDF"
                  "e,b,label\n1,2,a\n"),
            "f.csv:1: expected text in UTF-8, got the byte 0xf6 (convert it: iconv -f LATIN1 -t UTF-8)");
  EXPECT_EQ(fault("a,b,label\n1,2,K\xC3\xB6ln\n1,3,K\xF6ln\n"),
            "f.csv:3: expected text in UTF-8, got the byte 0xf6 (convert it: iconv -f LATIN1 -t UTF-8)");
  EXPECT_EQ(fault("\xFF\xFE"
                  "1\0,\0"),
            "f.csv: expected text in UTF-8, got UTF-16 (its byte order mark): iconv -f UTF-16 -t UTF-8");
}

TEST(Csv, KeepsItsMessagesOnOneLine) {
  const std::string message = fault("1,0\n\"a\nb\x01" + std::string(1000, 'c') + "\",0\n");
  EXPECT_EQ(message.find('\n'), std::string::npos);
  EXPECT_LT(message.size(), 200u);
}

TEST(Csv, WritesSeventeenDigitsAndReadsBackTheSameBits) {
  RandomState random(3);
  for (const Index samples : {1, 2, 97}) {
    Dataset data = make_blobs({.samples = samples, .features = 3, .centers = 2}, random);
    for (double& value : data.x.values()) value = std::ldexp(value, static_cast<int>(random.randint(-1074, 900)));
    if (samples == 1) data.class_names.pop_back();  // the file cannot know of a class without a sample
    data.x(0, 0) = std::numeric_limits<double>::denorm_min();
    data.x(0, 1) = -std::numeric_limits<double>::max();
    data.x(0, 2) = -0.0;
    const std::string csv = to_csv(data);
    const Dataset again = parse_csv(csv);
    EXPECT_EQ(again, data);
    EXPECT_TRUE(std::signbit(again.x(0, 2)));
    EXPECT_EQ(to_csv(again), csv);
  }
}

TEST(Csv, KeepsARegressionARegression) {
  Dataset data;
  data.x = Matrix<double>{{0.1}, {0.2}, {0.3}};
  data.targets = Matrix<double>{{1}, {-2}, {1e300}};
  data.feature_names = {"x0"};
  data.target_names = {"y"};
  EXPECT_EQ(to_csv(data),
            "x0,y\n0.10000000000000001,1.0\n0.20000000000000001,-2.0\n0.29999999999999999,1.0000000000000001e+300\n");
  EXPECT_EQ(parse_csv(to_csv(data)), data);
}

TEST(Csv, QuotesWhatWouldBeReadAsSomethingElse) {
  Dataset data;
  data.x = Matrix<double>{{1}, {2}, {3}, {4}, {5}, {6}};
  data.class_names = {"plain", "", " before", "behind\t", "a,b", "a\"b"};
  data.labels = {0, 1, 2, 3, 4, 5};
  const std::string csv = to_csv(data);
  EXPECT_EQ(csv, "x0,label\n1,plain\n2,\"\"\n3,\" before\"\n4,\"behind\t\"\n5,\"a,b\"\n6,\"a\"\"b\"\n");
  data.labels[0] = 6;
  EXPECT_THROW(to_csv(data), ValueError);
  data.labels[0] = -1;
  EXPECT_THROW(to_csv(data), ValueError);
  EXPECT_EQ(to_csv(Dataset{}), "");
}

TEST(Csv, NamesColumnsOfItsOwnWhereThereAreNone) {
  Dataset data;
  data.x = Matrix<double>{{1, 2}};
  data.feature_names = {"a"};
  data.targets = Matrix<double>{{0.5, 3}};
  data.target_names = {"t"};
  data.weights = {0.25};
  EXPECT_EQ(to_csv(data), "a,x1,t,y1,weight\n1,2,0.5,3.0,0.25\n");
  Dataset classes;
  classes.x = Matrix<double>{{1}};
  classes.class_names = {"u", "v"};
  classes.labels = {1};
  classes.label_name = "kind";
  EXPECT_EQ(to_csv(classes), "x0,kind\n1,v\n");
}

TEST(Csv, WritesAFileAndNamesItsPathInErrors) {
  const std::string path = ::testing::TempDir() + "gradus_csv_" + std::to_string(::getpid()) + ".csv";
  const Dataset iris = load_iris();
  write_csv(iris, path);
  EXPECT_EQ(read_csv(path), iris);
  write_file(path, "1,2\n1\n");
  try {
    read_csv(path);
    ADD_FAILURE() << "read a short row";
  } catch (const FileError& error) {
    EXPECT_EQ(error.what(), path + ":2: expected 2 columns as in the first row, got 1");
  }
  std::filesystem::remove(path);
  EXPECT_THROW(read_csv(path), FileError);
  EXPECT_THROW(write_csv(iris, "/nowhere/at/all.csv"), FileError);
}

TEST(Csv, ReadsAndWritesTheSameUnderAGermanLocale) {
  const Dataset data = parse_csv("x0,label\n1.5,0\n2.25,1\n");
  const std::string csv = to_csv(data);
  const std::string before = std::setlocale(LC_ALL, nullptr);
  if (!std::setlocale(LC_ALL, "de_DE.UTF-8")) GTEST_SKIP() << "no locale de_DE.UTF-8 here";
  EXPECT_EQ(to_csv(data), csv);
  EXPECT_EQ(parse_csv(csv), data);
  std::setlocale(LC_ALL, before.c_str());
}

TEST(Csv, ReadsAnyPrefixAndAnyChangedByteOrSaysWhyNot) {
  const std::string whole =
      "\xEF\xBB\xBF"
      "x0,\"x \"\"1\",label\r\n1.5,\"-2e3\",cat\r\n3,4,\"d,og\"\r\n";
  const auto survives = [](const std::string& text) {
    try {
      parse_csv(text);
    } catch (const FileError& error) {
      EXPECT_EQ(std::string(error.what()).find('\n'), std::string::npos);
    }
  };
  for (std::size_t n = 0; n <= whole.size(); ++n) survives(whole.substr(0, n));
  for (std::size_t i = 0; i < whole.size(); ++i)
    for (const char byte : {'\x00', '\x7F', '\x80', '\xFF', '"', ',', '\n', '\r'}) {
      std::string changed = whole;
      changed[i] = byte;
      survives(changed);
    }
}

TEST(CheckTrainable, SaysWhichPartIsMissing) {
  const auto message = [](const Dataset& data) {
    try {
      check_trainable(data);
    } catch (const ValueError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  Dataset data;
  data.x = Matrix<double>(2, 0);
  EXPECT_EQ(message(data), "[data] expected at least one feature, got none");
  data.x = Matrix<double>{{1}, {2}};
  data.class_names = {"a", "b"};
  EXPECT_EQ(message(data), "[data] expected samples of at least two classes, got no labels");
  data.labels = {1, 1};
  EXPECT_EQ(message(data), "[data] expected samples of at least two classes, got only 'b'");
  data.x(1, 0) = std::nan("");
  EXPECT_EQ(message(data), "[data] expected finite numbers, got nan (sample 1, feature 0)");
  data.labels = {0, 1};
  EXPECT_NO_THROW(check_trainable(data, true)) << "gaps are to be filled";
  data.x(1, 0) = std::numeric_limits<double>::infinity();
  EXPECT_THROW(check_trainable(data, true), ValueError);
}

TEST(CheckTrainable, RefusesWhatNothingCanBeLearnedFrom) {
  const auto message = [](const Dataset& data) {
    try {
      check_trainable(data);
    } catch (const ValueError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(message(load_iris()), "");
  EXPECT_EQ(message(parse_csv("1,0.5\n")), "");
  EXPECT_EQ(message({}), "[data] expected samples to train on, got none");
  EXPECT_EQ(message(parse_csv("1,cat\n2,cat\n")), "[data] expected samples of at least two classes, got only 'cat'");
  EXPECT_EQ(message(parse_csv("1,2\n", {.task = Task::features})),
            "[data] expected a target column to train towards, got features only");
  Dataset data = parse_csv("1,0\n2,1\n");
  data.x(1, 0) = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(message(data), "[data] expected finite numbers, got nan (sample 1, feature 0)");
}

}  // namespace
}  // namespace gradus
