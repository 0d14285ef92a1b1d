// SPDX-License-Identifier: MIT
#include "apps/gradus/training_report.hpp"

#include <fmt/format.h>

#include <filesystem>

#include "apps/gradus/interrupt.hpp"
#include "apps/gradus/progress.hpp"
#include "gradus/core/number.hpp"
#include "gradus/lab/experiment/figures.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/lab/model/applied.hpp"
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

void note_arithmetic(const Console& console, const Experiment& experiment) {
  if (!engine::is_native(arithmetic_of(experiment)))
    console.note("This processor has no fused multiply-add: it is computed in software, to the same bits, slowly.\n");
}

/// Calls run(progress), which trains, with progress shown and Ctrl-C obeyed.
template <class Run>
ExperimentResult with_progress(const Console& console, const Run& run) {
  const InterruptGuard guard;
  ProgressPrinter printer(console);
  return run([&](const Progress& progress) {
    printer.show(progress);
    return guard.interrupted() ? Signal::stop : Signal::go_on;
  });
}

void refuse_divergence(const ExperimentResult& result, const std::string& run) {
  if (result.fit.reason != StopReason::diverged) return;
  const std::optional<double> rate = learning_rate(result.experiment.optimizer);
  throw ValueError(fmt::format("training diverged{}: {}; {}", rate ? " at learning rate " + short_number(*rate) : "",
                               result.fit.divergence.message(),
                               run.empty()
                                   ? "nothing was saved"
                                   : "the run up to there is in " + run + ", to branch from before with another --lr"));
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
  add(fitting_kind(result.model, result.train));
}

std::string pair_of(const std::string& train, const std::optional<std::string>& test) {
  return test ? fmt::format("{}, on the test set {}", train, *test) : train;
}

/// "a, b, c, ...": long lists are cut.
std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t most = 8;
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) text += (i > 0 ? ", " : "") + one_line(names[i], 40);
  return names.size() > most ? text + ", ..." : text;
}

std::string columns_text(const Dataset& data) {
  std::vector<std::string> features;
  for (const InputColumn& column : columns_of(data))
    features.push_back(column.categories.empty()
                           ? column.name
                           : fmt::format("{} ({} categories)", column.name, column.categories.size()));
  std::string text = data.is_classification()
                         ? fmt::format("target    {}{} classes: {}\n",
                                       data.label_name.empty() ? "" : one_line(data.label_name, 40) + ", ",
                                       data.classes(), listed(data.class_names))
                         : fmt::format("target    {}, a regression\n", listed(data.target_names));
  return text + fmt::format("features  {}: {}\n", features.size(), listed(features));
}

std::string summary_text(const ExperimentResult& result, const std::string& run, const std::string& chosen) {
  const Experiment& e = result.experiment;
  const auto test = [&](auto get) -> std::optional<std::string> {
    return result.test_scores ? std::optional(short_number(get(*result.test_scores))) : std::nullopt;
  };
  const Scores& scores = result.train_scores;
  std::string text = fmt::format("network   {}, {} parameters\n", e.network, result.model.network.parameter_count());
  text += fmt::format("data      {}, {} samples to train on", one_line(e.data), result.train.size());
  text += result.test.size() > 0 ? fmt::format(", {} to test on\n", result.test.size()) : "\n";
  text += columns_text(result.train);
  for (const std::string& line : result.words) text += fmt::format("          {}\n", one_line(line));
  if (!chosen.empty()) text += fmt::format("chosen    {}\n", chosen);
  if (e.scale || e.scale_target)
    text += fmt::format("scaled   {}{}\n", e.scale ? fmt::format(" features {}", to_text(*e.scale)) : "",
                        e.scale_target ? fmt::format(" targets {}", to_text(*e.scale_target)) : "");
  if (!e.plant.empty()) text += fmt::format("planted   {}: it learned along a wrong gradient\n", e.plant);
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
  for (const std::string& line : result.model.record->diagnosis) text += fmt::format("note      {}\n", line);
  if (!run.empty()) text += fmt::format("run       {}\n", one_line(run));
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
  json["task"] = result.train.is_classification() ? "classification" : "regression";
  json["target"] = answers_of(result.train);
  json["features"] = result.train.feature_names;
  json["reading"] = result.words;
  json["diagnosis"] = result.model.record->diagnosis;
  json["loss_function"] = to_text(result.model.loss);
  json["planted"] = e.plant.empty() ? Json() : Json(e.plant);
  json["stopped"] = stop_text(result.fit.reason);
  json["epochs"] = result.fit.epochs;
  json["updates"] = result.fit.updates;
  json["best_epoch"] = result.fit.best_epoch > 0 ? Json(result.fit.best_epoch) : Json();
  json["seconds"] = result.seconds;
  json["train"] = to_json(result.train_scores);
  json["test"] = result.test_scores ? to_json(*result.test_scores) : Json();
  json["history"] = to_json(result.fit.history);
  json["model"] = e.model.empty() ? Json() : Json(e.model);
  json["figures"] = Json::array();
  for (const FigureRequest& figure : e.figures) json["figures"].push_back(figure.file);
  return json;
}

}  // namespace

