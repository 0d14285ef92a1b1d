// SPDX-License-Identifier: MIT
#include "gradus/lab/model/applied.hpp"

#include <algorithm>
#include <cmath>

#include "core/text.hpp"

namespace gradus {

TableOptions options_to_apply(std::vector<InputColumn> columns, std::vector<std::string> answers,
                              std::vector<std::string> class_names) {
  TableOptions options;
  options.task = class_names.empty() ? TableOptions::Task::regression : TableOptions::Task::classification;
  options.inputs = std::move(columns);
  options.answers = std::move(answers);
  options.class_names = std::move(class_names);
  return options;
}

TableOptions options_for(const Model& model) {
  std::vector<InputColumn> columns = model.columns;
  if (columns.empty())
    for (const std::string& name : model.feature_names) columns.push_back({name});
  std::vector<std::string> answers = model.target_names;
  if (!model.label_name.empty()) answers = {model.label_name};
  TableOptions options = options_to_apply(std::move(columns), std::move(answers), model.class_names);
  if (options.inputs.empty()) options.features = model.network.inputs();
  if (!model.filling.empty()) options.reading.missing = ReadingOptions::Missing::mean;  // by what the model knows
  options.answers_are_optional = true;
  return options;
}

namespace {

/// "a, b, c, ..."
std::string listed(const std::vector<std::string>& names) {
  constexpr std::size_t most = 6;
  std::string text;
  for (std::size_t k = 0; k < std::min(most, names.size()); ++k)
    text += (text.empty() ? "" : ", ") + one_line(names[k], 40);
  return names.size() > most ? text + ", ..." : text;
}

std::string counted(std::size_t count, const char* one, const char* many) {
  return std::to_string(count) + ' ' + (count == 1 ? one : many);
}

}  // namespace

std::string purpose_of(const Model& model) {
  const bool sequence = model.network.takes_sequences();
  std::vector<std::string> features;
  for (const InputColumn& column : options_for(model).inputs) features.push_back(column.name);
  std::string from =
      counted(features.empty() || sequence ? static_cast<std::size_t>(model.network.inputs()) : features.size(),
              "feature", "features");
  if (sequence) from += " a time step";
  if (!features.empty() && !sequence) from += " (" + listed(features) + ")";
  if (!model.class_names.empty()) {
    const std::string of = model.label_name.empty() ? "" : " of " + one_line(model.label_name, 40);
    return counted(model.class_names.size(), "class", "classes") + of + " (" + listed(model.class_names) + ") from " +
           from;
  }
  if (!model.target_names.empty()) return listed(model.target_names) + ", a regression, from " + from;
  return counted(static_cast<std::size_t>(model.network.outputs()), "number", "numbers") + " from " + from;
}

std::vector<std::string> answers_of(const Dataset& data) {
  if (!data.is_classification()) return data.target_names;
  return data.label_name.empty() ? std::vector<std::string>{} : std::vector<std::string>{data.label_name};
}

std::vector<Index> answered_rows(const Dataset& data) {
  std::vector<Index> rows;
  for (Index i = 0; i < data.size(); ++i) {
    const bool labelled = !data.labels.empty() && data.labels[static_cast<std::size_t>(i)] >= 0;
    const bool targeted = !data.targets.empty() && std::all_of(data.targets.row(i).begin(), data.targets.row(i).end(),
                                                               [](double target) { return !std::isnan(target); });
    if (labelled || targeted) rows.push_back(i);
  }
  return rows;
}

}  // namespace gradus
