// SPDX-License-Identifier: MIT
// Nodes, what they are given and what they give; the graph's inputs.
#include "lab/exchange/onnx/reader/reader.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "core/text.hpp"
#include "gradus/core/error.hpp"

namespace gradus::onnx {
namespace {

constexpr std::string_view kTables = "ai.onnx.ml";

/// The standard's own operators have no domain, or this name.
bool is_standard(std::string_view domain) { return domain.empty() || domain == "ai.onnx"; }

bool is_recurrent(const Node& node) { return node.op == "RNN" || node.op == "GRU" || node.op == "LSTM"; }
bool is_windowed(const Node& node) {
  return node.op == "Conv" || node.op.ends_with("Pool") || node.op == "BatchNormalization";
}
bool is_number(ElementType type) {
  return type == ElementType::float32 || type == ElementType::float64 || type == ElementType::float16 ||
         type == ElementType::int64 || type == ElementType::int32;
}

}  // namespace

const std::map<std::string_view, Reader::Handler>& Reader::handlers() {
  using R = Reader;
  static const std::map<std::string_view, Handler> all{
      {"Identity", &R::same},
      {"Dropout", &R::same},
      {"Cast", &R::cast},
      {"Constant", &R::constant_node},
      {"ConstantOfShape", &R::fill},
      {"Expand", &R::fill},
      {"Shape", &R::shape},
      {"Concat", &R::concat},
      {"Gather", &R::gather},
      {"Slice", &R::slice},
      {"Gemm", &R::gemm},
      {"MatMul", &R::matmul},
      {"Conv", &R::conv},
      {"MaxPool", &R::pool},
      {"AveragePool", &R::pool},
      {"GlobalMaxPool", &R::pool},
      {"GlobalAveragePool", &R::pool},
      {"BatchNormalization", &R::batch_norm},
      {"LayerNormalization", &R::layer_norm},
      {"RMSNormalization", &R::layer_norm},
      {"RNN", &R::recurrent},
      {"GRU", &R::recurrent},
      {"LSTM", &R::recurrent},
      {"Relu", &R::activation},
      {"Sigmoid", &R::activation},
      {"Tanh", &R::activation},
      {"Softplus", &R::activation},
      {"Softsign", &R::activation},
      {"Elu", &R::activation},
      {"Selu", &R::activation},
      {"LeakyRelu", &R::activation},
      {"HardSigmoid", &R::activation},
      {"HardSwish", &R::activation},
      {"Mish", &R::activation},
      {"Gelu", &R::activation},
      {"Swish", &R::activation},
      {"PRelu", &R::prelu},
      {"Softmax", &R::softmax},
      {"LogSoftmax", &R::softmax},
      {"Reshape", &R::reshape},
      {"Flatten", &R::flatten},
      {"Transpose", &R::transpose},
      {"Squeeze", &R::squeeze},
      {"Unsqueeze", &R::unsqueeze},
      {"Add", &R::arithmetic},
      {"Sub", &R::arithmetic},
      {"Mul", &R::arithmetic},
      {"Div", &R::arithmetic},
      {"Max", &R::arithmetic},
      {"Min", &R::arithmetic},
      {"Exp", &R::unary},
      {"Log", &R::unary},
      {"Sqrt", &R::unary},
      {"Abs", &R::unary},
      {"Erf", &R::unary},
      {"Neg", &R::unary},
      {"Clip", &R::clip},
      {"ReduceMean", &R::reduce_mean},
      {"Greater", &R::greater},
      {"Less", &R::greater},
      {"Where", &R::where},
      {"ArgMax", &R::argmax},
      {"IsNaN", &R::is_nan},
      {"Equal", &R::equal},
      {"LabelEncoder", &R::label_encoder},
      {"ArrayFeatureExtractor", &R::label_of},
      {"Scaler", &R::scaler},
      {"ZipMap", &R::zip_map},
  };
  return all;
}

void Reader::read() {
  check_opsets();
  std::size_t bytes = 0;
  for (const Tensor& tensor : model_.graph.initializers) {
    if (values_.contains(tensor.name)) throw ValueError("expected one initializer " + in_quotes(tensor.name));
    Array array = to_array(tensor, external_);
    bytes += array.numbers.size();
    values_.emplace(tensor.name, std::move(array));
  }
  most_numbers_ += static_cast<Index>(bytes);
  in_time_ = std::any_of(model_.graph.nodes.begin(), model_.graph.nodes.end(), is_recurrent);
  read_inputs();
  for (const Node& node : model_.graph.nodes) {
    const auto handler = handlers().find(node.op);
    const bool is_known = handler != handlers().end() && (is_standard(node.domain) || node.domain == kTables);
    try {
      if (!is_known) throw ValueError("expected an operator that networks here have, got one of another kind");
      (this->*handler->second)(node);
    } catch (const Error& error) {
      throw ValueError(fmt::format(
          "node {} ({}): {}",
          in_quotes(one_line(node.name.empty() ? node.outputs.empty() ? "?" : node.outputs[0] : node.name, 80)),
          one_line(node.op, 40), error.what()));
    }
  }
}

void Reader::check_opsets() {
  for (const Opset& opset : model_.opsets)
    if (is_standard(opset.domain)) opset_ = opset.version;
  constexpr std::int64_t first = 7, last = 28;  // what was seen of others' files; below, operators had other attributes
  if (opset_ < first || opset_ > last)
    throw ValueError(fmt::format("expected opset {} to {} of ai.onnx, got {}", first, last, opset_));
}

// ------------------------------------------------------------------------------------------------------- the inputs

Form Reader::form_of(const gradus::onnx::Value& input) const {
  const auto size = [&](std::size_t k) { return std::max<Index>(input.shape[k].value, 0); };
  const auto name = in_quotes(one_line(input.name, 80));
  const std::size_t rank = input.shape.size();
  for (std::size_t k = 1; k < rank; ++k)
    if (size(k) > (Index{1} << 24)) throw ValueError("input " + name + ": expected at most 2^24 numbers a dimension");
  if (rank == 2 && !in_time_) return Form::rows(size(1));
  if (rank == 3 && in_time_) {
    const bool time_first = std::any_of(model_.graph.nodes.begin(), model_.graph.nodes.end(), [&](const Node& node) {
      return is_recurrent(node) && !node.inputs.empty() && node.inputs[0] == input.name;
    });
    Form form = Form::steps(size(2));
    if (time_first) std::swap(form.dims[0], form.dims[1]);
    return form;
  }
  const bool windowed = std::any_of(model_.graph.nodes.begin(), model_.graph.nodes.end(), is_windowed);
  if (rank == 3 && windowed) return Form::signal(size(1), size(2));
  if (rank == 4) return Form::picture(size(1), size(2), size(3));
  throw ValueError(fmt::format(
      "input {}: expected (batch, numbers), (batch, channels, height, width), (batch, channels, length) before a "
      "convolution or (batch, time, numbers) before a recurrent operator, got {} dimensions",
      name, rank));
}

void Reader::read_inputs() {
  std::vector<const gradus::onnx::Value*> inputs;
  for (const gradus::onnx::Value& input : model_.graph.inputs)
    if (!values_.contains(input.name)) inputs.push_back(&input);  // old files list initializers, too
  if (inputs.empty()) throw ValueError("expected a graph with an input");
  if (inputs.size() == 1 && inputs[0]->type != ElementType::text) {
    if (!is_number(inputs[0]->type))
      throw ValueError("input " + in_quotes(one_line(inputs[0]->name, 80)) + ": expected numbers");
    input_ = form_of(*inputs[0]);
    values_[inputs[0]->name] = Live{.form = input_};
    return;
  }
  for (const gradus::onnx::Value* input : inputs) {
    const bool is_column = input->shape.size() == 2 && input->shape[1].value == 1 &&
                           (is_number(input->type) || input->type == ElementType::text);
    if (!is_column)
      throw ValueError(fmt::format("input {}: expected one input, or several of a column (batch, 1) each",
                                   in_quotes(one_line(input->name, 80))));
    values_[input->name] = TableColumn{.column = {.name = input->name}};
  }
}

void Reader::tell_numbers(const Live& x, Index numbers) {
  for (Dim& dim : input_.dims)
    if (!x.end && dim.axis == Axis::numbers && dim.size == 0) dim.size = numbers;
}

// --------------------------------------------------------------------------------------------- of and from a node

const Known& Reader::value(const Node& node, std::size_t k) const {
  if (!has(node, k)) throw ValueError(fmt::format("expected an input {}", k + 1));
  const auto found = values_.find(node.inputs[k]);
  if (found == values_.end())
    throw ValueError(fmt::format("expected its input {} to come before it, or to be of a kind that is read here",
                                 in_quotes(one_line(node.inputs[k], 80))));
  return found->second;
}

const Array* Reader::constant(const Node& node, std::size_t k) const { return std::get_if<Array>(&value(node, k)); }

const Array& Reader::numbers(const Node& node, std::size_t k, std::string_view what) const {
  if (const Array* array = constant(node, k)) return *array;
  throw ValueError(fmt::format("expected {} to be constants, got what depends on the input", what));
}

const Live& Reader::live(const Node& node, std::size_t k) const {
  if (const Live* found = std::get_if<Live>(&value(node, k))) return *found;
  throw ValueError(fmt::format("expected input {} to be what comes of the graph's input by layers", k + 1));
}

void Reader::give(const Node& node, Known what, std::size_t k) {
  if (k >= node.outputs.size() || node.outputs[k].empty()) return;
  if (!values_.emplace(node.outputs[k], std::move(what)).second)
    throw ValueError("expected one value " + in_quotes(one_line(node.outputs[k], 80)) + ", got a second");
}

Link& Reader::append(const Node& node, const Live& from, std::string op, Form form) {
  Link& link = links_.emplace_back();
  const bool is_named = !node.name.empty() || node.outputs.empty();
  link.before = from.end;
  link.op = std::move(op);
  link.node = fmt::format("{} ({})", in_quotes(one_line(is_named ? node.name : node.outputs[0], 80)), node.op);
  link.form = std::move(form);
  link.place = (from.end ? from.end->place : 0) + 1;
  return link;
}

Link& Reader::then(const Node& node, const Live& from, std::string op, Form form, std::size_t output) {
  Link& link = append(node, from, std::move(op), std::move(form));
  give(node, Live{&link, link.form}, output);
  return link;
}

Link& Reader::then(const Node& node, const Live& from, Layer layer, std::vector<double> theta,
                   std::vector<double> state) {
  Form form = from.form;
  Link& link = then(node, from, node.op, std::move(form));
  link.layer = std::move(layer);
  link.theta = std::move(theta);
  link.state = std::move(state);
  return link;
}

const Attribute* Reader::attribute(const Node& node, std::string_view name) const {
  for (const Attribute& attribute : node.attributes)
    if (attribute.name == name) return &attribute;
  return nullptr;
}
std::int64_t Reader::integer(const Node& node, std::string_view name, std::int64_t otherwise) const {
  const Attribute* found = attribute(node, name);
  return found ? found->integer : otherwise;
}
double Reader::real(const Node& node, std::string_view name, double otherwise) const {
  const Attribute* found = attribute(node, name);
  return found ? static_cast<double>(found->real) : otherwise;
}
std::string Reader::text(const Node& node, std::string_view name, std::string_view otherwise) const {
  const Attribute* found = attribute(node, name);
  return found ? found->text : std::string(otherwise);
}
std::vector<Index> Reader::integers(const Node& node, std::string_view name) const {
  const Attribute* found = attribute(node, name);
  return found ? std::vector<Index>(found->integers.begin(), found->integers.end()) : std::vector<Index>{};
}
void Reader::expect(const Node& node, std::string_view name, std::int64_t wanted) const {
  if (const std::int64_t got = integer(node, name, wanted); got != wanted)
    throw ValueError(fmt::format("expected {} {}, got {}", name, wanted, got));
}

}  // namespace gradus::onnx
