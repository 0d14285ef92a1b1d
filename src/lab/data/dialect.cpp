// SPDX-License-Identifier: MIT
#include "gradus/lab/data/dialect.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "gradus/core/error.hpp"
#include "src/core/text.hpp"
#include "src/lab/data/arff.hpp"
#include "src/lab/data/rows.hpp"

namespace gradus {
namespace {

using table::NumberKind;

constexpr std::size_t kSampleBytes = std::size_t{1} << 16;
constexpr std::size_t kSampleRows = 1000;

constexpr std::array<std::pair<char, std::string_view>, 5> kSeparators{
    {{',', "comma"}, {';', "semicolon"}, {'\t', "tab"}, {'|', "bar"}, {' ', "blank"}}};

using Rows = std::vector<std::vector<std::string>>;

/// The beginning of a text that ends with a line.
std::string_view sample_of(std::string_view text) {
  if (text.size() <= kSampleBytes) return text;
  const std::size_t end = text.find_last_of("\r\n", kSampleBytes);
  return text.substr(0, end == std::string_view::npos ? kSampleBytes : end);
}

/// The rows of a sample as a dialect reads them, to where a quote goes wrong or is cut off.
Rows rows_of(std::string_view sample, const Layout& layout) {
  const table::Source source{"sample"};
  table::RowReader reader(sample, layout, source);
  Rows rows;
  std::vector<std::string_view> cells;
  try {
    while (rows.size() < kSampleRows && reader.next(cells)) rows.emplace_back(cells.begin(), cells.end());
  } catch (const FileError&) {
  }
  return rows;
}

bool is_number(std::string_view cell, char decimal) {
  double value;
  return table::parse_number(cell, value, decimal) != NumberKind::none;
}

/// Whether a cell is a word: neither a number nor a gap, nor a sign that only stands for one.
bool is_word(std::string_view cell, char decimal) {
  const bool letters = std::any_of(cell.begin(), cell.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || static_cast<unsigned char>(c) >= 0x80;
  });
  return letters && !table::is_gap(cell) && !is_number(cell, decimal);
}

// -------------------------------------------------------------------------------------------------- separator

/// How well a separator cuts rows, to be compared: first, then second.
std::pair<double, double> fitness(const Rows& rows, char separator) {
  if (rows.empty()) return {};
  std::map<std::size_t, std::size_t> widths;
  for (const auto& row : rows) ++widths[row.size()];
  const auto usual =
      std::max_element(widths.begin(), widths.end(), [](auto& a, auto& b) { return a.second < b.second; });
  if (usual->first == 1) return {};
  std::size_t cells = 0;
  std::size_t numbers = 0;
  for (const auto& row : rows)
    for (const std::string& cell : row) {
      ++cells;
      numbers += is_number(cell, '.') || (separator != ',' && is_number(cell, ','));
    }
  return {static_cast<double>(usual->second) / static_cast<double>(rows.size()),
          static_cast<double>(numbers) / static_cast<double>(cells)};
}

char find_separator(std::string_view sample, Layout layout) {
  char best = ',';
  std::pair<double, double> most{};
  for (const auto& [separator, name] : kSeparators) {
    layout.dialect.separator = separator;
    const auto fit = fitness(rows_of(sample, layout), separator);
    if (fit > most) {
      most = fit;
      best = separator;
    }
  }
  return best;
}

/// A line of Excel's own that says the separator: `sep=;`.
void hear_excel(std::string_view text, Layout& layout, bool told) {
  if (text.size() < 6 || text.substr(0, 4) != "sep=" || (text[5] != '\r' && text[5] != '\n')) return;
  if (!told) layout.dialect.separator = text[4];
  layout.start = text.substr(5, 2) == "\r\n" ? 7 : 6;
  layout.line = 2;
}

/// A mark at the beginning of a line, with more than an empty cell behind it.
char find_comment(std::string_view sample) {
  for (std::size_t at = 0; at < sample.size(); ++at) {
    const std::size_t end = std::min(sample.find_first_of("\r\n", at), sample.size());
    const std::string_view line = sample.substr(at, end - at);
    if (!line.empty() && (line[0] == '#' || line[0] == '%') &&
        (line.size() == 1 || (line[1] != ',' && line[1] != ';' && line[1] != '\t')))
      return line[0];
    at = end;
  }
  return '\0';
}

char find_decimal(const Rows& rows, char separator) {
  if (separator == ',') return '.';
  bool comma = false;
  for (const auto& row : rows)
    for (const std::string& cell : row) {
      if (cell.find('.') != std::string::npos && is_number(cell, '.')) return '.';
      comma = comma || (cell.find(',') != std::string::npos && is_number(cell, ','));
    }
  return comma ? ',' : '.';
}

// -------------------------------------------------------------------------------------------------- header

/// What stands below the first row in one column.
struct Below {
  std::size_t cells = 0;
  std::size_t numbers = 0;
  std::size_t fractions = 0;
  bool repeats_first = false;

