// SPDX-License-Identifier: MIT
#include "apps/gradus/model_data.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gradus/lab/data/source.hpp"
#include "gradus/lab/experiment/experiment.hpp"
#include "gradus/lab/experiment/scores.hpp"
#include "gradus/lab/files/file.hpp"

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

Dataset load(const std::string& data, TableOptions options, const std::string& asked, const std::string& trained) {
  options.target = asked.empty() ? trained : asked;
  if (!asked.empty() || trained.empty()) return load_data(data, options);
  try {
    return load_data(data, options);
  } catch (const FileError&) {  // the column may rightly be missing from data without answers
    options.target.clear();
    return load_data(data, options);
  }
}

/// The same columns in another order would give numbers, and wrong ones.
void check_order(const Model& model, const Dataset& data, const ModelData& names) {
  if (data.feature_names == model.feature_names) return;
  if (!std::is_permutation(data.feature_names.begin(), data.feature_names.end(), model.feature_names.begin(),
                           model.feature_names.end()))
    return;
  throw ValueError(fmt::format("{}: expected the features in the order of training ({}), got {}", names.data,
                               fmt::join(model.feature_names, ", "), fmt::join(data.feature_names, ", ")));
}

}  // namespace

void add_model_and_data(Command& command, ModelData& names) {
  command.input("MODEL", names.model, "a model file, from gradus train")->required()->type_name("");
  command.data("DATA", names.data, "a CSV or .npy file, a real set or a maker with parameters")->required();
  command.text("--target", names.target, "the column of a file with the answers [as in training]")->type_name("COLUMN");
  command.check([&names] {
    if (!names.target.empty() && !is_file(names.data))
      throw UsageError(fmt::format("--target has no effect here: {} is no file", names.data));
  });
}

Dataset load_for_model(const Model& model, const ModelData& names) {
  TableOptions options;
  const bool sequence = model.network.takes_sequences() && !model.feature_names.empty();
  options.features = sequence ? static_cast<Index>(model.feature_names.size()) : model.network.inputs();
  options.class_names = model.class_names;
  options.task = model.class_names.empty() ? TableOptions::Task::regression : TableOptions::Task::classification;
  const Experiment trained = trained_experiment(model);
  options.weights = trained.sample_weight;
  Dataset data = load(names.data, options, names.target, trained.target);
  if (has_answers(data)) {
    // Widths first: of what has other features the labels are no matter.
    Dataset features = {.x = data.x,
                        .labels = {},
                        .targets = {},
                        .feature_names = data.feature_names,
                        .class_names = {},
                        .target_names = {}};
    check_fits(model.network, names.model, features, names.data);
    use_classes(data, model.class_names, names.data);
  }
  check_fits(model.network, names.model, data, names.data);
  check_order(model, data, names);
  return data;
}

bool has_answers(const Dataset& data) { return !data.labels.empty() || !data.targets.empty(); }

}  // namespace gradus::cli
