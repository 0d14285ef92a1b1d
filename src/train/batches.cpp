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
      per_epoch_(per_epoch(samples)),
      given_(options.given) {}

std::vector<Index> Batches::first_order() const {
  std::vector<Index> order(shuffles() ? static_cast<std::size_t>(samples_) : 0);
  std::iota(order.begin(), order.end(), Index{0});
  return order;
}

std::pair<Index, Index> Batches::stretch(Index k, Index batches) const {
  const Index first = k * size_;
  return {first, std::min(batches * size_, samples_ - first)};
}

std::span<const Index> Batches::next(Index k, Index batches, RandomState& random, const std::vector<Index>& order,
                                     Index& given) {
  const auto [first, count] = stretch(k, batches);
  if (kind_ == Order::shuffle)
    return std::span<const Index>(order).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
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
