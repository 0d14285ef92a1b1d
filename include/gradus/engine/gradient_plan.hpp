// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "gradus/engine/arithmetic.hpp"
#include "gradus/engine/tally.hpp"
#include "gradus/nn/hit.hpp"
#include "gradus/nn/loss.hpp"
#include "gradus/nn/network.hpp"
#include "gradus/nn/targets.hpp"

/// Gradients at the machine's limit. A plan is chosen once for (network, loss, batch, precision); afterwards nothing is
/// allocated. Results agree with the definition (nn/pass.hpp) to rounding, and repeat to the last bit wherever the
/// arithmetic is the same.
namespace gradus::engine {

class Workshop;

/// The gradient of a batch, faster than nn/pass.hpp. Not to be shared by threads: it owns the scratch memory of a
/// batch.
template <class T>
class GradientPlan {
 public:
  /// `batch`: the most samples a call will bring. Throws ValueError if a plan is asked for by name that the network and
  /// the loss do not have; with `automatic` there always is one.
  GradientPlan(const Network& network, const Loss& loss, Index batch, PlanKind kind = PlanKind::automatic,
               int threads = 1, Arithmetic arithmetic = Arithmetic::automatic);
  ~GradientPlan();
  GradientPlan(GradientPlan&&) noexcept;
  GradientPlan& operator=(GradientPlan&&) noexcept;

  /// Writes the derivative of the batch's loss by every parameter, of the network in training (Mode::training). The
  /// batch is rows `rows` of x (samples, inputs), targets and their weights, or all rows if `rows` is empty. Throws
  /// ShapeError if something does not fit.
  Tally operator()(std::span<const T> theta, ConstMatrixView<T> x, const Targets<T>& targets,
                   std::span<const Index> rows, std::span<T> gradient, bool record = true, Hit hit = Hit::none);
  /// Loss and hits of any number of samples, of the network in use (Mode::inference).
  Tally score(std::span<const T> theta, ConstMatrixView<T> x, const Targets<T>& targets, Hit hit = Hit::none);

  /// Of dropout: its masks depend on the seed, the layer, the update, the row of the batch and the column alone.
  void set_masks(std::uint64_t seed, std::uint64_t update);
  /// Running statistics, which each gradient changes; empty for networks without any.
  std::span<T> state();

  PlanKind kind() const;
  /// Its threads, which the step after a gradient may use.
  Workshop& workshop();
  /// Bytes of scratch memory.
  std::size_t memory() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

extern template class GradientPlan<float>;
extern template class GradientPlan<double>;

}  // namespace gradus::engine
