// SPDX-License-Identifier: MIT
#include "lab/exchange/onnx/graph_writer.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "gradus/core/error.hpp"
#include "gradus/core/little_endian.hpp"
#include "gradus/core/number.hpp"

namespace gradus::onnx {
namespace {

template <class T, class Values>
std::string little_endian(const Values& values) {
  std::string bytes(values.size() * sizeof(T), '\0');
  for (std::size_t i = 0; i < values.size(); ++i)
    store_little_endian(static_cast<T>(values[i]), bytes.data() + i * sizeof(T));
  return bytes;
}

/// Which opsets ONNX Runtime (seen with 1.20 to 1.32) computes an operator of float64 in; any other one in all of ours.
/// An LSTM or GRU in float64 makes a session, and fails as it runs.
struct DoubleKernel {
  std::string_view op;
  int first, last;  ///< last below first: none
};
constexpr DoubleKernel kDoubleKernels[] = {
    {"AveragePool", 1, 0}, {"Conv", 1, 0},       {"Erf", 1, 0},        {"GRU", 1, 0},         {"Gelu", 1, 0},
    {"LSTM", 1, 0},        {"RNN", 1, 0},        {"Elu", 18, 18},      {"LeakyRelu", 16, 18}, {"Mish", 18, 18},
    {"PRelu", 16, 18},     {"Softplus", 18, 18}, {"Softsign", 18, 18},
};

}  // namespace

void GraphWriter::check_kernel(const std::string& op) const {
  if (!is_double()) return;
  for (const DoubleKernel& kernel : kDoubleKernels) {
    if (kernel.op != op || (kernel.first <= opset_ && opset_ <= kernel.last)) continue;
    const bool never = kernel.last < kernel.first;
    throw ValueError("[onnx] " + label_ + " needs the operator " + op +
                     ", which ONNX Runtime does not compute in float64" +
                     (never ? std::string(": export in float32")
                            : " at opset " + std::to_string(opset_) + ": export in float32, or with opset 18"));
  }
}

std::string GraphWriter::fresh(const std::string& name) {
  std::string unique = name;
  for (int k = 2;; ++k) {
    const auto place = std::lower_bound(names_.begin(), names_.end(), unique);
    if (place == names_.end() || *place != unique) {
      names_.insert(place, unique);
      return unique;
    }
    unique = name + "_" + std::to_string(k);
  }
}

std::string GraphWriter::keep(Tensor tensor) {
  tensor.name = fresh(prefix_.empty() ? tensor.name : prefix_ + "." + tensor.name);
  graph.initializers.push_back(std::move(tensor));
  return graph.initializers.back().name;
}

std::string GraphWriter::add(const std::string& op, std::vector<std::string> inputs,
                             std::vector<Attribute> attributes) {
  std::string output = fresh(prefix_.empty() ? op : prefix_ + "." + op);
  add_to(op, std::move(inputs), {output}, std::move(attributes));
  return output;
}

void GraphWriter::add_to(const std::string& op, std::vector<std::string> inputs, std::vector<std::string> outputs,
                         std::vector<Attribute> attributes, std::string domain) {
  check_kernel(op);
  const auto named =
      std::find_if(outputs.begin(), outputs.end(), [](const std::string& name) { return !name.empty(); });
  graph.nodes.push_back({.name = *named,
                         .op = op,
                         .domain = std::move(domain),
                         .inputs = std::move(inputs),
                         .outputs = std::move(outputs),
                         .attributes = std::move(attributes)});
}

std::string GraphWriter::numbers(const std::string& name, std::vector<std::int64_t> dims,
                                 std::span<const double> values) {
  Tensor tensor{.name = name, .type = real(), .dims = std::move(dims)};
  for (const double value : values)
    if (!std::isfinite(is_double() ? value : static_cast<double>(static_cast<float>(value))))
      throw ValueError("[onnx] expected numbers that " + std::string(to_text(precision_)) + " holds, got " +
                       number_text(value) + " in " + (prefix_.empty() ? name : prefix_ + "." + name));
  tensor.bytes = is_double() ? little_endian<double>(values) : little_endian<float>(values);
  return keep(std::move(tensor));
}

std::string GraphWriter::not_a_number(const std::string& name) {
  const std::vector<double> nan{std::numeric_limits<double>::quiet_NaN()};
  return keep({.name = name,
               .type = real(),
               .dims = {},
               .bytes = is_double() ? little_endian<double>(nan) : little_endian<float>(nan)});
}

std::string GraphWriter::integers(const std::string& name, const std::vector<std::int64_t>& values) {
  return keep({.name = name,
               .type = ElementType::int64,
               .dims = {static_cast<std::int64_t>(values.size())},
               .bytes = little_endian<std::int64_t>(values)});
}

std::string GraphWriter::integer(const std::string& name, std::int64_t value) {
  return keep({.name = name,
               .type = ElementType::int64,
               .dims = {},
               .bytes = little_endian<std::int64_t>(std::vector<std::int64_t>{value})});
}

std::string GraphWriter::texts(const std::string& name, std::vector<std::string> values) {
  Tensor tensor{.name = name, .type = ElementType::text, .dims = {static_cast<std::int64_t>(values.size())}};
  tensor.texts = std::move(values);
  return keep(std::move(tensor));
}

void GraphWriter::name_output(const std::string& value, const std::string& name) {
  bool made = false;
  for (Node& node : graph.nodes) {
    for (std::string& output : node.outputs)
      if (output == value) {
        output = name;
        made = true;
      }
    for (std::string& input : node.inputs)
      if (made && input == value) input = name;
  }
  if (!made) add_to("Identity", {value}, {name});  // an input of the graph
}

}  // namespace gradus::onnx
