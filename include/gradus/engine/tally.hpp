// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/core/matrix.hpp"

/// The engine's first words: which plan computes, and what is summed up.
namespace gradus::engine {

/// What a SIMD lane holds.
enum class PlanKind {
  automatic,
  online,      ///< units of a layer; batches of 1, plain descent
  batch,       ///< samples of the batch
  products,    ///< tiles of matrix products; large networks, and all with layers other than dense
  definition,  ///< nothing: nn/pass.hpp as it stands; its first batches allocate
};

/// Of the samples seen, before the steps they caused. Zero unless asked for.
struct Tally {
  double loss = 0;     ///< of the batches, with penalties, as Loss reduces them: their mean by their numbers of samples
  Index hits = 0;      ///< weights or not, each sample once
  Index samples = 0;   ///< in a sequence with outputs at every step: steps
  double penalty = 0;  ///< the part of the loss that penalties are

  double accuracy() const { return static_cast<double>(hits) / static_cast<double>(samples); }
};

}  // namespace gradus::engine

namespace gradus {

/// Sums over updates, of which a record or an epoch makes means.
struct RunSums {
  double loss = 0;     ///< each batch's mean loss, with penalties, times its samples
  double penalty = 0;  ///< the part of it that penalties are
  Index hits = 0;
  Index samples = 0;

  /// Of a batch.
  void add(const engine::Tally& mean) {
    loss += mean.loss * static_cast<double>(mean.samples);
    penalty += mean.penalty * static_cast<double>(mean.samples);
    hits += mean.hits;
    samples += mean.samples;
  }
  /// Of all of them; NaN of none.
  engine::Tally mean() const {
    const double n = static_cast<double>(samples);
    return {.loss = loss / n, .hits = hits, .samples = samples, .penalty = penalty / n};
  }

  bool operator==(const RunSums&) const = default;
};

}  // namespace gradus
