// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "gradus/lab/experiment/run.hpp"

/// Cross-validation: an experiment carried out several times, each time without another part of its samples, on which
/// it is then tried.
namespace gradus {

struct ValidationOptions {
  Index folds = 5;    ///< parts; each is left out once
  Index repeats = 1;  ///< times that the samples are dealt out anew
  int threads = 1;
  /// Called by one thread at a time, with runs made and all runs.
  std::function<Signal(Index, Index)> progress{};
};

/// One run of them: that of `run_experiment`, to the last bit, on these rows of the data.
struct FoldResult {
  Index repeat = 0;
  Index fold = 0;
  Split rows;
  bool diverged = false;  ///< then there are no scores
  bool banked = false;    ///< trained as a lane of a bank
  Scores train{};
  Scores test{};
};

/// A score over the folds that did not diverge.
struct ValidationSummary {
  std::vector<double> values;
  double mean = 0;
  double deviation = 0;  ///< of the sample, with n - 1; 0 for a single value
  /// Of 95 %, for the mean: Student's, with the variance (1 / n + test / train) s^2 of folds that share their training
  /// samples (Nadeau and Bengio, 2003: "Inference for the generalization error"); nothing of a single value.
  std::optional<Interval> interval;
};

struct Validation {
  Experiment experiment;  ///< as carried out, with what it left to the data decided
  Index folds = 0;
  Index repeats = 0;
  std::vector<FoldResult> results;  ///< fold after fold, repeat after repeat; fewer than all if it was stopped
  bool interrupted = false;
  double seconds = 0;

  Index diverged() const;
  /// On the samples left out; nothing for a score that does not apply.
  std::optional<ValidationSummary> summary(const ScoreField& field) const;
  /// On the samples learned from.
  std::optional<ValidationSummary> training_summary(const ScoreField& field) const;
};

/// The parts, as scikit-learn deals them out: of classes `RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats,
/// random_state=seed)`, else `RepeatedKFold`; with one repeat these are `StratifiedKFold(folds, shuffle=True,
/// random_state=seed)` and `KFold`. Throws ValueError as `k_fold`, and for no repeats.
std::vector<Split> validation_folds(const Dataset& data, Index folds, Index repeats, std::uint32_t seed);

/// The run of one fold by itself: the experiment to carry out on `fold_source`. Its seed is the experiment's, and one
/// more for each repeat.
Experiment fold_experiment(const Experiment& experiment, Index repeat);
ExperimentSource fold_source(const ExperimentSource& source, const Split& rows);

/// Carries the experiment out once a fold, in banks where those give the bits of single runs. What it says of a test
/// set is passed over. Throws what `run_experiment` and `validation_folds` throw, and ValueError for an experiment that
/// stops early by its test set, which would choose by the very samples that it is judged on.
Validation validate(const Experiment& experiment, const ExperimentSource& source, const ValidationOptions& options);

/// The number that Student's t with `freedom` degrees of freedom exceeds, to either side, in 5 % of cases. Throws
/// ValueError for less than one.
double student_t(Index freedom);

}  // namespace gradus
