// SPDX-License-Identifier: MIT
#include "src/lab/data/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <map>
#include <numeric>

#include "core/text.hpp"
#include "gradus/core/number.hpp"

namespace gradus {
namespace table {
namespace {

std::optional<Index> find_column(const std::vector<std::string>& names, std::string_view name) {
  const auto found = std::find(names.begin(), names.end(), name);
  if (found == names.end()) return std::nullopt;
  return found - names.begin();
}

bool parse_whole(std::string_view text, std::int64_t& value) {
  if (text.starts_with('+')) text.remove_prefix(1);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc{} && end == text.data() + text.size();
}

/// The column that a person means: by its name, or by its number from 1 where none is named so.
Index wanted_column(const std::vector<std::string>& names, std::string_view wanted, Index width, const Source& source) {
  if (const auto found = find_column(names, wanted)) return *found;
  std::int64_t number = 0;
  if (parse_whole(wanted, number) && number >= 1 && number <= width) return static_cast<Index>(number) - 1;
  if (names.empty())
    source.refuse(
        fmt::format("expected a header with a column {}, got a file without a header of {} columns, whose "
                    "numbers count from 1 (--header takes the first row for their names)",
                    shown(wanted), width));
  source.refuse(fmt::format("expected a column {}, got {}", shown(wanted), fmt::join(names, ", ")));
}

/// The target by its name: the one asked for, else label, else target, else y where it is not the other half of x and
/// y.
std::optional<Index> named_target(const std::vector<std::string>& names, Index width, const TableOptions& options,
                                  const Source& source) {
  if (!options.target.empty()) return wanted_column(names, options.target, width, source);
  for (const std::string_view name : {"label", "target"})
    if (const auto found = find_column(names, name)) return found;
  return find_column(names, "x") ? std::nullopt : find_column(names, "y");
}

}  // namespace

void Source::refuse(const std::string& message) const { throw FileError(path, message); }

void Source::refuse_at(std::size_t place, const std::string& message) const {
  if (has_lines) throw FileError::at_line(path, place, message);
  throw FileError(path, fmt::format("row {}: {}", place, message));
}

NumberKind parse_number(std::string_view text, double& value, char decimal) {
  if (decimal == ',' && text.find_first_of(".,") != std::string_view::npos) {
    constexpr std::size_t longest = 64;  // no number is as long
    std::array<char, longest> point;
    if (text.size() > longest || text.find('.') != std::string_view::npos) return NumberKind::none;
    std::replace_copy(text.begin(), text.end(), point.begin(), ',', '.');
    return parse_number({point.data(), text.size()}, value);
  }
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  const std::optional<double> number = gradus::parse_number(text);
  if (!number) return NumberKind::none;
  value = *number;
  return std::isfinite(value) ? NumberKind::finite : NumberKind::not_finite;
}

bool is_gap(std::string_view text) {
  constexpr std::array<std::string_view, 17> gaps{"",     "?",   "NA",  "N/A",  "na",   "n/a",  "NaN", "nan", "-nan",
                                                  "<NA>", "NAN", "#NA", "#N/A", "NULL", "null", ".",   "NaT"};
  return std::find(gaps.begin(), gaps.end(), text) != gaps.end();
}

std::string shown(std::string_view text) { return in_quotes(text, 40); }

Columns choose_columns(const std::vector<std::string>& names, Index width, const TableOptions& options,
                       const Source& source) {
  Columns columns;
  const auto named = named_target(names, width, options, source);
  if (!options.weights.empty()) columns.weights = find_column(names, options.weights);
  if (columns.weights && columns.weights == named)
    source.refuse(fmt::format("expected another column for the weights than the target, got {} for both",
                              shown(options.weights)));
  const Index others = width - (columns.weights ? 1 : 0);
  const bool none =
      options.task == TableOptions::Task::features || (options.features && *options.features == others && !named);
  const Index last = columns.weights == width - 1 ? width - 2 : width - 1;
  if (!none) columns.target = named ? *named : last;
  for (Index j = 0; j < width; ++j)
    if (j != columns.target && j != columns.weights) columns.features.push_back(j);
  const Index found = std::ssize(columns.features);
  if (options.features && found != *options.features)
    source.refuse(fmt::format("expected {} features{}, got {} columns", *options.features,
                              none ? "" : fmt::format(", or {} columns with the target", *options.features + 1),
                              width));
  if (found == 0)
    source.refuse(fmt::format("expected a feature{}, got {} column{}", none ? "" : " and the target", width,
                              width == 1 ? "" : "s"));
  return columns;
}

void TargetColumn::add(std::string_view text, std::size_t place) {
  std::string key(text);
  const auto [found, added] = ids_.try_emplace(std::move(key), labels_.size());
  if (added) {
    if (text.empty())
      source_.refuse_at(place, fmt::format("column {}: expected a label, got an empty cell", shown(name_)));
    Label label{std::string(text), place, NumberKind::none, false, 0, 0};
    label.kind = parse_number(text, label.number, decimal_);
    label.whole = label.kind == NumberKind::finite && parse_whole(text, label.integer);
    labels_.push_back(std::move(label));
  }
  rows_.push_back(found->second);
}

void TargetColumn::refuse(const Label& label, const std::string& expected) const {
  source_.refuse_at(label.place,
                    fmt::format("column {}: expected {}, got {}", shown(name_), expected, shown(label.text)));
}

bool TargetColumn::is_classification() const {
  if (options_.task == TableOptions::Task::classification || !options_.class_names.empty()) return true;
  if (options_.task == TableOptions::Task::regression) return false;
  const auto text = std::find_if(labels_.begin(), labels_.end(), [](auto& l) { return l.kind == NumberKind::none; });
  const bool fractions =
      std::any_of(labels_.begin(), labels_.end(), [](auto& l) { return l.kind != NumberKind::none && !l.whole; });
  if (text == labels_.end()) return !fractions;
  const bool numbers =
      std::any_of(labels_.begin(), labels_.end(), [](auto& l) { return l.kind == NumberKind::finite && !l.whole; });
  if (numbers) refuse(*text, "a number as in other rows");
  return true;
}

/// What each distinct label is called. 1, +1 and 01 are one class where all labels are whole numbers.
std::vector<std::string> TargetColumn::class_texts() const {
  const bool whole = std::all_of(labels_.begin(), labels_.end(), [](auto& l) { return l.whole; });
  std::vector<std::string> texts;
  for (const Label& label : labels_) texts.push_back(whole ? fmt::format("{}", label.integer) : label.text);
  return texts;
}

void TargetColumn::finish_classes(Dataset& data) const {
  const std::vector<std::string> texts = class_texts();
  data.class_names = options_.class_names;
  if (data.class_names.empty()) {
    const bool whole = std::all_of(labels_.begin(), labels_.end(), [](auto& l) { return l.whole; });
    std::vector<std::size_t> order(labels_.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
      return whole ? labels_[a].integer < labels_[b].integer : texts[a] < texts[b];
    });
    for (const std::size_t i : order)
      if (data.class_names.empty() || data.class_names.back() != texts[i]) data.class_names.push_back(texts[i]);
  }
  std::map<std::string_view, int> number_of;
  for (const std::string& name : data.class_names) number_of.emplace(name, static_cast<int>(number_of.size()));
  std::vector<int> class_of;
  for (std::size_t i = 0; i < labels_.size(); ++i) {
    auto found = number_of.find(labels_[i].text);
    if (found == number_of.end()) found = number_of.find(texts[i]);
    if (found == number_of.end())
      refuse(labels_[i], fmt::format("one of the known classes ({})", fmt::join(data.class_names, ", ")));
    class_of.push_back(found->second);
  }
  for (const std::size_t id : rows_) data.labels.push_back(class_of[id]);
}

void TargetColumn::finish_numbers(Dataset& data) const {
  for (const Label& label : labels_)
    if (label.kind != NumberKind::finite) refuse(label, "a finite number");
  std::vector<double> values;
  for (const std::size_t id : rows_) values.push_back(labels_[id].number);
  data.targets = {std::ssize(rows_), 1, std::move(values)};
  data.target_names = {name_};
}

void TargetColumn::finish(Dataset& data) const {
  if (is_classification()) {
    finish_classes(data);
  } else {
    finish_numbers(data);
  }
}

}  // namespace table

void check_trainable(const Dataset& data) {
  if (data.size() == 0) throw ValueError("[data] expected samples to train on, got none");
  if (data.features() == 0) throw ValueError("[data] expected at least one feature, got none");
  const auto check = [](const Matrix<double>& values, std::string_view what) {
    for (Index i = 0; i < values.rows(); ++i)
      for (Index j = 0; j < values.cols(); ++j)
        if (!std::isfinite(values(i, j)))
          throw ValueError(
              fmt::format("[data] expected finite numbers, got {} (sample {}, {} {})", values(i, j), i, what, j));
  };
  check(data.x, "feature");
  check(data.targets, "target");
  if (data.is_classification()) {
    const auto [low, high] = std::minmax_element(data.labels.begin(), data.labels.end());
    if (data.labels.empty() || *low == *high)
      throw ValueError(fmt::format("[data] expected samples of at least two classes, got {}",
                                   data.labels.empty()
                                       ? std::string("no labels")
                                       : "only " + table::shown(data.class_names[static_cast<std::size_t>(*low)])));
  } else if (data.targets.empty()) {
    throw ValueError("[data] expected a target column to train towards, got features only");
  }
}

}  // namespace gradus
