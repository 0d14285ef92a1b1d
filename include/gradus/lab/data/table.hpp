// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gradus/data/dataset.hpp"
#include "gradus/lab/data/dialect.hpp"

namespace gradus {

/// What a person says of how a file's table is to be read; what is not said is recognised.
struct ReadingOptions {
  DialectOptions dialect = {};  ///< of a text file

  bool operator==(const ReadingOptions&) const = default;
};

/// What the columns of a file are to be taken for. The default guesses as a person would: how the file writes a table
/// is recognised from it (`recognise`); the target is the column named label, target or y, else the last one; targets
/// that are all whole numbers, or texts, are classes, and any others the numbers of a regression.
struct TableOptions {
  enum class Task {
    detect,
    classification,
    regression,
    features  ///< no target: every column is a feature
  };

  ReadingOptions reading = {};
  Task task = Task::detect;
  std::string target = {};  ///< the target column's name, or its number from 1; empty: the rule above
  /// The column that says how much each sample counts, no feature; empty, or not in the file: none does.
  std::string weights = {};
  /// How many features there must be, as when a model is to be applied. A file of just that many columns, none of them
  /// a named target, has no target; with one column more it has one.
  std::optional<Index> features = {};
  /// The classes already known, as from a model: labels take their numbers, and another label is an error.
  std::vector<std::string> class_names = {};
};

/// A table as it was read.
struct Reading {
  Dataset data;
  std::vector<std::string> words{};  ///< what was recognised and decided, a line each: to be told a person
};

/// Throws ValueError if nothing can be learned from the data: no samples, no features, a class problem with one class
/// only, or a number that is not finite.
void check_trainable(const Dataset& data);

}  // namespace gradus
