// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "gradus/core/matrix.hpp"
#include "gradus/data/columns.hpp"

namespace gradus {

/// Samples with their classes, or with the numbers to be predicted.
struct Dataset {
  Matrix<double> x;         ///< (samples, features); NaN where a table had a gap that is yet to be filled
  std::vector<int> labels;  ///< class of each sample, an index into class_names; empty for a regression
  Matrix<double> targets;   ///< (samples, outputs) of a regression; empty for a classification
  std::vector<std::string> feature_names;  ///< one a column of x
  std::vector<std::string> class_names;    ///< one a class; empty for a regression
  std::vector<std::string> target_names;   ///< one a column of targets; empty for a classification
  std::vector<double> weights{};           ///< how much each sample counts in training; empty: once
  std::string label_name{};                ///< of the column that the classes came from, if there was one
  std::vector<InputColumn> columns{};      ///< of a table with categories: what each of its columns became in x

  Index size() const { return x.rows(); }
  Index features() const { return x.cols(); }
  Index classes() const { return static_cast<Index>(class_names.size()); }
  bool is_classification() const { return !class_names.empty(); }

  /// The chosen samples, in the order given, under the same names.
  Dataset take(std::span<const Index> rows) const;

  bool operator==(const Dataset&) const = default;
};

/// (samples, classes): 1 in the column of the sample's class, else 0. Throws ValueError on a label outside
/// 0..classes-1.
Matrix<double> one_hot(std::span<const int> labels, Index classes);

/// What a network with so many outputs is trained towards: the targets of a regression; for classes the one-hot rows,
/// or, with one output and two classes, a column of 0 and 1. Throws ShapeError if the network does not fit the data.
Matrix<double> network_targets(const Dataset& data, Index outputs);

}  // namespace gradus
