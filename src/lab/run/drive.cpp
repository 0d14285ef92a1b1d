// SPDX-License-Identifier: MIT
// Who drives a training that is kept in a folder: on from its last snapshot, back to one of its updates, or on another
// way.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>

#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "gradus/lab/experiment/keys.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "gradus/lab/run/run_folder.hpp"
#include "lab/run/adapted.hpp"

namespace gradus {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) { return std::chrono::duration<double>(Clock::now() - start).count(); }

/// Calls drive(training) of D for both precisions.
template <class D>
class DriverOf : public Driver {
 public:
  void drive(Training<float>& training) override { static_cast<D*>(this)->go(training); }
  void drive(Training<double>& training) override { static_cast<D*>(this)->go(training); }
};

// -------------------------------------------------------------------------------------------------------------- go on

/// Keeps a training as it goes.
class Keeper : public DriverOf<Keeper> {
 public:
  Keeper(RunFolder& folder, double every) : folder_(folder), every_(every) {}

  template <std::floating_point T>
  void go(Training<T>& training) {
    if (const std::vector<Index> kept = folder_.updates(); !kept.empty()) {
      training.set_state(folder_.snapshot<T>(kept.back()));
      saved_ = kept.back();
    } else {
      save(training);
    }
    // A piece takes about a hundredth of the time between snapshots, so that the clock is looked at often enough.
    Index piece = 1;
    for (Clock::time_point start = Clock::now(); training.advance(piece); start = Clock::now()) {
      const double spent = seconds_since(start);
      if (spent < every_ / 200) piece = std::min<Index>(2 * piece, 1 << 24);
      if (spent > every_ / 50) piece = std::max<Index>(piece / 2, 1);
      if (seconds_since(last_) >= pause_) save(training);
    }
    if (training.updates() != saved_) save(training);
  }

 private:
  template <std::floating_point T>
  void save(const Training<T>& training) {
    const Clock::time_point start = Clock::now();
    folder_.save(training.state());
    last_ = Clock::now();
    saved_ = training.updates();
    pause_ = std::max(every_, 100 * std::chrono::duration<double>(last_ - start).count());
  }

  RunFolder& folder_;
  double every_;
  double pause_ = every_;
  Clock::time_point last_ = Clock::now();
  Index saved_ = -1;
};

// ---------------------------------------------------------------------------------------------------------------- back

/// Goes to one update of a run and calls put(state), the state there.
template <class Put>
class Seeker : public DriverOf<Seeker<Put>> {
 public:
  Seeker(const RunFolder& folder, Index update, Put put) : folder_(folder), update_(update), put_(put) {}

  template <std::floating_point T>
  void go(Training<T>& training) {
    const std::vector<Index> kept = folder_.updates();
    const auto after = std::upper_bound(kept.begin(), kept.end(), update_);
    if (after == kept.begin() || update_ > kept.back())
      throw ValueError(kept.empty() ? fmt::format("{}: expected a run with snapshots, got none", folder_.path())
                                    : fmt::format("{}: expected an update from {} to {}, got {}", folder_.path(),
                                                  kept.front(), kept.back(), update_));
    training.set_state(folder_.snapshot<T>(*std::prev(after)));
    training.advance(update_ - *std::prev(after));
    put_(training.state(), training.updates_per_epoch());
  }

 private:
  const RunFolder& folder_;
  Index update_;
  Put put_;
};

/// Of the folder's run, whoever it was branched from.
template <class Put>
void at_update(const RunFolder& folder, Index update, Put put) {
  Seeker<Put> seeker(folder, update, put);
  run_experiment(folder.experiment(), {}, &seeker);
}

/// A folder branches/was-42, or was-42-2 where there is one.
std::string free_branch(const std::string& folder, Index update) {
  const std::string first = fmt::format("{}/branches/was-{}", folder, update);
  std::string path = first;
  for (int k = 2; file_exists(path); ++k) path = fmt::format("{}-{}", first, k);
  return path;
}

// ------------------------------------------------------------------------------------------------------ another way

/// Asks a training for its state at first.
template <std::floating_point T>
class Fresh : public DriverOf<Fresh<T>> {
 public:
  template <std::floating_point U>
  void go(Training<U>& training) {
    if constexpr (std::is_same_v<T, U>) state = training.state();
  }
  TrainingState<T> state;
};

}  // namespace

ExperimentResult carry_out(RunFolder& folder, const ProgressCallback& progress, double every) {
  Keeper keeper(folder, every);
  const ExperimentSource source = load_source(folder.experiment());
  Experiment known = folder.experiment();
  if (known.fingerprint.empty()) known.fingerprint = source.fingerprint;
  known.arithmetic = arithmetic_of(known);
  if (known != folder.experiment()) folder.set_experiment(known);
  ExperimentResult result = run_experiment(folder.experiment(), source, progress, &keeper);
  const bool is_whole = result.fit.reason != StopReason::callback && result.fit.reason != StopReason::diverged;
  if (is_whole) save_model(result.model, folder.final_model());
  return result;
}

std::string rewind_run(RunFolder& folder, Index update) {
  const std::vector<Index> kept = folder.updates();
  std::string was;
  at_update(folder, update, [&](const auto& state, Index) {
    // First all of the branch stands, under a name of its own; then what it has goes. Whatever ends this in between
    // leaves the run as it was.
    was = free_branch(folder.path(), update);
    const std::string unfinished = was + ".unfinished";
    std::error_code error;
    fs::remove_all(unfinished, error);
    {
      RunFolder branch = RunFolder::create(unfinished, folder.experiment());
      branch.save(state);
      for (const Index later : kept)
        if (later > update) write_file(branch.file_of(later), read_file(folder.file_of(later)));
      for (const auto& [from, to] :
           {std::pair(folder.history(), branch.history()), std::pair(folder.final_model(), branch.final_model())})
        if (file_exists(from)) write_file(to, read_file(from));
    }
    fs::rename(unfinished, was, error);
    if (error) throw FileError(was, "cannot be made: " + error.message());
    for (const Index later : kept)
      if (later > update) fs::remove(folder.file_of(later), error);
    fs::remove(folder.final_model(), error);
    folder.save(state);
  });
  return was;
}

RunFolder branch_run(const RunFolder& folder, Index update, const std::string& path, const Experiment& experiment) {
  if (const std::string key = foreign_difference(folder.experiment(), experiment); !key.empty())
    throw ValueError(
        fmt::format("expected a branch of {} to differ in how it trains alone, got another {}", folder.path(), key));
  std::optional<RunFolder> branch;
  at_update(folder, update, [&]<class T>(const TrainingState<T>& state, Index updates_per_epoch) {
    Experiment other = experiment;
    other.start_run = folder.path();
    other.start_update = update;
    Fresh<T> fresh;
    run_experiment(other, {}, &fresh);
    const TrainingState<T> start =
        adapted(state, folder.experiment(), other, std::move(fresh.state), updates_per_epoch);
    branch.emplace(RunFolder::create(path, other));
    branch->save(start);
  });
  return std::move(*branch);
}

}  // namespace gradus
