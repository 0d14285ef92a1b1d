// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "engine/kernels/sparse_kernel.hpp"
#include "gradus/core/sparse_rows.hpp"

namespace gradus::engine {

/// Some sparse rows, made ready for kernels: columns ascend, each once, in 32 bits. What is ready as it lies is not
/// copied, if the rows lie together. Its memory is kept from batch to batch: 4 bytes a column of the matrix, and what
/// the entries of the largest batch take.
template <class T>
class SparseBatch {
 public:
  /// These rows of x. Throws ValueError if a column is not one of x.
  void take(const SparseRows<T>& x, std::span<const Index> rows);
  /// `count` rows from `first` on.
  void take(const SparseRows<T>& x, Index first, Index count);

  Index rows() const { return rows_; }
  Index entries() const { return starts_.back() - starts_.front(); }
  /// (rows, columns)
  SparseFactor<T> by_rows() const { return {rows_, starts_.data(), columns_, values_}; }
  /// All its numbers, 0 where there are none.
  void write(MatrixView<T> to) const;
  /// max |value|; NaN or infinite if one is.
  T largest() const;

  /// Turns the batch, for `by_columns`: of the columns that have an entry, in ascending order or in that of the
  /// entries, which takes no time for the others.
  void turn(bool ascending);
  /// (columns that have an entry, rows): the transpose without its empty rows. Valid until the next batch.
  SparseFactor<T> by_columns() const {
    return {std::ssize(touched_), column_starts_.data(), turned_rows_.data(), turned_values_.data()};
  }
  /// Which columns these are.
  std::span<const std::int32_t> touched() const { return touched_; }
  std::size_t memory() const;

 private:
  template <class I>
  void copy_row(const SparseRows<T>& x, std::span<const I> columns, Index row);

  Index rows_ = 0;
  Index cols_ = 0;
  std::vector<Index> starts_{0};
  const std::int32_t* columns_ = nullptr;  // of x itself or of copied_columns_
  const T* values_ = nullptr;
  std::vector<std::int32_t> copied_columns_;
  std::vector<T> copied_values_;
  std::vector<Index> sorted_;  // entries of a row

  std::vector<std::int32_t> counts_;  // of entries in each column; 0 between two turns
  std::vector<std::int32_t> touched_;
  std::vector<Index> column_starts_;
  std::vector<std::int32_t> turned_rows_;
  std::vector<T> turned_values_;
};

extern template class SparseBatch<float>;
extern template class SparseBatch<double>;

}  // namespace gradus::engine
