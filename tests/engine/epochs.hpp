// SPDX-License-Identifier: MIT
#pragma once

#include <limits>
#include <memory>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "gradus/train/training.hpp"

namespace gradus::engine_test {

inline TrainingMethod as_training_method(const OptimizerMethod& method) {
  return std::visit([](const auto& m) { return TrainingMethod(m); }, method);
}

/// A training an epoch a call, in an order that the test says, with its samples, parameters and stream.
template <class T>
class Epochs {
 public:
  /// With as many epochs as are asked for, without a history; masks come from a seed of 0 if the options name none.
  Epochs(const Network& network, FitOptions options, std::span<const T> theta, const Samples<T>& set,
         engine::PlanKind kind = engine::PlanKind::automatic)
      : set_(set), theta_(theta.begin(), theta.end()), unused_(std::make_unique<RandomState>()) {
    options.epochs = std::numeric_limits<Index>::max();
    if (options.record_every == 0) options.record_every = std::numeric_limits<Index>::max();
    options.mask_seed = options.mask_seed.value_or(0);
    training_.emplace(make_passes<T>(network, options, set, kind), std::span<T>(theta_), set, options, *unused_);
  }

  /// All samples in turn, or in this order; their means.
  engine::Tally epoch(std::span<const Index> order = {}) { return epoch(set_, order); }
  engine::Tally epoch(const Samples<T>& set, std::span<const Index> order = {}) {
    training_->begin_epoch(set, order);
    training_->advance(training_->updates_per_epoch());
    return training_->last_epoch().mean();
  }

  const std::vector<T>& theta() const { return theta_; }
  std::vector<T> running() const { return {training_->running().begin(), training_->running().end()}; }
  OptimizerState<T> remembered() const { return training_->state().optimizer; }
  Training<T>& training() { return *training_; }

 private:
  Samples<T> set_;
  std::vector<T> theta_;
  std::unique_ptr<RandomState> unused_;
  std::optional<Training<T>> training_;
};

}  // namespace gradus::engine_test
