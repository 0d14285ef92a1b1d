// SPDX-License-Identifier: MIT
#include "engine/sparse/sparse_batch.hpp"

#include <algorithm>
#include <numeric>
#include <type_traits>

#include "gradus/engine/math.hpp"

namespace gradus::engine {
namespace {

/// From so many entries for each of the columns on, to look at all columns is shorter than to sort those in use.
constexpr Index kColumnsAnEntry = 64;

/// Whether the columns of a row ascend, each once, and there are so many.
template <class I>
bool is_ready(const I* columns, Index count, Index cols) {
  if (count == 0) return true;
  bool ascend = true;
  for (Index e = 1; e < count; ++e) ascend = ascend & (columns[e - 1] < columns[e]);
  return ascend && columns[0] >= 0 && columns[count - 1] < cols;
}

}  // namespace

template <class T>
void SparseBatch<T>::take(const SparseRows<T>& x, std::span<const Index> rows) {
  rows_ = std::ssize(rows);
  cols_ = x.cols();
  starts_.assign(1, 0);
  copied_columns_.clear();
  copied_values_.clear();
  std::visit(
      [&](const auto& columns) {
        for (const Index row : rows) copy_row(x, columns, row);
      },
      x.columns());
  columns_ = copied_columns_.data();
  values_ = copied_values_.data();
}

template <class T>
void SparseBatch<T>::take(const SparseRows<T>& x, Index first, Index count) {
  starts_.resize(static_cast<std::size_t>(count) + 1);
  std::visit([&](const auto& at) { std::copy_n(at.begin() + first, count + 1, starts_.begin()); }, x.starts());
  const auto* columns = std::get_if<std::span<const std::int32_t>>(&x.columns());
  bool ready = columns != nullptr;
  for (std::size_t k = 1; ready && k < starts_.size(); ++k)
    ready = is_ready(columns->data() + starts_[k - 1], starts_[k] - starts_[k - 1], x.cols());
  if (!ready) {
    std::vector<Index> rows(static_cast<std::size_t>(count));
    std::iota(rows.begin(), rows.end(), first);
    return take(x, rows);
  }
  rows_ = count;
  cols_ = x.cols();
  columns_ = columns->data();
  values_ = x.values().data();
}

template <class T>
template <class I>
void SparseBatch<T>::copy_row(const SparseRows<T>& x, std::span<const I> columns, Index row) {
  const Index first = x.start(row), last = x.start(row + 1);
  const I* at = columns.data() + first;
  const T* values = x.values().data() + first;
  if (is_ready(at, last - first, x.cols())) {
    if constexpr (std::is_same_v<I, std::int32_t>) {
      copied_columns_.insert(copied_columns_.end(), at, at + (last - first));
    } else {
      std::transform(at, at + (last - first), std::back_inserter(copied_columns_),
                     [](I column) { return static_cast<std::int32_t>(column); });
    }
    copied_values_.insert(copied_values_.end(), values, values + (last - first));
  } else {
    sorted_.resize(static_cast<std::size_t>(last - first));
    std::iota(sorted_.begin(), sorted_.end(), Index{0});
    std::stable_sort(sorted_.begin(), sorted_.end(), [&](Index a, Index b) { return at[a] < at[b]; });
    for (const Index e : sorted_) {
      x.check_column(row, at[e]);
      const auto column = static_cast<std::int32_t>(at[e]);
      if (std::ssize(copied_columns_) > starts_.back() && copied_columns_.back() == column) {
        copied_values_.back() += values[e];
      } else {
        copied_columns_.push_back(column);
        copied_values_.push_back(T(0) + values[e]);
      }
    }
  }
  starts_.push_back(std::ssize(copied_columns_));
}

template <class T>
void SparseBatch<T>::write(MatrixView<T> to) const {
  for (Index k = 0; k < rows_; ++k) {
    const std::span<T> row = to.row(k);
    std::fill(row.begin(), row.end(), T(0));
    for (Index e = starts_[static_cast<std::size_t>(k)]; e < starts_[static_cast<std::size_t>(k + 1)]; ++e)
      row[static_cast<std::size_t>(columns_[e])] = values_[e] + T(0);
  }
}

template <class T>
T SparseBatch<T>::largest() const {
  return largest_magnitude(std::span<const T>(values_ + starts_.front(), static_cast<std::size_t>(entries())));
}

template <class T>
void SparseBatch<T>::turn(bool ascending) {
  const auto at = [](Index i) { return static_cast<std::size_t>(i); };
  counts_.resize(at(cols_));
  touched_.clear();
  for (Index e = starts_.front(); e < starts_.back(); ++e)
    if (counts_[at(columns_[e])]++ == 0) touched_.push_back(columns_[e]);
  if (ascending && std::ssize(touched_) * kColumnsAnEntry < cols_) {
    std::sort(touched_.begin(), touched_.end());
  } else if (ascending) {
    touched_.clear();
    for (Index column = 0; column < cols_; ++column)
      if (counts_[at(column)] > 0) touched_.push_back(static_cast<std::int32_t>(column));
  }
  column_starts_.assign(1, 0);
  for (const std::int32_t column : touched_) {
    column_starts_.push_back(column_starts_.back() + counts_[at(column)]);
    counts_[at(column)] = static_cast<std::int32_t>(column_starts_.end()[-2]);  // where its next entry goes
  }
  turned_rows_.resize(at(entries()));
  turned_values_.resize(at(entries()));
  for (Index k = 0; k < rows_; ++k)
    for (Index e = starts_[at(k)]; e < starts_[at(k + 1)]; ++e) {
      const std::size_t to = at(counts_[at(columns_[e])]++);
      turned_rows_[to] = static_cast<std::int32_t>(k);
      turned_values_[to] = values_[e];
    }
  for (const std::int32_t column : touched_) counts_[at(column)] = 0;
}

template <class T>
std::size_t SparseBatch<T>::memory() const {
  const auto bytes = [](const auto& v) { return v.capacity() * sizeof(v[0]); };
  return bytes(starts_) + bytes(copied_columns_) + bytes(copied_values_) + bytes(sorted_) + bytes(counts_) +
         bytes(touched_) + bytes(column_starts_) + bytes(turned_rows_) + bytes(turned_values_);
}

template class SparseBatch<float>;
template class SparseBatch<double>;

}  // namespace gradus::engine
