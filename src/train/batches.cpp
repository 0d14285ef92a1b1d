// SPDX-License-Identifier: MIT
#include "gradus/train/batches.hpp"

#include <algorithm>
#include <numeric>

namespace gradus::detail {

Hit hit_of(const FitOptions& options) { return options.hit ? *options.hit : gradus::hit_of(options.loss.function); }

Batches::Batches(const FitOptions& options, Index samples, RandomState& random)
    : options_(options), samples_(samples), random_(random) {
  if (options.order == Order::shuffle && options.batch > 0) {
    order_.resize(static_cast<std::size_t>(samples));
    std::iota(order_.begin(), order_.end(), Index{0});
  }
}

std::span<const Index> Batches::next(Index k) {
  const Index first = k * size();
  const Index count = std::min(size(), samples_ - first);
  if (options_.order == Order::shuffle) {
    if (k == 0) random_.shuffle(order_);
    return std::span<const Index>(order_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
  }
  rows_.resize(static_cast<std::size_t>(count));
  for (Index& row : rows_) {
    if (options_.order == Order::draws) {
      row = static_cast<Index>(random_.interval(static_cast<std::uint64_t>(samples_ - 1)));
    } else {
      row = options_.given[given_];
      given_ = (given_ + 1) % options_.given.size();
    }
  }
  return rows_;
}

void Recorder::write(Index updates) {
  if (samples_ == 0) return;
  history_.update.push_back(updates);
  history_.loss.push_back(loss_ / static_cast<double>(samples_));
  if (hit_ != Hit::none) history_.accuracy.push_back(static_cast<double>(hits_) / static_cast<double>(samples_));
  loss_ = 0;
  hits_ = samples_ = 0;
}

}  // namespace gradus::detail
