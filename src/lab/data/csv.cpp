// SPDX-License-Identifier: MIT
#include "gradus/lab/data/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "src/lab/data/contents.hpp"
#include "src/lab/data/rows.hpp"
#include "src/lab/data/table.hpp"

namespace gradus {
namespace {

using table::NumberKind;
using table::shown;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

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
                      const table::Source& source, char decimal) {
  double value;
  const NumberKind kind = table::parse_number(cell, value, decimal);
  if (kind == NumberKind::finite) return value;
  source.refuse_at(line, fmt::format("column {}: expected a {}, got {}", shown(column_name(names, column)),
                                     kind == NumberKind::none ? "number" : "finite number",
                                     cell.empty() ? "an empty cell" : shown(cell)));
}

double checked_weight(std::string_view cell, const std::vector<std::string>& names, Index column, std::size_t line,
                      const table::Source& source, char decimal) {
  const double weight = checked_number(cell, names, column, line, source, decimal);
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

}  // namespace

Reading parse_table(std::string_view text, const TableOptions& options, const std::string& name) {
  const table::Source source{name};
  std::string unpacked;
  text = table::text_of(text, unpacked, source);
  const Layout layout = recognise(text, options.reading.dialect);
  const char decimal = layout.dialect.decimal;
  table::RowReader reader(text, layout, source);
  std::vector<std::string_view> cells;
  if (!reader.next(cells)) source.refuse("expected rows of comma-separated values, got an empty file");
  std::vector<std::string> names = layout.names;
  const std::size_t width = names.empty() ? cells.size() : names.size();
  const bool header = layout.dialect.header;
  if (header) names = checked_names(cells, reader.line(), source);
  const auto [features, target, weights] = table::choose_columns(names, std::ssize(cells), options, source);
  if (header && !reader.next(cells)) source.refuse("expected rows under the header, got none");

  Dataset data;
  std::vector<double> values;
  table::TargetColumn targets(target_name(names, target), options, source, decimal);
  do {
    if (cells.size() != width)
      source.refuse_at(reader.line(),
                       fmt::format("expected {} columns as in the first row, got {}", width, cells.size()));
    for (const Index j : features)
      values.push_back(checked_number(cells[static_cast<std::size_t>(j)], names, j, reader.line(), source, decimal));
    if (target) targets.add(cells[static_cast<std::size_t>(*target)], reader.line());
    if (weights)
      data.weights.push_back(
          checked_weight(cells[static_cast<std::size_t>(*weights)], names, *weights, reader.line(), source, decimal));
  } while (reader.next(cells));

  const Index columns = std::ssize(features);
  const Index rows = std::ssize(values) / columns;
  data.x = {rows, columns, std::move(values)};
  for (Index j = 0; j < columns; ++j)
    data.feature_names.push_back(
        names.empty() ? fmt::format("x{}", j) : names[static_cast<std::size_t>(features[static_cast<std::size_t>(j)])]);
  if (target) targets.finish(data);
  Reading reading{std::move(data)};
  if (const std::string words = to_text(layout.dialect); !words.empty()) reading.words.push_back(words);
  return reading;
}

Dataset parse_csv(std::string_view text, const TableOptions& options, const std::string& name) {
  return parse_table(text, options, name).data;
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
