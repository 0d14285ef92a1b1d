// SPDX-License-Identifier: MIT
// FANN's text format, `FANN_FLO_2.1`, as FANN 2.2.0 writes it: a line `key=value` each, neurons and connections as
// lists in brackets. Every layer has a bias neuron at its end, the last one's being without use.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <map>
#include <tuple>

#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/number.hpp"
#include "gradus/lab/exchange/weights.hpp"
#include "gradus/nn/pass.hpp"

namespace gradus {
namespace {

constexpr std::string_view kOpening = "FANN_FLO_2.1";

/// FANN's functions of s * sum, s the steepness of a neuron, that there are here; those that are not have no text.
struct FannFunction {
  std::string_view name;
  const char* activation = nullptr;
  double factor = 1;  ///< of the steepness, to the slope here
};
constexpr FannFunction kFunctions[] = {
    {"FANN_LINEAR", ""},
    {"FANN_THRESHOLD"},
    {"FANN_THRESHOLD_SYMMETRIC"},
    {"FANN_SIGMOID", "sigmoid", 2},
    {"FANN_SIGMOID_STEPWISE"},
    {"FANN_SIGMOID_SYMMETRIC", "tanh"},
    {"FANN_SIGMOID_SYMMETRIC_STEPWISE"},
    {"FANN_GAUSSIAN"},
    {"FANN_GAUSSIAN_SYMMETRIC"},
    {"FANN_GAUSSIAN_STEPWISE"},
    {"FANN_ELLIOT"},
    {"FANN_ELLIOT_SYMMETRIC", "softsign"},
    {"FANN_LINEAR_PIECE"},
    {"FANN_LINEAR_PIECE_SYMMETRIC"},
    {"FANN_SIN_SYMMETRIC"},
    {"FANN_COS_SYMMETRIC"},
    {"FANN_SIN"},
    {"FANN_COS"},
};

struct Neuron {
  std::uint32_t inputs = 0;
  std::uint32_t function = 0;
  double steepness = 0;
};
struct Connection {
  std::size_t from = 0;
  double weight = 0;
};
struct LayerOfFann {
  std::size_t first = 0;
  std::size_t neurons = 0;  ///< without the bias neuron
  std::size_t end = 0;      ///< behind the bias neuron
};

class FannReader {
 public:
  FannReader(std::string_view text, const std::string& path) : path_(path) {
    if (!text.starts_with(kOpening)) throw FileError::at_line(path, 1, fmt::format("expected {}", kOpening));
    std::size_t line = 1;
    while (!text.empty()) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      const std::string_view one = text.substr(0, end);
      // Of neurons and connections the key holds what the list's entries are.
      if (const std::size_t equals = one.find('='); equals != std::string_view::npos)
        values_.emplace(std::string(one.substr(0, std::min(equals, one.find(' ')))),
                        Value{line, one.substr(equals + 1)});
      text.remove_prefix(std::min(end + 1, text.size()));
      ++line;
    }
  }

  ImportedWeights run() {
    if (whole("network_type") != 0)
      fail(find("network_type"), "expected a network of layers, got one with shortcuts between them");
    read_layers();
    ImportedWeights result;
    std::string text = std::to_string(layers_[0].neurons);
    for (std::size_t l = 1; l < layers_.size(); ++l)
      text += fmt::format("-{}{}", layers_[l].neurons, kFunctions[function_of(l)].activation);
    result.model.network = parse_network(text);
    result.model.loss = {.function = usual_loss(result.model.network)};
    for (std::size_t l = 1; l < layers_.size(); ++l) append_layer(l, result.model.theta);
    if (used_ != connections_.size())
      fail(find("connections"), fmt::format("expected {} connections, got {}", used_, connections_.size()));
    result.remarks.push_back("steepness is multiplied into weights and biases");
    if (missing_ > 0) result.remarks.push_back(fmt::format("{} connections are missing: zeros here", missing_));
    if (find("scale_included").text.starts_with('1'))
      result.remarks.push_back("its scaling is left, which fann_run does not apply either");
    result.model.check();
    return result;
  }

 private:
  struct Value {
    std::size_t line;
    std::string_view text;
  };

  [[noreturn]] void fail(const Value& value, const std::string& message) const {
    throw FileError::at_line(path_, value.line, message);
  }

  const Value& find(const std::string& key) const {
    const auto found = values_.find(key);
    if (found == values_.end()) throw FileError(path_, fmt::format("expected a line {}=...", key));
    return found->second;
  }

  static std::optional<std::size_t> whole_number(std::string_view text) {
    const std::optional<double> number = parse_number(text);
    if (!number || !(*number >= 0 && *number <= 1e9) || *number != std::floor(*number)) return std::nullopt;
    return static_cast<std::size_t>(*number);
  }
  std::size_t whole(const std::string& key) const {
    const Value& value = find(key);
    const std::optional<std::size_t> number = whole_number(value.text);
    if (!number) fail(value, fmt::format("expected {} to be a whole number, got {}", key, in_quotes(value.text)));
    return *number;
  }

