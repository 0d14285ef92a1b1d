// SPDX-License-Identifier: MIT
#pragma once

#include <nlohmann/json.hpp>
#include <string>

#include "apps/gradus/program.hpp"
#include "gradus/lab/run/run_folder.hpp"

/// What `train` and `run` share.
namespace gradus::cli {

/// Beside what the experiment itself names.
struct TrainingOutputs {
  std::string figures;     ///< folder for every figure that applies; empty: none
  std::string experiment;  ///< file to write the experiment to; empty: none
  std::string run;         ///< folder to keep the run in; empty: it is not kept
  double every = 30;       ///< seconds between its snapshots
};

/// Carries the experiment out with progress and Ctrl-C, writes what it names, and says how it went. Throws ValueError
/// if training diverged. `chosen`: flags that a person left to the program. What is left to add to the JSON goes into
/// `more`.
struct TrainingReport {
  ExperimentResult result;
  nlohmann::ordered_json json;
  int status = Exit::success;
};
TrainingReport train_and_write(const Console& console, const Experiment& experiment, const ExperimentSource& source,
                               const TrainingOutputs& outputs, const std::string& chosen = "");
/// The same of a run that is kept, from where it stands.
TrainingReport go_on_and_write(const Console& console, RunFolder& folder, const TrainingOutputs& outputs);

/// Seconds, from `30s`, `500ms`, `2m`, `1h`. Throws UsageError that names the option.
double parse_seconds(const std::string& option, const std::string& text);

/// `0.1234`
std::string short_number(double value);
/// Every score that applies, and the intervals that are known, as JSON.
nlohmann::ordered_json to_json(const Scores& scores);
nlohmann::ordered_json to_json(const History& history);
/// `0.95 (0.91 to 0.98)`; the score must be there.
std::string score_text(const Scores& scores, const ScoreField& field);
/// `150 samples  accuracy 0.95  log loss 0.12`
std::string to_line(const Scores& scores);
/// Every score, with its interval where that is known: `150 samples  accuracy 0.95 (0.91 to 0.98)  F1 0.94 ...`
std::string all_scores(const Scores& scores);

}  // namespace gradus::cli
