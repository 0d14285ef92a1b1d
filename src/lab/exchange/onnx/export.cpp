// SPDX-License-Identifier: MIT
#include <algorithm>

#include "gradus/core/error.hpp"
#include "gradus/core/version.hpp"
#include "gradus/lab/exchange/onnx.hpp"
#include "gradus/lab/files/file.hpp"
#include "lab/exchange/onnx/layer_writer.hpp"
#include "lab/model/metadata.hpp"

namespace gradus {
namespace onnx {
namespace {

constexpr std::string_view kTableDomain = "ai.onnx.ml";
constexpr std::int64_t kTableVersion = 3;

/// The version of the file format that came with an opset: what loads everywhere that knows the opset.
std::int64_t ir_version_of(int opset) { return opset <= 18 ? 8 : opset <= 20 ? 9 : 10; }

bool has_categories(const Model& model) {
  return std::any_of(model.columns.begin(), model.columns.end(),
                     [](const InputColumn& column) { return !column.categories.empty(); });
}

bool is_distribution(const Answers& answers) {
  return answers.kind == Answers::Kind::distribution || answers.kind == Answers::Kind::log_distribution;
}

/// Writes a whole model: what comes in, the network, what goes out.
class ModelWriter {
 public:
  ModelWriter(const Model& model, const OnnxOptions& options)
      : model_(model), network_(model.network), graph_(options.precision, options.opset) {}

  Graph write() {
    graph_.graph.name = to_text(network_);
    for (const char* name : {"probabilities", "scores", "label", "prediction"}) graph_.fresh(name);
    std::string x = has_categories(model_) ? coded_table() : rows();
    x = filled(x);
    if (model_.scaler) x = scaled(x, *model_.scaler);
    LayerWriter layers(graph_, x, network_);
    const std::string answers = layers.write(model_.theta, model_.state);
    graph_.begin("answers");
    if (!model_.class_names.empty() || is_distribution(network_.answers()))
      classes(answers);
    else
      regression(answers);
    return std::move(graph_.graph);
  }

 private:
  // ---------------------------------------------------------------------------------------------- what comes in

  void input(const std::string& name, ElementType type, std::vector<Dimension> shape) {
    graph_.graph.inputs.push_back({.name = name, .type = type, .shape = std::move(shape)});
  }

  std::string rows() {
    std::string name = graph_.fresh("x");
    std::vector<Dimension> shape = LayerWriter::shape_of(network_.takes_sequences(), network_.inputs());
    if (network_.takes_sequences() && !model_.filling.empty())  // what fills a gap depends on the step
      shape[1] = {.value = static_cast<std::int64_t>(model_.filling.size()) / network_.inputs()};
    input(name, graph_.real(), std::move(shape));
    return name;
  }

  /// An input a column, coded and put side by side.
  std::string coded_table() {
    if (network_.takes_sequences())
      throw ValueError(
          "[onnx] expected a model that takes sequences to have no columns of categories, which have no place in the "
          "graph yet; code them before, or train on numbers");
    std::vector<std::string> parts;
    for (const InputColumn& column : model_.columns) {
      const std::string name = graph_.fresh(column.name.empty() ? "column" : column.name);
      graph_.begin(name);
      const bool numbers = column.categories.empty();
      input(name, numbers ? graph_.real() : ElementType::text, LayerWriter::shape_of(false, 1));
      parts.push_back(numbers ? name : coded(name, column));
    }
    graph_.begin("");
    return graph_.add("Concat", parts, {attribute("axis", std::int64_t{1})});
  }

  /// Of a category never seen in training all inputs are 0; the one input of an order is a gap.
  std::string coded(const std::string& name, const InputColumn& column) {
    std::vector<std::int64_t> places(column.categories.size());
    for (std::size_t k = 0; k < places.size(); ++k) places[k] = static_cast<std::int64_t>(k);
    const std::string place = graph_.fresh(name + ".place");
    graph_.add_to("LabelEncoder", {name}, {place},
                  {attribute("default_int64", std::int64_t{-1}), attribute("keys_strings", column.categories),
                   attribute("values_int64s", places)},
                  std::string(kTableDomain));
    const Attribute real = attribute("to", static_cast<std::int64_t>(graph_.real()));
    if (!column.ordered) {
      const std::string equal = graph_.add("Equal", {place, graph_.integers("places", places)});
      return graph_.add("Cast", {equal}, {real});
    }
    const std::string stranger = graph_.add("Less", {place, graph_.integer("zero", 0)});
    return graph_.add("Where", {stranger, graph_.not_a_number("gap"), graph_.add("Cast", {place}, {real})});
  }

  std::string filled(const std::string& x) {
    if (model_.filling.empty()) return x;
    graph_.begin("filling");
    const auto width = static_cast<std::int64_t>(model_.filling.size());
    std::vector<std::int64_t> dims{width};
    if (network_.takes_sequences()) dims = {width / network_.inputs(), network_.inputs()};
    const std::string gaps = graph_.add("IsNaN", {x});
    return graph_.add("Where", {gaps, graph_.numbers("value", std::move(dims), model_.filling), x});
  }

