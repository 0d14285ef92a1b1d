// SPDX-License-Identifier: MIT
#include "gradus/lab/data/csv.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

#include "src/lab/data/assemble.hpp"
#include "src/lab/data/contents.hpp"
#include "src/lab/data/roles.hpp"
#include "src/lab/data/rows.hpp"
#include "src/lab/data/table.hpp"

namespace gradus {
namespace {

using table::shown;

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Every column has a name of its own; the first, which may name the rows, may have none.
std::vector<std::string> checked_names(const std::vector<std::string_view>& cells, std::size_t line,
                                       const table::Source& source) {
  std::vector<std::string> names(cells.begin(), cells.end());
  std::vector<std::string> sorted = names;
  std::sort(sorted.begin(), sorted.end());
  const auto unnamed = std::find(names.begin() + 1, names.end(), "");
  if (unnamed != names.end())
    source.refuse_at(line, fmt::format("expected a name for every column, got none for column {} (--no-header takes "
                                       "the first row for a sample)",
                                       unnamed - names.begin() + 1));
  const auto twin = std::adjacent_find(sorted.begin(), sorted.end());
  if (twin != sorted.end())
    source.refuse_at(line, fmt::format("expected different column names, got {} twice (--no-header takes the first row "
                                       "for a sample)",
                                       shown(*twin)));
  return names;
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
  if (data.is_classification()) header += quoted(data.label_name.empty() ? "label" : data.label_name) + ',';
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
  table::RowReader reader(text, layout, source);
  std::vector<std::string_view> cells;
  if (!reader.next(cells)) source.refuse("expected rows of comma-separated values, got an empty file");
  std::vector<std::string> names = layout.names;
  std::size_t width = names.empty() ? cells.size() : names.size();
  if (layout.dialect.header) {
    names = checked_names(cells, reader.line(), source);
    if (!reader.next(cells)) source.refuse("expected rows under the header, got none");
    if (cells.size() == names.size() + 1 && !names.front().empty())
      names.insert(names.begin(), "");  // as R writes them
    width = names.size();
  }
  const table::Roles roles = table::choose_roles(names, static_cast<Index>(width), options, source);

  table::Content content;
  content.named = !names.empty();
  const auto column = [&](Index j, bool keeps_texts) {
    return table::Column(table::column_name(names, j), layout.dialect.decimal, keeps_texts);
  };
  const bool may_be_classes = roles.targets.size() == 1 && options.task != TableOptions::Task::regression;
  for (const Index j : roles.features) content.features.push_back(column(j, false));
  for (const Index j : roles.targets) content.targets.push_back(column(j, may_be_classes));
  if (roles.weights) content.weights = column(*roles.weights, false);
  do {
    if (cells.size() != width)
      source.refuse_at(reader.line(),
                       fmt::format("expected {} columns as in the first row, got {}", width, cells.size()));
    const auto take = [&](const std::vector<Index>& from, std::vector<table::Column>& to) {
      for (std::size_t k = 0; k < from.size(); ++k) to[k].add(cells[static_cast<std::size_t>(from[k])], reader.line());
    };
    take(roles.features, content.features);
    take(roles.targets, content.targets);
    if (roles.weights) content.weights->add(cells[static_cast<std::size_t>(*roles.weights)], reader.line());
  } while (reader.next(cells));
  if (const std::string words = to_text(layout.dialect); !words.empty()) content.words.push_back(words);
  content.words.insert(content.words.end(), roles.words.begin(), roles.words.end());
  return table::assemble(std::move(content), options, source);
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
