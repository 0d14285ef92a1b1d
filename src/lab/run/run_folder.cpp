// SPDX-License-Identifier: MIT
#include "gradus/lab/run/run_folder.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <filesystem>

#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/lab/run/snapshot.hpp"
#include "gradus/train/timeline.hpp"
#include "lab/files/folder.hpp"
#include "lab/run/history_file.hpp"

namespace gradus {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kExperiment = "/experiment.toml";
constexpr std::string_view kSnapshots = "/snapshots";
constexpr std::string_view kEnding = ".snapshot";

/// What a write that was killed leaves, and a later one in that folder sweeps.
bool is_left_over(const std::string& name) { return name.starts_with(".gradus-"); }

/// The update in "000000000042.snapshot"; nothing of another file's name.
std::optional<Index> update_in(const std::string& name) {
  if (!name.ends_with(kEnding)) return std::nullopt;
  const char* end = name.data() + name.size() - kEnding.size();
  Index update = 0;
  const auto [stop, error] = std::from_chars(name.data(), end, update);
  return error == std::errc() && stop == end && update >= 0 ? std::optional(update) : std::nullopt;
}

}  // namespace

RunFolder::RunFolder(std::string path, Experiment experiment)
    : path_(std::move(path)), experiment_(std::move(experiment)), lock_(std::make_unique<FolderLock>(path_)) {}

RunFolder RunFolder::create(const std::string& path, const Experiment& experiment) {
  check(experiment);
  make_folder(path);
  RunFolder folder(path, experiment);
  for (const std::string& name : names_in_folder(path))
    if (!is_left_over(name))
      throw FileError(path, "expected a new or empty folder to keep a run in, got one with " + in_quotes(name));
  folder.set_experiment(experiment);  // with it, a run stands
  return folder;
}

RunFolder RunFolder::open(const std::string& path) {
  std::error_code error;
  const std::string file = path + std::string(kExperiment);
  if (!fs::is_regular_file(file, error))
    throw FileError(path,
                    "expected the folder of a run, as gradus train --run makes it, got one without experiment.toml");
  return {path, load_experiment(file)};
}

void RunFolder::set_experiment(const Experiment& experiment) {
  experiment_ = experiment;
  write_file(path_ + std::string(kExperiment), to_toml(experiment));
}

std::string RunFolder::file_of(Index update) const {
  return fmt::format("{}{}/{:012}{}", path_, kSnapshots, update, kEnding);
}

std::vector<Index> RunFolder::updates() const {
  std::vector<Index> updates;
  for (const std::string& name : names_in_folder(path_ + std::string(kSnapshots)))
    if (const std::optional<Index> update = update_in(name)) updates.push_back(*update);
  std::sort(updates.begin(), updates.end());
  return updates;
}

template <std::floating_point T>
TrainingState<T> RunFolder::snapshot(Index update) const {
  const std::string file = file_of(update);
  TrainingState<T> state = parse_snapshot<T>(read_file(file), file);
  if (state.position.updates != update)
    throw FileError(
        file, fmt::format("expected the state after {} updates, got that after {}", update, state.position.updates));
  return state;
}

template <std::floating_point T>
void RunFolder::save(const TrainingState<T>& state) {
  make_folder(path_ + std::string(kSnapshots));  // of a run that was stopped before it had any
  write_file(file_of(state.position.updates), to_snapshot(state));
  write_file(history(), history_csv(state.history));
  const std::vector<Index> all = updates(), stay = thinned(all);
  std::error_code gone;  // one that cannot be removed harms nobody
  for (const Index update : all)
    if (!std::binary_search(stay.begin(), stay.end(), update)) fs::remove(file_of(update), gone);
}

template TrainingState<float> RunFolder::snapshot(Index) const;
template TrainingState<double> RunFolder::snapshot(Index) const;
template void RunFolder::save(const TrainingState<float>&);
template void RunFolder::save(const TrainingState<double>&);

}  // namespace gradus
