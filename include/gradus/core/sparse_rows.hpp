// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

#include "gradus/core/matrix.hpp"

namespace gradus {

/// Rows of numbers most of which are 0, of which only the others are there (compressed sparse rows, CSR, as SciPy's
/// csr_array has them), and somebody else owns them: row i has the values numbered starts[i] to starts[i + 1), each in
/// the column of the same number.
///
///     // 0 5 0
///     // 1 0 2
///     const std::vector<double> values{5, 1, 2};
///     const std::vector<std::int32_t> columns{1, 0, 2}, starts{0, 1, 3};
///     const SparseRows<double> x(std::span(values), std::span(columns), std::span(starts), 3);
///
/// Columns of a row may come in any order and more than once; what stands in one is then their sum, in the order in
/// which they come. A value of 0 is allowed, and -0 counts as 0. Cheap to copy.
template <class T>
class SparseRows {
 public:
  /// Whole numbers of 32 or of 64 bits, as SciPy has them.
  using Indices = std::variant<std::span<const std::int32_t>, std::span<const std::int64_t>>;
  static constexpr Index max_cols = std::numeric_limits<std::int32_t>::max();

  SparseRows() = default;
  /// Throws ShapeError unless there is a column for each value, and the starts are at least one, ascend, and lie within
  /// the values; or if there are more than `max_cols` columns. Whether columns are below `cols` is seen by who reads
  /// them, or by `check_columns`.
  SparseRows(std::span<const T> values, Indices columns, Indices starts, Index cols)
      : values_(values), columns_(columns), starts_(starts), cols_(cols) {
    if (cols < 0 || cols > max_cols) refuse("at most " + std::to_string(max_cols) + " columns", std::to_string(cols));
    if (length(columns) != std::ssize(values))
      refuse("a column for each of " + std::to_string(values.size()) + " values", std::to_string(length(columns)));
    if (length(starts) == 0) refuse("where rows start, and where the last one ends", "nothing");
    std::visit([&](const auto& at) { check_starts(at); }, starts_);
  }

  Index rows() const { return length(starts_) - (length(starts_) > 0 ? 1 : 0); }
  Index cols() const { return cols_; }
  std::span<const T> values() const { return values_; }
  const Indices& columns() const { return columns_; }
  const Indices& starts() const { return starts_; }
  /// Where the values of row i begin; of row `rows()`, where the last one's end.
  Index start(Index i) const {
    return std::visit([&](const auto& at) { return static_cast<Index>(at[static_cast<std::size_t>(i)]); }, starts_);
  }
  /// Throws ValueError that names the first column that is not one of 0 to cols - 1.
  void check_columns() const {
    std::visit(
        [&](const auto& columns) {
          const auto cols = static_cast<typename std::decay_t<decltype(columns)>::value_type>(cols_);
          bool fit = true;
          for (const auto column : columns) fit = fit & (column >= 0) & (column < cols);
          if (fit) return;
          for (Index i = 0; i < rows(); ++i)
            for (Index e = start(i); e < start(i + 1); ++e) check_column(i, columns[static_cast<std::size_t>(e)]);
        },
        columns_);
  }
  void check_column(Index row, Index column) const {
    if (column >= 0 && column < cols_) return;
    throw ValueError("[sparse rows] expected columns from 0 to " + std::to_string(cols_ - 1) + ", got " +
                     std::to_string(column) + " in row " + std::to_string(row));
  }

 private:
  static Index length(const Indices& indices) {
    return std::visit([](const auto& numbers) { return std::ssize(numbers); }, indices);
  }
  [[noreturn]] static void refuse(const std::string& expected, const std::string& got) {
    throw ShapeError("[sparse rows] expected " + expected + ", got " + got);
  }
  template <class I>
  void check_starts(std::span<const I> at) const {
    bool ascend = at.front() >= 0;
    for (std::size_t i = 1; i < at.size(); ++i) ascend = ascend & (at[i - 1] <= at[i]);
    if (!ascend || std::cmp_greater(at.back(), values_.size()))
      refuse("starts of rows that ascend from 0 to at most " + std::to_string(values_.size()), "others");
  }

  std::span<const T> values_;
  Indices columns_;
  Indices starts_;
  Index cols_ = 0;
};

}  // namespace gradus
