// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gradus/metrics/scores.hpp"
#include "gradus/model/history.hpp"

namespace gradus {

/// What a model keeps of its training, beside the experiment that repeats it: how it went, and how good it came out.
struct TrainingRecord {
  Index epochs = 0;                      ///< begun
  Index updates = 0;                     ///< made
  Scores train;                          ///< on the samples learned from
  std::optional<Scores> test{};          ///< on those held out
  History history{};                     ///< thinned, so that it does not outweigh the parameters
  std::vector<std::string> diagnosis{};  ///< what went wrong without diverging, a line each; empty of a sound run

  /// Throws ShapeError unless the history's columns are as long as its updates.
  void check() const;
  bool operator==(const TrainingRecord&) const = default;
};

}  // namespace gradus
