// SPDX-License-Identifier: MIT
#include "apps/gradus/commands.hpp"
#include "apps/gradus/experiment_options.hpp"
#include "apps/gradus/training_report.hpp"

namespace gradus::cli {
namespace {

struct BranchOptions {
  std::string folder;
  std::int64_t update = 0;
  TrainingOutputs outputs;
  std::vector<std::pair<const ExperimentKey*, std::string>> given;
};

/// The run's experiment with what was given otherwise.
Experiment changed(Experiment experiment, const BranchOptions& options) {
  GivenKeys keys;
  for (const auto& [key, text] : options.given) {
    set_key(experiment, *key, parse_key_value(*key, text), "--" + std::string(key->flag));
    keys.push_back(key);
  }
  experiment.model.clear();  // the run's own, which a branch leaves alone
  refuse_idle(keys, {experiment});
  return experiment;
}

int branch(const Console& console, const BranchOptions& options) {
  std::optional<RunFolder> folder;
  {
    const RunFolder from = RunFolder::open(options.folder);
    folder = branch_run(from, options.update, options.outputs.run, changed(from.experiment(), options));
  }
  const TrainingReport report = go_on_and_write(console, *folder, options.outputs);
  console.machine(report.json);
  return report.status;
}

/// Flags of what trains: the rest must be the run's.
std::vector<std::string_view> training_flags() {
  std::vector<std::string_view> flags;
  for (const ExperimentKey& key : experiment_keys())
    for (const char* section : {"optimizer", "regularisation", "early_stopping", "training"})
      if (key.section == section && !key.flag.empty()) flags.push_back(key.flag);
  return flags;
}

}  // namespace

void add_branch_command(Program& program) {
  const auto options = std::make_shared<BranchOptions>();
  Command& command = program.add("branch", "go on from within a run in another way, in a folder of its own",
                                 "gradus branch runs/moons --from 4711 --lr 0.01 -o runs/slower",
                                 [options](const Console& console) { return branch(console, *options); });
  command.text("FOLDER", options->folder, "what `gradus train --run` made")->required()->type_name("");
  command.count("--from", options->update, "the update after which the branch begins")->required();
  command.text("-o,--output", options->outputs.run, "a new folder, for the branch")->required()->type_name("FOLDER");
  command
      .read(
          "--every", [options](const std::string& text) { options->outputs.every = parse_seconds("--every", text); },
          {}, "the time between two snapshots [30s]")
      ->type_name("TIME");
  add_key_options(
      command,
      [options](const ExperimentKey& key, const std::string& text) { options->given.emplace_back(&key, text); },
      training_flags());
}

}  // namespace gradus::cli
