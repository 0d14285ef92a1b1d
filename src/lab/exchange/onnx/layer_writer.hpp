// SPDX-License-Identifier: MIT
#pragma once

#include <vector>

#include "gradus/nn/network.hpp"
#include "lab/exchange/onnx/graph_writer.hpp"

namespace gradus::onnx {

/// Writes a network's layers as nodes, one after the other. Between them the value may lie as rows of numbers (samples,
/// or in a sequence samples * steps), as steps (batch, time, numbers), or as pictures (rows, channels, height, width)
/// and signals (rows, channels, width); it is laid anew only where a layer asks for it.
class LayerWriter {
 public:
  /// `input` is the name of rows, or of steps (batch, time, inputs).
  LayerWriter(GraphWriter& graph, std::string input, const Network& network);

  /// Writes every layer; gives the name of the answers: rows, or in a sequence with an answer at each step steps.
  std::string write(std::span<const double> theta, std::span<const double> state);

  /// What an input of the graph is, for a network that takes sequences or not.
  static std::vector<Dimension> shape_of(bool steps, Index numbers);

 private:
  struct Form {
    enum class Kind { rows, steps, picture, signal };
    Kind kind = Kind::rows;
    Index channels = 0, height = 1, width = 1;  ///< of a picture or a signal

    bool operator==(const Form&) const = default;
  };
  struct Opened {
    std::string value;
    Form form;
  };

  void layer(const Dense& layer);
  void layer(const Prelu& layer);
  void layer(const Softmax& layer);
  void layer(const LogSoftmax& layer);
  template <int dims>
  void layer(const Conv<dims>& layer);
  template <int dims>
  void layer(const MaxPool<dims>& layer);
  template <int dims>
  void layer(const AveragePool<dims>& layer);
  void layer(const Flatten& layer);
  void layer(const Elman& layer);
  void layer(const Gru& layer);
  void layer(const Lstm& layer);
  void layer(const Dropout& layer);
  void layer(const LayerNorm& layer);
  void layer(const RmsNorm& layer);
  void layer(const BatchNorm& layer);
  void layer(const ResidualBegin& layer);
  void layer(const ResidualAdd& layer);
  template <class F>
  void layer(const Elementwise<F>& layer);

  /// Puts a node behind the value: its first input is the value, its output the next one.
  void then(const std::string& op, std::vector<std::string> more = {}, std::vector<Attribute> attributes = {});
  std::string number(const char* name, double value) { return graph_.number(name, value); }

  void as_rows();
  void as_steps();
  void as_window(const Window& window, bool signal);
  void reshape(const std::vector<std::int64_t>& dims);

  /// Numbers of theta from `offset` on.
  std::span<const double> part(Index offset, Index count) const;
  /// A block of theta (rows, units * gates) as the format wants gates: (1, units * gates, rows), each gate's columns
  /// turned into rows, in this order.
  std::string gate_weights(const char* name, Index offset, Index rows, Index units, const std::vector<Index>& order);
  std::string gate_biases(Index offset, Index units, const std::vector<Index>& order,
                          std::span<const double> recurrent);
  void recurrent(const Recurrent& layer, const std::string& op, std::vector<std::string> weights,
                 std::vector<Attribute> attributes);
  std::vector<Attribute> window_attributes(const Window& window, bool signal) const;
  /// max(z, 0) * above + elu(z) * below, from double constants.
  void scaled_elu(double above, double below);

  GraphWriter& graph_;
  const Network& network_;
  std::string value_;
  Form form_;
  Index numbers_;           ///< of a row
  bool in_time_;            ///< whether rows are samples * steps
  std::string batch_time_;  ///< the two as a vector of the graph; made when first needed
  std::string input_;
  std::vector<Opened> opened_;
  std::span<const double> theta_, state_;  ///< of the layer at hand
};

}  // namespace gradus::onnx
