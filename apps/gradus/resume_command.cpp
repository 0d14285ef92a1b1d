// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "apps/gradus/commands.hpp"
#include "apps/gradus/file_kinds.hpp"
#include "apps/gradus/training_report.hpp"

namespace gradus::cli {
namespace {

struct ResumeOptions {
  TrainingOutputs outputs;
  std::int64_t epochs = -1;
};

/// The end of a run, moved to so many epochs.
void set_epochs(RunFolder& folder, Index epochs) {
  Experiment experiment = folder.experiment();
  if (experiment.updates > 0)
    throw UsageError(fmt::format("--epochs has no effect here: the run makes {} updates", experiment.updates));
  if (epochs < experiment.epochs)
    throw UsageError(
        fmt::format("--epochs: expected at least the {} epochs of the run, got {} (`gradus rewind` goes back)",
                    experiment.epochs, epochs));
  experiment.epochs = epochs;
  folder.set_experiment(experiment);
}

int resume(const Console& console, const ResumeOptions& options) {
  RunFolder folder = RunFolder::open(options.outputs.run);
  if (!folder.experiment().model.empty())
    console.files->writes(folder.experiment().model, model_kind, "output.model of " + folder.path());
  if (options.epochs >= 0) set_epochs(folder, options.epochs);
  const TrainingReport report = go_on_and_write(console, folder, options.outputs);
  console.machine(report.json);
  return report.status;
}

}  // namespace

void add_resume_command(Program& program) {
  const auto options = std::make_shared<ResumeOptions>();
  Command& command =
      program.add("resume", "go on with a run that was stopped, to the bits it would have had",
                  "gradus resume runs/moons", [options](const Console& console) { return resume(console, *options); });
  command.text("FOLDER", options->outputs.run, "what `gradus train --run` made")->required()->type_name("");
  command.count("--epochs", options->epochs, "go on to so many, also where the run is over");
  command
      .read(
          "--every", [options](const std::string& text) { options->outputs.every = parse_seconds("--every", text); },
          {}, "the time between two snapshots [30s]")
      ->type_name("TIME");
}

}  // namespace gradus::cli
