// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "gradus/data/dataset.hpp"
#include "gradus/data/split.hpp"
#include "gradus/lab/experiment/experiment.hpp"
#include "gradus/lab/experiment/scores.hpp"
#include "gradus/train/training.hpp"

namespace gradus {

/// How far a run has come, told after every update.
struct Progress {
  Index epoch = 0;                      ///< the one that is under way, from 1
  Index epochs = 0;                     ///< to make, 0 if the number of updates decides
  Index update = 0;                     ///< updates made
  Index updates = 0;                    ///< updates to make at most
  double loss = 0;                      ///< as last recorded; before that, of the batch
  std::optional<double> accuracy;       ///< on the training samples, as last recorded
  std::optional<double> test_accuracy;  ///< as last tried
  double learning_rate = 0;
};

using ProgressCallback = std::function<Signal(const Progress&)>;

/// Takes an experiment's training from its beginning to its end, for who wants to keep it on the way, or to begin
/// elsewhere (lab/run/run_folder.hpp). It may leave the training unfinished.
class Driver {
 public:
  virtual ~Driver() = default;
  virtual void drive(Training<float>& training) = 0;
  virtual void drive(Training<double>& training) = 0;
};

struct ExperimentResult {
  Experiment experiment;  ///< as it was run, with the fingerprint of the data
  Model model;            ///< with experiment and record in it; after diverging, the last finite parameters
  FitResult fit;
  Dataset train;  ///< unscaled
  Dataset test;   ///< of no samples if nothing was held out
  Scores train_scores;
  std::optional<Scores> test_scores;
  double seconds = 0;                ///< spent in training
  std::vector<std::string> words{};  ///< what a person should know of it, a line each
};

/// The data of an experiment before it is split.
struct ExperimentSource {
  Dataset data;
  Dataset test;  ///< other data to test on; of no samples if there is none
  std::string fingerprint;
  std::vector<std::string> words{};  ///< how the data was read, a line each
};
/// How the experiment's data is read: as it says, and where it does not say what the target holds, as network and loss
/// do.
TableOptions table_options(const Experiment& experiment);
/// Throws as `load_data` and `check_trainable`, and ValueError if a fingerprint is given and the data is not what it
/// was.
ExperimentSource load_source(const Experiment& experiment);
/// Which of the source's rows the experiment, by its seed, trains on and which it holds out.
Split split_source(const Experiment& experiment, const ExperimentSource& source);

/// The data of an experiment, split. Throws as the two above.
struct ExperimentData {
  Dataset train;
  Dataset test;
  std::string fingerprint;
};
ExperimentData load_experiment_data(const Experiment& experiment);

/// The experiment's model before training: no scaler, no parameters. Throws what `check`, `check_fits` throw, and
/// ValueError for a loss that cannot be meant.
Model untrained_model(const Experiment& experiment, const Dataset& train, const Dataset& test);

/// Carries an experiment out: loads the data, splits and scales it, draws the first parameters, trains, scores. Writes
/// nothing. A run that a callback stopped gives a model marked as interrupted whose experiment repeats just the updates
/// that were made. Diverging is told in `fit`, not thrown.
/// Throws what `check`, `load_experiment_data`, `check_fits` and `fit` throw, and ValueError for an experiment that
/// begins within another run, unless somebody drives it who knows that one.
ExperimentResult run_experiment(const Experiment& experiment, const ProgressCallback& progress = {},
                                Driver* driver = nullptr);
/// The same on data that is loaded already.
ExperimentResult run_experiment(const Experiment& experiment, const ExperimentSource& source,
                                const ProgressCallback& progress = {}, Driver* driver = nullptr);

/// What the experiment's arithmetic is on this machine: `automatic` resolved, but for the definition, which has its
/// own.
Arithmetic arithmetic_of(const Experiment& experiment);

/// How an experiment trains, as `fit` takes it; the loss is `loss_of` the experiment and its network.
FitOptions fit_options(const Experiment& experiment, const Loss& loss);

/// Writes the model and the figures that the experiment names. Throws ValueError after diverging, else what
/// `save_model` and `save_figure` throw; the model is written first.
void write_outputs(const ExperimentResult& result);

/// A 64-bit FNV-1a hash of every number and name in a data set, `fnv1a64:0123456789abcdef`.
std::string fingerprint(const Dataset& data);

}  // namespace gradus
