// SPDX-License-Identifier: MIT
#pragma once

#include <limits>
#include <string_view>

#include "gradus/core/matrix.hpp"

namespace gradus {

/// Stops training once a metric has gone `patience` passes in a row without improving on its best by more than
/// `min_delta` (Prechelt, 1998). Of the test set, give it a part of the samples kept for that: whoever stops by it
/// learns from it.
struct EarlyStopping {
  enum class Metric {
    none,
    loss,           ///< of the training samples, over the pass
    accuracy,       ///< of the training samples, over the pass
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

/// Counts the passes that a metric has not improved for.
class Patience {
 public:
  explicit Patience(const EarlyStopping& options) : options_(options) {}

  /// Whether the value is the best yet by more than min_delta. NaN never is.
  bool improves(double value) {
    const double score = is_loss(options_.metric) ? -value : value;
    const bool better = score > best_ + options_.min_delta;
    if (better) best_ = score;
    bad_ = better ? 0 : bad_ + 1;
    return better;
  }
  bool is_over() const { return bad_ >= options_.patience && bad_ > 0; }
  double best() const { return is_loss(options_.metric) ? -best_ : best_; }

 private:
  EarlyStopping options_;
  double best_ = -std::numeric_limits<double>::infinity();
  Index bad_ = 0;
};

}  // namespace gradus
