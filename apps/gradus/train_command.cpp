// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "apps/gradus/commands.hpp"
#include "apps/gradus/experiment_options.hpp"
#include "apps/gradus/file_kinds.hpp"
#include "apps/gradus/training_report.hpp"
#include "gradus/lab/data/source.hpp"
#include "gradus/lab/experiment/proposal.hpp"

namespace gradus::cli {
namespace {

/// Where a model goes of which nobody says it: into this folder, named as its data is.
std::string usual_model(const std::string& data) {
  if (!is_file(data)) return data.substr(0, data.find(':')) + ".model";
  std::filesystem::path name = std::filesystem::path(data).filename();
  if (name.extension() == ".gz") name = name.stem();
  return name.stem().string() + ".model";
}

int train(const Console& console, Experiment experiment, const GivenKeys& given, const TrainingOutputs& outputs) {
  if (experiment.model.empty() && outputs.run.empty()) {
    experiment.model = usual_model(experiment.data);
    console.files->writes(experiment.model, model_kind, "the model (-o names another file)");
  }
  experiment = filled_from_start(experiment, given);
  const ExperimentSource source = load_source(experiment);
  const Proposal proposal = propose(experiment, given, source);
  const TrainingReport report = train_and_write(console, proposal.experiment, source, outputs, proposal.flags);
  console.machine(report.json);
  return report.status;
}

}  // namespace

void add_train_command(Program& program) {
  const auto experiment = std::make_shared<Experiment>();
  const auto outputs = std::make_shared<TrainingOutputs>();
  const auto given = std::make_shared<GivenKeys>();
  Command& command = program.add(
      "train", "train a network on data",
      "gradus train iris\n"
      "  gradus train iris --network 4-8tanh-3softmax --lr 0.1 --epochs 200 --test 0.3 --scale standard --seed 42 -o "
      "iris.model\n"
      "  gradus train moons:samples=400,noise=0.2 --network 2-16tanh-2softmax --batch 8 --epochs 200 --test 0.25 "
      "--run runs/moons",
      [experiment, outputs, given](const Console& console) { return train(console, *experiment, *given, *outputs); });
  command
      .data("DATA", experiment->data,
            "a file (CSV and its kin, .npy), iris, digits, or a maker: circles:samples=500,noise=0.2,factor=0.4")
      ->required();
  command
      .output("-o,--output", experiment->model, model_kind, "the file to save the model in [DATA's name with .model]")
      ->type_name("MODEL");
  command
      .output("--save-experiment", outputs->experiment, experiment_kind,
              "write data, network and training to a file for `gradus run`")
      ->type_name("FILE.toml");
  const CLI::Option* run =
      command.text("--run", outputs->run, "keep the run in a new folder: to resume, rewind and branch")
          ->type_name("FOLDER");
  const CLI::Option* every =
      command
          .read(
              "--every", [outputs](const std::string& text) { outputs->every = parse_seconds("--every", text); }, {},
              "the time between two snapshots of the run [30s]")
          ->type_name("TIME");
  command.folder("--figures", outputs->figures, figures_in_folder(),
                 "draw loss, accuracy and what was learned into a folder");
  add_experiment_options(command, experiment, given);
  command.check([experiment, given, run, every] {
    refuse_idle(*given, {*experiment});
    if (every->count() > 0 && run->count() == 0)
      throw UsageError("--every has no effect here: the run is not kept (--run FOLDER)");
  });
}

}  // namespace gradus::cli
