// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gradus/data/dataset.hpp"

namespace gradus {

/// What the columns of a file are to be taken for. The default guesses as a person would: a first row without a number
/// is a header; the target is the column named label, target or y, else the last one; targets that are all whole
/// numbers, or texts, are classes, and any others the numbers of a regression.
struct TableOptions {
  enum class Header { detect, present, absent };
  enum class Task {
    detect,
    classification,
    regression,
    features  ///< no target: every column is a feature
  };

  Header header = Header::detect;  ///< of a CSV file
  Task task = Task::detect;
  std::string target = {};  ///< the target column's name; empty: the rule above
  /// The column that says how much each sample counts, no feature; empty, or not in the file: none does.
  std::string weights = {};
  /// How many features there must be, as when a model is to be applied. A file of just that many columns, none of them
  /// a named target, has no target; with one column more it has one.
  std::optional<Index> features = {};
  /// The classes already known, as from a model: labels take their numbers, and another label is an error.
  std::vector<std::string> class_names = {};
};

/// Throws ValueError if nothing can be learned from the data: no samples, no features, a class problem with one class
/// only, or a number that is not finite.
void check_trainable(const Dataset& data);

}  // namespace gradus