  /// Calls take(a, b, ...) for each entry "(a, b, ...)" of a list, N numbers.
  template <std::size_t N, class Take>
  void each_entry(const std::string& key, Take take) const {
    const Value& value = find(key);
    std::string_view text = value.text;
    while (text.find_first_not_of(" \r") != std::string_view::npos) {
      const std::size_t open = text.find('(');
      const std::size_t close = text.find(')');
      if (open == std::string_view::npos || close == std::string_view::npos || close < open)
        fail(value, fmt::format("expected {} in brackets, got {}", key, in_quotes(text.substr(0, 40))));
      const std::string_view entry = text.substr(open + 1, close - open - 1);
      std::string_view rest = entry;
      std::array<double, N> numbers{};
      for (std::size_t k = 0; k < N; ++k) {
        const std::size_t comma = std::min(rest.find(", "), rest.size());
        const std::optional<double> number = parse_number(rest.substr(0, comma));
        if (!number || (k + 1 < N) != (comma < rest.size()) || !std::isfinite(*number))
          fail(value, fmt::format("expected {} numbers with points for decimals, got ({}); was it saved under a locale "
                                  "with decimal commas?",
                                  N, entry.substr(0, 80)));
        numbers[k] = *number;
        rest.remove_prefix(std::min(comma + 2, rest.size()));
      }
      std::apply(take, numbers);
      text.remove_prefix(close + 1);
    }
  }
  std::size_t entries(const std::string& key) const {
    const std::string_view text = find(key).text;
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '('));
  }

  void read_layers() {
    neurons_.reserve(entries("neurons"));
    each_entry<3>("neurons", [&](double inputs, double function, double steepness) {
      if (!(inputs >= 0 && inputs <= 1e9 && function >= 0 && function < std::size(kFunctions)))
        fail(find("neurons"), fmt::format("expected neuron {} to have a function below {}, got {}", neurons_.size(),
                                          std::size(kFunctions), function));
      neurons_.push_back({static_cast<std::uint32_t>(inputs), static_cast<std::uint32_t>(function), steepness});
    });
    connections_.reserve(entries("connections"));
    each_entry<2>("connections", [&](double from, double weight) {
      if (!(from >= 0 && from < static_cast<double>(neurons_.size())))
        fail(find("connections"),
             fmt::format("expected connections from neurons below {}, got {}", neurons_.size(), from));
      connections_.push_back({static_cast<std::size_t>(from), weight});
    });
    const Value& sizes = find("layer_sizes");
    std::string_view text = sizes.text;
    std::size_t first = 0;
    while (text.find_first_not_of(" \r") != std::string_view::npos) {
      text.remove_prefix(text.find_first_not_of(' '));
      const std::size_t end = std::min(text.find_first_of(" \r"), text.size());
      const std::optional<std::size_t> size = whole_number(text.substr(0, end));
      if (!size || *size < 2)
        fail(sizes, fmt::format("expected layers of at least 2 neurons, the bias one of them, got {}",
                                in_quotes(text.substr(0, end))));
      layers_.push_back({first, *size - 1, first + *size});
      first += *size;
      text.remove_prefix(end);
    }
    if (layers_.size() < 2 || layers_.size() != whole("num_layers"))
      fail(sizes, fmt::format("expected {} layers, at least 2, got {}", whole("num_layers"), layers_.size()));
    if (first != neurons_.size())
      fail(find("neurons"), fmt::format("expected {} neurons, got {}", first, neurons_.size()));
  }

  /// That of all its neurons.
  std::size_t function_of(std::size_t l) const {
    const LayerOfFann& layer = layers_[l];
    const std::size_t function = neurons_[layer.first].function;
    for (std::size_t n = layer.first; n < layer.first + layer.neurons; ++n)
      if (neurons_[n].function != function)
        fail(find("neurons"), fmt::format("expected one function in layer {}, got {} and {}", l,
                                          kFunctions[function].name, kFunctions[neurons_[n].function].name));
    if (!kFunctions[function].activation)
      fail(find("neurons"), fmt::format("layer {} has {}, which is no activation here; there are FANN_LINEAR, "
                                        "FANN_SIGMOID, FANN_SIGMOID_SYMMETRIC (tanh) and FANN_ELLIOT_SYMMETRIC "
                                        "(softsign)",
                                        l, kFunctions[function].name));
    return function;
  }

  void append_layer(std::size_t l, std::vector<double>& theta) {
    const LayerOfFann& before = layers_[l - 1];
    const LayerOfFann& layer = layers_[l];
    const double factor = kFunctions[neurons_[layer.first].function].factor;
    const std::size_t weights = theta.size();
    theta.resize(weights + (before.neurons + 1) * layer.neurons);  // the bias neuron's connections are the biases
    for (std::size_t n = 0; n < layer.neurons; ++n) {
      const Neuron& neuron = neurons_[layer.first + n];
      if (neuron.inputs > connections_.size() - used_)
        fail(find("connections"), fmt::format("expected more connections: neuron {} has {}, of which {} are left",
                                              layer.first + n, neuron.inputs, connections_.size() - used_));
      for (std::size_t k = 0; k < neuron.inputs; ++k) {
        const Connection& connection = connections_[used_++];
        if (connection.from < before.first || connection.from >= before.end)
          fail(find("connections"),
               fmt::format("expected neuron {} to be connected with the layer before, got neuron {}", layer.first + n,
                           connection.from));
        theta[weights + (connection.from - before.first) * layer.neurons + n] +=
            factor * neuron.steepness * connection.weight;
      }
      missing_ += before.neurons + 1 - std::min<std::size_t>(neuron.inputs, before.neurons + 1);
    }
  }

  const std::string& path_;
  std::map<std::string, Value, std::less<>> values_;
  std::vector<Neuron> neurons_;
  std::vector<Connection> connections_;
  std::vector<LayerOfFann> layers_;
  std::size_t used_ = 0;     // connections, so far
  std::size_t missing_ = 0;  // of a network that is not connected throughout
};

}  // namespace

ImportedWeights from_fann(std::string_view text, const std::string& path) { return FannReader(text, path).run(); }

}  // namespace gradus
