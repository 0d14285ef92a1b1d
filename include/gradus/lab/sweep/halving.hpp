// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "gradus/lab/sweep/sweep.hpp"

namespace gradus {

/// One round of successive halving: the configurations that were left, each trained so long.
struct HalvingRound {
  Index length = 0;  ///< epochs, or updates where the experiments count these
  SweepPlan plan;
  SweepOutcome outcome;
};

/// Successive halving (Jamieson and Talwalkar, 2016: "Non-stochastic best arm identification and hyperparameter
/// optimization"): all configurations are trained for a small part of their epochs, the best 1 / `by` of them, by the
/// mean merit over seeds, for `by` times as long, and so on; the last round, of at most `by` or so, trains as long as
/// the experiments say. There are as many rounds as leave one configuration of all that there are, fewer where an epoch
/// is the least. Every round begins anew, so that its rows are those of `gradus train`: that costs less than the last
/// round. Rounds but the last keep their results in `round-1`, `round-2`, ... of the folder. Stopped, it has fewer
/// rounds, the last of them interrupted. Throws ValueError for `by` below 2 and where the sweep varies what rounds
/// vary; else as `run_sweep`.
std::vector<HalvingRound> run_halving(const SweepPlan& plan, const ExperimentSource& source,
                                      const SweepOptions& options, Index by = 3);

}  // namespace gradus
