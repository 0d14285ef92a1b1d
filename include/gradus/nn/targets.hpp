// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <numeric>
#include <span>

#include "gradus/core/matrix.hpp"

namespace gradus {

/// What a batch's outputs should be, and how much each sample counts. A matrix of targets is taken for one without
/// weights, where each sample counts once; a weight of 2 is as good as the sample given twice.
template <std::floating_point T>
struct Targets {
  ConstMatrixView<T> values;  ///< (batch, outputs); where every time step has its own outputs, (batch, steps * outputs)
  /// One a sample, or none. fit asks for at least 0; to the passes -w counts as -1 times w, in sums and in what they
  /// are divided by, as in scikit-learn.
  std::span<const T> weights;

  Targets() = default;
  template <std::convertible_to<ConstMatrixView<T>> M>
  Targets(const M& targets, std::span<const T> sample_weights = {}) : values(targets), weights(sample_weights) {}

  /// Of a sample, or of a row where `values` are taken apart into rows of `outputs`, one a time step.
  T weight(Index row, Index outputs) const {
    return weights.empty() ? T(1) : weights[static_cast<std::size_t>(row * outputs / values.cols())];
  }
  /// What a mean is over: samples, or time steps where each has its own outputs, by their weights.
  double count(Index outputs) const {
    const double samples =
        weights.empty() ? static_cast<double>(values.rows()) : std::accumulate(weights.begin(), weights.end(), 0.0);
    const Index steps = values.cols() / outputs;
    return samples * static_cast<double>(steps);
  }
  Targets middle_rows(Index first, Index rows) const {
    if (weights.empty()) return values.middle_rows(first, rows);
    return {values.middle_rows(first, rows),
            weights.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(rows))};
  }
};

}  // namespace gradus
