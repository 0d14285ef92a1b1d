// SPDX-License-Identifier: MIT
// RTNeural's networks go along a stream, a frame at a time: sequences with an answer at every step here. Weights lie as
// in Keras, whose exporter wrote the files: (inputs, outputs), and GRU's gates in the order z, r, n.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/number.hpp"
#include "gradus/lab/exchange/weights.hpp"
#include "gradus/nn/pass.hpp"
#include "rtneural_json.hpp"

namespace gradus {
namespace {

using exchange::RtneuralArray;
using exchange::RtneuralFile;
using exchange::RtneuralLayer;

class RtneuralReader {
 public:
  RtneuralReader(std::string_view text, const std::string& path)
      : path_(path), file_(exchange::parse_rtneural(text, path)) {}

  ImportedWeights run() {
    width_ = whole("in_shape", file_.inputs);
    const bool is_recurrent = std::any_of(file_.layers.begin(), file_.layers.end(), [](const RtneuralLayer& layer) {
      return layer.type == "gru" || layer.type == "lstm";
    });
    text_ = fmt::format("{}{}", is_recurrent ? "seq" : "", width_);
    for (const RtneuralLayer& layer : file_.layers) {
      ++number_;
      take(layer);
    }
    ImportedWeights result;
    result.model.network = parse_network(text_);
    result.model.loss = {.function = usual_loss(result.model.network)};
    result.model.theta = std::move(theta_);
    result.model.state = std::move(state_);
    result.model.check();
    return result;
  }

 private:
  [[noreturn]] void fail(const std::string& message) const { throw FileError(path_, message); }
  [[noreturn]] void fail(const RtneuralLayer& layer, const std::string& message) const {
    fail(fmt::format("layer {} ({}): {}", number_, one_line(layer.type, 40), message));
  }

  Index whole(const std::string& what, double value) const {
    if (!(value >= 1 && value <= 1e6) || value != std::floor(value))
      fail(fmt::format("expected {} to end in a whole number from 1 to 1000000, got {}", what, value));
    return static_cast<Index>(value);
  }

  /// Array a of a layer, which must be (rows, cols).
  std::span<const double> array(const RtneuralLayer& layer, std::size_t a, Index rows, Index cols) const {
    if (a >= layer.arrays.size())
      fail(layer, fmt::format("expected at least {} arrays of weights, got {}", a + 1, layer.arrays.size()));
    const RtneuralArray& found = layer.arrays[a];
    if (found.rows != rows || found.cols != cols)
      fail(layer, fmt::format("expected array {} of its weights to have {} x {} numbers, got {} x {}", a + 1, rows,
                              cols, found.rows, found.cols));
    return file_.of(found);
  }
  void append(std::span<const double> numbers) { theta_.insert(theta_.end(), numbers.begin(), numbers.end()); }

  void expect_arrays(const RtneuralLayer& layer, std::size_t most) const {
    if (layer.arrays.size() > most)
      fail(layer, fmt::format("expected at most {} arrays of weights, got {}", most, layer.arrays.size()));
  }

  std::string activation(const RtneuralLayer& layer) const {
    for (const char* known : {"", "tanh", "relu", "sigmoid", "softmax", "elu"})
      if (layer.activation == known) return known;
    fail(layer, fmt::format("expected the activation tanh, relu, sigmoid, softmax or elu, got {}",
                            in_quotes(layer.activation)));
  }

  void take(const RtneuralLayer& layer) {
    const Index units = whole(fmt::format("the shape of layer {}", number_), layer.units);
    if (layer.type == "dense" || layer.type == "time-distributed-dense") {
      dense(layer, units);
    } else if (layer.type == "gru") {
      gru(layer, units);
    } else if (layer.type == "lstm") {
      lstm(layer, units);
    } else if (layer.type != "activation" && layer.type != "prelu" && layer.type != "batchnorm") {
      fail(layer,
           "there is no such layer here that goes along a stream: there are dense, gru, lstm, prelu, batchnorm "
           "and activation");
    } else if (units != width_) {
      fail(layer, fmt::format("expected a shape of {}, as the layer before, got {}", width_, units));
    } else if (layer.type == "activation") {
      expect_arrays(layer, 0);
      if (const std::string function = activation(layer); !function.empty()) text_ += "-" + function;
    } else if (layer.type == "prelu") {
      expect_arrays(layer, 1);
      append(array(layer, 0, 1, width_));
      text_ += "-prelu";
    } else {
      batch_norm(layer);
    }
    width_ = units;
  }

