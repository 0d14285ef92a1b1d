// SPDX-License-Identifier: MIT
#include "src/lab/data/roles.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "gradus/core/nearest.hpp"

namespace gradus::table {
namespace {

using Names = std::vector<std::string>;

bool holds(const std::vector<Index>& list, Index column) {
  return std::find(list.begin(), list.end(), column) != list.end();
}

/// "a, b, c, ...": long lists are cut.
std::string listed(const Names& names) {
  constexpr std::size_t most = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) text += (i > 0 ? ", " : "") + names[i];
  return names.size() > most ? text + ", ..." : text;
}

/// Whether a name is a pattern's: `*` stands for any characters.
bool matches(std::string_view name, std::string_view pattern) {
  if (pattern.empty()) return name.empty();
  if (pattern[0] != '*') return !name.empty() && name[0] == pattern[0] && matches(name.substr(1), pattern.substr(1));
  pattern.remove_prefix(std::min(pattern.find_first_not_of('*'), pattern.size()));
  if (pattern.empty()) return true;
  for (std::size_t skip = 0; skip < name.size(); ++skip)
    if (name[skip] == pattern[0] && matches(name.substr(skip), pattern)) return true;
  return false;
}

/// Finds the columns that a person names.
class Finder {
 public:
  Finder(const Names& names, Index width, const Source& source) : names_(names), width_(width), source_(source) {}

  std::optional<Index> find(std::string_view name) const {
    const auto found = std::find(names_.begin(), names_.end(), name);
    if (found == names_.end()) return std::nullopt;
    return found - names_.begin();
  }

  /// `a,b,c*`, or one column whose name holds a comma; numbers count columns from 1 where none is named so.
  std::vector<Index> all(std::string_view list) const {
    if (const auto whole = find(list)) return {*whole};
    std::vector<Index> columns;
    for (std::size_t at = 0; at <= list.size();) {
      const std::size_t end = std::min(list.find(',', at), list.size());
      for (const Index column : piece(list.substr(at, end - at)))
        if (!holds(columns, column)) columns.push_back(column);
      at = end + 1;
    }
    return columns;
  }

 private:
  std::vector<Index> piece(std::string_view wanted) const {
    while (wanted.starts_with(' ')) wanted.remove_prefix(1);
    while (wanted.ends_with(' ')) wanted.remove_suffix(1);
    if (const auto found = find(wanted)) return {*found};
    std::vector<Index> columns;
    if (wanted.find('*') != std::string_view::npos)
      for (Index j = 0; j < std::ssize(names_); ++j)
        if (matches(names_[static_cast<std::size_t>(j)], wanted)) columns.push_back(j);
    Index number = 0;
    const auto [end, error] = std::from_chars(wanted.data(), wanted.data() + wanted.size(), number);
    if (error == std::errc{} && end == wanted.data() + wanted.size() && number >= 1 && number <= width_)
      columns.push_back(number - 1);
    if (columns.empty()) refuse(wanted);
    return columns;
  }

  [[noreturn]] void refuse(std::string_view wanted) const {
    if (names_.empty())
      source_.refuse(
          fmt::format("expected a header with a column {}, got a file without a header of {} columns, whose "
                      "numbers count from 1 (--header takes the first row for their names)",
                      shown(wanted), width_));
    const std::string meant = nearest(wanted, names_);
    source_.refuse(fmt::format("expected a column {}, got {}{}", shown(wanted), listed(names_),
                               meant.empty() ? "" : "; did you mean " + meant + "?"));
  }

