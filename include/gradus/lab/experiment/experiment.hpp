// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/data/scaler.hpp"
#include "gradus/data/weights.hpp"
#include "gradus/lab/data/table.hpp"
#include "gradus/model/model.hpp"
#include "gradus/train/fit.hpp"

namespace gradus {

/// A figure that a run draws: its kind (experiment/figures.hpp) and the file, whose ending picks the format.
struct FigureRequest {
  std::string kind;
  std::string file;
  bool operator==(const FigureRequest&) const = default;
};

/// One training run, described: what the command line, an experiment file and a model file say in common. The same
/// experiment gives the same numbers, to the last bit, wherever it is run in the same arithmetic; the definition has
/// one of its own.
///
/// `seed` starts two streams: one for the split, and, afresh, one for the first parameters and then the order of
/// samples. Paths are relative to the folder in which the program runs.
struct Experiment {
  std::uint32_t seed = 0;
  Precision precision = Precision::float64;

  std::string data;                                      ///< as `load_data` reads it
  std::string target;                                    ///< the target column of a file; empty: guessed
  TableOptions::Task task = TableOptions::Task::detect;  ///< what the target column of a file holds
  ReadingOptions reading;                                ///< how the table of a file is to be read
  std::string sample_weight;          ///< the column of a file that says how much each sample counts; empty: none
  double test = 0;                    ///< share of the samples, or how many of them, to test on; 0: none
  std::string test_data;              ///< other data to test on, as `load_data` reads it; empty: none
  bool stratify = false;              ///< split each class in its share
  std::optional<Scaler::Kind> scale;  ///< of the features, fitted on the training samples
  std::optional<Scaler::Kind> scale_target;  ///< of a regression's targets; answers stay in their own units
  bool scale_by_spread = false;              ///< scale features as `decided` finds that their spreads call for it
  bool scale_target_by_spread = false;       ///< and targets
  std::string fingerprint;                   ///< of the data once trained on; if given, other data is refused

  std::string network;  ///< as `parse_network` reads it
  std::string from;     ///< a model file to go on from: its parameters, scaling and columns; empty: from the beginning
  std::string from_parameters;          ///< `parameters_sha256` of that model; if given, another is refused
  std::string init = "glorot-uniform";  ///< as `parse_initializer` reads it
  std::string loss = "auto";            ///< as `parse_loss` reads it; auto: from the last layer, see `loss_of`
  Reduction reduction = Reduction::mean;
  ClassWeights class_weight;  ///< in training; scores count every sample once

  TrainingMethod optimizer = Sgd{};
  Schedule schedule{};
  Regularisation regularisation{};
  EarlyStopping early_stopping{};

  Index epochs = 100;
  Index updates = 0;  ///< if above 0, how many updates to make, whatever `epochs` says
  Index batch = 32;   ///< 0: the full batch
  Order order = Order::shuffle;
  double min_change = -1;  ///< below 0: never
  Index record_every = 0;
  Index test_every = 0;
  Engine engine = Engine::automatic;
  Arithmetic arithmetic = Arithmetic::automatic;  ///< of the engine; what a run made of `automatic` is recorded
  std::vector<Index> freeze{};                    ///< layers that stay as they are, by their numbers from 1
  std::string plant;  ///< a fault to spoil the gradient by, KIND or KIND:WHERE (check/fault.hpp); empty: none

  std::string start_run;   ///< the folder of the run that this one was branched from; empty: it begins by itself
  Index start_update = 0;  ///< after how many of its updates

  std::string model;  ///< file to save the model in; empty: not saved
  std::vector<FigureRequest> figures;

  bool operator==(const Experiment&) const = default;
};

/// The loss an experiment trains with. `auto` is what the last layer was made for, `usual_loss`: softmax cross-entropy,
/// its logarithm the negative log-likelihood, sigmoid binary cross-entropy, step the perceptron criterion, any other
/// the mean squared error.
Loss loss_of(const Experiment& experiment, const Network& network);

/// The model that an experiment goes on from. Throws FileError for a file that is none, ValueError if its parameters
/// are not those that the experiment names.
Model start_of(const Experiment& experiment);

/// Whether gaps in the data are filled, so that it may hold some until then.
bool fills_gaps(const Experiment& experiment);

/// Whether numbers want to be scaled before a network learns from them, or towards them: unless they lie about 0 with a
/// spread (standard deviation) of about 1, within a factor of 4, in every column that is not constant. Gaps (NaN) are
/// passed over.
bool spreads_call_for_scaling(ConstMatrixView<double> x);

/// The experiment with what it leaves to its data decided: `scale_by_spread` and `scale_target_by_spread`.
Experiment decided(Experiment experiment, const Dataset& data);

/// Reads an experiment from TOML. `path` stands for the file in errors. Throws FileError that names the line and the
/// key: no TOML, an unknown key (the known ones are listed), a value of another type or out of range, no data or no
/// network.
Experiment parse_experiment(std::string_view toml, const std::string& path);
/// The same of a file.
Experiment load_experiment(const std::string& path);

/// The experiment as TOML with a comment on each key; `parse_experiment` reads back an equal one.
std::string to_toml(const Experiment& experiment);
/// What that text begins with, by which a file of it is known.
inline constexpr std::string_view experiment_opening = "# An experiment of Gradus";

/// Throws ValueError or ParseError, naming the key, if a value is out of range.
void check(const Experiment& experiment);

}  // namespace gradus
