// SPDX-License-Identifier: MIT
#include "gradus/lab/sweep/sweep.hpp"

#include <algorithm>
#include <chrono>
#include <map>
#include <mutex>
#include <optional>

#include "gradus/lab/files/file.hpp"
#include "lab/files/folder.hpp"
#include "lab/sweep/chunk.hpp"
#include "lab/sweep/sweeper.hpp"
#include "lab/sweep/work_queue.hpp"

namespace gradus {
namespace {

using sweep_detail::Chunk;
using sweep_detail::ResultsFile;
using sweep_detail::ResultsPlace;
using sweep_detail::Trained;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

ResultsPlace results_of(const std::string& folder) { return {folder.empty() ? "" : folder + "/results.csv"}; }

std::vector<std::size_t> missing_runs(const std::vector<std::optional<RunResult>>& results) {
  std::vector<std::size_t> missing;
  for (std::size_t k = 0; k < results.size(); ++k)
    if (!results[k]) missing.push_back(k);
  return missing;
}

/// What the threads of a sweep share.
class Sweeper {
 public:
  Sweeper(const ResultsPlace& place, const SweepPlan& plan, const ExperimentSource& source, const SweepOptions& options)
      : plan_(plan), source_(source), options_(options), file_(plan, place) {}

  SweepOutcome run() {
    const std::vector<std::size_t> missing = missing_runs(file_.results());
    const std::vector<Chunk> chunks = sweep_detail::chunks_of(plan_, source_, missing);
    progress_.done = outcome_.reused = static_cast<Index>(plan_.runs.size() - missing.size());
    progress_.runs = static_cast<Index>(plan_.runs.size());
    for (const std::optional<RunResult>& stored : file_.results())
      if (stored) note(*stored);
    for (const Chunk& chunk : chunks) work_ += chunk.work;
    work_through(chunks.size(), options_.threads, [&](std::size_t k) { return train(chunks[k]); });
    if (outcome_.computed > 0) file_.write_in_order();
    outcome_.results = file_.results();
    outcome_.seconds = seconds_since(start_);
    return std::move(outcome_);
  }

 private:
  bool train(const Chunk& chunk) {
    double told = 0;  // the share of this chunk that is in done_
    Clock::time_point next = Clock::now();
    const auto go_on = [&](double share) {
      if (Clock::now() < next) return true;
      next = Clock::now() + std::chrono::milliseconds(5);
      const std::lock_guard lock(mutex_);
      done_ += (share - told) * chunk.work;
      told = share;
      return tell();
    };
    const auto trained = train_chunk(plan_, source_, chunk, go_on);
    const std::lock_guard lock(mutex_);
    if (!trained) return false;
    std::vector<RunResult> results;
    for (const Trained& t : *trained) results.push_back(t.result);
    file_.append(chunk.runs, results);
    for (const RunResult& r : results) note(r);
    const auto count = static_cast<Index>(results.size());
    outcome_.computed += count;
    progress_.done += count;
    done_ += (1 - told) * chunk.work;
    return tell();
  }

  void note(const RunResult& r) {
    if (!r.diverged) progress_.best = std::max(progress_.best.value_or(r.merit()), r.merit());
  }

  /// Whether to go on.
  bool tell() {
    progress_.share = work_ > 0 ? done_ / work_ : 1;
    progress_.seconds = seconds_since(start_);
    if (!outcome_.interrupted && options_.progress) outcome_.interrupted = options_.progress(progress_) == Signal::stop;
    return !outcome_.interrupted;
  }

