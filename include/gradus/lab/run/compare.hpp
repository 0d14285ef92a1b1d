// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gradus/lab/experiment/experiment.hpp"
#include "gradus/lab/figure/figure.hpp"
#include "gradus/lab/figure/report.hpp"
#include "gradus/model/model.hpp"

/// Models and kept runs side by side.
namespace gradus {

/// One of them.
struct Candidate {
  std::string name;                      ///< its file or folder, or what a program calls it
  Model model;                           ///< of a run that is not over: as its last snapshot has it
  std::optional<Experiment> experiment;  ///< how it was trained, if it says
  std::string note{};                    ///< "stands at update 120"; empty of what is over
};

/// Reads a model file, or the folder of a run (lab/run/run_folder.hpp). A run that is not over is scored on its data,
/// which is read once more. Throws what `load_model`, `RunFolder::open` and `run_experiment` throw.
Candidate load_candidate(const std::string& path);
Candidate to_candidate(std::string name, Model model);

struct Comparison {
  /// A key of the experiment, or of the model where experiments do not tell, and what each has there.
  struct Difference {
    std::string key;
    std::vector<std::string> values;
  };

  std::vector<Candidate> candidates;
  std::vector<Difference> differences;  ///< of settings; those that all share are left out
  /// |theta_i - theta_j|, the Euclidean distance between the parameters of two; NaN where networks differ.
  Matrix<double> distances;
  /// Whether all test scores were taken on the same samples, so far as the experiments tell.
  bool same_test = false;

  /// The candidates of each score that is known of any, on test samples where there are such, else on training samples.
  std::optional<double> value(std::size_t candidate, const ScoreField& field) const;
  std::optional<Interval> interval(std::size_t candidate, const ScoreField& field) const;
};

/// Throws ValueError for none.
Comparison compare(std::vector<Candidate> candidates);

/// The curves of training, each in its colour and dash, and of the test sets beside; a panel of losses, and one of
/// accuracies where they are known. Throws ValueError if no candidate has a history.
Figure comparison_figure(const Comparison& comparison);

/// A row each: name, settings that differ, scores with the ends of their intervals, and the distance from the first.
std::string comparison_csv(const Comparison& comparison);

/// A page with all of it. `command` is what the captions name. Gives the reason if pictures are missing, else an empty
/// text.
std::string write_comparison_page(const Comparison& comparison, const std::string& path, const std::string& command);

}  // namespace gradus
