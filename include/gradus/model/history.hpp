// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <vector>

#include "gradus/core/matrix.hpp"

namespace gradus {

/// What a training run leaves behind, one entry a record; a record sums up the updates since the one before.
struct History {
  std::vector<Index> update;     ///< number of updates made when the record was written
  std::vector<double> loss;      ///< mean loss of the samples seen, each before the step it caused
  std::vector<double> accuracy;  ///< share of them that were met, before that step; empty where nothing counts as a hit

  std::vector<Index> test_update;  ///< number of updates made when the test set was tried
  std::vector<double> test_loss;
  std::vector<double> test_accuracy;

  std::vector<std::vector<double>> gradients;  ///< of every update, on demand

  bool operator==(const History&) const = default;
};

/// The same with at most about `most` records and as many looks at the test set: every second, every fourth, ... of
/// them and always the last; gradients are left out. Throws ValueError for fewer than 2.
History thinned(const History& history, std::size_t most);

}  // namespace gradus
