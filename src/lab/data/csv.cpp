// SPDX-License-Identifier: MIT
#include "gradus/lab/data/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <iterator>

#include "core/text.hpp"
#include "src/lab/data/table.hpp"

namespace gradus {
namespace {

using table::NumberKind;
using table::shown;

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_line_end(char c) { return c == '\n' || c == '\r'; }

/// Takes a text apart into rows of cells.
class RowReader {
 public:
  RowReader(std::string_view text, const table::Source& source) : text_(text), source_(source) {}

  /// The cells of the next row that is not blank; false at the end. Cells live until the next call.
  bool next(std::vector<std::string_view>& cells) {
    cells.clear();
    unescaped_.clear();
    while (true) {
      skip_blanks();
      if (at_end()) return false;
      if (!is_line_end(text_[position_])) break;
      end_line();
    }
    row_line_ = line_;
    while (true) {
      cells.push_back(read_cell());
      if (at_end()) return true;
      if (is_line_end(text_[position_])) {
        end_line();
        return true;
      }
      ++position_;  // the comma
    }
  }
  /// The line on which the row last read began.
  std::size_t line() const { return row_line_; }

 private:
  bool at_end() const { return position_ == text_.size(); }
  void skip_blanks() {
    while (!at_end() && is_blank(text_[position_])) ++position_;
  }
  /// CRLF, LF and CR each end one line.
  void end_line() {
    if (text_[position_] == '\r' && position_ + 1 < text_.size() && text_[position_ + 1] == '\n') ++position_;
    ++position_;
    ++line_;
  }
  std::string_view read_cell() {
    skip_blanks();
    if (!at_end() && text_[position_] == '"') return read_quoted();
    const std::size_t start = position_;
    while (!at_end() && text_[position_] != ',' && !is_line_end(text_[position_])) ++position_;
    std::size_t end = position_;
    while (end > start && is_blank(text_[end - 1])) --end;
    return text_.substr(start, end - start);
  }
  std::string_view read_quoted() {
    const std::size_t opening_line = line_;
    std::string& cell = unescaped_.emplace_back();
    ++position_;
    while (true) {
      if (at_end()) source_.refuse_at(opening_line, "expected a closing quote, got the end of the file");
      const char c = text_[position_];
      if (c == '"' && position_ + 1 < text_.size() && text_[position_ + 1] == '"') {
        cell += '"';
        position_ += 2;
      } else if (c == '"') {
        break;
      } else if (is_line_end(c)) {
        cell += '\n';
        end_line();
      } else {
        cell += c;
        ++position_;
      }
    }
    ++position_;
    skip_blanks();
    if (!at_end() && text_[position_] != ',' && !is_line_end(text_[position_]))
      source_.refuse_at(line_, "expected a comma after a closing quote, got " + shown(text_.substr(position_, 1)));
    return cell;
  }

  std::string_view text_;
  const table::Source& source_;
  std::size_t position_ = 0;
  std::size_t line_ = 1;
  std::size_t row_line_ = 1;
  std::deque<std::string> unescaped_;
};

std::string_view without_mark(std::string_view text, const table::Source& source) {
  if (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))
    source.refuse("expected text in UTF-8, got UTF-16 (its byte order mark)");
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  return text;
}

/// A first row is a header if it names the target or has no number in it.
bool is_header(const std::vector<std::string_view>& cells, const TableOptions& options) {
  if (options.header != TableOptions::Header::detect) return options.header == TableOptions::Header::present;
  double value;
  return std::any_of(cells.begin(), cells.end(),
                     [&](std::string_view cell) {
                       return cell == "label" || cell == "target" ||
                              (!cell.empty() && (cell == options.target || cell == options.weights));
                     }) ||
         std::all_of(cells.begin(), cells.end(),
                     [&](std::string_view cell) { return table::parse_number(cell, value) == NumberKind::none; });
}

std::vector<std::string> checked_names(const std::vector<std::string_view>& cells, std::size_t line,
                                       const table::Source& source) {
  std::vector<std::string> names(cells.begin(), cells.end());
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  const auto twin = std::adjacent_find(sorted.begin(), sorted.end());
  if (sorted.front().empty())
    source.refuse_at(line, fmt::format("expected a name for every column, got none for column {}",
                                       std::find(names.begin(), names.end(), "") - names.begin() + 1));
  if (twin != sorted.end()) source.refuse_at(line, "expected different column names, got " + shown(*twin) + " twice");
  return names;
}

std::string column_name(const std::vector<std::string>& names, Index column) {
  return names.empty() ? fmt::format("{}", column + 1) : names[static_cast<std::size_t>(column)];
}

double checked_number(std::string_view cell, const std::vector<std::string>& names, Index column, std::size_t line,
                      const table::Source& source) {
  double value;
  const NumberKind kind = table::parse_number(cell, value);
  if (kind == NumberKind::finite) return value;
  source.refuse_at(line, fmt::format("column {}: expected a {}, got {}", shown(column_name(names, column)),
                                     kind == NumberKind::none ? "number" : "finite number",
                                     cell.empty() ? "an empty cell" : shown(cell)));
}

double checked_weight(std::string_view cell, const std::vector<std::string>& names, Index column, std::size_t line,
                      const table::Source& source) {
  const double weight = checked_number(cell, names, column, line, source);
  if (weight >= 0) return weight;
  source.refuse_at(line, fmt::format("column {}: expected a weight of at least 0, got {}",
                                     shown(column_name(names, column)), shown(cell)));
}

std::string target_name(const std::vector<std::string>& names, std::optional<Index> target) {
  if (!target) return "";
  return names.empty() ? "y" : names[static_cast<std::size_t>(*target)];
}

std::string quoted(const std::string& text) {
  const bool plain = !text.empty() && text.find_first_of(",\"\r\n") == std::string::npos && !is_blank(text.front()) &&
                     !is_blank(text.back());
  if (plain) return text;
  std::string cell = "\"";
  for (const char c : text) cell += c == '"' ? std::string("\"\"") : std::string(1, c);
  return cell + '"';
}

std::string header_of(const Dataset& data) {
  std::string header;
  for (Index j = 0; j < data.features(); ++j) {
    const auto named = static_cast<std::size_t>(j) < data.feature_names.size();
    header += quoted(named ? data.feature_names[static_cast<std::size_t>(j)] : fmt::format("x{}", j)) + ',';
  }
  if (data.is_classification()) header += "label,";
  for (Index j = 0; j < data.targets.cols(); ++j) {
    const auto named = static_cast<std::size_t>(j) < data.target_names.size();
    header += quoted(named ? data.target_names[static_cast<std::size_t>(j)] : fmt::format("y{}", j)) + ',';
  }
  if (!data.weights.empty()) header += "weight,";
  if (!header.empty()) header.back() = '\n';
  return header;
}

/// Names and labels go into models, pages and Python, which take UTF-8 only: another encoding is told at once, by line.
void check_encoding(std::string_view text, const table::Source& source) {
  for (std::size_t at = 0; at < text.size();) {
    if (static_cast<unsigned char>(text[at]) < 0x80) {
      ++at;
      continue;
    }
    const std::size_t bytes = first_character(text.substr(at)).bytes;
    if (bytes == 0) {
      const auto lines = std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(at), '\n');
      source.refuse_at(
          static_cast<std::size_t>(lines) + 1,
          fmt::format("expected text in UTF-8, got the byte 0x{:02x} (convert it: iconv -f LATIN1 -t UTF-8)",
                      static_cast<unsigned char>(text[at])));
    }
    at += bytes;
  }
}

}  // namespace