namespace {

/// `fingerprint`: what the experiment was given to say of its data.
TrainingReport write(const Console& console, ExperimentResult trained, const TrainingOutputs& outputs,
                     const std::string& fingerprint, const std::string& chosen) {
  TrainingReport report{std::move(trained), {}};
  ExperimentResult& result = report.result;
  const std::string& model = result.experiment.model;
  refuse_divergence(result, outputs.run);
  // The numbers come first: a figure that cannot be drawn takes nothing away.
  if (!model.empty()) save_model(result.model, model);
  if (!outputs.figures.empty()) add_figures(result, outputs.figures);
  if (!outputs.experiment.empty()) {
    Experiment saved = result.experiment;
    saved.fingerprint = fingerprint;
    write_file(outputs.experiment, to_toml(saved));
  }
  if (console.json) {
    report.json = report_json(result);
    report.json["chosen"] = chosen;
  }
  if (console.json && !outputs.run.empty()) report.json["run"] = outputs.run;
  console.summary(summary_text(result, outputs.run, chosen));
  for (const FigureRequest& figure : result.experiment.figures)
    save_figure(result_figure(figure.kind, result), figure.file);
  if (result.fit.reason == StopReason::callback) {
    const std::string where = !outputs.run.empty() ? fmt::format("kept; go on with `gradus resume {}`", outputs.run)
                              : model.empty()      ? "lost (no -o)"
                                                   : "in " + model;
    console.note(
        fmt::format("gradus: interrupted after {} updates; what was learned is {}\n", result.fit.updates, where));
    report.status = Exit::interrupted;
  }
  return report;
}

}  // namespace

TrainingReport train_and_write(const Console& console, const Experiment& experiment, const ExperimentSource& source,
                               const TrainingOutputs& outputs, const std::string& chosen) {
  note_arithmetic(console, experiment);
  std::optional<RunFolder> folder;
  if (!outputs.run.empty()) folder = RunFolder::create(outputs.run, experiment);
  ExperimentResult result = with_progress(console, [&](const ProgressCallback& progress) {
    return folder ? carry_out(*folder, progress, outputs.every) : run_experiment(experiment, source, progress);
  });
  return write(console, std::move(result), outputs, experiment.fingerprint, chosen);
}

TrainingReport go_on_and_write(const Console& console, RunFolder& folder, const TrainingOutputs& outputs) {
  note_arithmetic(console, folder.experiment());
  ExperimentResult result = with_progress(
      console, [&](const ProgressCallback& progress) { return carry_out(folder, progress, outputs.every); });
  return write(console, std::move(result), outputs, "", "");
}

double parse_seconds(const std::string& option, const std::string& text) {
  constexpr std::pair<std::string_view, double> units[] = {{"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
  for (const auto& [unit, seconds] : units)
    if (text.ends_with(unit))
      if (const std::optional<double> number = parse_number(text.substr(0, text.size() - unit.size()));
          number && *number >= 0 && *number <= 1e9)
        return *number * seconds;
  throw UsageError(fmt::format("{}: expected a time such as 30s, 500ms, 2m or 1h, got {}", option, in_quotes(text)));
}

std::string short_number(double value) { return fmt::format("{:.4g}", value); }

Json to_json(const Scores& scores) {
  Json json = {{"samples", scores.samples}, {"loss", scores.loss}};
  Json intervals = Json::object();
  for (const ScoreField& field : score_fields()) {
    const std::optional<double>& value = scores.*field.value;
    if (!value) continue;
    json[field.name] = *value;
    if (const auto interval = interval_of(scores, field)) intervals[field.name] = {interval->low, interval->high};
  }
  json["intervals"] = intervals;
  return json;
}

Json to_json(const History& history) {
  return {{"update", history.update},       {"loss", history.loss},
          {"accuracy", history.accuracy},   {"test_update", history.test_update},
          {"test_loss", history.test_loss}, {"test_accuracy", history.test_accuracy}};
}

std::string score_text(const Scores& scores, const ScoreField& field) {
  const auto interval = interval_of(scores, field);
  return short_number(*(scores.*field.value)) +
         (interval ? fmt::format(" ({} to {})", short_number(interval->low), short_number(interval->high)) : "");
}

std::string to_line(const Scores& scores) {
  std::string line = fmt::format("{} samples", scores.samples);
  for (const std::string_view name : {"accuracy", "log_loss", "mse", "r2"})
    for (const ScoreField& field : score_fields())
      if (field.name == name && scores.*field.value)
        line += fmt::format("  {} {}", field.label, short_number(*(scores.*field.value)));
  return line;
}

std::string all_scores(const Scores& scores) {
  std::string line = fmt::format("{} samples", scores.samples);
  for (const ScoreField& field : score_fields())
    if (scores.*field.value) line += fmt::format("  {} {}", field.label, score_text(scores, field));
  return line;
}

}  // namespace gradus::cli
