// SPDX-License-Identifier: MIT
#pragma once

#include <limits>

namespace gradus {

/// When a training no longer gets better: the one rule of `fit`'s early stopping, of the adaptive schedule, and of
/// scikit-learn's `tol` and `n_iter_no_change`.
struct StallRule {
  enum class Best {
    /// A value improves if it is below the best by more than `tolerance`, and is the new best; a training has stalled
    /// after `patience` values in a row, at least one, without (Prechelt, 1998).
    improved,
    /// As in scikit-learn: a value improves unless it is above the best minus `tolerance`, and any that is below is the
    /// new best; a training has stalled after more than `patience` values in a row without.
    lowest,
  };

  Best best = Best::improved;
  double patience = 10;  ///< may be infinite
  double tolerance = 0;
  bool larger_is_better = false;  ///< of scores: the same of their negatives

  bool operator==(const StallRule&) const = default;
};

/// The rule at work: a value, which is all that must be kept to go on.
struct Stall {
  double best = std::numeric_limits<double>::infinity();  ///< so far; a score's negative
  double bad = 0;                                         ///< values in a row that were no improvement

  /// Takes the next value; whether it is an improvement. NaN is none, but for Best::lowest, which takes it for one, as
  /// scikit-learn does.
  bool look(const StallRule& rule, double value) {
    const double loss = rule.larger_is_better ? -value : value;
    const bool lowest = rule.best == StallRule::Best::lowest;
    const bool better = lowest ? !(loss > best - rule.tolerance) : loss < best - rule.tolerance;
    bad = better ? 0 : bad + 1;
    if (lowest ? loss < best : better) best = loss;
    return better;
  }
  bool is_over(const StallRule& rule) const {
    return rule.best == StallRule::Best::lowest ? bad > rule.patience : bad >= rule.patience && bad > 0;
  }
  /// As the rule's values are counted.
  double best_value(const StallRule& rule) const { return rule.larger_is_better ? -best : best; }

  bool operator==(const Stall&) const = default;
};

}  // namespace gradus