Dataset parse_csv(std::string_view text, const TableOptions& options, const std::string& name) {
  const table::Source source{name};
  text = without_mark(text, source);
  check_encoding(text, source);
  RowReader reader(text, source);
  std::vector<std::string_view> cells;
  if (!reader.next(cells)) source.refuse("expected rows of comma-separated values, got an empty file");
  std::vector<std::string> names;
  const std::size_t width = cells.size();
  const bool header = is_header(cells, options);
  if (header) names = checked_names(cells, reader.line(), source);
  const auto [features, target, weights] = table::choose_columns(names, std::ssize(cells), options, source);
  if (header && !reader.next(cells)) source.refuse("expected rows under the header, got none");

  Dataset data;
  std::vector<double> values;
  table::TargetColumn targets(target_name(names, target), options, source);
  do {
    if (cells.size() != width)
      source.refuse_at(reader.line(),
                       fmt::format("expected {} columns as in the first row, got {}", width, cells.size()));
    for (const Index j : features)
      values.push_back(checked_number(cells[static_cast<std::size_t>(j)], names, j, reader.line(), source));
    if (target) targets.add(cells[static_cast<std::size_t>(*target)], reader.line());
    if (weights)
      data.weights.push_back(
          checked_weight(cells[static_cast<std::size_t>(*weights)], names, *weights, reader.line(), source));
  } while (reader.next(cells));

  const Index columns = std::ssize(features);
  const Index rows = std::ssize(values) / columns;
  data.x = {rows, columns, std::move(values)};
  for (Index j = 0; j < columns; ++j)
    data.feature_names.push_back(
        names.empty() ? fmt::format("x{}", j) : names[static_cast<std::size_t>(features[static_cast<std::size_t>(j)])]);
  if (target) targets.finish(data);
  return data;
}

std::string to_csv(const Dataset& data) {
  std::string csv = header_of(data);
  const auto out = std::back_inserter(csv);
  for (Index i = 0; i < data.size(); ++i) {
    for (const double value : data.x.row(i)) fmt::format_to(out, "{:.17g},", value);
    if (data.is_classification()) {
      const int label = data.labels.at(static_cast<std::size_t>(i));
      if (label < 0 || label >= data.classes())
        throw ValueError(fmt::format("[csv] expected labels from 0 to {}, got {}", data.classes() - 1, label));
      csv += quoted(data.class_names[static_cast<std::size_t>(label)]) + ',';
    }
    for (Index j = 0; j < data.targets.cols(); ++j) {
      const std::string number = fmt::format("{:.17g}", data.targets(i, j));
      csv += number + (number.find_first_not_of("-0123456789") == std::string::npos ? ".0," : ",");
    }
    if (!data.weights.empty()) fmt::format_to(out, "{:.17g},", data.weights[static_cast<std::size_t>(i)]);
    csv.back() = '\n';
  }
  return csv;
}

}  // namespace gradus
