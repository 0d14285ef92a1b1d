// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "gradus/train/fit.hpp"

namespace gradus::detail {

/// Hands out the samples of each batch, and draws from the stream what that needs. What it remembers is given to it.
class Batches {
 public:
  Batches(const FitOptions& options, Index samples);

  /// Samples an update, but for a short last batch of an epoch.
  Index size() const { return size_; }
  Index per_epoch() const { return per_epoch(samples_); }
  /// Of so many samples.
  Index per_epoch(Index samples) const { return (samples + size_ - 1) / size_; }
  /// Whether epochs go through an order of the samples, which is shuffled before each.
  bool shuffles() const { return kind_ == Order::shuffle && !full_; }
  /// Of all samples as they are given; empty where none is shuffled.
  std::vector<Index> first_order() const;
  /// An epoch goes through so many.
  void set_samples(Index samples) { samples_ = samples; }

  /// The rows of batch number `k` of an epoch; to be called in turn. None: all samples in the order given.
  std::span<const Index> next(Index k, RandomState& random, const std::vector<Index>& order, Index& given);

 private:
  Order kind_;
  bool full_;  // all samples at once
  Index samples_;
  Index size_;
  std::vector<Index> given_;
  std::vector<Index> rows_;
};

}  // namespace gradus::detail
