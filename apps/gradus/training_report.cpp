// SPDX-License-Identifier: MIT
#include "apps/gradus/training_report.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "apps/gradus/interrupt.hpp"
#include "apps/gradus/progress.hpp"
#include "gradus/lab/experiment/figures.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "src/core/text.hpp"

namespace gradus::cli {
namespace {

using Json = nlohmann::ordered_json;

std::string stop_text(StopReason reason) {
  switch (reason) {
    case StopReason::finished: return "finished";
    case StopReason::converged: return "converged";
    case StopReason::early: return "stopped early";
    case StopReason::callback: return "interrupted";
    case StopReason::diverged: return "diverged";
  }
  return "";
}

ExperimentResult run_with_progress(const Console& console, const Experiment& experiment) {
  const InterruptGuard guard;
  ProgressPrinter printer(console);
  return run_experiment(experiment, [&](const Progress& progress) {
    printer.show(progress);
    return guard.interrupted() ? Signal::stop : Signal::go_on;
  });
}

void refuse_divergence(const ExperimentResult& result) {
  if (result.fit.reason != StopReason::diverged) return;
  const std::optional<double> rate = learning_rate(result.experiment.optimizer);
  throw ValueError(fmt::format("training diverged{}: {}; nothing was saved",
                               rate ? " at learning rate " + short_number(*rate) : "",
                               result.fit.divergence.message()));
}

/// Asks for every figure that applies to the result, as SVG files in a folder.
void add_figures(ExperimentResult& result, const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw FileError(folder, "cannot make the folder: " + error.message());
  const auto add = [&](std::string_view kind) {
    result.experiment.figures.push_back({std::string(kind), fmt::format("{}/{}.svg", folder, kind)});
  };
  if (!result.fit.history.loss.empty()) add("loss");
  if (!result.fit.history.accuracy.empty()) add("accuracy");
  try {
    add(fitting_kind(result.model, result.train));
  } catch (const ValueError&) {
    // A regression of many features has no picture beyond its curves.
  }
}

std::string pair_of(const std::string& train, const std::optional<std::string>& test) {
  return test ? fmt::format("{}, on the test set {}", train, *test) : train;
}

std::string summary_text(const ExperimentResult& result) {
  const Experiment& e = result.experiment;
  const auto test = [&](auto get) -> std::optional<std::string> {
    return result.test_scores ? std::optional(short_number(get(*result.test_scores))) : std::nullopt;
  };
  const Scores& scores = result.train_scores;
  std::string text = fmt::format("network   {}, {} parameters\n", e.network, result.model.network.parameter_count());
  text += fmt::format("data      {}, {} samples to train on", one_line(e.data), result.train.size());
  text += result.test.size() > 0 ? fmt::format(", {} to test on\n", result.test.size()) : "\n";
  for (const std::string& line : result.words) text += fmt::format("          {}\n", one_line(line));
  std::string stopped = result.fit.reason == StopReason::finished ? "" : ", " + stop_text(result.fit.reason);
  if (result.fit.best_epoch > 0) stopped += fmt::format(", best after epoch {}", result.fit.best_epoch);
  text += fmt::format("training  {} epochs, {} updates in {:.2f} s{}\n", result.fit.epochs, result.fit.updates,
                      result.seconds, stopped);
  text += fmt::format("loss      {} ({})\n", pair_of(short_number(scores.loss), test([](auto& s) { return s.loss; })),
                      to_text(result.model.loss));
  if (scores.accuracy)
    text += fmt::format("accuracy  {}\n",
                        pair_of(short_number(*scores.accuracy), test([](auto& s) { return *s.accuracy; })));
  if (scores.r2)
    text += fmt::format("R2        {}\n", pair_of(short_number(*scores.r2), test([](auto& s) { return *s.r2; })));
  if (!e.model.empty()) text += fmt::format("model     {}\n", e.model);
  for (const FigureRequest& figure : e.figures) text += fmt::format("figure    {}\n", figure.file);
  text += fmt::format("parameters  sha256 {}\n", parameters_sha256(result.model));
  return text;
}

Json report_json(const ExperimentResult& result) {
  const Experiment& e = result.experiment;
  Json json;
  json["network"] = e.network;
  json["parameters"] = result.model.network.parameter_count();
  json["parameters_sha256"] = parameters_sha256(result.model);
  json["data"] = e.data;
  json["reading"] = result.words;
  json["loss_function"] = to_text(result.model.loss);
  json["stopped"] = stop_text(result.fit.reason);
  json["epochs"] = result.fit.epochs;
  json["updates"] = result.fit.updates;
  json["best_epoch"] = result.fit.best_epoch > 0 ? Json(result.fit.best_epoch) : Json();
  json["seconds"] = result.seconds;
  json["train"] = to_json(result.train_scores);
  json["test"] = result.test_scores ? to_json(*result.test_scores) : Json();
  json["history"] = {{"update", result.fit.history.update},       {"loss", result.fit.history.loss},
                     {"accuracy", result.fit.history.accuracy},   {"test_update", result.fit.history.test_update},
                     {"test_loss", result.fit.history.test_loss}, {"test_accuracy", result.fit.history.test_accuracy}};
  json["model"] = e.model.empty() ? Json() : Json(e.model);
  json["figures"] = Json::array();
  for (const FigureRequest& figure : e.figures) json["figures"].push_back(figure.file);
  return json;
}

}  // namespace

TrainingReport train_and_write(const Console& console, const Experiment& experiment, const TrainingOutputs& outputs) {
  TrainingReport report{run_with_progress(console, experiment), {}};
  ExperimentResult& result = report.result;
  refuse_divergence(result);
  // The numbers come first: a figure that cannot be drawn takes nothing away.
  if (!experiment.model.empty()) save_model(result.model, experiment.model);
  if (!outputs.figures.empty()) add_figures(result, outputs.figures);
  if (!outputs.experiment.empty()) {
    Experiment saved = result.experiment;
    saved.fingerprint = experiment.fingerprint;
    write_file(outputs.experiment, to_toml(saved));
  }
  if (console.json) report.json = report_json(result);
  console.summary(summary_text(result));
  for (const FigureRequest& figure : result.experiment.figures)
    save_figure(result_figure(figure.kind, result), figure.file);
  if (result.fit.reason == StopReason::callback) {
    console.note(fmt::format("gradus: interrupted after {} updates; what was learned is {}\n", result.fit.updates,
                             experiment.model.empty() ? "lost (no -o)" : "in " + experiment.model));
    report.status = Exit::interrupted;
  }
  return report;
}

std::string short_number(double value) { return fmt::format("{:.4g}", value); }

Json to_json(const Scores& scores) {
  Json json = {{"samples", scores.samples}, {"loss", scores.loss}};
  if (scores.accuracy) json["accuracy"] = *scores.accuracy;
  if (scores.log_loss) json["log_loss"] = *scores.log_loss;
  if (scores.mse) json["mse"] = *scores.mse;
  if (scores.r2) json["r2"] = *scores.r2;
  return json;
}

std::string to_line(const Scores& scores) {
  std::string line = fmt::format("{} samples", scores.samples);
  if (scores.accuracy) line += fmt::format("  accuracy {}", short_number(*scores.accuracy));
  if (scores.log_loss) line += fmt::format("  log loss {}", short_number(*scores.log_loss));
  if (scores.mse) line += fmt::format("  MSE {}", short_number(*scores.mse));
  if (scores.r2) line += fmt::format("  R2 {}", short_number(*scores.r2));
  return line;
}

}  // namespace gradus::cli
