// SPDX-License-Identifier: MIT
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gradus/lab/experiment/run.hpp"
#include "gradus/lab/files/file.hpp"

namespace gradus {

/// A run that is kept: stopped by whatever it was, it goes on to the bits it would have had; it goes back to any of its
/// updates, and branches there.
///
///     experiment.toml         what is carried out, with the data's fingerprint
///     history.csv             a row for every record and every look at the test set
///     snapshots/000000000042.snapshot        all that goes on from after 42 updates (lab/run/snapshot.hpp)
///     final.model             once it is over
///     branches/was-42/        what lay behind update 42 before the run went back there: a run like this one
///
/// Every file is written whole or not at all. Snapshots are thinned out with age (train/timeline.hpp): of m some
/// 3.5 log2(m) stay. While an object lives nobody else opens its folder.
class RunFolder {
 public:
  /// In a folder that is new, or empty. Throws FileError for any other.
  static RunFolder create(const std::string& path, const Experiment& experiment);
  /// Throws FileError if there is no run.
  static RunFolder open(const std::string& path);

  const std::string& path() const { return path_; }
  const Experiment& experiment() const { return experiment_; }
  void set_experiment(const Experiment& experiment);

  /// After which updates there is a snapshot, in order.
  std::vector<Index> updates() const;
  /// Throws FileError if there is none after so many updates, or it is damaged.
  template <std::floating_point T>
  TrainingState<T> snapshot(Index update) const;
  /// Writes the snapshot and the history up to it, and thins out.
  template <std::floating_point T>
  void save(const TrainingState<T>& state);

  std::string final_model() const { return path_ + "/final.model"; }
  std::string history() const { return path_ + "/history.csv"; }

 private:
  friend std::string rewind_run(RunFolder& folder, Index update);
  RunFolder(std::string path, Experiment experiment);
  std::string file_of(Index update) const;

  std::string path_;
  Experiment experiment_;
  std::unique_ptr<FolderLock> lock_;
};

/// Carries the folder's experiment out from its last snapshot on, or from the beginning, with a snapshot about every
/// `every` seconds, less often where that would take more than a hundredth of the time, and one at its end. A run that
/// is over ends as it did. Writes `final.model` unless it was stopped by the callback or diverged. Throws as
/// `run_experiment` and what reading and writing throw.
ExperimentResult carry_out(RunFolder& folder, const ProgressCallback& progress = {}, double every = 30);

/// Takes a run back to where it was after so many updates, made again from the nearest snapshot before; what lay behind
/// becomes a run of its own, whose folder is returned (branches/was-<update>). Throws ValueError if the run has not
/// come so far.
std::string rewind_run(RunFolder& folder, Index update);

/// A new run in an empty or new folder, which goes on by another experiment from where the first one was after so many
/// updates. What trains (optimizer, schedule, regularisation, early stopping, epochs, batch) may differ; what does not
/// fit on (another method's memory, another metric's best) begins anew. Throws ValueError if anything else differs, or
/// another batch begins within an epoch.
RunFolder branch_run(const RunFolder& folder, Index update, const std::string& path, const Experiment& experiment);

}  // namespace gradus
