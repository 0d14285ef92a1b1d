// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>

#include "gradus/train/fit.hpp"
#include "gradus/train/passes.hpp"
#include "gradus/train/training_state.hpp"

namespace gradus {

/// A training that can be stopped between any two updates, looked at, kept and gone on with:
///
///     Training<double> training(network, theta, {x, targets}, options, random);
///     while (training.advance(100)) show(training.theta());
///     const FitResult result = training.finish();
///
/// `fit` is this without a stop. All it remembers is one value, `state()`: a training of the same network, samples and
/// options that is given it goes on to the same bits, in this process or another. Theta, the samples' numbers and the
/// stream stay the caller's and must outlive it; options and callbacks are copied. Not to be shared by threads.
template <std::floating_point T>
class Training {
 public:
  /// Throws what `fit` throws.
  Training(const Network& network, std::span<T> theta, const Samples<T>& train, const FitOptions& options,
           RandomState& random, const std::optional<Samples<T>>& test = std::nullopt,
           const Callbacks<T>& callbacks = {});
  /// By passes of your own. What depends on the network, whether samples and loss fit it, is not checked.
  Training(std::unique_ptr<Passes<T>> passes, std::span<T> theta, const Samples<T>& train, const FitOptions& options,
           RandomState& random, const std::optional<Samples<T>>& test = std::nullopt,
           const Callbacks<T>& callbacks = {});
  ~Training();
  Training(Training&&) noexcept;
  Training& operator=(Training&&) noexcept;

  /// So many updates more, or fewer where it ends before. Whether there is more to do. Where online updates that were
  /// made at once turn out to have gone non-finite, it goes back to the first of them to find out where.
  bool advance(Index updates);
  /// All that is left.
  void advance_to_end();
  /// All that is left, and its end.
  FitResult run() {
    advance_to_end();
    return finish();
  }
  /// Whether there is nothing more to do: its epochs or updates are made, or something has stopped it.
  bool is_over() const;
  /// Ends the epoch under way, gives theta back as it was best if early stopping is to, and tells how it went. The last
  /// call: a state to go on from is to be asked for before.
  FitResult finish();

  /// Begins an epoch over these rows of a set, batch after batch in this order, all in turn if there are none: for who
  /// orders the samples himself, or has others in each epoch. What is learned from stays this set, and must outlive the
  /// training or be followed by another. Throws ValueError within an epoch, or with an order that is not shuffled.
  void begin_epoch(const Samples<T>& set, std::span<const Index> order = {});
  /// Sums over the epoch that was ended last.
  const RunSums& last_epoch() const;
  /// Multiplies the learning rate from here on, in place of what the epochs have made an adaptive schedule do.
  void scale_learning_rate(double factor);

  Index updates() const;
  /// Passes begun.
  Index epochs() const;
  /// An epoch has so many.
  Index updates_per_epoch() const;
  double learning_rate() const;
  std::span<const T> theta() const;
  /// The network's running statistics.
  std::span<const T> running() const;
  const History& history() const;
  StopReason reason() const;

  /// To be asked for between two calls, not within a callback.
  TrainingState<T> state() const;
  /// Goes on from there: theta and the stream are as they were then. A state of a training that a callback stopped goes
  /// on too. Throws ShapeError if it is not one of this network, samples and options.
  void set_state(TrainingState<T> state);

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

/// The passes that `Training` makes of a network: the engine's or the definition's, as the options say. For passes of
/// your own to stand before. `kind`: the engine's plan, in place of the one that it would choose; throws ValueError if
/// network and loss do not have it.
template <std::floating_point T>
std::unique_ptr<Passes<T>> make_passes(const Network& network, const FitOptions& options, const Samples<T>& train,
                                       engine::PlanKind kind = engine::PlanKind::automatic);

extern template class Training<double>;
extern template class Training<float>;

}  // namespace gradus
