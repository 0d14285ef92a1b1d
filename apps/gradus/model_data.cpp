// SPDX-License-Identifier: MIT
#include "apps/gradus/model_data.hpp"

#include <fmt/format.h>

#include "gradus/lab/data/source.hpp"
#include "gradus/lab/experiment/run.hpp"
#include "gradus/lab/experiment/scores.hpp"
#include "gradus/lab/model/applied.hpp"

namespace gradus::cli {
namespace {

/// What the model was trained with: the columns that had to be named.
Experiment trained_experiment(const Model& model) {
  if (model.experiment.empty()) return {};
  try {
    return parse_experiment(model.experiment, "model");
  } catch (const Error&) {
    return {};  // of a newer version, say; the model itself is good
  }
}

/// The rows of its own data that a model was trained on, or those that were held out.
Dataset own_rows(const Model& model, const ModelData& names) {
  Experiment experiment = trained_experiment(model);
  if (experiment.network.empty())
    throw ValueError(fmt::format("{}: the model does not say how it was trained, so that its {} rows are not known",
                                 names.model, names.rows));
  experiment.data = names.data;
  const ExperimentSource source = load_source(experiment);
  const Split split = split_source(experiment, source);
  if (names.rows == "training") return source.data.take(split.train);
  if (split.test.empty() && source.test.size() == 0)
    throw ValueError(
        fmt::format("{}: nothing was held out when the model was trained, so that it has no test rows", names.model));
  return split.test.empty() ? source.test : source.data.take(split.test);
}

/// A word where a person may take rows that were learned from for new ones.
void tell_of_own_rows(const Model& model, Reading& reading) {
  const Experiment experiment = trained_experiment(model);
  if (experiment.fingerprint.empty() || experiment.test <= 0 || !experiment.test_data.empty() ||
      fingerprint(reading.data) != experiment.fingerprint)
    return;
  const Split split = split_source(experiment, {reading.data, {}, {}});
  reading.words.push_back(fmt::format("the model was trained on {} of these {} rows (--rows test takes the other {})",
                                      split.train.size(), reading.data.size(), split.test.size()));
}

}  // namespace

void add_model_and_data(Command& command, ModelData& names) {
  command.input("MODEL", names.model, "a model file, from gradus train")->required()->type_name("");
  command.data("DATA", names.data, "a CSV or .npy file, a real set or a maker with parameters")->required();
  command.text("--target", names.target, "the column of a file with the answers [as in training]")->type_name("COLUMN");
  command.text("--rows", names.rows, "of the model's own data: all, training or test [all]")->type_name("ROWS");
  command.check([&names] {
    if (names.rows != "all" && names.rows != "training" && names.rows != "test")
      throw UsageError(fmt::format("--rows: expected all, training or test, got '{}'", names.rows));
    if (!names.target.empty() && !is_file(names.data))
      throw UsageError(fmt::format("--target has no effect here: {} is no file", names.data));
  });
}

Reading load_for_model(const Model& model, const ModelData& names) {
  if (names.rows != "all") return {own_rows(model, names)};
  TableOptions options = options_for(model);
  const Experiment trained = trained_experiment(model);
  options.weights = trained.sample_weight;
  options.target = names.target;
  options.reading.dialect.header = trained.reading.dialect.header;
  if (options.answers.empty() && !trained.target.empty()) options.answers = {trained.target};
  Reading reading = read_data(names.data, options);
  Dataset& data = reading.data;
  Dataset features;  // widths first: of what has other features the labels are no matter
  features.x = data.x;
  features.feature_names = data.feature_names;
  check_fits(model.network, names.model, features, names.data);
  if (!data.labels.empty() || !data.targets.empty()) use_classes(data, model.class_names, names.data);
  check_fits(model.network, names.model, data, names.data);
  tell_of_own_rows(model, reading);
  return reading;
}

Dataset answered(const Dataset& data) { return data.take(answered_rows(data)); }

}  // namespace gradus::cli
