// SPDX-License-Identifier: MIT
#include "gradus/lab/sweep/shard.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <unordered_map>

#include "gradus/core/error.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/random/random_state.hpp"
#include "lab/sweep/request_text.hpp"
#include "lab/sweep/results_file.hpp"
#include "lab/sweep/sweeper.hpp"

namespace gradus {
namespace {

constexpr std::size_t kBlock = 16;         // seeds of a configuration that stay together: the lanes of a float32 bank
constexpr Index kMostShards = 1000000;     // as runs: names and options may say any number
constexpr std::size_t kBlocksOfShard = 4;  // at least, where there are runs enough, so that shards are alike

std::optional<Index> whole_number(std::string_view text) {
  Index value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Nothing if there is no such shard.
std::optional<Shard> shard_of_numbers(std::string_view number_text, std::string_view of_text) {
  const auto number = whole_number(number_text), of = whole_number(of_text);
  if (!number || !of || *number < 1 || *number > *of || *of > kMostShards) return std::nullopt;
  return Shard{*number, *of};
}

/// Of a name that `file_name` gives; of all others nothing.
std::optional<Shard> shard_of_name(std::string_view name) {
  constexpr std::string_view begin = "shard-", middle = "-of-", end = ".csv";
  if (!name.starts_with(begin) || !name.ends_with(end)) return std::nullopt;
  const std::string_view numbers = name.substr(begin.size(), name.size() - begin.size() - end.size());
  const std::size_t at = numbers.find(middle);
  if (at == std::string_view::npos) return std::nullopt;
  const std::optional<Shard> shard = shard_of_numbers(numbers.substr(0, at), numbers.substr(at + middle.size()));
  return shard && file_name(*shard) == name ? shard : std::nullopt;
}

/// The shards whose files are in a folder, in order. Throws FileError if these are not all of one sweep.
std::vector<Shard> shards_in(const std::string& folder) {
  std::vector<Shard> shards;
  for (const std::string& name : names_in_folder(folder))
    if (const std::optional<Shard> shard = shard_of_name(name)) shards.push_back(*shard);
  if (shards.empty()) throw FileError(folder, "expected the shards of a sweep, shard-1-of-N.csv and so on, got none");
  std::sort(shards.begin(), shards.end(),
            [](const Shard& a, const Shard& b) { return std::pair(a.of, a.number) < std::pair(b.of, b.number); });
  if (shards.front().of != shards.back().of)
    throw FileError(folder, fmt::format("expected the shards of one sweep, got {} and {}", file_name(shards.front()),
                                        file_name(shards.back())));
  std::string missing;
  Index lost = 0;
  const Index of = shards.front().of;
  for (Index number = 1, at = 0; number <= of; ++number) {
    if (at < static_cast<Index>(shards.size()) && shards[static_cast<std::size_t>(at)].number == number) {
      ++at;
      continue;
    }
    if (++lost <= 10) missing += fmt::format("{}{}", lost == 1 ? "" : ", ", to_text(Shard{number, of}));
  }
  if (lost > 0)
    throw FileError(folder, fmt::format("expected all {} shards of the sweep, {} missing: {}{}; each is made by the "
                                        "sweep's command with --shard",
                                        of, lost, missing, lost > 10 ? ", ..." : ""));
  return shards;
}

}  // namespace

Shard parse_shard(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash != std::string_view::npos)
    if (const auto shard = shard_of_numbers(text.substr(0, slash), text.substr(slash + 1))) return *shard;
  throw ValueError(
      fmt::format("expected a shard such as 3/16, its number from 1 on, of at most a million, got '{}'", text));
}

std::string to_text(const Shard& shard) { return fmt::format("{}/{}", shard.number, shard.of); }

std::string file_name(const Shard& shard) { return fmt::format("shard-{}-of-{}.csv", shard.number, shard.of); }

SweepPlan shard_of(const SweepPlan& plan, const Shard& shard) {
  const auto of = static_cast<std::size_t>(shard.of), seeds = static_cast<std::size_t>(plan.seeds);
  const std::size_t most = std::clamp<std::size_t>(plan.runs.size() / (of * kBlocksOfShard), 1, kBlock);
  const std::size_t parts = (seeds + most - 1) / most;  // blocks of a configuration, as long as each other
  SweepPlan part = plan;
  part.runs.clear();
  RandomState random(0);
  std::vector<Index> round;  // which shard each of its blocks falls to
  for (std::size_t block = 0, at = 0; at < plan.runs.size(); ++block) {
    if (block % of == 0) round = random.permutation(shard.of);
    const std::size_t end = block / parts * seeds + (block % parts + 1) * seeds / parts;
    for (; at < end; ++at)
      if (round[block % of] + 1 == shard.number) part.runs.push_back(plan.runs[at]);
  }
  return part;
}

SweepOutcome run_shard(const SweepRequest& request, const SweepPlan& part, const ExperimentSource& source,
                       const SweepOptions& options, const Shard& shard) {
  if (options.folder.empty()) throw ValueError("[sweep] expected a folder for the file of a shard, got none");
  const std::string lines = sweep_detail::request_lines(request, source.fingerprint);
  return sweep_detail::run_into({options.folder + "/" + file_name(shard), sweep_detail::opening_line(shard) + lines},
                                part, source, options);
}

MergedSweep merge_shards(const std::string& folder, MergeOptions options) {
  const FolderLock alone(folder);
  const std::vector<Shard> shards = shards_in(folder);
  MergedSweep merged;
  std::string lines;  // of the request, the same in all
  for (const Shard& shard : shards) {
    const std::string path = folder + "/" + file_name(shard);
    const std::string preamble = sweep_detail::preamble_of(read_file(path));
    const std::string opening = sweep_detail::opening_line(shard);
    if (!preamble.starts_with(opening))
      throw FileError::at_line(path, 1, fmt::format("expected '{}'", opening.substr(0, opening.size() - 1)));
    std::string own = preamble.substr(opening.size());
    if (shard == shards.front())
      lines = std::move(own);
    else if (own != lines)
      throw FileError(path, "expected a shard of the sweep that " + file_name(shards.front()) + " is of" +
                                sweep_detail::first_difference(lines, own));
  }
  std::string fingerprint;
  merged.request = sweep_detail::parse_request(lines, folder + "/" + file_name(shards.front()), fingerprint);
  Experiment first = merged.request.grid.experiment(merged.request.base, merged.request.grid.samples().front());
  first.fingerprint = fingerprint;
  merged.source = options.data ? std::move(*options.data) : load_source(first);
  if (merged.source.fingerprint != fingerprint)
    throw FileError(folder, "expected the data of these shards, " + fingerprint + ", got " + merged.source.fingerprint);
  merged.plan = plan_sweep(merged.request, merged.source);
  merged.shards = static_cast<Index>(shards.size());

  std::unordered_map<std::string, std::size_t> places;  // of runs by their hash
  for (std::size_t k = 0; k < merged.plan.runs.size(); ++k) places[merged.plan.runs[k].hash] = k;
  merged.outcome.results.resize(merged.plan.runs.size());
  for (const Shard& shard : shards) {
    const SweepPlan part = shard_of(merged.plan, shard);
    const std::string path = folder + "/" + file_name(shard);
    const auto results =
        sweep_detail::ResultsFile::read_results(part, {path, sweep_detail::opening_line(shard) + lines});
    const auto missing = std::count(results.begin(), results.end(), std::nullopt);
    if (missing > 0)
      throw FileError(path,
                      fmt::format("expected the {} runs of shard {}, {} missing: the command that began it goes on",
                                  part.runs.size(), to_text(shard), missing));
    for (std::size_t k = 0; k < part.runs.size(); ++k)
      merged.outcome.results[places.at(part.runs[k].hash)] = results[k];
  }
  merged.outcome.reused = static_cast<Index>(merged.plan.runs.size());
  const std::string& into = options.into.empty() ? folder : options.into;
  std::optional<FolderLock> other;
  if (into != folder) other.emplace(into);
  sweep_detail::ResultsFile(merged.plan, {into + "/results.csv"}).put(merged.outcome.results);
  return merged;
}

}  // namespace gradus
