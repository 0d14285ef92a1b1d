// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "gradus/data/columns.hpp"
#include "lab/exchange/onnx/message.hpp"
#include "lab/exchange/onnx/reader/array.hpp"
#include "lab/exchange/onnx/reader/chain.hpp"

namespace gradus::onnx {

/// Zeros of a shape that the input decides: what a recurrent operator begins with.
struct Zeros {};

/// Whether a value is above a number.
struct Above {
  Live value;
  double threshold = 0;
};

/// The class of each sample.
struct Label {
  Live scores;
  std::vector<std::string> names{};  ///< of the classes, once they have some
};

/// A column of a table on its way into the network.
struct TableColumn {
  enum class Stage { raw, place, equal, stranger, coded };
  InputColumn column;
  Stage stage = Stage::raw;
};

using Known = std::variant<Array, Live, Zeros, Above, Label, TableColumn>;

/// Goes through a graph node by node, and knows of each value what it is: a constant, the input after some operators, a
/// label. What a node asks for that is not taken throws ValueError, which `read` tells the node of.
class Reader {
 public:
  Reader(const ModelProto& model, External external) : model_(model), external_(std::move(external)) {}

  /// Reads all nodes. Throws ValueError.
  void read();

  const std::map<std::string, Known>& values() const { return values_; }
  /// Of the table that goes in, if it comes column by column.
  const std::vector<InputColumn>& columns() const { return columns_; }
  /// Numbers of a sample or a step; 0: the graph does not say.
  const Form& input() const { return input_; }
  const std::vector<std::string>& remarks() const { return remarks_; }
  /// Names of classes that a map from them to probabilities has.
  const std::vector<std::string>& classes() const { return classes_; }

 private:
  using Handler = void (Reader::*)(const Node&);
  static const std::map<std::string_view, Handler>& handlers();

  // What comes in.
  void read_inputs();
  Form form_of(const Value& input) const;
  void check_opsets();

  /// Of the graph's input, if x is it and it did not say how many numbers it has.
  void tell_numbers(const Live& x, Index numbers);

  // What a node is given, and what it gives.
  const Known& value(const Node& node, std::size_t k) const;
  bool has(const Node& node, std::size_t k) const { return k < node.inputs.size() && !node.inputs[k].empty(); }
  const Array* constant(const Node& node, std::size_t k) const;
  /// Throws ValueError unless it is a constant.
  const Array& numbers(const Node& node, std::size_t k, std::string_view what) const;
  const Live& live(const Node& node, std::size_t k) const;
  void give(const Node& node, Known what, std::size_t k = 0);
  /// A value after an operator, and the same as what the node gives.
  Link& append(const Node& node, const Live& from, std::string op, Form form);
  Link& then(const Node& node, const Live& from, std::string op, Form form, std::size_t output = 0);
  Link& then(const Node& node, const Live& from, Layer layer, std::vector<double> theta = {},
             std::vector<double> state = {});

  std::int64_t integer(const Node& node, std::string_view name, std::int64_t otherwise) const;
  double real(const Node& node, std::string_view name, double otherwise) const;
  std::string text(const Node& node, std::string_view name, std::string_view otherwise) const;
  std::vector<Index> integers(const Node& node, std::string_view name) const;
  const Attribute* attribute(const Node& node, std::string_view name) const;
  /// Throws ValueError unless an attribute is missing or this.
  void expect(const Node& node, std::string_view name, std::int64_t value) const;

  // Operators: constants (constants.cpp), layers, recurrent layers, how a value lies, arithmetic, answers.
  void constant_node(const Node& node);
  void shape(const Node& node);
  void concat(const Node& node);
  void gather(const Node& node);
  void slice(const Node& node);
  void fill(const Node& node);
  void same(const Node& node);
  void cast(const Node& node);

  void gemm(const Node& node);
  void matmul(const Node& node);
  void conv(const Node& node);
  void pool(const Node& node);
  void activation(const Node& node);
  void softmax(const Node& node);
  void prelu(const Node& node);
  void batch_norm(const Node& node);
  void layer_norm(const Node& node);
  void recurrent(const Node& node);
  void dense(const Node& node, const Live& x, const Array& weights, bool turned, double factor, const Array* bias,
             double bias_factor);

  void reshape(const Node& node);
  void flatten(const Node& node);
  void transpose(const Node& node);
  void squeeze(const Node& node);
  void unsqueeze(const Node& node);
  Live laid(const Live& from, const std::vector<double>& dims) const;
  void last_step(const Node& node, const Live& from);

  void arithmetic(const Node& node);
  void unary(const Node& node);
  void clip(const Node& node);
  void reduce_mean(const Node& node);
  void with_constant(const Node& node, const Live& x, const Array& array, bool constant_first);
  void merge(const Node& node, const Live& a, const Live& b);
  /// Gives the value, or the activation that its last operators are together.
  void give_simplified(const Node& node, Link& last);
  void give_activation(const Node& node, Link* after, const Form& form, std::string_view name);

  void greater(const Node& node);
  void where(const Node& node);
  void argmax(const Node& node);
  void label_of(const Node& node);
  void is_nan(const Node& node);
  void label_encoder(const Node& node);
  void equal(const Node& node);
  void scaler(const Node& node);
  void zip_map(const Node& node);

  /// A layer called by the name of an activation, for a value of this form.
  static Layer activation_layer(std::string_view name, const Form& form);
  /// A constant beside a value: one number, one a channel, or one of each.
  static std::vector<double> spread(const Array& array, const Form& form);

  const ModelProto& model_;
  External external_;
  std::map<std::string, Known> values_;
  std::map<std::string, Live> gaps_;  ///< values of which IsNaN was asked, by the answer's name
  std::deque<Link> links_;
  std::vector<InputColumn> columns_;
  Form input_;
  std::vector<std::string> remarks_;
  std::vector<std::string> classes_;
  Index most_numbers_ = 1 << 20;  ///< of a constant that is computed: as many as the file has, and some
  std::int64_t opset_ = 0;
  bool in_time_ = false;  ///< whether there is a recurrent operator
};

}  // namespace gradus::onnx
