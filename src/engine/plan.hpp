// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gradus/engine/tally.hpp"
#include "gradus/nn/hit.hpp"
#include "gradus/nn/loss.hpp"
#include "gradus/nn/targets.hpp"

namespace gradus::engine {

/// Samples of a piece. What is summed over samples is the sum of that of their pieces, one after the other.
inline constexpr Index kBatchPiece = 256;

/// A forward and, unless there is no place for a gradient, a backward pass of some samples: `rows[0..count)` of x and
/// targets, or rows 0..count-1.
template <class T>
struct Pass {
  std::span<const T> theta;
  ConstMatrixView<T> x;
  Targets<T> targets;
  const Index* rows = nullptr;
  Index count = 0;
  double scale = 1;       ///< of the sum of the samples' gradients
  T* gradient = nullptr;  ///< written, as long as theta; null: in use, no training
  MatrixView<T> outputs;  ///< written by the batch plan, if it is there
  bool record = false;    ///< whether loss and hits are wanted
  Hit hit = Hit::none;
  std::uint64_t seed = 0;  ///< of dropout's masks
  std::uint64_t update = 0;
  double loss = 0;  ///< out: the sum of the samples' losses, by their weights
  Index hits = 0;   ///< out

  Index row(Index k) const { return rows ? rows[k] : k; }
  double weight(Index k) const {
    return targets.weights.empty() ? 1.0 : static_cast<double>(targets.weights[static_cast<std::size_t>(row(k))]);
  }
  /// How much the samples count together.
  double weight() const {
    if (targets.weights.empty()) return static_cast<double>(count);
    double sum = 0;
    for (Index k = 0; k < count; ++k) sum += weight(k);
    return sum;
  }
};

/// What the sum of the losses of samples that count so much together is multiplied with.
inline double scale_of(const Loss& loss, Index outputs, double count) {
  if (loss.reduction == Reduction::sum) return loss.factor;
  return count != 0 ? loss.scale(1, outputs) / count : 0;
}

/// A way to run passes of one network and one loss. It owns the scratch memory.
template <class T>
class Plan {
 public:
  virtual ~Plan() = default;
  virtual PlanKind kind() const = 0;
  virtual void run(Pass<T>& pass) = 0;
  /// Running statistics of the network.
  virtual std::span<T> state() { return {}; }
  virtual std::size_t memory() const = 0;
};

}  // namespace gradus::engine
