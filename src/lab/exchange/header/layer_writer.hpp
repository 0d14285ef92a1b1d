// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "gradus/nn/network.hpp"
#include "lab/exchange/header/c_text.hpp"

namespace gradus::header {

/// Writes a network's layers as statements of C, one after the other. Between them the numbers lie in one of two
/// arrays, a and b, in turn; what lies in the caller's x is not written to. Layers along time are written as one step,
/// whose state is in `state`.
class LayerWriter {
 public:
  LayerWriter(Text& text, const Network& network);

  /// What comes before the layers writes `count` numbers, and lays them into the place that it is given: "a" or "b".
  std::string next(Index count);
  /// Appends a statement.
  void say(const std::string& statement) { statements += "  " + statement + "\n"; }
  /// A loop over all numbers of the value: `to`[k] = what `formula` makes of "k".
  template <class F>
  void each(Index count, F formula) {
    const std::string from = value;
    const std::string to = value == "a" || value == "b" ? value : next(count);
    say("for (int k = 0; k < " + std::to_string(count) + "; ++k) " + to + "[k] = " + formula(from + "[k]") + ";");
    value = to;
  }

  void write(std::span<const double> theta, std::span<const double> state);

  std::string value = "x";  ///< where the numbers lie
  std::string statements;
  std::vector<std::pair<std::string, Index>> states;  ///< of layers along time: name and numbers
  Index multiplications = 0;                          ///< with an addition, a frame
  Index calls = 0;                                    ///< of functions that take an exponential, a frame
  /// The arrays on the stack, and how many numbers they hold.
  std::vector<std::pair<std::string, Index>> arrays() const;

 private:
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
  void layer(const Flatten&) {}
  void layer(const Elman& layer);
  void layer(const Gru& layer);
  void layer(const Lstm& layer);
  void layer(const Dropout&) {}  // in use, nothing
  void layer(const LayerNorm& layer);
  void layer(const RmsNorm& layer);
  void layer(const BatchNorm& layer);
  void layer(const ResidualBegin& layer);
  void layer(const ResidualAdd& layer);
  template <class F>
  void layer(const Elementwise<F>& layer);

  /// function(value, more..., y): y is the new value, `count` numbers.
  void call(const std::string& function, Index count, const std::string& more_before = "",
            const std::string& more_after = "");
  /// Numbers of theta from `offset` on as a table of the layer at hand.
  std::string table(const std::string& what, std::span<const double> numbers);
  std::string table(const std::string& what, Index offset, Index count);
  std::string window(const Window& window);
  std::string state(const std::string& what, Index count);

  Text& text_;
  const Network& network_;
  bool in_one_order_ = false;  ///< whether sums are those of engine::Predictor
  std::string prefix_;         ///< of the layer's tables: "layer2"
  std::size_t layer_ = 0;
  std::span<const double> theta_, state_;  ///< of the layer at hand
  Index a_ = 0, b_ = 0, work_ = 0;
  std::vector<std::pair<std::string, Index>> kept_;  ///< of residual blocks
  std::vector<std::string> opened_;
};

}  // namespace gradus::header
