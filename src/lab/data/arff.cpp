// SPDX-License-Identifier: MIT
#include "src/lab/data/arff.hpp"

#include <algorithm>
#include <string>

#include "src/lab/data/table.hpp"

namespace gradus::table {
namespace {

constexpr std::string_view kBlanks = " \t";

/// Whether a line begins with a word, in letters of either case, and a blank or nothing behind it.
bool begins(std::string_view line, std::string_view word) {
  const auto same = [](char a, char b) { return (a >= 'A' && a <= 'Z' ? a - 'A' + 'a' : a) == b; };
  return line.size() >= word.size() &&
         std::equal(word.begin(), word.end(), line.begin(), [&](char b, char a) { return same(a, b); }) &&
         (line.size() == word.size() || kBlanks.find(line[word.size()]) != std::string_view::npos);
}

std::string_view without_blanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

/// `'sepal length' REAL`: the name, without its quotes.
std::string attribute_name(std::string_view declaration) {
  if (declaration.empty()) return "";
  const char quote = declaration[0];
  if (quote != '\'' && quote != '"') return std::string(declaration.substr(0, declaration.find_first_of(kBlanks)));
  return std::string(declaration.substr(1, declaration.find(quote, 1) - 1));
}

/// Goes through the lines of a text that are neither blank nor comments.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {}
  bool next(std::string_view& line) {
    while (at_ < text_.size()) {
      const std::size_t end = std::min(text_.find('\n', at_), text_.size());
      line = without_blanks(text_.substr(at_, end - at_));
      at_ = std::min(end + 1, text_.size());
      ++number_;
      if (!line.empty() && line[0] != '%') return true;
    }
    return false;
  }
  std::size_t behind() const { return at_; }
  std::size_t number() const { return number_; }

 private:
  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t number_ = 0;
};

}  // namespace

bool is_arff(std::string_view text) {
  Lines lines(text);
  std::string_view line;
  return lines.next(line) && begins(line, "@relation");
}

Layout arff_layout(std::string_view text) {
  Layout layout;
  layout.dialect.comment = '%';
  layout.dialect.quote = '\'';
  Lines lines(text);
  for (std::string_view line; lines.next(line);) {
    if (begins(line, "@attribute"))
      layout.names.push_back(attribute_name(without_blanks(line.substr(std::string_view("@attribute").size()))));
    if (!begins(line, "@data")) continue;
    layout.start = lines.behind();
    layout.line = lines.number() + 1;
    break;
  }
  if (layout.start == 0) layout.start = text.size();  // no @data: no rows, as the reader will say
  return layout;
}

}  // namespace gradus::table