  void dense(const RtneuralLayer& layer, Index units) {
    expect_arrays(layer, 2);
    append(array(layer, 0, width_, units));
    const bool has_bias = layer.arrays.size() == 2;
    if (has_bias) append(array(layer, 1, 1, units));
    text_ += fmt::format("-{}{}{}", units, activation(layer), has_bias ? "" : ":nobias");
  }

  void check_gates(const RtneuralLayer& layer) const {
    expect_arrays(layer, 3);
    if (!layer.activation.empty() && layer.activation != "tanh")
      fail(layer, fmt::format("expected the activation tanh, got {}", in_quotes(layer.activation)));
  }

  void lstm(const RtneuralLayer& layer, Index units) {
    check_gates(layer);
    append(array(layer, 0, width_, 4 * units));
    append(array(layer, 1, units, 4 * units));
    append(array(layer, 2, 1, 4 * units));
    text_ += fmt::format("-{}lstm:all", units);
  }

  /// From z, r, n to r, z, n; of the two biases of r and z the sum.
  void gru(const RtneuralLayer& layer, Index units) {
    check_gates(layer);
    const auto gates = [&](std::span<const double> row) {
      const auto n = static_cast<std::size_t>(units);
      append(row.subspan(n, n));
      append(row.first(n));
      append(row.subspan(2 * n, n));
    };
    const auto row = static_cast<std::size_t>(3 * units);
    for (const std::size_t a : {std::size_t{0}, std::size_t{1}}) {
      const std::span<const double> w = array(layer, a, a == 0 ? width_ : units, 3 * units);
      for (std::size_t k = 0; k < w.size(); k += row) gates(w.subspan(k, row));
    }
    const std::span<const double> biases = array(layer, 2, 2, 3 * units);
    std::vector<double> sum(biases.begin(), biases.begin() + 3 * units);
    for (std::size_t k = 0; k < 2 * static_cast<std::size_t>(units); ++k) sum[k] += biases[row + k];
    gates(sum);
    append(biases.last(static_cast<std::size_t>(units)));
    text_ += fmt::format("-{}gru:all", units);
  }

  void batch_norm(const RtneuralLayer& layer) {
    expect_arrays(layer, 4);
    const bool is_affine = layer.arrays.size() == 4;
    for (const double alone : {1.0, 0.0}) {
      const std::size_t a = alone == 1 ? 0 : 1;
      if (is_affine)
        append(array(layer, a, 1, width_));
      else
        theta_.insert(theta_.end(), static_cast<std::size_t>(width_), alone);
    }
    for (const std::size_t a : {std::size_t{0}, std::size_t{1}}) {
      const std::span<const double> moments = array(layer, (is_affine ? 2 : 0) + a, 1, width_);
      state_.insert(state_.end(), moments.begin(), moments.end());
    }
    if (!layer.epsilon || !(*layer.epsilon > 0)) fail(layer, "expected an epsilon above 0");
    text_ += "-batchnorm:epsilon" + number_text(*layer.epsilon);
  }

  const std::string& path_;
  RtneuralFile file_;
  std::string text_;  // of the network
  std::vector<double> theta_;
  std::vector<double> state_;
  Index width_ = 0;
  int number_ = 0;  // of the layer
};

}  // namespace

ImportedWeights from_rtneural(std::string_view text, const std::string& path) {
  return RtneuralReader(text, path).run();
}

}  // namespace gradus
