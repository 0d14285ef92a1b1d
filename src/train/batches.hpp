// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <utility>
#include <vector>

#include "gradus/train/fit.hpp"

namespace gradus::detail {

/// Hands out the samples of each batch, and draws from the stream what that needs. What it remembers is given to it.
class Batches {
 public:
  Batches(const FitOptions& options, Index samples);

  /// Samples an update, but for a short last batch of an epoch.
  Index size() const { return size_; }
  Index per_epoch() const { return per_epoch_; }
  /// Of so many samples.
  Index per_epoch(Index samples) const { return (samples + size_ - 1) / size_; }
  /// Whether epochs go through an order of the samples, which is shuffled before each.
  bool shuffles() const { return kind_ == Order::shuffle && !full_; }
  /// Of all samples as they are given; empty where none is shuffled.
  std::vector<Index> first_order() const;
  /// An epoch goes through so many.
  void set_samples(Index samples) {
    samples_ = samples;
    per_epoch_ = per_epoch(samples);
  }

  /// Whether an epoch in this order takes the samples as they lie.
  bool in_turn(const std::vector<Index>& order) const { return kind_ == Order::shuffle && order.empty(); }
  /// The first sample of batch number `k` of an epoch, and how many there are from it to the end of `batches` of them.
  std::pair<Index, Index> stretch(Index k, Index batches = 1) const;
  /// Their rows, of an order that is not in turn; to be called batch after batch.
  std::span<const Index> next(Index k, Index batches, RandomState& random, const std::vector<Index>& order,
                              Index& given);

 private:
  Order kind_;
  bool full_;  // all samples at once
  Index samples_;
  Index size_;
  Index per_epoch_;  // asked at every update, which a division would be seen in
  std::vector<Index> given_;
  std::vector<Index> rows_;
};

}  // namespace gradus::detail
