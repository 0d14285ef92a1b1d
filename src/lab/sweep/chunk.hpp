// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "gradus/lab/sweep/sweep.hpp"

/// How the runs of a sweep are trained: in banks where their shape has a plan, else each by itself.
namespace gradus::sweep_detail {

/// Runs that are trained at once: those of a bank, or a single one.
struct Chunk {
  std::vector<std::size_t> runs;  ///< numbers in the plan
  bool bank = false;
  double work = 0;  ///< multiplications or so, to weigh chunks against each other
};

/// All of `runs`, those of most work first. What is in a bank depends on a run's own experiment alone.
std::vector<Chunk> chunks_of(const SweepPlan& plan, const ExperimentSource& source,
                             const std::vector<std::size_t>& runs);

/// Why runs like this one are not trained in banks; nothing if they are.
std::optional<std::string> why_no_bank(const Experiment& experiment, const Network& network, const Loss& loss);

/// Updates that an experiment on so many samples makes, unless it stops early.
Index updates_of(const Experiment& experiment, Index samples);

struct Trained {
  RunResult result;
  Model model;  ///< with its parameters and scaler
};

/// Told the share that is done; whether to go on.
using GoOn = std::function<bool(double)>;

/// Trains a chunk; nothing if it was told to stop. `updates` of at least 0 are made in place of what the experiments
/// say.
std::optional<std::vector<Trained>> train_chunk(const SweepPlan& plan, const ExperimentSource& source,
                                                const Chunk& chunk, const GoOn& go_on, Index updates = -1);

/// A run of a bank, and the rows of its source that it learns from and is tried on. Runs that share them have one seed.
struct BankRun {
  const Experiment* experiment;
  std::shared_ptr<const Split> rows;
};

/// Trains a bank of runs that differ in rows, seed, learning rate and l2 alone; each learns from equally many rows,
/// and, if they are to be `scored`, is tried on equally many. Without, only divergence and models are known.
std::optional<std::vector<Trained>> train_bank(std::span<const BankRun> runs, const ExperimentSource& source,
                                               bool scored, const GoOn& go_on, Index updates = -1);

/// How many runs like this one are best trained at once.
Index lanes_of_bank(const Experiment& experiment, const ExperimentSource& source);

}  // namespace gradus::sweep_detail
