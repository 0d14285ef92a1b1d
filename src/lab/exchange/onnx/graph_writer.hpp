// SPDX-License-Identifier: MIT
#pragma once

#include <span>

#include "gradus/core/matrix.hpp"
#include "gradus/model/model.hpp"
#include "lab/exchange/onnx/message.hpp"

namespace gradus::onnx {

inline Attribute attribute(std::string name, std::int64_t value) {
  return {.name = std::move(name), .type = AttributeType::integer, .integer = value};
}
inline Attribute attribute(std::string name, float value) {
  return {.name = std::move(name), .type = AttributeType::real, .real = value};
}
inline Attribute attribute(std::string name, std::string value) {
  return {.name = std::move(name), .type = AttributeType::text, .text = std::move(value)};
}
inline Attribute attribute(std::string name, std::vector<std::int64_t> values) {
  return {.name = std::move(name), .type = AttributeType::integers, .integers = std::move(values)};
}
inline Attribute attribute(std::string name, std::vector<std::string> values) {
  return {.name = std::move(name), .type = AttributeType::texts, .texts = std::move(values)};
}

/// Builds a graph node by node. Values are named after the node that makes them.
class GraphWriter {
 public:
  GraphWriter(Precision precision, int opset) : precision_(precision), opset_(opset) {}

  Graph graph;

  int opset() const { return opset_; }
  bool is_double() const { return precision_ == Precision::float64; }
  ElementType real() const { return is_double() ? ElementType::float64 : ElementType::float32; }

  /// What the nodes to come are named after, and what a message calls it.
  void begin(std::string prefix, std::string label = {}) {
    prefix_ = std::move(prefix);
    label_ = label.empty() ? prefix_ : std::move(label);
  }
  const std::string& prefix() const { return prefix_; }

  /// Adds a node of one output, and gives its name. Throws ValueError if it would be of float64 and ONNX Runtime has no
  /// such kernel.
  std::string add(const std::string& op, std::vector<std::string> inputs, std::vector<Attribute> attributes = {});
  /// The same with these outputs.
  void add_to(const std::string& op, std::vector<std::string> inputs, std::vector<std::string> outputs,
              std::vector<Attribute> attributes = {}, std::string domain = {});

  /// Numbers of the graph's precision. Throws ValueError if one is not finite in it.
  std::string numbers(const std::string& name, std::vector<std::int64_t> dims, std::span<const double> values);
  std::string number(const std::string& name, double value) { return numbers(name, {}, {&value, 1}); }
  /// NaN, which `numbers` refuses.
  std::string not_a_number(const std::string& name);
  std::string integers(const std::string& name, const std::vector<std::int64_t>& values);
  std::string integer(const std::string& name, std::int64_t value);
  std::string texts(const std::string& name, std::vector<std::string> values);

  /// Gives the value a name of the graph's own, as an output has.
  void name_output(const std::string& value, const std::string& name);

  /// A name that nothing in the graph has.
  std::string fresh(const std::string& name);

 private:
  Precision precision_;
  int opset_;
  std::string prefix_;
  std::string label_;
  std::vector<std::string> names_;  // in order

  void check_kernel(const std::string& op) const;

  std::string keep(Tensor tensor);
};

}  // namespace gradus::onnx
