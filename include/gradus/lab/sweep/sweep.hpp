// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gradus/lab/experiment/run.hpp"
#include "gradus/lab/sweep/grid.hpp"

/// Many runs of one experiment: every configuration of a grid with every seed. A run is the one that `run_experiment`
/// makes of its experiment, to the last bit; those that differ in seed, learning rate and l2 alone are trained together
/// in banks (engine/bank.hpp) where their shape has a plan. The numbers do not depend on the
/// number of threads, nor on which runs were made before.
namespace gradus {

struct SweepRequest {
  Experiment base;  ///< its data; what the grid does not name stays as it is here
  SweepGrid grid;
  Index seeds = 1;                               ///< a configuration, from the experiment's seed on
  Index random = 0;                              ///< configurations to draw; 0: all of them
  Arithmetic automatic = Arithmetic::automatic;  ///< what experiments compute in that leave it open; automatic: as the
                                                 ///< processor says
};

struct SweepRun {
  std::size_t configuration = 0;
  Experiment experiment;
  std::string hash;  ///< of configuration and seed: see `run_hash`
};

struct SweepPlan {
  std::vector<SweepAxis> axes;
  std::vector<const ExperimentKey*> keys;                ///< that vary, beside the seed
  std::vector<std::vector<std::string>> configurations;  ///< a value for each axis
  Index seeds = 0;
  std::vector<SweepRun> runs;  ///< configuration after configuration, seed after seed
};

/// A varied key's value in a run, as a person writes it.
std::string value_text(const SweepPlan& plan, const SweepRun& run, const ExperimentKey& key);

/// How many configurations a plan of this would have. Throws ValueError as `plan_sweep`.
Index configuration_count(const SweepRequest& request);

/// Throws what `SweepGrid` and `untrained_model` throw on a configuration that cannot be run, before any is; ValueError
/// for no seeds or more than a million runs.
SweepPlan plan_sweep(const SweepRequest& request, const ExperimentSource& source);

/// 16 hexadecimal digits from everything that a run's numbers depend on: every key of the experiment but the names of
/// files, and the fingerprint of the data.
std::string run_hash(const Experiment& experiment);

struct RunResult {
  bool diverged = false;  ///< then nothing else is known
  double train_loss = 0;  ///< as Scores
  std::optional<double> train_accuracy{};
  std::optional<double> test_loss{};
  std::optional<double> test_accuracy{};

  /// What a run is judged by: accuracy, on the test set if there is one, else the loss with its sign changed.
  double merit() const;
  bool operator==(const RunResult&) const = default;
};

struct SweepProgress {
  Index done = 0;  ///< runs
  Index runs = 0;
  double share = 0;            ///< of the work that was to do
  double seconds = 0;          ///< so far
  std::optional<double> best;  ///< merit of the best run there is, of those stored too
};

struct SweepOptions {
  std::string folder;  ///< for `results.csv`, read first and then added to; empty: nothing is read or written
  int threads = 1;
  std::function<Signal(const SweepProgress&)> progress{};  ///< called by one thread at a time, every few milliseconds
};

struct SweepOutcome {
  std::vector<std::optional<RunResult>> results;  ///< one a run; those left out by an interruption are missing
  Index computed = 0;
  Index reused = 0;
  bool interrupted = false;
  double seconds = 0;
  /// The run of the largest merit, then the least loss, then the first; nothing if none ended well.
  std::optional<std::size_t> best() const;
};

/// Makes the runs that are not in the folder yet. Each chunk of them (a bank, or one run) is in the file as soon as it
/// is done, so that what ends the program loses no more than the chunks under way. Throws FileError for a folder that
/// cannot be used or a file that holds no results of a sweep.
SweepOutcome run_sweep(const SweepPlan& plan, const ExperimentSource& source, const SweepOptions& options);

/// How many seconds `run_sweep` would take, from short trials of each kind of run, which take about a second
/// themselves.
struct SweepEstimate {
  Index missing = 0;  ///< runs
  Index banked = 0;   ///< of them, trained in banks
  double seconds = 0;
};
SweepEstimate estimate_sweep(const SweepPlan& plan, const ExperimentSource& source, const SweepOptions& options);

/// The trained models of some runs of one configuration.
std::vector<Model> train_models(const SweepPlan& plan, const ExperimentSource& source,
                                const std::vector<std::size_t>& runs);

}  // namespace gradus
