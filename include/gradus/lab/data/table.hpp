// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gradus/data/dataset.hpp"
#include "gradus/lab/data/dialect.hpp"

namespace gradus {

/// What a person says of how a file's table is to be read; what is not said is recognised, and what cannot be used is
/// refused. Columns are named, or numbered from 1 where none has that name; in lists `*` stands for any characters.
struct ReadingOptions {
  /// What becomes of gaps: an empty cell, NA, NaN, ?, ...
  enum class Missing {
    refuse,
    drop,   ///< rows with one are left out
    mean,   ///< it is filled with the mean of the training samples
    median  ///< with their median
  };

  DialectOptions dialect = {};  ///< of a text file
  std::string features = {};    ///< the columns to learn from, `a,b,c*`; empty: all that are nothing else
  std::string drop = {};        ///< columns to leave out, `id,date`
  /// Words as numbers: `one-hot`, each category of every column that holds words an input of its own; or a list of the
  /// columns to do that with, `color,size:small<middle<large`, of which the second becomes one input, 0, 1 or 2.
  std::string encode = {};
  Missing missing = Missing::refuse;

  bool operator==(const ReadingOptions&) const = default;
};

/// What the columns of a file are to be taken for. The default guesses as a person would: how the file writes a table
/// is recognised from it (`recognise`); the target is the column named label, target or y, else the last one; a first
/// column without a name, or named as programs name the rows' names, is left out; texts are classes, and so are 0 and 1
/// and whole numbers of few values; any others are the numbers of a regression.
struct TableOptions {
  enum class Task {
    detect,
    classification,
    regression,
    features  ///< no target: every column is a feature
  };

  ReadingOptions reading = {};
  Task task = Task::detect;
  std::string target = {};   ///< the target column, or several, `a,b`, of a regression; empty: the rule above
  std::string because = {};  ///< where nobody but the network or the loss asks for classes: which one, for a message
  /// How many numbers a network will answer with, to tell classes from numbers by; 0: not known. And whether they have
  /// ends, so that no count can be meant.
  Index outputs = 0;
  bool bounded_outputs = false;
  /// The column that says how much each sample counts, no feature; empty, or not in the file: none does.
  std::string weights = {};
  /// How many features there must be, as when a model is to be applied. A file of just that many columns, none of them
  /// a named target, has no target; with one column more it has one.
  std::optional<Index> features = {};
  /// The columns that a model knows, as it knows them: taken by their names, in this order, wherever they stand; by
  /// their number from a file without a header. Others are left out.
  std::vector<InputColumn> inputs = {};
  std::vector<std::string> answers = {};  ///< with `inputs`: the columns of the answers, which may be missing
  /// The classes already known, as from a model: labels take their numbers.
  std::vector<std::string> class_names = {};
  /// Whether an answer that is missing, or of a class not known, is label -1 or target NaN; else it is an error.
  bool answers_are_optional = false;
};

/// A table as it was read.
struct Reading {
  Dataset data;
  std::vector<std::string> words{};  ///< what was recognised and decided, a line each: to be told a person
};

/// The columns that a data set was made of: those of its table, or a column for each feature.
std::vector<InputColumn> columns_of(const Dataset& data);

/// Throws ValueError if nothing can be learned from the data: no samples, no features, a class problem with one class
/// only, or a number that is not finite (or, where gaps are to be filled, is infinite).
void check_trainable(const Dataset& data, bool has_gaps = false);

}  // namespace gradus
