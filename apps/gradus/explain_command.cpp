// SPDX-License-Identifier: MIT
#include "gradus/check/explain.hpp"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/gradus/commands.hpp"
#include "apps/gradus/file_kinds.hpp"
#include "apps/gradus/model_data.hpp"
#include "gradus/lab/exchange/open_model.hpp"
#include "gradus/lab/files/file.hpp"

namespace gradus::cli {
namespace {

using Json = nlohmann::ordered_json;

struct ExplainOptions : ModelData {
  std::int64_t sample = 0;
  std::string weight;
  std::string output = "-";
};

Json rows_json(const Matrix<double>& x) {
  Json rows = Json::array();
  for (Index i = 0; i < x.rows(); ++i) rows.push_back(std::vector<double>(x.row(i).begin(), x.row(i).end()));
  return rows;
}

Json to_json(const Explanation& explained) {
  Json json = {{"network", explained.network},
               {"loss", explained.loss},
               {"loss_formula", explained.loss_formula},
               {"x", rows_json(explained.x)},
               {"targets", rows_json(explained.targets)},
               {"layers", Json::array()}};
  for (const ExplainedLayer& layer : explained.layers) {
    Json one = {{"label", layer.label},
                {"formula", layer.formula},
                {"derivative", layer.derivative},
                {"outputs", rows_json(layer.outputs)},
                {"by_outputs", rows_json(layer.by_outputs)},
                {"by_inputs", rows_json(layer.by_inputs)}};
    for (const ExplainedBlock& block : layer.blocks)
      one["gradients"][block.block.label()] = rows_json(block.derivative);
    json["layers"].push_back(one);
  }
  for (const ChainStep& step : explained.chain)
    json["chain"].push_back({{"formula", step.formula}, {"numbers", step.numbers}, {"value", step.value}});
  return json;
}

int run_explain(const Console& console, const ExplainOptions& options) {
  const Model model = open_model(options.model);
  const Dataset data = load_for_model(model, options).data;
  if (answered(data).size() == 0)
    throw ValueError(options.data +
                     ": expected data with its answers (labels or targets), without which there is no loss");
  if (options.sample < 0 || options.sample >= data.size())
    throw ValueError(fmt::format("--sample: expected a sample from 0 to {}, got {}", data.size() - 1, options.sample));
  const std::vector<Index> rows{static_cast<Index>(options.sample)};
  const Dataset one = answered(data.take(rows));
  if (one.size() == 0)
    throw ValueError(fmt::format("--sample: expected a sample whose answer is known, got {}", options.sample));
  const Matrix<double> x = model.scaled(one.x);
  const Matrix<double> targets = model.scaled_targets(one);
  const Explanation explained =
      explain(model.network, model.loss, model.theta, x, Targets<double>(targets), options.weight);
  const auto ends = [&](std::string_view ending) { return options.output.ends_with(ending); };
  const std::string text = ends(".html") ? explained.html() : ends(".md") ? explained.markdown() : explained.text();
  if (options.output == "-")
    console.result(text);
  else
    write_file(options.output, text);
  console.machine(to_json(explained));
  return Exit::success;
}

}  // namespace

void add_explain_command(Program& program) {
  const auto options = std::make_shared<ExplainOptions>();
  Command& command = program.add("explain", "show every number of a forward and a backward pass, with its formula",
                                 "gradus explain iris.model iris --sample 3 --weight \"layer 2 weights[3, 1]\"",
                                 [options](const Console& console) { return run_explain(console, *options); });
  add_model_and_data(command, *options);
  command.count("--sample", options->sample, "its number in the data, from 0 [0]");
  command.text("--weight", options->weight, "a parameter whose chain from the loss is wanted")->type_name("PLACE");
  command.output("-o,--output", options->output, explanation_kind,
                 "the file to write: .txt, .md or .html [standard output]");
}

}  // namespace gradus::cli
