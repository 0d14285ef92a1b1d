// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <vector>

#include "gradus/lab/experiment/run.hpp"

namespace gradus {

/// An experiment that somebody looks at while it trains, for as long as he likes: stopped between any two updates,
/// taken back to any of them, and gone on with in another way.
///
///     LiveRun run(experiment);
///     while (run.updates() < 5000) run.advance(100), show(run.model());
///     run.seek(4711);
///     run.set_parameter(3, -0.5);      // what lay further on is forgotten
///
/// Unless it was changed on its way, its parameters after any number of updates are, to the last bit, those that
/// `run_experiment` ends with after so many; going back and on does not change that. It writes nothing, keeps no
/// history and stops at no number of epochs. Not to be shared by threads.
class LiveRun {
 public:
  /// Throws what `run_experiment` throws before it trains; ValueError for an experiment that begins within another run,
  /// and for a fault that remembers more than a state does.
  explicit LiveRun(const Experiment& experiment);
  LiveRun(const Experiment& experiment, const ExperimentSource& source);
  ~LiveRun();
  LiveRun(LiveRun&&) noexcept;
  LiveRun& operator=(LiveRun&&) noexcept;

  /// So many updates more, or fewer where something stops it. Whether there is more to do. A state is kept at the end
  /// (`Timeline`), to come back to.
  bool advance(Index updates);
  /// To where so many updates are made, by the states that were kept. Throws ValueError below 0, and where the training
  /// stops before.
  void seek(Index update);
  /// The part of that which takes no time: to the nearest state kept before `update`, unless it stands nearer already.
  /// What is left is to `advance`.
  void approach(Index update);

  /// From here on by another experiment, which may differ in how it trains alone. Throws ValueError if it differs in
  /// more, and for other batches within an epoch.
  void change(const Experiment& experiment);
  /// From here on with this number for one of theta. Throws ValueError if there is no such parameter, or the number is
  /// not finite.
  void set_parameter(Index entry, double value);
  /// Another run that has come the same way to here.
  LiveRun branch() const;

  Index updates() const;
  /// The most updates it has made on the way that it is on.
  Index furthest() const;
  Index epochs() const;
  Index updates_per_epoch() const;
  double learning_rate() const;
  bool is_over() const;
  /// Why it is; meaningful for one that is over.
  StopReason reason() const;
  Divergence divergence() const;
  /// How often it was changed on its way to here.
  Index changes() const;

  /// What it trains by here.
  const Experiment& experiment() const;
  /// As it stands: with the experiment that repeats it, unless it was changed on its way.
  Model model() const;
  /// Of that model what changes as it trains: its parameters and running statistics.
  std::vector<double> theta() const;
  std::vector<double> running() const;
  const Dataset& train() const;
  const Dataset& test() const;  ///< of no samples if nothing was held out

 private:
  class Way;
  template <std::floating_point T>
  class WayOf;
  explicit LiveRun(std::unique_ptr<Way> way);

  std::unique_ptr<Way> way_;
};

}  // namespace gradus