  const SweepPlan& plan_;
  const ExperimentSource& source_;
  const SweepOptions& options_;
  const Clock::time_point start_ = Clock::now();
  ResultsFile file_;
  std::mutex mutex_;  // of all below, and the file
  SweepOutcome outcome_;
  SweepProgress progress_;
  double work_ = 0;
  double done_ = 0;  // work
};

/// Seconds that a chunk would take, from its first updates: as many as a share of the time allows.
double timed(const SweepPlan& plan, const ExperimentSource& source, const Chunk& chunk, double allowed) {
  const auto seconds_of = [&](Index updates) {
    const Clock::time_point start = Clock::now();
    train_chunk(
        plan, source, chunk, [](double) { return true; }, updates);
    return seconds_since(start);
  };
  const Experiment& e = plan.runs[chunk.runs.front()].experiment;
  const Index samples = static_cast<Index>(split_source(e, source).train.size());
  const Index total = sweep_detail::updates_of(e, samples);
  const double before = seconds_of(0);
  for (Index updates = std::min<Index>(total, 32);; updates = std::min(total, 4 * updates)) {
    const double spent = seconds_of(updates);
    if (updates == total) return spent;
    if (spent > allowed / 4)
      return before + std::max(0.0, spent - before) * static_cast<double>(total) / static_cast<double>(updates);
  }
}

}  // namespace

SweepOutcome sweep_detail::run_into(const ResultsPlace& place, const SweepPlan& plan, const ExperimentSource& source,
                                    const SweepOptions& options) {
  if (options.folder.empty()) return Sweeper(place, plan, source, options).run();
  make_folder(options.folder);
  // Two sweeps in one folder would lose each other's results; shards have files of their own.
  const FolderLock lock(options.folder, place.preamble.empty() ? FolderLock::alone : FolderLock::shared);
  return Sweeper(place, plan, source, options).run();
}

SweepOutcome run_sweep(const SweepPlan& plan, const ExperimentSource& source, const SweepOptions& options) {
  return sweep_detail::run_into(results_of(options.folder), plan, source, options);
}

SweepEstimate estimate_sweep(const SweepPlan& plan, const ExperimentSource& source, const SweepOptions& options) {
  const std::vector<std::size_t> missing = missing_runs(ResultsFile::read_results(plan, results_of(options.folder)));
  const std::vector<Chunk> chunks = sweep_detail::chunks_of(plan, source, missing);
  SweepEstimate estimate{static_cast<Index>(missing.size()), 0, 0};
  // A dozen kinds of chunks, spread over the whole range of work, speak for the others.
  std::map<std::pair<double, bool>, double> seconds;  // by work
  for (const Chunk& chunk : chunks) seconds[{chunk.work, chunk.bank}] = -1;
  const std::size_t every = (seconds.size() + 11) / 12;
  double per_work[2] = {0, 0};
  std::size_t number = 0;
  for (auto& [kind, taken] : seconds) {
    const auto at = std::find_if(chunks.begin(), chunks.end(), [wanted = kind](const Chunk& c) {
      return c.work == wanted.first && c.bank == wanted.second;
    });
    double& rate = per_work[kind.second];
    if (number++ % every == 0 || rate == 0) {
      taken = timed(plan, source, *at, 1.0 / static_cast<double>(std::min<std::size_t>(seconds.size(), 12)));
      rate = taken / std::max(kind.first, 1.0);
    } else {
      taken = rate * kind.first;
    }
  }
  double longest = 0;
  for (const Chunk& chunk : chunks) {
    const double taken = seconds[{chunk.work, chunk.bank}];
    estimate.seconds += taken / std::max(options.threads, 1);
    longest = std::max(longest, taken);
    if (chunk.bank) estimate.banked += static_cast<Index>(chunk.runs.size());
  }
  estimate.seconds = std::max(estimate.seconds, longest);
  return estimate;
}

std::vector<Model> train_models(const SweepPlan& plan, const ExperimentSource& source,
                                const std::vector<std::size_t>& runs) {
  std::vector<Model> models(runs.size());
  for (const Chunk& chunk : sweep_detail::chunks_of(plan, source, runs)) {
    const auto trained = train_chunk(plan, source, chunk, [](double) { return true; });
    for (std::size_t k = 0; k < chunk.runs.size(); ++k)
      for (std::size_t at = 0; at < runs.size(); ++at)
        if (runs[at] == chunk.runs[k]) models[at] = (*trained)[k].model;
  }
  return models;
}

}  // namespace gradus
