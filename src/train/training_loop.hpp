// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "gradus/engine/buffer.hpp"
#include "gradus/engine/updater.hpp"
#include "gradus/train/training.hpp"
#include "train/batches.hpp"
#include "train/minimiser.hpp"

namespace gradus {

/// The loop over updates and epochs. What it remembers from update to update is `s_`, but for what others remember for
/// it and `state` collects; all else is made anew from the options, or scratch memory.
template <std::floating_point T>
class Training<T>::Loop {
 public:
  Loop(std::unique_ptr<Passes<T>> passes, std::span<T> theta, const Samples<T>& train, const FitOptions& options,
       RandomState& random, const std::optional<Samples<T>>& test, const Callbacks<T>& callbacks);

  void advance(Index updates);
  bool is_over() const { return s_.reason != StopReason::finished || made_all(); }
  FitResult finish();
  void begin_epoch(const Samples<T>& set, std::span<const Index> order);
  void scale_learning_rate(double factor);
  const RunSums& last_epoch() const { return last_epoch_; }

  TrainingState<T> state() const;
  void set_state(TrainingState<T> state);

  const TrainingState<T>& standing() const { return s_; }
  std::span<const T> theta() const { return theta_; }
  Index updates_per_epoch() const { return batches_.per_epoch(); }
  /// Of the update that follows `updates` others; 0 for methods without.
  double learning_rate(Index updates) const { return rate_ * scheduler_.factor(updates); }

 private:
  /// What is known of a batch after its passes; the gradient lies in gradient_.
  struct Passed {
    T loss;  // with its penalties; NaN if it is not wanted
    T penalty;
    Index hits;
    T largest;  // of the gradient; not finite if any number of it is
  };

  static FitOptions as_meant(FitOptions options);
  void check() const;
  void check_state(const TrainingState<T>& state) const;

  // How far it has come.
  bool made_all() const;
  /// Whether all batches of the epoch under way have been taken.
  bool is_whole() const { return s_.position.within && s_.position.batch == batches_.per_epoch(); }
  bool recording() const { return options_.record_every >= 0; }
  bool steps() const { return updater_.has_value(); }
  /// Whether somebody wants to see the samples of each update.
  bool shows_batches() const { return callbacks_.before_step || callbacks_.after_step; }
  bool calls_back() const {
    return shows_batches() || callbacks_.after_epoch || callbacks_.metric || callbacks_.after_updates;
  }
  bool goes_online() const;

  // Updates.
  void update();
  void update_on_batch();
  /// Pass and step in one, where the passes know how and nobody looks in between. False: nothing was done.
  bool update_whole();
  bool makes_whole() const;
  /// What is known of a batch goes on record; returns its mean loss.
  double keep(const Passed& passed);
  void begin_online();
  void update_online(Index most);
  Index due_in() const;
  void redo_one_by_one();
  Passed pass(Passes<T>& passes, const PassRequest<T>& request);
  Passed pass_on_batch(Passes<T>& passes) { return pass(passes, request()); }
  PassRequest<T> request();
  UpdateEvent<T> event(const Passed& passed, Index update, double rate);
  double set_learning_rate();
  void take_rows(std::span<const Index> rows);
  bool is_good(const Passed& passed) const;
  T add_penalty(std::span<const T> theta, std::span<T> gradient) const;
  /// False if no step leads further down.
  bool move(T loss) { return frozen_.empty() ? move_all(loss) : move_without_frozen(loss); }
  bool move_all(T loss);
  bool has_converged() const;
  void diverge(const Passed& passed);

  // Layers that stay (training_frozen.cpp).
  void find_frozen();
  void still(std::span<T> gradient) const;
  void keep_frozen_state();
  bool move_without_frozen(T loss);

  // What is due after updates, and at the end of an epoch.
  void begin_epoch();
  void enter_epoch();
  void count(Index updates);
  void after_updates(double mean_loss);
  /// `last`: what is not on record yet is to be written.
  void end_epoch(bool last);
  void look_at_epoch(const EpochEvent<T>& event);
  double metric(const EpochEvent<T>& event) const;
  void record(const engine::Tally& mean);
  void write_record();
  void try_test_set();
  void obey(Signal signal);

  /// Of samples; in a sequence with outputs at every step their steps: what a mean is over.
  Index terms(Index samples) const { return samples * (train_.targets.cols() / facts().outputs); }
  double mean_scale(double weight) const;
  const NetworkFacts<T>& facts() const { return passes_->facts(); }

  std::unique_ptr<Passes<T>> passes_;
  std::span<T> theta_;
  Samples<T> train_;
  FitOptions options_;
  RandomState* random_;
  std::optional<Samples<T>> test_;
  Callbacks<T> callbacks_;
  Hit hit_;
  StallRule stall_rule_;
  detail::Batches batches_;
  Scheduler scheduler_;
  double rate_ = 0;                    // of the method, and
  std::optional<double> rate_set_;     // what it was set to last, unless the schedule has been changed since
  bool is_steady_;                     // whether the schedule changes it at the end of epochs only
  std::optional<Updater<T>> updater_;  // either this
  std::optional<detail::Minimiser<T>> minimiser_;  // or this
  TrainingState<T> s_;
  RunSums last_epoch_;

  Samples<T> batch_;             // of the update under way, or where these lie:
  std::span<const Index> rows_;  // its rows of train_; none: it is a stretch of train_, from here on:
  Index first_ = 0;
  Index row_ = 0;                             // the one of rows_ where there is one
  bool whole_updates_ = false;                // whether updates are made whole
  engine::Buffer<T> gradient_;                // empty while they are
  std::vector<ParameterBlock> frozen_;        // parameters that stay, and
  std::vector<ParameterBlock> frozen_state_;  // running statistics
  std::vector<T> kept_;                       // the former, while a step is made
  std::vector<T> previous_;                   // theta before the step, where min_change asks for it
  std::vector<T> moved_;                      // theta after updates made at once
  std::vector<T> last_running_;               // before the update
  Gathered<T> gathered_;
};

}  // namespace gradus
