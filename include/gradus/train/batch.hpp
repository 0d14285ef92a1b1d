// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "gradus/train/fit.hpp"

namespace gradus::detail {

/// The samples of an update: rows of a set, copied together when somebody wants to see them.
template <std::floating_point T>
class Batch {
 public:
  explicit Batch(const Samples<T>& set) : set_(set) {}

  /// None: the set as it is. They must outlive the batch.
  void take(std::span<const Index> rows) { rows_ = rows; }
  std::span<const Index> rows() const { return rows_; }
  Index size() const { return rows_.empty() ? set_.x.rows() : static_cast<Index>(rows_.size()); }
  /// How much the samples count together.
  double weight() const {
    if (set_.weights.empty()) return static_cast<double>(size());
    if (rows_.empty()) return set_.weighted_targets().count(set_.targets.cols());
    double sum = 0;
    for (const Index row : rows_) sum += static_cast<double>(set_.weights[static_cast<std::size_t>(row)]);
    return sum;
  }

  Samples<T> gathered() {
    if (rows_.empty()) return set_;
    gather(set_.x, x_);
    gather(set_.targets, targets_);
    weights_.clear();
    for (const Index row : rows_)
      if (!set_.weights.empty()) weights_.push_back(set_.weights[static_cast<std::size_t>(row)]);
    return {x_, targets_, weights_};
  }

 private:
  void gather(ConstMatrixView<T> from, Matrix<T>& to) const {
    to.resize(size(), from.cols());
    for (Index i = 0; i < size(); ++i)
      std::copy_n(from.row(rows_[static_cast<std::size_t>(i)]).begin(), from.cols(), to.row(i).begin());
  }

  const Samples<T>& set_;
  std::span<const Index> rows_;
  Matrix<T> x_;
  Matrix<T> targets_;
  std::vector<T> weights_;
};

}  // namespace gradus::detail
