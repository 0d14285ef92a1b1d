// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "gradus/train/fit.hpp"

/// The parts of a training run that know no number type.
namespace gradus::detail {

/// What the options count as a hit, or else their loss.
Hit hit_of(const FitOptions& options);

/// Hands out the samples of each batch, and draws from the stream what that needs.
class Batches {
 public:
  Batches(const FitOptions& options, Index samples, RandomState& random);

  /// Samples an update, but for a short last batch of a pass.
  Index size() const { return options_.batch == 0 ? samples_ : options_.batch; }
  Index updates_per_epoch() const { return (samples_ + size() - 1) / size(); }

  /// The rows of batch number `k` of a pass; to be called in turn.
  std::span<const Index> next(Index k);

 private:
  const FitOptions& options_;
  Index samples_;
  RandomState& random_;
  std::vector<Index> order_;
  std::vector<Index> rows_;
  std::size_t given_ = 0;
};

/// Sums up updates until a record is due.
class Recorder {
 public:
  Recorder(Hit hit, History& history) : hit_(hit), history_(history) {}

  void add(double mean_loss, Index hits, Index samples) {
    loss_ += mean_loss * static_cast<double>(samples);
    hits_ += hits;
    samples_ += samples;
  }
  void write(Index updates);

 private:
  Hit hit_;
  History& history_;
  double loss_ = 0;
  Index hits_ = 0;
  Index samples_ = 0;
};

}  // namespace gradus::detail
