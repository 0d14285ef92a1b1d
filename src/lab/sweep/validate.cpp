// SPDX-License-Identifier: MIT
#include "gradus/lab/sweep/validate.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <limits>
#include <map>
#include <mutex>
#include <numbers>

#include "gradus/core/elementary.hpp"
#include "lab/sweep/chunk.hpp"
#include "lab/sweep/work_queue.hpp"

namespace gradus {
namespace {

using sweep_detail::BankRun;

/// How much of Student's t lies within sqrt(freedom) tan(angle) of 0: Abramowitz and Stegun, 26.7.3 and 26.7.4, for
/// whole degrees of freedom.
double student_share(double angle, Index freedom) {
  const double cosine = cos(angle);
  const bool odd = freedom % 2 == 1;
  double term = odd ? cosine : 1;
  double sum = freedom == 1 ? 0 : term;
  for (Index k = odd ? 3 : 2; k < freedom - 1; k += 2) {
    term *= cosine * cosine * static_cast<double>(k - 1) / static_cast<double>(k);
    sum += term;
  }
  return odd ? 2 / std::numbers::pi * (angle + sin(angle) * sum) : sin(angle) * sum;
}

/// The experiment as folds need it: nothing held out by itself, nothing left open.
Experiment prepared(const Experiment& experiment, const ExperimentSource& source) {
  check(experiment);
  using Metric = EarlyStopping::Metric;
  const Metric metric = experiment.early_stopping.metric;
  if (metric == Metric::test_loss || metric == Metric::test_accuracy)
    throw ValueError(
        "[validate] expected early stopping by the training samples, got one by the test set: it would choose by the "
        "samples that a fold is judged on");
  Experiment e = decided(experiment, source.data);
  e.test = 0;
  e.test_data.clear();
  e.stratify = false;
  e.model.clear();
  e.figures.clear();
  e.fingerprint.clear();
  e.arithmetic = arithmetic_of(e);
  return e;
}

class Validator {
 public:
  Validator(const Experiment& experiment, const ExperimentSource& source, const ValidationOptions& options)
      : source_{source.data, {}, source.fingerprint, source.words}, options_(options) {
    validation_.experiment = prepared(experiment, source);
    validation_.folds = options.folds;
    validation_.repeats = options.repeats;
    for (const Split& rows : validation_folds(source.data, options.folds, options.repeats, experiment.seed)) {
      const Index k = static_cast<Index>(validation_.results.size());
      validation_.results.push_back({k / options.folds, k % options.folds, rows});
    }
    for (Index r = 0; r < options.repeats; ++r) experiments_.push_back(fold_experiment(validation_.experiment, r));
    done_.resize(validation_.results.size());
  }

  Validation run() {
    const auto start = std::chrono::steady_clock::now();
    const std::vector<std::vector<std::size_t>> chunks = chunks_of();
    work_through(chunks.size(), options_.threads, [&](std::size_t k) { return train(chunks[k]); });
    std::vector<FoldResult> made;
    for (std::size_t k = 0; k < done_.size(); ++k)
      if (done_[k]) made.push_back(std::move(validation_.results[k]));
    validation_.results = std::move(made);
    validation_.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    return std::move(validation_);
  }

 private:
  /// Runs that are trained together: of one number of training samples, as many as a bank takes; else each by itself.
  std::vector<std::vector<std::size_t>> chunks_of() {
    const Experiment& e = validation_.experiment;
    const Model model = untrained_model(e, source_.data, {});
    banked_ = !sweep_detail::why_no_bank(e, model.network, model.loss);
    const Index lanes = banked_ ? sweep_detail::lanes_of_bank(e, source_) : 1;
    std::vector<std::vector<std::size_t>> chunks;
    std::map<std::size_t, std::size_t> open;  // by number of training samples
    for (std::size_t k = 0; k < validation_.results.size(); ++k) {
      const std::size_t samples = validation_.results[k].rows.train.size();
      const auto at = open.find(samples);
      if (at == open.end() || static_cast<Index>(chunks[at->second].size()) == lanes) {
        open[samples] = chunks.size();
        chunks.emplace_back();
      }
      chunks[open[samples]].push_back(k);
    }
    return chunks;
  }

  const Experiment& experiment_of(std::size_t k) const {
    return experiments_[static_cast<std::size_t>(validation_.results[k].repeat)];
  }

  bool train(const std::vector<std::size_t>& chunk) {
    if (banked_ && !train_together(chunk)) return false;
    if (!banked_ && !train_alone(chunk.front())) return false;
    const std::lock_guard lock(mutex_);
    for (const std::size_t k : chunk) done_[k] = true;
    made_ += static_cast<Index>(chunk.size());
    return tell();
  }

  bool train_together(const std::vector<std::size_t>& chunk) {
    std::vector<BankRun> runs;
    for (const std::size_t k : chunk)
      runs.push_back({&experiment_of(k), std::make_shared<const Split>(validation_.results[k].rows)});
    const auto trained = sweep_detail::train_bank(runs, source_, false, [&](double) {
      const std::lock_guard lock(mutex_);
      return tell();
    });
    if (!trained) return false;
    for (std::size_t k = 0; k < chunk.size(); ++k) {
      FoldResult& result = validation_.results[chunk[k]];
      result.banked = true;
      result.diverged = (*trained)[k].result.diverged;
      if (result.diverged) continue;
      result.train = score((*trained)[k].model, source_.data.take(result.rows.train));
      result.test = score((*trained)[k].model, source_.data.take(result.rows.test));
    }
    return true;
  }

