// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "gradus/engine/tally.hpp"
#include "gradus/nn/hit.hpp"
#include "gradus/nn/loss.hpp"
#include "gradus/nn/network.hpp"
#include "gradus/nn/targets.hpp"
#include "gradus/optim/optimizer.hpp"
#include "gradus/optim/regularisation.hpp"

/// Training at the machine's limit. A plan is chosen once for (network, loss, method, batch, precision); afterwards
/// nothing is allocated. Results agree with the definition (nn/pass.hpp) to rounding, and repeat to the last bit at
/// every vector width, on machines with fused multiply-add and on machines without.
namespace gradus::engine {

class Workshop;
template <class T>
class Trainer;

/// The gradient of a batch, faster than nn/pass.hpp. Not to be shared by threads: it owns the scratch memory of a
/// batch.
template <class T>
class GradientPlan {
 public:
  /// `batch`: the most samples a call will bring. Throws ValueError if a plan is asked for by name that the network and
  /// the loss do not have; with `automatic` there always is one.
  GradientPlan(const Network& network, const Loss& loss, Index batch, PlanKind kind = PlanKind::automatic,
               int threads = 1);
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
  friend class Trainer<T>;
  /// What has been checked, of at least one sample.
  Tally run(std::span<const T> theta, ConstMatrixView<T> x, const Targets<T>& targets, std::span<const Index> rows,
            std::span<T> gradient, bool record, Hit hit);

  struct State;
  std::unique_ptr<State> state_;
};

extern template class GradientPlan<float>;
extern template class GradientPlan<double>;

struct TrainerOptions {
  Loss loss = {};
  OptimizerMethod optimizer = Sgd{};
  Regularisation regularisation = {};
  Index batch = 32;     ///< samples an update; the last of an epoch may be smaller
  bool record = false;  ///< whether epochs sum up loss and hits
  Hit hit = Hit::none;
  std::uint64_t mask_seed = 0;  ///< of dropout
  PlanKind plan = PlanKind::automatic;
  int threads = 1;  ///< at most; used only where they pay
};

/// A network at training: parameters, optimizer and plan in one place.
template <class T>
class Trainer {
 public:
  /// Throws ValueError if an option is out of range or the plan asked for does not exist, ShapeError if theta does not
  /// fit.
  Trainer(const Network& network, const TrainerOptions& options, std::span<const T> theta);
  ~Trainer();
  Trainer(Trainer&&) noexcept;
  Trainer& operator=(Trainer&&) noexcept;

  /// Updates on the samples `order`, batch after batch; all samples in turn if it is empty. Allocates nothing. Samples
  /// may be weighted; a batch in which none counts has loss and gradient 0.
  Tally epoch(ConstMatrixView<T> x, const Targets<T>& targets, std::span<const Index> order = {});

  /// The parameters, in the network's order.
  void parameters(std::span<T> theta) const;
  void set_parameters(std::span<const T> theta);
  double learning_rate() const;
  /// Throws ValueError unless it is finite and at least 0.
  void set_learning_rate(double rate);
  /// What the optimizer remembers, with the number of updates made: to go on from in another trainer.
  const OptimizerState<T>& optimizer_state() const;
  /// Throws ShapeError if it is not that of this network and method.
  void set_optimizer_state(OptimizerState<T> state);
  /// The network's running statistics; empty without any.
  std::span<T> state();

  PlanKind kind() const;
  /// Bytes held: parameters, optimizer slots, one gradient, scratch.
  std::size_t memory() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

extern template class Trainer<float>;
extern template class Trainer<double>;

}  // namespace gradus::engine
