// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gradus/lab/sweep/sweep.hpp"

/// A sweep in shares, each computed by itself on any machine, and joined into what one machine would have made.
namespace gradus {

/// A share of a sweep's runs: number `number` of `of`, from 1.
struct Shard {
  Index number = 1;
  Index of = 1;
  bool operator==(const Shard&) const = default;
};

/// `3/16`. Throws ValueError, also for a number that is not within 1 and `of`, and for more than a million shards.
Shard parse_shard(std::string_view text);
std::string to_text(const Shard& shard);

/// The plan with the runs of one shard alone, no longer every seed of every configuration. Runs of one configuration
/// are dealt in blocks, up to a bank's lanes of consecutive seeds: a block to each shard, in an order drawn anew each
/// round. Every machine deals alike, each run falls to one shard, and what takes longer in one corner of the grid, or
/// at every N-th place of it, is spread over all.
SweepPlan shard_of(const SweepPlan& plan, const Shard& shard);

/// The name of its file in the folder: `shard-3-of-16.csv`.
std::string file_name(const Shard& shard);

/// Makes the runs of one shard, `shard_of` the request's plan, that are not in its file yet, as `run_sweep` makes those
/// of a plan. The file opens with the whole request, so that it is enough to join shards. Several shards of one sweep
/// may be made in one folder at once. Throws FileError as `run_sweep`, and if the file holds another sweep's shard;
/// ValueError for a request with a line break in it.
SweepOutcome run_shard(const SweepRequest& request, const SweepPlan& part, const ExperimentSource& source,
                       const SweepOptions& options, const Shard& shard);

/// A sweep whose shards were joined.
struct MergedSweep {
  SweepRequest request;
  ExperimentSource source;
  SweepPlan plan;
  SweepOutcome outcome;  ///< of every run
  Index shards = 0;
};

struct MergeOptions {
  std::optional<ExperimentSource> data{};  ///< what the shards were made of; nothing: read again from where they say
  std::string into{};                      ///< the folder for `results.csv`; empty: that of the shards
};

/// Joins the shards in a folder, and writes their runs into `results.csv` as `run_sweep` would have. Throws FileError
/// if there is none, a shard is missing, of another sweep or another arithmetic, or has not all of its runs, or one
/// that is not its own or is there twice; what `load_source` throws if the data is gone or another.
MergedSweep merge_shards(const std::string& folder, MergeOptions options = {});

}  // namespace gradus
