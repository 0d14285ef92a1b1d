// SPDX-License-Identifier: MIT
#pragma once

#include <cassert>
#include <cstddef>
#include <initializer_list>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "gradus/core/error.hpp"

namespace gradus {

using Index = std::ptrdiff_t;

/// A row-major window on numbers that somebody else owns: `rows` x `cols`, consecutive rows `stride` numbers apart.
/// Cheap to copy; `MatrixView<const T>` reads only.
template <class T>
class MatrixView {
 public:
  using value_type = std::remove_const_t<T>;

  MatrixView() = default;
  MatrixView(T* data, Index rows, Index cols) : MatrixView(data, rows, cols, cols) {}
  MatrixView(T* data, Index rows, Index cols, Index stride) : data_(data), rows_(rows), cols_(cols), stride_(stride) {
    assert(rows >= 0 && cols >= 0 && stride >= cols);
  }
  /// A writable view may be read.
  operator MatrixView<const T>() const requires(!std::is_const_v<T>) { return {data_, rows_, cols_, stride_}; }

  T* data() const { return data_; }
  Index rows() const { return rows_; }
  Index cols() const { return cols_; }
  Index stride() const { return stride_; }
  Index size() const { return rows_ * cols_; }
  bool empty() const { return size() == 0; }

  T& operator()(Index i, Index j) const {
    assert(0 <= i && i < rows_ && 0 <= j && j < cols_);
    return data_[i * stride_ + j];
  }
  std::span<T> row(Index i) const {
    assert(0 <= i && i < rows_);
    return {data_ + i * stride_, static_cast<std::size_t>(cols_)};
  }
  /// `count` rows from `first` on, without a copy.
  MatrixView middle_rows(Index first, Index count) const {
    assert(0 <= first && 0 <= count && first + count <= rows_);
    return {data_ + first * stride_, count, cols_, stride_};
  }

 private:
  T* data_ = nullptr;
  Index rows_ = 0;
  Index cols_ = 0;
  Index stride_ = 0;
};

template <class T>
using ConstMatrixView = MatrixView<const T>;

/// A row-major matrix that owns its numbers, one sample a row wherever it holds data.
template <class T>
class Matrix {
 public:
  using value_type = T;

  Matrix() = default;
  Matrix(Index rows, Index cols, T fill = T{})
      : rows_(rows), cols_(cols), values_(static_cast<std::size_t>(rows * cols), fill) {}
  Matrix(Index rows, Index cols, std::vector<T> values) : rows_(rows), cols_(cols), values_(std::move(values)) {
    if (static_cast<Index>(values_.size()) != rows * cols)
      throw ShapeError("[matrix] expected " + std::to_string(rows * cols) + " numbers for " + std::to_string(rows) +
                       " x " + std::to_string(cols) + ", got " + std::to_string(values_.size()));
  }
  /// `Matrix<double>{{1, 2}, {3, 4}}`: one inner list a row.
  Matrix(std::initializer_list<std::initializer_list<T>> rows)
      : rows_(static_cast<Index>(rows.size())), cols_(rows.size() ? static_cast<Index>(rows.begin()->size()) : 0) {
    values_.reserve(static_cast<std::size_t>(rows_ * cols_));
    for (const auto& row : rows) {
      if (static_cast<Index>(row.size()) != cols_)
        throw ShapeError("[matrix] expected rows of " + std::to_string(cols_) + " numbers, got one of " +
                         std::to_string(row.size()));
      values_.insert(values_.end(), row.begin(), row.end());
    }
  }
  explicit Matrix(ConstMatrixView<T> view) : Matrix(view.rows(), view.cols()) {
    for (Index i = 0; i < rows_; ++i)
      for (Index j = 0; j < cols_; ++j) (*this)(i, j) = view(i, j);
  }

  Index rows() const { return rows_; }
  Index cols() const { return cols_; }
  Index size() const { return rows_ * cols_; }
  bool empty() const { return values_.empty(); }
  T* data() { return values_.data(); }
  const T* data() const { return values_.data(); }
  std::vector<T>& values() { return values_; }
  const std::vector<T>& values() const { return values_; }

  T& operator()(Index i, Index j) { return view()(i, j); }
  const T& operator()(Index i, Index j) const { return view()(i, j); }
  std::span<T> row(Index i) { return view().row(i); }
  std::span<const T> row(Index i) const { return view().row(i); }

  MatrixView<T> view() { return {values_.data(), rows_, cols_}; }
  ConstMatrixView<T> view() const { return {values_.data(), rows_, cols_}; }
  operator MatrixView<T>() { return view(); }
  operator ConstMatrixView<T>() const { return view(); }

  /// Gives the matrix another shape; the numbers in it are unspecified afterwards. Memory is kept, so that a buffer
  /// which has once held the largest batch never allocates again.
  void resize(Index rows, Index cols) {
    rows_ = rows;
    cols_ = cols;
    values_.resize(static_cast<std::size_t>(rows * cols));
  }

  bool operator==(const Matrix&) const = default;

 private:
  Index rows_ = 0;
  Index cols_ = 0;
  std::vector<T> values_;
};

/// The chosen rows of a matrix, in the order given: `take_rows(x, {2, 0})` is rows 2 and 0.
template <class T>
Matrix<std::remove_const_t<T>> take_rows(MatrixView<T> x, std::span<const Index> rows) {
  Matrix<std::remove_const_t<T>> taken(static_cast<Index>(rows.size()), x.cols());
  for (Index i = 0; i < taken.rows(); ++i)
    for (Index j = 0; j < x.cols(); ++j) taken(i, j) = x(rows[static_cast<std::size_t>(i)], j);
  return taken;
}
template <class T>
Matrix<T> take_rows(const Matrix<T>& x, std::span<const Index> rows) {
  return take_rows(x.view(), rows);
}

}  // namespace gradus
