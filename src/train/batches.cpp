// SPDX-License-Identifier: MIT
#include "train/batches.hpp"

#include <algorithm>
#include <numeric>

namespace gradus::detail {

Batches::Batches(const FitOptions& options, Index samples)
    : kind_(options.order),
      full_(options.batch == 0),
      samples_(samples),
      size_(std::max<Index>(full_ ? samples : options.batch, 1)),
      given_(options.given) {}

std::vector<Index> Batches::first_order() const {
  std::vector<Index> order(shuffles() ? static_cast<std::size_t>(samples_) : 0);
  std::iota(order.begin(), order.end(), Index{0});
  return order;
}

std::span<const Index> Batches::next(Index k, RandomState& random, const std::vector<Index>& order, Index& given) {
  const Index first = k * size_;
  const Index count = std::min(size_, samples_ - first);
  if (kind_ == Order::shuffle) {
    if (full_) return {};
    return std::span<const Index>(order).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
  }
  rows_.resize(static_cast<std::size_t>(count));
  for (Index& row : rows_) {
    if (kind_ == Order::draws) {
      row = static_cast<Index>(random.interval(static_cast<std::uint64_t>(samples_ - 1)));
    } else {
      row = given_[static_cast<std::size_t>(given)];
      given = (given + 1) % static_cast<Index>(given_.size());
    }
  }
  return rows_;
}

}  // namespace gradus::detail
