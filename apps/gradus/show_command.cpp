// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/gradus/commands.hpp"
#include "apps/gradus/training_report.hpp"
#include "gradus/core/number.hpp"
#include "gradus/lab/exchange/open_model.hpp"
#include "gradus/lab/model/applied.hpp"
#include "gradus/nn/output_shapes.hpp"
#include "src/core/text.hpp"

namespace gradus::cli {
namespace {

using Json = nlohmann::ordered_json;

struct ShowOptions {
  std::string path;
  bool weights = false;
};

std::string layers_table(const Network& network) {
  const std::vector<std::string> shapes = output_shapes(network);
  std::size_t width = 9;
  for (const std::string& shape : shapes) width = std::max(width, shape.size() + 2);
  std::string text = fmt::format("{:<24}{:>8}{:>{}}{:>12}\n", "layer", "inputs", "outputs", width, "parameters");
  for (std::size_t l = 0; l < network.size(); ++l) {
    const Index parameters = network.visit(l, [](const auto& layer) { return layer.parameter_count(); });
    text += fmt::format("{:<24}{:>8}{:>{}}{:>12}\n", network.label(l), network.inputs(l), shapes[l], width, parameters);
  }
  return text + fmt::format("{:<24}{:>8}{:>{}}{:>12}\n", "in all", network.inputs(), shapes.back(), width,
                            network.parameter_count());
}

std::string scaling_text(const Model& model) {
  if (!model.scaler) return "none";
  return fmt::format("{}: (x - shift) / scale", to_text(model.scaler->kind));
}

std::string weights_text(const Model& model) {
  std::string text;
  for (const ParameterBlock& block : model.network.parameter_blocks()) {
    text += fmt::format("\n{}, {} x {}\n", block.label(), block.rows, block.cols);
    for (Index i = 0; i < block.rows; ++i) {
      for (Index j = 0; j < block.cols; ++j)
        text += fmt::format("{}{}", j > 0 ? " " : "",
                            number_text(model.theta[static_cast<std::size_t>(block.offset + i * block.cols + j)]));
      text += '\n';
    }
  }
  return text;
}

/// How good it is, on how many, and what went wrong as it learned.
std::string record_text(const Model& model) {
  if (!model.record) return "scores     not known: the file keeps none (gradus predict MODEL DATA tells them)\n";
  const TrainingRecord& record = *model.record;
  std::string text;
  const auto line = [&](const Scores& scores, const char* of) {
    const ScoreField* field = main_score(scores);
    text += fmt::format("{:<11}{} on {} samples that {}\n", text.empty() ? "scores" : "",
                        field ? fmt::format("{} {}", field->label, score_text(scores, *field))
                              : fmt::format("loss {}", short_number(scores.loss)),
                        scores.samples, of);
  };
  if (record.test) line(*record.test, "it did not learn from");
  line(record.train, "it learned from");
  for (const Scores* scores : {record.test ? &*record.test : &record.train})
    for (const ScoreField& field : score_fields())
      if (scores->*field.value && &field != main_score(*scores))
        text += fmt::format("{:<11}{} {}\n", "", field.label, score_text(*scores, field));
  text += fmt::format("training   {} epochs, {} updates{}\n", record.epochs, record.updates,
                      model.interrupted ? ", was interrupted" : "");
  for (const std::string& word : record.diagnosis) text += fmt::format("note       {}\n", one_line(word));
  return text;
}

std::string show_text(const Model& model, const ShowOptions& options) {
  std::string text = fmt::format("model      {}\n", purpose_of(model)) + record_text(model);
  text += fmt::format("network    {}\n", to_text(model.network));
  text += fmt::format("loss       {} ({})\n", to_text(model.loss),
                      model.loss.reduction == Reduction::mean ? "mean" : "sum");
  text += fmt::format("precision  {}\n", to_text(model.precision));
  text += fmt::format("scaling    {}\n", scaling_text(model));
  text += fmt::format("parameters  sha256 {}\n", parameters_sha256(model));
  const auto names = [&](const char* what, const std::vector<std::string>& list) {
    std::string line;
    for (const std::string& name : list) line += (line.empty() ? "" : ", ") + one_line(name);
    if (!list.empty()) text += fmt::format("{:<11}{}\n", what, line);
  };
  names("features", model.feature_names);
  names("classes", model.class_names);
  names("targets", model.target_names);
  if (!model.label_name.empty()) names("label", {model.label_name});
  for (const InputColumn& column : model.columns)
    if (!column.categories.empty())
      names("coded", {fmt::format("{}: {}", column.name, fmt::join(column.categories, column.ordered ? " < " : ", "))});
  if (model.target_scaler)
    text += fmt::format("{:<11}{}, undone in every answer\n", "targets'", to_text(model.target_scaler->kind));
  if (!model.filling.empty()) text += fmt::format("{:<11}filled ({})\n", "gaps", fmt::join(model.filling, ", "));
  if (model.interrupted && !model.record) text += "training   was interrupted\n";
  text += "\n" + layers_table(model.network);
  if (model.scaler) {
    text += fmt::format("\n{:<24}{:>22}{:>22}\n", "feature", "shift", "scale");
    for (std::size_t j = 0; j < model.scaler->shift.size(); ++j)
      text += fmt::format("{:<24}{:>22}{:>22}\n",
                          j < model.feature_names.size() ? one_line(model.feature_names[j]) : fmt::format("{}", j),
                          number_text(model.scaler->shift[j]), number_text(model.scaler->scale[j]));
  }
  if (!model.experiment.empty())
    text += "\nTrained by this experiment (gradus run MODEL repeats it):\n\n" + model.experiment;
  if (options.weights) text += weights_text(model);
  return text;
}

Json record_json(const TrainingRecord& record) {
  return {{"epochs", record.epochs},        {"updates", record.updates},
          {"train", to_json(record.train)}, {"test", record.test ? to_json(*record.test) : Json()},
          {"diagnosis", record.diagnosis},  {"history", to_json(record.history)}};
}

Json show_json(const Model& model, const ShowOptions& options) {
  Json json;
  json["purpose"] = purpose_of(model);
  json["record"] = model.record ? record_json(*model.record) : Json();
  json["network"] = to_text(model.network);
  json["parameters"] = model.network.parameter_count();
  json["parameters_sha256"] = parameters_sha256(model);
  json["loss"] = {{"function", to_text(model.loss)},
                  {"reduction", model.loss.reduction == Reduction::mean ? "mean" : "sum"}};
  json["precision"] = to_text(model.precision);
  json["scaling"] =
      model.scaler
          ? Json{{"kind", to_text(model.scaler->kind)}, {"shift", model.scaler->shift}, {"scale", model.scaler->scale}}
          : Json();
  json["features"] = model.feature_names;
  json["classes"] = model.class_names;
  json["targets"] = model.target_names;
  json["label"] = model.label_name;
  json["filling"] = model.filling;
  json["target_scaling"] = model.target_scaler ? Json{{"kind", to_text(model.target_scaler->kind)},
                                                      {"shift", model.target_scaler->shift},
                                                      {"scale", model.target_scaler->scale}}
                                               : Json();
  json["interrupted"] = model.interrupted;
  json["layers"] = Json::array();
  for (std::size_t l = 0; l < model.network.size(); ++l)
    json["layers"].push_back(
        {{"name", model.network.label(l)},
         {"inputs", model.network.inputs(l)},
         {"outputs", model.network.outputs(l)},
         {"shape", output_shapes(model.network)[l]},
         {"parameters", model.network.visit(l, [](const auto& layer) { return layer.parameter_count(); })}});
  json["experiment"] = model.experiment.empty() ? Json() : Json(model.experiment);
  if (options.weights)
    for (const ParameterBlock& block : model.network.parameter_blocks()) {
      Json rows = Json::array();
      for (Index i = 0; i < block.rows; ++i) {
        const auto row = model.theta.begin() + block.offset + i * block.cols;
        rows.push_back(std::vector<double>(row, row + block.cols));
      }
      json["weights"][block.label()] = rows;
    }
  return json;
}

}  // namespace

void add_show_command(Program& program) {
  const auto options = std::make_shared<ShowOptions>();
  Command& command = program.add("show", "tell what a model is for, how good it is and how it was trained",
                                 "gradus show iris.model --weights", [options](const Console& console) {
                                   const Model model = open_model(options->path);
                                   console.result(show_text(model, *options));
                                   console.machine(show_json(model, *options));
                                   return Exit::success;
                                 });
  command.input("MODEL", options->path, "a model file, from gradus train")->required()->type_name("");
  command.flag("--weights", options->weights, "print every parameter, in the shortest form that gives back its bits");
}

}  // namespace gradus::cli
