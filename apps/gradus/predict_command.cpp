// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include "apps/gradus/commands.hpp"
#include "apps/gradus/file_kinds.hpp"
#include "apps/gradus/model_data.hpp"
#include "apps/gradus/training_report.hpp"
#include "gradus/lab/exchange/open_model.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/lab/model/answers.hpp"
#include "src/core/text.hpp"

namespace gradus::cli {
namespace {

using Json = nlohmann::ordered_json;

struct PredictOptions : ModelData {
  std::string output = "-";
  std::optional<Arithmetic> arithmetic;  // of the engine; none: the definition predicts
  Precision precision = Precision::float64;
};

std::string quoted(const std::string& cell) {
  if (cell.find_first_of(",\"\r\n") == std::string::npos) return cell;
  std::string text = "\"";
  for (const char c : cell) text += c == '"' ? std::string("\"\"") : std::string(1, c);
  return text + '"';
}

bool is_classifier(const Model& model) { return !model.class_names.empty(); }

/// What the output columns are called: `p_<class>`; of one output, that of the second class; the targets of a
/// regression.
std::vector<std::string> output_names(const Model& model) {
  std::vector<std::string> names;
  for (Index k = 0; k < model.network.outputs(); ++k) {
    if (is_classifier(model))
      names.push_back("p_" + model.class_of(model.network.outputs() == 1 ? 1 : static_cast<int>(k)));
    else if (static_cast<std::size_t>(k) < model.target_names.size())
      names.push_back(model.target_names[static_cast<std::size_t>(k)]);
    else
      names.push_back(fmt::format("y{}", k));
  }
  return names;
}

std::string to_csv(const Model& model, const Matrix<double>& outputs, const std::vector<int>& classes) {
  std::string csv = is_classifier(model) ? "class" : "";
  for (const std::string& name : output_names(model)) csv += (csv.empty() ? "" : ",") + quoted(name);
  csv += '\n';
  for (Index i = 0; i < outputs.rows(); ++i) {
    std::string row = is_classifier(model) ? quoted(model.class_of(classes[static_cast<std::size_t>(i)])) : "";
    for (Index k = 0; k < outputs.cols(); ++k) row += fmt::format("{}{:.17g}", row.empty() ? "" : ",", outputs(i, k));
    csv += row + '\n';
  }
  return csv;
}

Json predictions_json(const Model& model, const Matrix<double>& outputs, const std::vector<int>& classes) {
  Json rows = Json::array();
  for (Index i = 0; i < outputs.rows(); ++i) {
    Json row;
    if (is_classifier(model)) row["class"] = model.class_of(classes[static_cast<std::size_t>(i)]);
    row["outputs"] = std::vector<double>(outputs.row(i).begin(), outputs.row(i).end());
    rows.push_back(row);
  }
  return rows;
}

int predict_data(const Console& console, const PredictOptions& options) {
  const Model model = open_model(options.model);
  const Reading reading = load_for_model(model, options);
  const Dataset& data = reading.data;
  for (const std::string& line : reading.words) console.note(fmt::format("{}: {}\n", options.data, one_line(line)));
  const Matrix<double> outputs = answers(model, data.x, options.precision, options.arithmetic);
  const std::vector<int> classes = is_classifier(model) ? model.classes_of(outputs) : std::vector<int>{};
  Json json = {{"model", options.model}, {"data", options.data}, {"rows", options.rows}, {"samples", data.size()}};
  json["reading"] = reading.words;
  if (options.output != "-") {
    write_file(options.output, to_csv(model, outputs, classes));
    json["file"] = options.output;
  } else {
    console.data(to_csv(model, outputs, classes));
    json["outputs"] = output_names(model);
    json["predictions"] = predictions_json(model, outputs, classes);
  }
  if (const Dataset known = answered(data); known.size() > 0) {
    const Scores scores = score(model, known);
    json["scores"] = to_json(scores);
    console.note(all_scores(scores) + "\n");
  }
  console.machine(json);
  return Exit::success;
}

}  // namespace

void add_predict_command(Program& program) {
  const auto options = std::make_shared<PredictOptions>();
  Command& command =
      program.add("predict", "apply a model to data", "gradus predict iris.model iris --rows test -o predictions.csv",
                  [options](const Console& console) { return predict_data(console, *options); });
  add_model_and_data(command, *options);
  command.read(
      "--arithmetic",
      [options](const std::string& name) {
        try {
          options->arithmetic = parse_arithmetic(name);
        } catch (const ValueError&) {
          throw UsageError(fmt::format("--arithmetic: expected auto, fused or plain, got {}", in_quotes(name)));
        }
      },
      {},
      "let the engine predict, with products added up auto, fused or plain (training's --arithmetic) [the definition "
      "predicts, alike on every machine]");
  command.read(
      "--precision",
      [options](const std::string& name) {
        try {
          options->precision = parse_precision(name);
        } catch (const ValueError&) {
          throw UsageError(fmt::format("--precision: expected float32 or float64, got {}", in_quotes(name)));
        }
      },
      {}, "what to compute in: float32 or float64 [float64]");
  command.output("-o,--output", options->output, predictions_kind, "the file to write as CSV [standard output]");
}

}  // namespace gradus::cli
