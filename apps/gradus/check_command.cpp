// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/gradus/check_outcome.hpp"
#include "apps/gradus/check_trial.hpp"
#include "apps/gradus/commands.hpp"
#include "apps/gradus/experiment_options.hpp"
#include "apps/gradus/file_kinds.hpp"
#include "apps/gradus/gradient_file.hpp"
#include "gradus/lab/figure/figure.hpp"

namespace gradus::cli {
namespace {

using Json = nlohmann::ordered_json;

int list_faults(const Console& console) {
  Json json = Json::array();
  std::string text;
  for (const FaultKindInfo& info : fault_kinds) {
    text += fmt::format("{:<22} {}\n", info.name, info.what);
    json.push_back({{"kind", info.name}, {"what", info.what}});
  }
  console.result(text);
  console.machine(json);
  return Exit::success;
}

Figure step_figure(const StepCurve& curve) {
  Panel panel;
  panel.x = {.label = "step h", .log = true};
  panel.y = {.label = "relative error of the derivative (1)", .log = true};
  panel.names = Names::direct;
  panel.layers.emplace_back(Line{.x = curve.steps, .y = curve.forward, .name = "forward", .color = okabe_ito::orange});
  panel.layers.emplace_back(Line{.x = curve.steps, .y = curve.central, .name = "central", .dash = Dash::dashed});
  panel.layers.emplace_back(Line{
      .x = curve.steps, .y = curve.complex, .name = "complex step", .color = okabe_ito::green, .dash = Dash::dotted});
  Figure figure;
  figure.panels.push_back(panel);
  return figure;
}

/// What a model says itself cannot be said otherwise.
void refuse_idle_of_check(Experiment experiment, const CheckOptions& options, const GivenKeys& given) {
  if (options.words.empty()) return;
  experiment.data = options.words.back();
  refuse_idle(given, {experiment});
  if (!experiment.network.empty()) return;
  for (const ExperimentKey* key : given)
    if (key->path() != "loss.class_weight")
      throw UsageError(fmt::format("--{} has no effect here: the model says what it was trained with", key->flag));
}

int run_check(const Console& console, const Experiment& experiment, const CheckOptions& options) {
  if (options.plant == "list") return list_faults(console);
  const bool fresh = !experiment.network.empty();
  if (options.words.size() != (fresh ? 1u : 2u))
    throw UsageError(fresh ? "expected one word beside --network: DATA"
                           : "expected MODEL DATA, or --network TEXT DATA");
  if (options.fast + options.taylor + options.full + options.thorough + !options.gradient.empty() > 1)
    throw UsageError("expected one of --full, --fast, --taylor, --thorough and --gradient");
  if (!options.block.empty() && options.gradient.empty())
    throw UsageError("expected --gradient beside --block, which names what it is of");
  if (!options.gradient.empty() && !options.plant.empty())
    throw UsageError("expected no --plant beside --gradient, which is on trial itself");
  const Trial trial = make_trial(experiment, options);
  if (options.plant == "all") return plant_every_fault(console, trial);
  std::optional<PlantedFault> planted;
  if (!options.plant.empty()) {
    planted = find_fault(options.plant, trial.checked());
    console.summary(fmt::format("planted: {}\n", planted->label()));
  }
  if (!options.figure.empty()) {
    const CheckSubject s = trial.checked();
    save_figure(step_figure(step_curve(s.network, s.loss, s.theta, s.x, s.targets)), options.figure);
  }
  if (!options.gradient.empty()) return check_given(console, trial, read_gradient(options.gradient, options.block));
  if (options.thorough) return check_at_many_points(console, trial, planted);
  const double operations = full_check_operations(trial.checked());
  const bool long_one = !options.full && !options.taylor && operations > kFastFromOperations;
  if (long_one && !options.fast)
    console.summary(
        fmt::format("Along random directions, as --fast: every parameter by itself (--full) takes about {:.0e} "
                    "multiplications, more than {:.0e}.\n\n",
                    operations, kFastFromOperations));
  if (options.fast || long_one) return check_along_directions(console, trial, planted);
  if (options.taylor) return check_remainders(console, trial, planted);
  return check_full(console, trial, planted);
}

}  // namespace

void add_check_command(Program& program) {
  const auto experiment = std::make_shared<Experiment>();
  const auto options = std::make_shared<CheckOptions>();
  Command& command =
      program.add("check", "compare the gradient by hand with tape, duals and finite differences",
                  "gradus check iris.model iris\n  gradus check --network 4-8tanh-3softmax iris\n"
                  "  gradus check --network 4-8tanh-3softmax iris --plant transpose:1.weights",
                  [experiment, options](const Console& console) { return run_check(console, *experiment, *options); });
  command.inputs("MODEL DATA", options->words, "a model file, unless --network is given, and data");
  const auto given = std::make_shared<GivenKeys>();
  add_experiment_options(command, experiment, given,
                         {"network", "loss", "reduction", "class-weight", "seed", "init", "scale", "precision",
                          "target", "sample-weight"});
  command.check([experiment, options, given] { refuse_idle_of_check(*experiment, *options, *given); });
  command.count("--samples", options->samples, "of the data to use, from its start [20]", 1);
  command.flag("--full", options->full, "every source for every parameter (unless it would take long)");
  command.flag("--fast", options->fast, "along random directions: as quick for many parameters as for few");
  command.flag("--thorough", options->thorough,
               "at several points of its own making: batch sizes, parameters, ties, both sides of branches");
  command.input("--gradient", options->gradient,
                "a file (.npy, or numbers in text) with a gradient of your own over the first --samples rows, to be on "
                "trial: all of theta, or of --block");
  command.text("--block", options->block, "the array that --gradient is of, as the table names it")->type_name("NAME");
  command.flag("--taylor", options->taylor, "by Taylor's remainder, which needs no tolerance");
  command
      .text("--plant", options->plant,
            "spoil a copy of the backward pass by one fault, and see what is said of it: KIND or KIND:WHERE; list "
            "names the kinds, all plants each wherever it fits")
      ->type_name("KIND");
  command.output("--figure", options->figure, figure_kind,
                 "draw the error of differences against their step (.svg, .png, .pdf)");
}

}  // namespace gradus::cli