  bool train_alone(std::size_t k) {
    FoldResult& result = validation_.results[k];
    bool stopped = false;
    const ExperimentResult run =
        run_experiment(experiment_of(k), fold_source(source_, result.rows), [&](const Progress&) {
          const std::lock_guard lock(mutex_);
          stopped = !tell();
          return stopped ? Signal::stop : Signal::go_on;
        });
    if (stopped) return false;
    result.diverged = run.fit.reason == StopReason::diverged;
    if (result.diverged) return true;
    result.train = run.train_scores;
    result.test = *run.test_scores;
    return true;
  }

  /// Whether to go on. Under the lock.
  bool tell() {
    if (!validation_.interrupted && options_.progress)
      validation_.interrupted =
          options_.progress(made_, static_cast<Index>(validation_.results.size())) == Signal::stop;
    return !validation_.interrupted;
  }

  const ExperimentSource source_;
  const ValidationOptions& options_;
  std::vector<Experiment> experiments_;  // one a repeat
  bool banked_ = false;
  std::mutex mutex_;  // of all below
  Validation validation_;
  std::vector<bool> done_;
  Index made_ = 0;
};

std::optional<ValidationSummary> summary_of(const std::vector<FoldResult>& results, const ScoreField& field,
                                            Scores FoldResult::*part) {
  ValidationSummary summary;
  double share = 0;  // of tested to training samples
  for (const FoldResult& result : results) {
    if (result.diverged) continue;
    const std::optional<double>& value = result.*part.*field.value;
    if (!value) continue;
    summary.values.push_back(*value);
    share += static_cast<double>(result.rows.test.size()) / static_cast<double>(result.rows.train.size());
  }
  if (summary.values.empty()) return std::nullopt;
  const double count = static_cast<double>(summary.values.size());
  for (const double value : summary.values) summary.mean += value / count;
  if (summary.values.size() < 2) return summary;
  double squares = 0;
  for (const double value : summary.values) squares += (value - summary.mean) * (value - summary.mean);
  summary.deviation = std::sqrt(squares / (count - 1));
  const double half = student_t(static_cast<Index>(summary.values.size()) - 1) * summary.deviation *
                      std::sqrt(1 / count + share / count);
  // No further than the score itself can go: all that are better the higher end at 1, and all but R2 begin at 0.
  constexpr double infinity = std::numeric_limits<double>::infinity();
  const double low = field.value == &Scores::r2 ? -infinity : 0;
  const double high = field.higher_is_better ? 1 : infinity;
  summary.interval = Interval{std::max(low, summary.mean - half), std::min(high, summary.mean + half)};
  return summary;
}

}  // namespace

double student_t(Index freedom) {
  if (freedom < 1) throw ValueError(fmt::format("[validate] expected at least one degree of freedom, got {}", freedom));
  if (freedom > 10000) return 1.959963984540054;  // the normal distribution's, to 3 parts in 10,000
  double low = 0;
  double high = std::numbers::pi / 2;
  for (int halvings = 0; halvings < 60; ++halvings) {
    const double middle = (low + high) / 2;
    (student_share(middle, freedom) < 0.95 ? low : high) = middle;
  }
  return std::sqrt(static_cast<double>(freedom)) * sin(low) / cos(low);
}

Index Validation::diverged() const {
  return std::count_if(results.begin(), results.end(), [](const FoldResult& result) { return result.diverged; });
}

std::optional<ValidationSummary> Validation::summary(const ScoreField& field) const {
  return summary_of(results, field, &FoldResult::test);
}

std::optional<ValidationSummary> Validation::training_summary(const ScoreField& field) const {
  return summary_of(results, field, &FoldResult::train);
}

std::vector<Split> validation_folds(const Dataset& data, Index folds, Index repeats, std::uint32_t seed) {
  if (repeats < 1) throw ValueError(fmt::format("[validate] expected at least 1 repeat, got {}", repeats));
  if (static_cast<std::uint64_t>(repeats - 1) > std::numeric_limits<std::uint32_t>::max() - seed)
    throw ValueError(fmt::format("[validate] expected seeds below 2^32, got {} from {} on", repeats, seed));
  RandomState random(seed);
  std::vector<Split> all;
  for (Index r = 0; r < repeats; ++r) {
    const std::vector<Split> dealt = data.is_classification()
                                         ? stratified_k_fold(std::span<const int>(data.labels), folds, random)
                                         : k_fold(data.size(), folds, random);
    all.insert(all.end(), dealt.begin(), dealt.end());
  }
  return all;
}

Experiment fold_experiment(const Experiment& experiment, Index repeat) {
  Experiment e = experiment;
  e.seed = static_cast<std::uint32_t>(e.seed + static_cast<std::uint32_t>(repeat));
  return e;
}

ExperimentSource fold_source(const ExperimentSource& source, const Split& rows) {
  return {source.data.take(rows.train), source.data.take(rows.test), source.fingerprint, source.words};
}

Validation validate(const Experiment& experiment, const ExperimentSource& source, const ValidationOptions& options) {
  return Validator(experiment, source, options).run();
}

}  // namespace gradus
