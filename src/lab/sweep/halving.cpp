// SPDX-License-Identifier: MIT
#include "gradus/lab/sweep/halving.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gradus/core/error.hpp"
#include "gradus/lab/sweep/report.hpp"

namespace gradus {
namespace {

bool counts_updates(const SweepPlan& plan) { return plan.runs.front().experiment.updates > 0; }

Index length_of(const Experiment& e) { return e.updates > 0 ? e.updates : e.epochs; }

/// The plan of some of its configurations, trained so long.
SweepPlan shortened(const SweepPlan& plan, const std::vector<std::size_t>& configurations, Index length) {
  SweepPlan part{plan.axes, plan.keys, {}, plan.seeds, {}};
  for (const std::size_t configuration : configurations) {
    for (const SweepRun& run : plan.runs) {
      if (run.configuration != configuration) continue;
      SweepRun shorter = run;
      shorter.configuration = part.configurations.size();
      (counts_updates(plan) ? shorter.experiment.updates : shorter.experiment.epochs) = length;
      shorter.hash = run_hash(shorter.experiment);
      part.runs.push_back(std::move(shorter));
    }
    part.configurations.push_back(plan.configurations[configuration]);
  }
  return part;
}

void check(const SweepPlan& plan, Index by) {
  if (by < 2) throw ValueError(fmt::format("[sweep] expected halving by 2 or more, got {}", by));
  for (const ExperimentKey* key : plan.keys)
    if (key->path() == "training.epochs" || key->path() == "training.updates")
      throw ValueError(
          fmt::format("[sweep] expected one value of {} for halving, which shortens it round by round", key->flag));
}

}  // namespace

std::vector<HalvingRound> run_halving(const SweepPlan& plan, const ExperimentSource& source,
                                      const SweepOptions& options, Index by) {
  check(plan, by);
  const Index whole = length_of(plan.runs.front().experiment);
  const auto divide_up = [](Index n, Index d) { return (n + d - 1) / d; };
  std::vector<Index> lengths{whole};  // from the last round to the first
  for (Index left = static_cast<Index>(plan.configurations.size()); left > by && lengths.back() > 1;
       left = divide_up(left, by))
    lengths.push_back(divide_up(lengths.back(), by));
  std::reverse(lengths.begin(), lengths.end());
  std::vector<std::size_t> left(plan.configurations.size());
  for (std::size_t k = 0; k < left.size(); ++k) left[k] = k;
  std::vector<HalvingRound> rounds;
  for (std::size_t r = 0; r < lengths.size(); ++r) {
    HalvingRound& round = rounds.emplace_back();
    round.length = lengths[r];
    round.plan = shortened(plan, left, lengths[r]);
    SweepOptions own = options;
    const bool is_last = r + 1 == lengths.size();
    if (!options.folder.empty() && !is_last) own.folder = fmt::format("{}/round-{}", options.folder, r + 1);
    round.outcome = run_sweep(round.plan, source, own);
    if (round.outcome.interrupted || is_last) break;
    std::vector<std::size_t> best;
    const auto keep = static_cast<std::size_t>(divide_up(static_cast<Index>(left.size()), by));
    for (const ConfigurationScore& score : rank(round.plan, round.outcome))
      if (best.size() < keep) best.push_back(left[score.configuration]);
    std::sort(best.begin(), best.end());
    left = std::move(best);
  }
  return rounds;
}

}  // namespace gradus
