// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>
#include <cstdint>

#include "apps/gradus/commands.hpp"
#include "apps/gradus/file_kinds.hpp"
#include "apps/gradus/model_data.hpp"
#include "apps/gradus/training_report.hpp"
#include "gradus/lab/data/source.hpp"
#include "gradus/lab/exchange/open_model.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "src/core/bit_cast.hpp"

namespace gradus::cli {
namespace {

struct RunOptions {
  std::string path;
  std::string model;
  TrainingOutputs outputs;
  bool any_data = false;
};

/// How the parameters of a repeated training differ from the first one's.
struct Difference {
  Index numbers = 0;
  double largest = 0;  ///< relative to the larger of the two where that is above 1

  /// Whether they are those of another processor's instructions or C library, over which a short training is the same
  /// to rounding; a long one may not be, for training magnifies what it is given.
  bool is_rounding() const { return largest <= 1e-6; }
};

Difference compare(const std::vector<double>& first, const std::vector<double>& again) {
  Difference difference;
  for (std::size_t k = 0; k < first.size(); ++k) {
    if (bit_cast<std::uint64_t>(first[k]) == bit_cast<std::uint64_t>(again[k])) continue;
    ++difference.numbers;
    const double scale = std::max({1.0, std::abs(first[k]), std::abs(again[k])});
    const double here = std::abs(first[k] - again[k]) / scale;
    if (!(here <= difference.largest)) difference.largest = here;  // a NaN too
  }
  return difference;
}

/// What the experiment itself names, beside the options.
void tell_files(const Console& console, const RunOptions& options, const Experiment& experiment) {
  Files& files = *console.files;
  for (const std::string& data : {experiment.data, experiment.test_data})
    if (is_file(data)) files.reads(data, "data of " + options.path);
  if (options.model.empty() && !experiment.model.empty())
    files.writes(experiment.model, model_kind, "output.model of " + options.path);
  for (const FigureRequest& figure : experiment.figures)
    files.writes(figure.file, figure_kind, "figure.file of " + options.path);
}

int run_toml(const Console& console, const RunOptions& options) {
  Experiment experiment = load_experiment(options.path);
  tell_files(console, options, experiment);
  if (!options.model.empty()) experiment.model = options.model;
  if (options.any_data) experiment.fingerprint.clear();
  const TrainingReport report = train_and_write(console, experiment, load_source(experiment), options.outputs);
  console.machine(report.json);
  return report.status;
}

TrainingReport repeat(const Console& console, const RunOptions& options, const Model& model) {
  if (model.experiment.empty()) throw ValueError(options.path + ": the model does not say how it was trained");
  Experiment experiment = parse_experiment(model.experiment, options.path + " (its experiment)");
  experiment.model = options.model;
  tell_files(console, options, experiment);
  if (options.any_data) experiment.fingerprint.clear();
  try {
    return train_and_write(console, experiment, load_source(experiment), options.outputs);
  } catch (const UsageError&) {
    throw;
  } catch (const Error& error) {
    throw ValueError(fmt::format("{}: its training cannot be repeated: {}", options.path, error.what()));
  }
}

int run_model(const Console& console, const RunOptions& options) {
  const Model model = open_model(options.path);
  TrainingReport report = repeat(console, options, model);
  if (report.status != Exit::success) {  // interrupted: there is nothing to compare
    console.machine(report.json);
    return report.status;
  }
  const Difference difference = compare(model.theta, report.result.model.theta);
  if (console.json)
    report.json["repeated"] = {{"equal", difference.numbers == 0},
                               {"different_parameters", difference.numbers},
                               {"largest_difference", difference.largest}};
  console.machine(report.json);
  if (difference.numbers == 0) {
    console.summary(
        fmt::format("repeated  all {} parameters of {} are equal to the last bit\n", model.theta.size(), options.path));
    return Exit::success;
  }
  console.summary(fmt::format("repeated  {} of {} parameters differ from {}, by at most {:.2g}{}\n", difference.numbers,
                              model.theta.size(), options.path, difference.largest,
                              options.any_data ? "" : " (trained with another C library or processor?)"));
  return options.any_data || difference.is_rounding() ? Exit::success : Exit::failure;
}

}  // namespace

void add_run_command(Program& program) {
  const auto options = std::make_shared<RunOptions>();
  Command& command = program.add("run", "carry out an experiment, or repeat a model's training to the last bit",
                                 "gradus run iris.model", [options](const Console& console) {
                                   return looks_like_model(read_file(options->path)) ? run_model(console, *options)
                                                                                     : run_toml(console, *options);
                                 });
  command.input("EXPERIMENT", options->path, "an experiment file (TOML), or a model file, which carries its own")
      ->required()
      ->type_name("");
  command.output("-o,--output", options->model, model_kind, "save the model here, whatever the experiment says")
      ->type_name("MODEL");
  command.folder("--figures", options->outputs.figures, figures_in_folder(),
                 "draw loss, accuracy and what was learned into a folder");
  command.flag("--any-data", options->any_data, "go on even if the data has changed since");
}

}  // namespace gradus::cli
