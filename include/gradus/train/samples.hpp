// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "gradus/nn/targets.hpp"

namespace gradus {

/// A set to learn from, or to be tried on: inputs (samples, features) and targets (samples, outputs). With weights each
/// sample's loss counts so many times: see `Reduction`. Accuracies count every sample once.
template <std::floating_point T>
struct Samples {
  ConstMatrixView<T> x;
  ConstMatrixView<T> targets;
  std::span<const T> weights{};  ///< one a sample, at least 0; empty: each counts once

  Targets<T> weighted_targets() const { return {targets, weights}; }

  Samples middle_rows(Index first, Index rows) const {
    Samples part{x.middle_rows(first, rows), targets.middle_rows(first, rows)};
    if (!weights.empty())
      part.weights = weights.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(rows));
    return part;
  }

  /// How many there are among `rows`, or in all if there are no rows.
  Index count(std::span<const Index> rows) const { return rows.empty() ? x.rows() : static_cast<Index>(rows.size()); }
  /// How much these count together.
  double weight(std::span<const Index> rows) const {
    if (weights.empty()) return static_cast<double>(count(rows));
    if (rows.empty()) return weighted_targets().count(targets.cols());
    double sum = 0;
    for (const Index row : rows) sum += static_cast<double>(weights[static_cast<std::size_t>(row)]);
    return sum;
  }
};

/// Memory for rows of a set that are copied together.
template <std::floating_point T>
class Gathered {
 public:
  /// The set as it is, if there are no rows. Valid until the next call.
  Samples<T> operator()(const Samples<T>& set, std::span<const Index> rows) {
    if (rows.empty()) return set;
    gather(set.x, rows, x_);
    gather(set.targets, rows, targets_);
    weights_.clear();
    for (const Index row : rows)
      if (!set.weights.empty()) weights_.push_back(set.weights[static_cast<std::size_t>(row)]);
    return {x_, targets_, weights_};
  }

 private:
  static void gather(ConstMatrixView<T> from, std::span<const Index> rows, Matrix<T>& to) {
    to.resize(static_cast<Index>(rows.size()), from.cols());
    for (Index i = 0; i < to.rows(); ++i)
      std::copy_n(from.row(rows[static_cast<std::size_t>(i)]).begin(), from.cols(), to.row(i).begin());
  }

  Matrix<T> x_;
  Matrix<T> targets_;
  std::vector<T> weights_;
};

}  // namespace gradus
