// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "gradus/lab/exchange/onnx.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/nn/pass.hpp"
#include "lab/exchange/onnx/external.hpp"
#include "lab/exchange/onnx/reader/assembly.hpp"
#include "lab/exchange/onnx/reader/reader.hpp"
#include "lab/model/metadata.hpp"

namespace gradus {
namespace onnx {
namespace {

/// Which of a graph's outputs is the network's, and what else is known of it.
struct Answer {
  Live value{};
  std::string name{};
  std::vector<std::string> classes{};
  bool is_label = false;  ///< whether there are labels
  std::vector<std::string> left{};
};

Answer answer_of(const Graph& graph, const Reader& reader) {
  Answer answer;
  bool found = false;
  const auto take = [&](const Live& value, const std::string& name) {
    answer.value = value;
    answer.name = name;
    found = true;
  };
  std::optional<Live> scores;
  for (const Value& output : graph.outputs) {
    const auto known = reader.values().find(output.name);
    if (known == reader.values().end())
      throw ValueError(fmt::format("expected a node that gives the output {}", in_quotes(one_line(output.name, 80))));
    if (const Label* label = std::get_if<Label>(&known->second)) {
      answer.is_label = true;
      if (!label->names.empty()) answer.classes = label->names;
      scores = label->scores;
    } else if (const Live* value = std::get_if<Live>(&known->second)) {
      // The first; of several by the name that says it.
      if (!found || output.name == "probabilities") {
        if (found) answer.left.push_back(answer.name);
        take(*value, output.name);
      } else {
        answer.left.push_back(output.name);
      }
    } else {
      answer.left.push_back(output.name);
    }
  }
  if (!found && scores) take(*scores, "");
  if (!answer.value.end) throw ValueError("expected an output that comes of the input by layers");
  if (answer.classes.empty()) answer.classes = reader.classes();
  if (!reader.classes().empty()) answer.is_label = true;
  return answer;
}

bool is_float64(const Graph& graph) {
  const auto is = [](const auto& part) { return part.type == ElementType::float64; };
  return std::any_of(graph.initializers.begin(), graph.initializers.end(), is);
}

/// A layer's kind, without what a graph does not show: dropout, and how a recurrent layer learns.
std::vector<std::string_view> kinds_in_use(const Network& network) {
  std::vector<std::string_view> kinds;
  for (std::size_t l = 0; l < network.size(); ++l)
    network.visit(l, [&]<class L>(const L& layer) {
      if constexpr (!std::is_same_v<L, Dropout> && !std::is_same_v<L, Flatten> &&
                    !std::is_same_v<L, Elementwise<activation::Identity>>)
        kinds.push_back(layer.name);
    });
  return kinds;
}

/// What a file of ours says beside its graph: names, experiment, loss, and the layers that only learn.
void take_metadata(const std::vector<Entry>& entries, Model& model) {
  std::map<std::string, std::string> metadata;
  for (const Entry& entry : entries) metadata[entry.key] = entry.value;
  if (!metadata.contains("gradus.version")) return;
  if (const auto found = metadata.find("network"); found != metadata.end() && found->second.size() < 65536) {
    const Network told = parse_network(found->second);
    if (told.inputs() == model.network.inputs() && told.parameter_count() == model.network.parameter_count() &&
        told.state_count() == model.network.state_count() && kinds_in_use(told) == kinds_in_use(model.network))
      model.network = told;
  }
  from_metadata(metadata, model);
}

/// 0, 1, 2, ... are no names.
void set_classes(std::vector<std::string> names, Model& model) {
  bool is_counting = true;
  for (std::size_t k = 0; k < names.size(); ++k) is_counting = is_counting && names[k] == std::to_string(k);
  if (is_counting) return;
  if (static_cast<Index>(names.size()) != model.classes())
    throw ValueError(fmt::format("expected names of {} classes, got {}", model.classes(), names.size()));
  model.class_names = std::move(names);
}

ImportedWeights model_of(const ModelProto& file, External external) {
  Reader reader(file, std::move(external));
  reader.read();
  Answer answer = answer_of(file.graph, reader);
  const Form& form = answer.value.form;
  const bool rows = form.is({Axis::batch, Axis::numbers}) || form.is({Axis::time, Axis::numbers});
  const bool steps =
      form.is({Axis::batch, Axis::time, Axis::numbers}) || form.is({Axis::time, Axis::batch, Axis::numbers});
  if (!rows && !steps)
    throw ValueError(fmt::format("output {}: expected rows of numbers, or those of each step",
                                 in_quotes(one_line(answer.name, 80))));
  Assembled made = assemble(reader.input(), answer.value.end, answer.is_label);
  ImportedWeights result;
  Model& model = result.model;
  model.network = Network(std::move(made.layers));
  model.theta = std::move(made.theta);
  model.state = std::move(made.state);
  model.filling = std::move(made.filling);
  model.scaler = std::move(made.scaler);
  model.target_scaler = std::move(made.target_scaler);
  model.columns = reader.columns();
  model.precision = is_float64(file.graph) ? Precision::float64 : Precision::float32;
  model.loss = {.function = usual_loss(model.network)};
  set_classes(std::move(answer.classes), model);
  take_metadata(file.metadata, model);
  result.remarks = reader.remarks();
  if (!answer.left.empty())
    result.remarks.push_back(
        fmt::format("of the graph's outputs {} is the model's: left {}", answer.name, fmt::join(answer.left, ", ")));
  if (!reader.input().dims.empty() && reader.input().dims[0].axis == Axis::time)
    result.remarks.push_back(
        "the graph takes time first; the model takes samples, each with its steps one after the other");
  model.check();
  return result;
}

}  // namespace
}  // namespace onnx

ImportedWeights from_onnx(std::string_view bytes, const std::string& path, const OnnxReading& reading) {
  const onnx::ModelProto file = onnx::decode(bytes, path);
  onnx::ExternalFiles files(path, reading.external_data);
  try {
    return onnx::model_of(file, [&](const onnx::Tensor& tensor) { return files.bytes_of(tensor); });
  } catch (const FileError&) {
    throw;
  } catch (const Error& error) {
    throw FileError(path, one_line(error.what(), 600));
  }
}

}  // namespace gradus