  const Names& names_;
  Index width_;
  const Source& source_;
};

/// What programs call the column that numbers or names the rows: pandas, readr, R.
bool names_rows(std::string_view name) {
  constexpr std::array<std::string_view, 5> known{"", "rownames", "row.names", "Unnamed: 0", "...1"};
  return std::find(known.begin(), known.end(), name) != known.end();
}

/// The target's usual names: label, else target, else y where it is not the other half of x and y.
std::optional<Index> usual_target(const Finder& finder) {
  for (const std::string_view name : {"label", "target"})
    if (const auto found = finder.find(name)) return found;
  return finder.find("x") ? std::nullopt : finder.find("y");
}

std::string counted(Index count, std::string_view what) {
  return fmt::format("{} {}{}", count, what, count == 1 ? "" : "s");
}

// -------------------------------------------------------------------------------------------------- to learn from

Roles roles_to_learn(const Names& names, Index width, const TableOptions& options, const Source& source) {
  const Finder finder(names, width, source);
  const ReadingOptions& reading = options.reading;
  Roles roles;
  const std::vector<Index> dropped = reading.drop.empty() ? std::vector<Index>{} : finder.all(reading.drop);
  const std::vector<Index> chosen = reading.features.empty() ? std::vector<Index>{} : finder.all(reading.features);
  if (!options.weights.empty()) roles.weights = finder.find(options.weights);
  const auto is_free = [&](Index j) { return !holds(dropped, j) && !holds(chosen, j) && j != roles.weights; };
  if (options.task != TableOptions::Task::features && !options.target.empty()) {
    roles.targets = finder.all(options.target);
  } else if (options.task != TableOptions::Task::features) {
    if (const auto usual = usual_target(finder); usual && is_free(*usual)) roles.targets = {*usual};
    for (Index j = width; j-- > 0 && roles.targets.empty();)
      if (is_free(j)) roles.targets = {j};
  }
  if (roles.weights && holds(roles.targets, *roles.weights))
    source.refuse(fmt::format("expected another column for the weights than the target, got {} for both",
                              shown(options.weights)));
  const auto is_feature = [&](Index j) { return !holds(roles.targets, j) && !holds(dropped, j) && j != roles.weights; };
  for (const Index j : chosen)
    if (is_feature(j)) roles.features.push_back(j);
  if (reading.features.empty())
    for (Index j = 0; j < width; ++j) {
      if (!is_feature(j)) continue;
      if (j == 0 && !names.empty() && names_rows(names[0]))
        roles.words.push_back(names[0].empty()
                                  ? "left out: the first column, which has no name (--features 1,... takes it)"
                                  : fmt::format("left out: the rows' names (--features {},... takes them)", names[0]));
      else
        roles.features.push_back(j);
    }
  if (roles.features.empty())
    source.refuse(fmt::format(
        "expected a feature{}, got {}{}", options.task == TableOptions::Task::features ? "" : " and the target",
        counted(width, "column"), roles.words.empty() ? "" : ", of which the first only names the rows"));
  return roles;
}

// -------------------------------------------------------------------------------------------------- for a model

/// Whether the inputs have the names that columns without a header are given.
bool are_numbered(const std::vector<InputColumn>& inputs) {
  for (std::size_t k = 0; k < inputs.size(); ++k)
    if (inputs[k].name != fmt::format("x{}", k)) return false;
  return true;
}

/// As many columns as the model has features, and perhaps one more with the answer.
Roles roles_by_count(const Names& names, Index width, Index features, const TableOptions& options,
                     const Source& source) {
  const Finder finder(names, width, source);
  Roles roles;
  if (!options.weights.empty()) roles.weights = finder.find(options.weights);
  std::optional<Index> named;
  if (!options.target.empty())
    named = finder.all(options.target).front();
  else
    named = usual_target(finder);
  const Index others = width - (roles.weights ? 1 : 0);
  const bool none = features == others && !named;
  const Index last = roles.weights == width - 1 ? width - 2 : width - 1;
  if (!none) roles.targets = {named.value_or(last)};
  for (Index j = 0; j < width; ++j)
    if (!holds(roles.targets, j) && j != roles.weights) roles.features.push_back(j);
  const Index several = features + std::max<Index>(1, std::ssize(options.answers));
  if (std::ssize(roles.features) != features && several == others && several > features + 1) {
    roles.features.resize(static_cast<std::size_t>(features));  // a regression of several numbers, behind the features
    roles.targets.clear();
    for (Index j = width - (several - features); j < width; ++j) roles.targets.push_back(j);
  }
  if (std::ssize(roles.features) != features)
    source.refuse(
        fmt::format("expected {} features, or {} columns with the target, got {} columns", features, several, width));
  return roles;
}

Roles roles_by_name(const Names& names, Index width, const TableOptions& options, const Source& source) {
  const Finder finder(names, width, source);
  Roles roles;
  Names missing;
  for (const InputColumn& input : options.inputs)
    if (const auto found = finder.find(input.name))
      roles.features.push_back(*found);
    else
      missing.push_back(input.name);
  if (!missing.empty()) {
    if (are_numbered(options.inputs)) return roles_by_count(names, width, inputs_of(options.inputs), options, source);
    source.refuse(fmt::format("expected the columns of training, got none named {} (the file has {})", listed(missing),
                              listed(names)));
  }
  if (!options.weights.empty()) roles.weights = finder.find(options.weights);
  if (!options.target.empty())
    roles.targets = finder.all(options.target);
  else
    for (const std::string& answer : options.answers)
      if (const auto found = finder.find(answer); found && !holds(roles.features, *found))
        roles.targets.push_back(*found);
  if (!options.answers.empty() && options.target.empty() && roles.targets.size() != options.answers.size())
    roles.targets.clear();
  const auto is_left = [&](Index j) {
    return !holds(roles.features, j) && !holds(roles.targets, j) && j != roles.weights;
  };
  if (options.answers.empty() &&
      options.target.empty()) {  // a column `label`, or a model of before, which does not say
    if (const auto usual = usual_target(finder); usual && is_left(*usual)) roles.targets = {*usual};
    if (roles.targets.empty() && width == std::ssize(roles.features) + 1 && is_left(width - 1))
      roles.targets = {width - 1};
  }
  Names left;
  for (Index j = 0; j < width; ++j)
    if (is_left(j))
      left.push_back(names[static_cast<std::size_t>(j)].empty() ? "the one without a name"
                                                                : names[static_cast<std::size_t>(j)]);
  if (!left.empty()) roles.words.push_back("columns that the model does not know, left out: " + listed(left));
  return roles;
}

}  // namespace

std::string column_name(const Names& names, Index column) {
  return names.empty() ? fmt::format("{}", column + 1) : names[static_cast<std::size_t>(column)];
}

Roles choose_roles(const Names& names, Index width, const TableOptions& options, const Source& source) {
  if (!options.inputs.empty() && !names.empty()) return roles_by_name(names, width, options, source);
  if (!options.inputs.empty()) return roles_by_count(names, width, std::ssize(options.inputs), options, source);
  if (options.features) return roles_by_count(names, width, *options.features, options, source);
  return roles_to_learn(names, width, options, source);
}

}  // namespace gradus::table