  bool all_numbers() const { return cells > 0 && numbers == cells; }
  bool fractional() const { return all_numbers() && 10 * fractions >= 9 * cells; }
};

Below below(const Rows& rows, std::size_t column, char decimal) {
  Below b;
  for (std::size_t i = 1; i < rows.size(); ++i) {
    if (column >= rows[i].size() || table::is_gap(rows[i][column])) continue;
    const std::string& cell = rows[i][column];
    ++b.cells;
    b.numbers += is_number(cell, decimal);
    b.fractions += is_number(cell, decimal) && cell.find(decimal) != std::string::npos;
    b.repeats_first = b.repeats_first || cell == rows[0][column];
  }
  return b;
}

/// Whether the first row counts, 0, 1, 2, ... or 2019, 2020, ..., above columns of fractions.
bool counts(const std::vector<std::string>& first, const std::vector<Below>& columns) {
  std::vector<double> numbers;
  std::size_t fractional = 0;
  for (std::size_t j = 0; j < first.size(); ++j) {
    double value;
    if (table::parse_number(first[j], value) != NumberKind::finite) continue;
    if (first[j].find_first_not_of("0123456789") != std::string::npos) return false;
    numbers.push_back(value);
    fractional += columns[j].fractional();
  }
  if (numbers.size() < 3 || 2 * fractional < numbers.size()) return false;
  for (std::size_t k = 1; k < numbers.size(); ++k)
    if (numbers[k] != numbers[0] + static_cast<double>(k)) return false;
  return true;
}

bool is_header(const Rows& rows, char decimal) {
  if (rows.empty()) return false;
  const std::vector<std::string>& first = rows[0];
  const bool no_number = std::none_of(first.begin(), first.end(), [&](auto& cell) { return is_number(cell, decimal); });
  std::vector<Below> columns;
  for (std::size_t j = 0; j < first.size(); ++j) columns.push_back(below(rows, j, decimal));
  bool numbers_below = false;
  bool repeats = false;
  for (std::size_t j = 0; j < first.size(); ++j) {
    if (is_word(first[j], decimal) && columns[j].all_numbers()) return true;
    numbers_below = numbers_below || columns[j].all_numbers();
    repeats = repeats || (is_word(first[j], decimal) && columns[j].repeats_first);
  }
  return (no_number && !repeats && !numbers_below) || counts(first, columns);
}

}  // namespace

Layout recognise(std::string_view text, const DialectOptions& options) {
  if (table::is_arff(text)) return table::arff_layout(text);
  Layout layout;
  Dialect& dialect = layout.dialect;
  const std::string_view sample = sample_of(text);
  dialect.comment = options.comment.value_or(find_comment(sample));
  if (options.separator) dialect.separator = *options.separator;
  hear_excel(text, layout, options.separator.has_value());
  if (!options.separator && layout.start == 0) dialect.separator = find_separator(sample, layout);
  const Rows rows = rows_of(sample, layout);
  dialect.decimal = options.decimal.value_or(find_decimal(rows, dialect.separator));
  dialect.header = options.header ? *options.header : is_header(rows, dialect.decimal);
  return layout;
}

std::string separator_name(char separator) {
  for (const auto& [character, name] : kSeparators)
    if (character == separator) return std::string(name);
  return in_quotes(std::string_view(&separator, 1));
}

char parse_separator(std::string_view text) {
  for (const auto& [character, name] : kSeparators)
    if (text == name) return character;
  if (text == "\\t") return '\t';
  const bool good = text.size() == 1 && text != "\"" && text != "\n" && text != "\r" &&
                    std::string_view("+-.0123456789eE").find(text[0]) == std::string_view::npos;
  if (!good)
    throw ValueError(
        fmt::format("expected comma, semicolon, tab, bar, blank or one other character, got {}", in_quotes(text)));
  return text[0];
}

std::string to_text(const Dialect& dialect) {
  std::vector<std::string> parts;
  if (dialect.separator != ',') parts.push_back("separated by " + separator_name(dialect.separator) + "s");
  if (dialect.decimal != '.') parts.push_back("decimal commas");
  if (dialect.comment != '\0') parts.push_back(fmt::format("comments after {}", dialect.comment));
  return fmt::format("{}", fmt::join(parts, ", "));
}

}  // namespace gradus
