// SPDX-License-Identifier: MIT
#include "gradus/lab/data/dialect.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "gradus/lab/data/csv.hpp"
#include "src/lab/data/table.hpp"

namespace gradus {
namespace {

/// Forty rows of two features and a label, as numbers written with a point.
std::vector<std::vector<std::string>> table() {
  std::vector<std::vector<std::string>> rows;
  for (int i = 0; i < 40; ++i) {
    const double a = (i * 37 % 41 - 20) / 8.0;
    const double b = (i * 23 % 43 - 21) / 16.0;
    rows.push_back({std::to_string(a), std::to_string(b), std::to_string(i % 2)});
  }
  return rows;
}

/// The table in a dialect, under `names` if there are any.
std::string written(const std::string& separator, char decimal, std::vector<std::string> names = {"a", "b", "label"}) {
  std::string text;
  const auto add = [&](const std::vector<std::string>& cells) {
    for (std::size_t j = 0; j < cells.size(); ++j) text += (j > 0 ? separator : "") + cells[j];
    text += '\n';
  };
  if (!names.empty()) add(names);
  for (std::vector<std::string> row : table()) {
    for (std::string& cell : row)
      for (char& c : cell)
        if (c == '.') c = decimal;
    add(row);
  }
  return text;
}

std::string fault(std::string_view text, const TableOptions& options = {}) {
  try {
    parse_csv(text, options, "f.csv");
  } catch (const FileError& error) {
    return error.what();
  }
  return "read";
}

TEST(Dialect, ReadsTheSameTableInEveryDialect) {
  const Dataset expected = parse_csv(written(",", '.'));
  EXPECT_EQ(expected.size(), 40);
  for (const auto& [separator, decimal] : std::vector<std::pair<std::string, char>>{{";", '.'},
                                                                                    {";", ','},
                                                                                    {"\t", '.'},
                                                                                    {"\t", ','},
                                                                                    {"|", '.'},
                                                                                    {"|", ','},
                                                                                    {" ", '.'},
                                                                                    {"   ", '.'},
                                                                                    {" ", ','},
                                                                                    {" \t ", '.'},
                                                                                    {", ", '.'},
                                                                                    {" ; ", ','}}) {
    EXPECT_EQ(parse_csv(written(separator, decimal)), expected) << separator << decimal;
    EXPECT_EQ(parse_csv("# written by the logger\n\n" + written(separator, decimal)), expected) << separator << decimal;
    EXPECT_EQ(parse_csv(written(separator, decimal, {})).x, expected.x) << separator << decimal;
  }
  EXPECT_EQ(parse_csv("sep=;\n" + written(";", '.')), expected);
  EXPECT_EQ(parse_csv("sep=;\r\n" + written(";", ',')), expected);
}

TEST(Dialect, DoesAsItIsTold) {
  const DialectOptions tabs{.separator = ','};
  EXPECT_EQ(recognise("a;b,c\n1;2,3\n", tabs).dialect.separator, ',');
  EXPECT_EQ(recognise("1;2,5\n2;3,5\n", {.decimal = '.'}).dialect.decimal, '.');
  EXPECT_EQ(recognise("#1,2\n#3,4\n", {.comment = '\0'}).dialect.comment, '\0');
  EXPECT_FALSE(recognise("a,b\n1,2\n", {.header = false}).dialect.header);
  EXPECT_TRUE(recognise("1,2\n1,2\n", {.header = true}).dialect.header);
}

TEST(Dialect, HearsExcelsOwnLineUnlessItIsTold) {
  EXPECT_EQ(recognise("sep=;\na;b\n1;2\n", {}).dialect.separator, ';');
  EXPECT_EQ(recognise("sep=;\na,b\n1,2\n", {.separator = ','}).dialect.separator, ',');
  EXPECT_EQ(recognise("sep=;\na,b\n1,2\n", {.separator = ','}).line, 2u) << "the line is Excel's in any case";
  EXPECT_EQ(recognise("sep=|\r\na|b\r\n", {}).start, 7u);
  EXPECT_EQ(recognise("sep=|\ra|b\r", {}).start, 6u);
  for (const char* none : {"sep=;", "sep=;x\n", "sap=;\n1,2\n", "", "1,2\n"}) EXPECT_EQ(recognise(none, {}).start, 0u);
}

TEST(Dialect, TakesASignForCommentsOnlyWhereItIsNoCell) {
  for (const char* text : {"# x\n1,2\n", "1,2\n#\n3,4\n", "1,2\r#x\r", "%x"})
    EXPECT_NE(recognise(text, {}).dialect.comment, '\0') << text;
  for (const char* text : {"#,a\n1,2\n", "#;a\n1;2\n", "#\ta\n1\t2\n", "a,#\n1,2\n"})
    EXPECT_EQ(recognise(text, {}).dialect.comment, '\0') << text;
}

TEST(Dialect, LooksAtTheBeginningOfALongText) {
  std::string rows = "a;b\n";
  while (rows.size() < 200'000) rows += "1,5;2\n";
  EXPECT_EQ(recognise(rows, {}).dialect.separator, ';');
  EXPECT_EQ(recognise(rows, {}).dialect.decimal, ',');
  EXPECT_EQ(recognise(rows + "3.5;4\n", {}).dialect.decimal, ',') << "what comes late is not seen";
  std::string line = "1";  // a line without an end
  while (line.size() < 100'000) line += "|2";
  EXPECT_EQ(recognise(line, {}).dialect.separator, '|');
}

TEST(Dialect, APointInAWordIsNoDecimalPoint) {
  EXPECT_EQ(recognise("a;b\nx.y;1,5\n", {}).dialect.decimal, ',');
  EXPECT_EQ(recognise("a;b\n1.5;1,5\n", {}).dialect.decimal, '.');
}

TEST(Dialect, AWordMayBeInAnyScript) {
  for (const char* word : {"a", "Z", "_", "\u00e4", "\u6f22", "x1"})
    EXPECT_TRUE(recognise(std::string(word) + ",b\n1,2\n3,4\n", {}).dialect.header) << word;
  for (const char* sign : {"-", "[", "@", "{", "*"})
    EXPECT_FALSE(recognise(std::string(sign) + ",1.5\n1,2\n3,4\n", {}).dialect.header) << sign;
  EXPECT_FALSE(recognise("", {}).dialect.header);
  EXPECT_TRUE(recognise("a,b,c\n1,2\n3,,x\n", {}).dialect.header) << "with rows that are short, or have gaps";
}

TEST(Dialect, SaysWhatIsUnusual) {
  EXPECT_EQ(parse_table(written(",", '.')).words, std::vector<std::string>{});
  EXPECT_EQ(parse_table("% x\n" + written(";", ',')).words,
            std::vector<std::string>{"separated by semicolons, decimal commas, comments after %"});
}

TEST(Dialect, TakesNoSampleForAHeader) {
  for (const char* text :
       {"2.4,-0.3,target\n-1.2,0.3,nontarget\n0.9,-0.5,target\n",      // a class of that name
        "0.5,0.5,target\n-1.2,0.3,nontarget\n0.9,-0.5,target\n",       // two equal cells
        "1,-3.6,-0.1,-3.4\n2,-1.2,0.3,-1.6\n2,0.9,-0.5,1.5\n",         // the label first
        "0,1,2\n3,1,0\n2,2,5\n",                                       // counts of things
        "0,1\n0.1,0.9\n0.2,0.8\n",                                     // a curve from (0, 1)
        "p,x,s\ne,x,y\np,b,w\n",                                       // words alone, and again
        "1,2,4\n0.5,0.1,0.9\n0.2,0.8,0.4\n",                           // whole, but no count
        "0,1,2,-0.5\n0.1,0.2,0.3,0.4\n0.2,0.3,0.4,0.5\n",              // and beside a number that is not whole
        "-,1.5,2\n0.5,1.5,3\n", "NA,0.3,0\n0.9,-0.5,1\n0.2,0.2,0\n"})  // a sign, or a gap, above numbers
    EXPECT_FALSE(recognise(text).dialect.header) << text;
}

TEST(Dialect, TakesNoHeaderForASample) {
  for (const char* text : {"0,1,2\n-1.2,0.3,95.9\n0.9,-0.5,103.4\n",         // a pandas frame without names
                           "0,1,2,3\n-1.2,0.3,95.9,1\n0.9,-0.5,103.4,0\n",   // with a label
                           "2019,2020,2021\n-1.2,0.3,-4.0\n0.9,-0.5,3.4\n",  // years
                           "name,2019,2020,2021\nx,0.3,1.2,-4.0\ny,-0.5,0.1,3.4\n", "1,2,label\n0,1,5\n2,2,6\n",
                           ",a,b,label\n0,1.5,2,1\n1,0.5,1,0\n",  // a pandas index
                           "color,size\nred,S\nblue,M\n", "a,b\n1,x\n2,y\n", "x0,x1,label\n"})
    EXPECT_TRUE(recognise(text).dialect.header) << text;
}

TEST(Dialect, ReadsWekasFiles) {
  const std::string text =
      "% a comment\n@RELATION toy\n\n@attribute 'sepal length' real\n@ATTRIBUTE b NUMERIC\n@attribute class {red, "
      "'dark "
      "blue'}\n@DATA\n1.5,2,red\n% another\n0.5,1,'dark blue'\n";
  const Dataset data = parse_csv(text);
  EXPECT_EQ(data.feature_names, (std::vector<std::string>{"sepal length", "b"}));
  EXPECT_EQ(data.class_names, (std::vector<std::string>{"dark blue", "red"}));
  EXPECT_EQ(data.x, (Matrix<double>{{1.5, 2}, {0.5, 1}}));
  EXPECT_EQ(fault("@relation r\n@attribute a real\n@attribute b real\n@data\n1,2\n1\n"),
            "f.csv:6: expected 2 columns as in the first row, got 1");
}

TEST(Dialect, BearsWekasFilesWithoutNamesOrData) {
  EXPECT_EQ(parse_csv("@relation r\n@attribute \"a b\" real\n@attribute b\treal\n@data\n1,0\n2,1\n").feature_names,
            (std::vector<std::string>{"a b"}));
  EXPECT_EQ(fault("@relation r\n@attribute a real\n"),
            "f.csv: expected rows of comma-separated values, got an empty file");
  EXPECT_EQ(recognise("@relation r\n@attribute\n@attribute c\n@data", {}).names, (std::vector<std::string>{"", "c"}));
  EXPECT_EQ(recognise("@relation r\n@data\n1,2\n", {}).line, 3u);
  for (const char* none : {"@relations r\n1,2\n", "@rel\n", "% a comment\n", "1,@relation\n"})
    EXPECT_EQ(recognise(none, {}).dialect.quote, '"') << none;
}

TEST(Dialect, ReadsSparseRows) {
  const Dataset data = parse_csv("0 1:-1.5 3:2\n# none\n1 2:4 # here\n\n1 \n");
  EXPECT_EQ(data.x, (Matrix<double>{{-1.5, 0, 2}, {0, 4, 0}, {0, 0, 0}}));
  EXPECT_EQ(data.labels, (std::vector<int>{0, 1, 1}));
  EXPECT_EQ(fault("0 1:1 2:2\n1 2:1 1:2\n"), "f.csv:2: expected ascending index:value, indices from 1, got '1:2'");
  EXPECT_EQ(fault("0 1:1\n1 0:1\n"), "f.csv:2: expected ascending index:value, indices from 1, got '0:1'");
  const std::string most = "f.csv: expected a sparse table of at most 100000 columns and 1073741824 cells, got ";
  EXPECT_EQ(fault("0 99999999:1\n1 1:1\n"), most + "99999999 columns of 2 rows");
  std::string many = "0 100000:1\n\n";
  for (int row = 2; row <= 10738; ++row) many += "1 1:1\n";  // 100,000 columns of so many are more than 2^30 cells
  EXPECT_EQ(fault(many), most + "100000 columns of 10738 rows");
}

TEST(Dialect, NamesFilesOfOtherKindsAndWhatToDo) {
  using namespace std::string_view_literals;
  for (const auto& [bytes, words] : std::vector<std::pair<std::string_view, std::string>>{
           {"PK\x03\x04 !"sv, "a zip archive, as Excel and LibreOffice write their workbooks: save the sheet as CSV"},
           {"\xd0\xcf\x11\xe0\xa1"sv, "an old Excel workbook: save the sheet as CSV"},
           {"PAR1\x15"sv, "a Parquet file: in Python: pandas.read_parquet"},
           {"ARROW1\0\0"sv, "a Feather (Arrow) file: in Python: pandas.read_feather"},
           {"\x93NUMPY\x01\0"sv, "a NumPy array: give the file a name that ends in .npy"},
           {"[{\"a\": 1}]"sv, "JSON: in Python: pandas.read_json"},
           {"{\n\"a\": [1]}"sv, "JSON: in Python: pandas.read_json"},
           {"<!DOCTYPE html>"sv, "a page of HTML or XML"},
           {"BZh91AY"sv, "a file packed by bzip2: bunzip2 FILE"},
           {"\x80\x04\x95"sv, "a pickle of Python, which is never executed here"}})
    EXPECT_NE(fault(bytes).find("got " + words), std::string::npos) << fault(bytes);
}

TEST(Dialect, UnpacksGzipAndSaysWhereItIsDamaged) {
  constexpr std::array<unsigned char, 42> packed{0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x4b,
                                                 0xd4, 0x49, 0xd2, 0xc9, 0x49, 0x4c, 0x4a, 0xcd, 0xe1, 0x32, 0xd4,
                                                 0x31, 0xd2, 0x31, 0xe0, 0x32, 0xd6, 0x31, 0xd1, 0x31, 0xe4, 0x02,
                                                 0x00, 0x48, 0x6b, 0xf7, 0xe6, 0x16, 0x00, 0x00, 0x00};
  const std::string bytes(reinterpret_cast<const char*>(packed.data()), packed.size());
  const Dataset plain = parse_csv("a,b,label\n1,2,0\n3,4,1\n");
  EXPECT_EQ(parse_csv(bytes), plain);
  EXPECT_EQ(fault(bytes + bytes, {.reading = {{.header = true}}}),
            "f.csv:4: column 'a': expected a number, got 'a' (words in a, b: --encode one-hot takes them as "
            "categories, --drop "
            "a,b leaves them out)");  // one behind the other
  for (std::size_t n = 2; n < bytes.size(); ++n)
    EXPECT_EQ(fault(bytes.substr(0, n)), "f.csv: expected a whole file of gzip, got one that is cut off") << n;
  std::string changed = bytes;
  changed[bytes.size() - 6] ^= 1;  // of the checksum
  EXPECT_EQ(fault(changed), "f.csv: expected a file of gzip, got one that is damaged");
}

TEST(Dialect, HoldsToEveryPrefixOfEveryKind) {
  for (const std::string& whole : std::vector<std::string>{
           written(";", ','), "sep=;\n" + written(";", '.'),
           "@relation r\n@attribute 'a b' real\n@attribute b {x,y}\n@data\n1,x\n", std::string("# c\n#\n%\n1 2\t3\n")})
    for (std::size_t n = 0; n <= std::min<std::size_t>(whole.size(), 200); ++n) {
      const std::string message = fault(whole.substr(0, n));
      EXPECT_EQ(message.find('\n'), std::string::npos);
    }
}

TEST(Dialect, NamesSeparatorsAndTakesTheirNames) {
  for (const char c : {',', ';', '\t', '|', ' ', ':', '~'})
    EXPECT_EQ(parse_separator(c == ':' || c == '~' ? std::string(1, c) : separator_name(c)), c);
  EXPECT_EQ(parse_separator("\\t"), '\t');
  EXPECT_EQ(separator_name('~'), "'~'");
  for (const char* bad : {"", "ab", "1", ".", "\"", "-", "\n", "\r", "e"})
    EXPECT_THROW(parse_separator(bad), ValueError) << bad;
}

TEST(Dialect, ANumberWithADecimalCommaHasNoPointAndAnEnd) {
  using table::NumberKind;
  double value = 0;
  EXPECT_EQ(table::parse_number("1,5", value, ','), NumberKind::finite);
  EXPECT_EQ(value, 1.5);
  EXPECT_EQ(table::parse_number("1.5", value, ','), NumberKind::none);
  EXPECT_EQ(table::parse_number("1." + std::string(98, '0'), value, ','), NumberKind::none);
  EXPECT_EQ(table::parse_number("2," + std::string(62, '0'), value, ','), NumberKind::finite);
  EXPECT_EQ(value, 2);
  for (const std::size_t zeros : {63U, 64U, 5000U})
    EXPECT_EQ(table::parse_number("3," + std::string(zeros, '0'), value, ','), NumberKind::none) << zeros;
}

}  // namespace
}  // namespace gradus
