// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
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

}  // namespace gradus::sweep_detail
