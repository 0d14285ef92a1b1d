// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/core/matrix.hpp"
#include "gradus/optim/stall.hpp"

namespace gradus {

/// Stops training once a metric has gone `patience` epochs in a row without improving on its best by more than
/// `min_delta` (Prechelt, 1998). Of the test set, give it a part of the samples kept for that: whoever stops by it
/// learns from it.
struct EarlyStopping {
  enum class Metric {
    none,
    loss,           ///< of the training samples, over the epoch
    accuracy,       ///< of the training samples, over the epoch
    test_loss,      ///< as last tried
    test_accuracy,  ///< as last tried
    custom,         ///< what Callbacks::metric gives; larger is better
  };

  Metric metric = Metric::none;
  Index patience = 10;
  double min_delta = 0;
  bool restore_best = true;  ///< in the end theta is what it was when the metric was best

  bool operator==(const EarlyStopping&) const = default;
};

/// Whether less is better.
constexpr bool is_loss(EarlyStopping::Metric metric) {
  return metric == EarlyStopping::Metric::loss || metric == EarlyStopping::Metric::test_loss;
}

/// When the metric has stalled.
constexpr StallRule stall_rule(const EarlyStopping& options) {
  return {.best = StallRule::Best::improved,
          .patience = static_cast<double>(options.patience),
          .tolerance = options.min_delta,
          .larger_is_better = !is_loss(options.metric)};
}

}  // namespace gradus
