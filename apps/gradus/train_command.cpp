// SPDX-License-Identifier: MIT
#include "apps/gradus/commands.hpp"
#include "apps/gradus/experiment_options.hpp"
#include "apps/gradus/file_kinds.hpp"
#include "apps/gradus/training_report.hpp"

namespace gradus::cli {

void add_train_command(Program& program) {
  const auto experiment = std::make_shared<Experiment>();
  const auto outputs = std::make_shared<TrainingOutputs>();
  Command& command =
      program.add("train", "train a network on data",
                  "gradus train iris --network 4-8tanh-3softmax --lr 0.1 --epochs 200 --test 0.3 --scale standard "
                  "--seed 42 -o iris.model",
                  [experiment, outputs](const Console& console) {
                    const TrainingReport report = train_and_write(console, *experiment, *outputs);
                    console.machine(report.json);
                    return report.status;
                  });
  command
      .data("DATA", experiment->data,
            "a CSV or .npy file, iris, digits, or a maker: circles:samples=500,noise=0.2,factor=0.4")
      ->required();
  command.output("-o,--output", experiment->model, model_kind, "the file to save the model in")
      ->required()
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
  const auto given = add_experiment_options(command, experiment);
  command.check([experiment, given, run, every] {
    refuse_idle(*given, {*experiment});
    if (every->count() > 0 && run->count() == 0)
      throw UsageError("--every has no effect here: the run is not kept (--run FOLDER)");
  });
  command.get_option("--network")->required();
}

}  // namespace gradus::cli