  std::string scaled(std::string x, const Scaler& scaler) {
    graph_.begin("scaler");
    const auto width = static_cast<std::int64_t>(scaler.shift.size());
    if (scaler.kind == Scaler::Kind::log) x = graph_.add("Log", {graph_.add("Add", {x, graph_.number("one", 1)})});
    x = graph_.add("Sub", {x, graph_.numbers("shift", {width}, scaler.shift)});
    return graph_.add("Div", {x, graph_.numbers("scale", {width}, scaler.scale)});
  }

  // ----------------------------------------------------------------------------------------------- what goes out

  bool answers_each_step() const {
    return network_.takes_sequences() && network_.output_cols(2 * network_.inputs()) == 2 * network_.outputs();
  }

  void output(const std::string& value, const std::string& name, ElementType type, Index numbers) {
    graph_.name_output(value, name);
    std::vector<Dimension> shape = LayerWriter::shape_of(answers_each_step(), numbers);
    if (numbers == 0) shape.pop_back();  // a label
    graph_.graph.outputs.push_back({.name = name, .type = type, .shape = std::move(shape)});
  }

  void classes(const std::string& answers) {
    const Answers kind = network_.answers();
    const bool single = network_.outputs() == 1;
    std::string chosen;
    if (single) {
      const std::string second = graph_.add("Greater", {answers, graph_.number("half", 0.5)});
      const std::string place = graph_.add("Cast", {second}, {attribute("to", std::int64_t{7})});
      chosen = graph_.add("Squeeze", {place, graph_.integers("axes", {-1})});
    } else {
      chosen = graph_.add("ArgMax", {answers},
                          {attribute("axis", std::int64_t{-1}), attribute("keepdims", std::int64_t{0})});
    }
    std::vector<std::string> names;
    names.reserve(static_cast<std::size_t>(model_.classes()));
    for (int k = 0; k < model_.classes(); ++k) names.push_back(model_.class_of(k));
    const std::string label = graph_.add("Gather", {graph_.texts("class_names", std::move(names)), chosen});
    const bool probable = is_distribution(kind) || (kind.low >= 0 && kind.high <= 1);
    std::string scores = answers;
    if (kind.kind == Answers::Kind::log_distribution) scores = graph_.add("Exp", {scores});
    if (probable && single) {
      const std::string first = graph_.add("Sub", {graph_.number("one", 1), scores});
      scores = graph_.add("Concat", {first, scores}, {attribute("axis", std::int64_t{-1})});
    }
    output(scores, probable ? "probabilities" : "scores", graph_.real(),
           probable ? model_.classes() : network_.outputs());
    output(label, "label", ElementType::text, 0);
  }

  void regression(std::string answers) {
    if (const std::optional<Scaler>& scaler = model_.target_scaler) {
      graph_.begin("target_scaler");
      const auto width = static_cast<std::int64_t>(scaler->shift.size());
      answers = graph_.add("Mul", {answers, graph_.numbers("scale", {width}, scaler->scale)});
      answers = graph_.add("Add", {answers, graph_.numbers("shift", {width}, scaler->shift)});
      if (scaler->kind == Scaler::Kind::log)
        answers = graph_.add("Sub", {graph_.add("Exp", {answers}), graph_.number("one", 1)});
    }
    output(answers, "prediction", graph_.real(), network_.outputs());
  }

  const Model& model_;
  const Network& network_;
  GraphWriter graph_;
};

}  // namespace
}  // namespace onnx

std::string to_onnx(const Model& model, const OnnxOptions& options) {
  if (options.opset < onnx_first_opset || options.opset > onnx_last_opset)
    throw ValueError("[onnx] expected an opset from " + std::to_string(onnx_first_opset) + " to " +
                     std::to_string(onnx_last_opset) + ", got " + std::to_string(options.opset));
  model.check();
  onnx::ModelProto file{.ir_version = onnx::ir_version_of(options.opset),
                        .producer_name = "gradus",
                        .producer_version = std::string(version())};
  file.graph = onnx::ModelWriter(model, options).write();
  file.opsets = {{.domain = "", .version = options.opset}};
  for (const onnx::Node& node : file.graph.nodes)
    if (node.domain == onnx::kTableDomain && file.opsets.size() == 1)
      file.opsets.push_back({.domain = node.domain, .version = onnx::kTableVersion});
  for (const auto& [key, value] : to_metadata(model)) file.metadata.push_back({.key = key, .value = value});
  return onnx::encode(file);
}

void export_onnx(const Model& model, const std::string& path, const OnnxOptions& options) {
  write_file(path, to_onnx(model, options));
}

}  // namespace gradus
