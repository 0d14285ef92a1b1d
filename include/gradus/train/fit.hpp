// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>

#include "gradus/engine/arithmetic.hpp"
#include "gradus/nn/hit.hpp"
#include "gradus/nn/loss.hpp"
#include "gradus/nn/network.hpp"
#include "gradus/optim/regularisation.hpp"
#include "gradus/optim/schedule.hpp"
#include "gradus/optim/training_method.hpp"
#include "gradus/random/random_state.hpp"
#include "gradus/train/early_stopping.hpp"
#include "gradus/train/history.hpp"
#include "gradus/train/samples.hpp"

namespace gradus {

/// Which samples make the next batch.
enum class Order {
  shuffle,  ///< each epoch visits every sample once, in an order shuffled anew (shuffles compound, as in scikit-learn)
  draws,    ///< each sample is drawn with replacement
  given,    ///< the indices in FitOptions::given, in turn, from the start again when they end
};

/// An update as callbacks see it. Before the step theta is what the gradient was taken at; after it, what it became.
template <std::floating_point T>
struct UpdateEvent {
  Index update;  ///< from 0
  Index epoch;   ///< from 0
  T loss;        ///< of the batch with its penalties, before the step; NaN with record_every < 0
  std::span<const T> theta;
  std::span<const T> gradient;
  ConstMatrixView<T> x;          ///< the batch
  ConstMatrixView<T> targets;    ///< the batch
  double learning_rate = 0;      ///< as the schedule has it; 0 for methods without
  std::span<const T> weights{};  ///< of the batch's samples; empty: each counts once
};

/// What callbacks see when an epoch ends, or training does.
template <std::floating_point T>
struct EpochEvent {
  Index epoch;    ///< those made
  Index updates;  ///< updates made
  std::span<const T> theta;
  const History& history;
};

/// One update, or several that were made at once, as a callback sees them that need not see each by itself.
struct UpdatesEvent {
  Index updates;         ///< made so far
  Index epoch;           ///< from 0
  double loss;           ///< mean of their samples, with penalties, before each step; NaN with record_every < 0
  double learning_rate;  ///< as the schedule has it; 0 for methods without
};

enum class Signal { go_on, stop };

/// Each may be empty. With before_step or after_step every update is made by itself.
template <std::floating_point T>
struct Callbacks {
  std::function<Signal(const UpdateEvent<T>&)> before_step;
  std::function<Signal(const UpdateEvent<T>&)> after_step;
  std::function<Signal(const EpochEvent<T>&)> after_epoch;
  std::function<double(const EpochEvent<T>&)> metric{};        ///< for EarlyStopping::Metric::custom
  std::function<Signal(const UpdatesEvent&)> after_updates{};  ///< after at most 1000 of them
};

/// Who computes the passes.
enum class Engine {
  automatic,   ///< the engine (gradus/engine/), where it has a plan for the network; else the definition
  definition,  ///< nn/pass.hpp: the same numbers to rounding, in an arithmetic of its own, to the last bit everywhere
};

struct FitOptions {
  Loss loss;
  /// Methods that minimise (lbfgs, cg, lm) take the full batch, whatever `batch` says; an epoch is one iteration.
  TrainingMethod optimizer = Sgd{};
  Index batch = 32;        ///< samples an update: 1 is online, 0 the full batch (in the order given, drawing nothing)
  Index epochs = 100;      ///< each takes every sample once, in ceil(samples / batch) updates
  Index updates = 0;       ///< stop after so many updates, whatever `epochs` says; 0: no such limit
  double min_change = -1;  ///< stop once an update moves theta by no more than this (Euclidean norm); < 0: never
  Order order = Order::shuffle;
  std::vector<Index> given{};  ///< for Order::given
  Index record_every = 0;      ///< updates a record; 0: one an epoch; < 0: none, and no loss is computed
  Index test_every = 0;      ///< the test set is tried after update 1, 1 + n, 1 + 2n, ...; 0: at the end of each epoch
  std::optional<Hit> hit{};  ///< what the accuracies count; none: `hit_of` loss and targets
  bool keep_gradients = false;
  Schedule schedule{};              ///< of the learning rate; those that minimise have none
  Regularisation regularisation{};  ///< the loss in the history includes its penalties
  EarlyStopping early_stopping{};
  /// Layers, numbered as in `ParameterBlock::number`, whose parameters and running statistics stay as they are, to the
  /// last bit; not with lm. Their penalties count in the loss, their gradient as 0.
  std::vector<Index> frozen{};
  std::vector<double> state{};  ///< running statistics to go on from; none: the network's initial state
  Engine engine = Engine::automatic;
  Arithmetic arithmetic = Arithmetic::automatic;  ///< of the engine; the definition has one of its own
  int threads = 1;  ///< of the engine, at most: used where they pay; the bits are the same for any number
  std::optional<std::uint64_t> mask_seed{};  ///< of dropout; none: one draw from `random`, if the network has any
};

/// What the accuracies of a run count.
template <std::floating_point T>
Hit hit_of_run(const FitOptions& options, ConstMatrixView<T> targets, Index outputs) {
  return options.hit ? *options.hit : hit_of<T>(options.loss.function, targets, outputs);
}

/// Trains: changes theta in place, and says how it went. Draws from `random` only what `options.order` needs. The test
/// set is looked at, never learned from. Diverging is a result, not an exception.
/// Throws ShapeError if network, theta and samples do not fit together, ValueError on options or weights out of range
/// or no samples. For a network with layers of your own, include train/definition_passes.hpp; for a training that stops
/// and goes on, see train/training.hpp.
template <std::floating_point T, class L>
FitResult fit(const BasicNetwork<L>& network, std::span<T> theta, const Samples<T>& train, const FitOptions& options,
              RandomState& random, const std::optional<Samples<T>>& test = std::nullopt,
              const Callbacks<T>& callbacks = {});

extern template FitResult fit(const Network&, std::span<double>, const Samples<double>&, const FitOptions&,
                              RandomState&, const std::optional<Samples<double>>&, const Callbacks<double>&);
extern template FitResult fit(const Network&, std::span<float>, const Samples<float>&, const FitOptions&, RandomState&,
                              const std::optional<Samples<float>>&, const Callbacks<float>&);

/// The same on vectors: `fit(network, theta, {x, targets}, options, random)`.
template <std::floating_point T, class L>
FitResult fit(const BasicNetwork<L>& network, std::vector<T>& theta, const Samples<std::type_identity_t<T>>& train,
              const FitOptions& options, RandomState& random,
              const std::optional<Samples<std::type_identity_t<T>>>& test = std::nullopt,
              const Callbacks<std::type_identity_t<T>>& callbacks = {}) {
  return fit<T>(network, std::span<T>(theta), train, options, random, test, callbacks);
}

}  // namespace gradus
