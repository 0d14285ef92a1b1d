// SPDX-License-Identifier: MIT
#include "src/lab/data/table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "core/text.hpp"
#include "gradus/core/number.hpp"

namespace gradus {
namespace table {

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

}  // namespace table

std::vector<InputColumn> columns_of(const Dataset& data) {
  if (!data.columns.empty()) return data.columns;
  std::vector<InputColumn> columns;
  for (const std::string& name : data.feature_names) columns.push_back({name});
  return columns;
}

void check_trainable(const Dataset& data, bool has_gaps) {
  if (data.size() == 0) throw ValueError("[data] expected samples to train on, got none");
  if (data.features() == 0) throw ValueError("[data] expected at least one feature, got none");
  const auto check = [](const Matrix<double>& values, std::string_view what, bool gaps) {
    for (Index i = 0; i < values.rows(); ++i)
      for (Index j = 0; j < values.cols(); ++j)
        if (!std::isfinite(values(i, j)) && !(gaps && std::isnan(values(i, j))))
          throw ValueError(
              fmt::format("[data] expected finite numbers, got {} (sample {}, {} {})", values(i, j), i, what, j));
  };
  check(data.x, "feature", has_gaps);
  check(data.targets, "target", false);
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
