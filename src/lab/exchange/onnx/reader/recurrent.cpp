// SPDX-License-Identifier: MIT
// Recurrent operators: gates in another order, matrices the other way round, two biases.
#include <fmt/format.h>

#include <algorithm>

#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "lab/exchange/onnx/reader/reader.hpp"

namespace gradus::onnx {
namespace {

/// Of the format's gates, which of ours each is.
const std::vector<Index>& gates_of(const std::string& op) {
  static const std::vector<Index> rnn{0}, gru{1, 0, 2}, lstm{0, 3, 1, 2};  // z r n of r z n; i o f g of i f g o
  return op == "RNN" ? rnn : op == "GRU" ? gru : lstm;
}

/// W (1, gates * units, rows) as we have it: (rows, gates * units).
void append_weights(const Array& weights, const std::vector<Index>& gates, Index units, Index rows,
                    std::vector<double>& theta) {
  const Index count = static_cast<Index>(gates.size());
  if (weights.dims != std::vector<Index>{1, count * units, rows})
    throw ValueError(fmt::format("expected weights of shape 1 x {} x {}, got {}", count * units, rows,
                                 fmt::join(weights.dims, " x ")));
  const std::size_t start = theta.size();
  theta.resize(start + weights.numbers.size());
  for (Index g = 0; g < count; ++g)
    for (Index j = 0; j < units; ++j)
      for (Index k = 0; k < rows; ++k)
        theta[start + static_cast<std::size_t>((k * count + gates[static_cast<std::size_t>(g)]) * units + j)] =
            weights.numbers[static_cast<std::size_t>((g * units + j) * rows + k)];
}

/// The two biases of each gate, added up; but of a GRU's last gate the second by itself, behind the others.
void append_biases(const Array* bias, const std::vector<Index>& gates, Index units, bool splits_last,
                   std::vector<double>& theta) {
  const auto count = gates.size();
  const auto u = static_cast<std::size_t>(units);
  const std::size_t start = theta.size();
  theta.resize(start + (count + (splits_last ? 1 : 0)) * u);
  if (!bias) return;
  if (bias->numbers.size() != 2 * count * u)
    throw ValueError(fmt::format("expected {} numbers of biases, got {}", 2 * count * u, bias->numbers.size()));
  for (std::size_t g = 0; g < count; ++g)
    for (std::size_t j = 0; j < u; ++j) {
      const double first = bias->numbers[g * u + j], second = bias->numbers[(count + g) * u + j];
      const bool apart = splits_last && g + 1 == count;
      theta[start + static_cast<std::size_t>(gates[g]) * u + j] = apart ? first : first + second;
      if (apart) theta[start + count * u + j] = second;
    }
}

}  // namespace

void Reader::recurrent(const Node& node) {
  const Live& x = live(node, 0);
  if (!x.form.is({Axis::time, Axis::batch, Axis::numbers}))
    throw ValueError("expected (time, batch, numbers), as layout 0 has it");
  expect(node, "layout", 0);
  expect(node, "input_forget", 0);
  if (const std::string way = text(node, "direction", "forward"); way != "forward")
    throw ValueError(fmt::format("expected one direction, forward, got {}", in_quotes(one_line(way, 40))));
  if (attribute(node, "clip")) throw ValueError("expected no clip");
  if (const Attribute* found = attribute(node, "activations")) {
    const std::vector<std::string> usual = node.op == "RNN"   ? std::vector<std::string>{"Tanh"}
                                           : node.op == "GRU" ? std::vector<std::string>{"Sigmoid", "Tanh"}
                                                              : std::vector<std::string>{"Sigmoid", "Tanh", "Tanh"};
    if (found->texts != usual) throw ValueError("expected its usual activations, sigmoid and tanh");
  }
  if (node.op == "GRU" && integer(node, "linear_before_reset", 0) == 0)
    throw ValueError(
        model_.producer_name == "pytorch"
            ? "expected linear_before_reset 1, as PyTorch computes a GRU, got 0: some versions of its exporter wrote "
              "so by "
              "mistake, and other programs compute other numbers than PyTorch; export again with a newer one"
            : "expected linear_before_reset 1, where the reset gate acts on the product, got 0");
  for (std::size_t k = 4; k < node.inputs.size(); ++k) {
    constexpr std::size_t lengths = 4, peepholes = 7;
    if (!has(node, k) || (k != lengths && std::holds_alternative<Zeros>(value(node, k)))) continue;
    const Array* start = constant(node, k);
    if (k == lengths || k == peepholes || !start ||
        !std::all_of(start->numbers.begin(), start->numbers.end(), [](double v) { return v == 0; }))
      throw ValueError("expected no lengths of sequences and no peepholes, and zeros to begin with");
  }
  const Index units = static_cast<Index>(integer(node, "hidden_size", 0));
  if (units < 1 || units > (Index{1} << 20)) throw ValueError("expected a hidden_size");
  Form in = x.form;
  const Array& weights = numbers(node, 1, "its weights");
  if (in.dims[2].size == 0 && weights.rank() == 3) in.dims[2].size = weights.dims[2];
  const Index features = in.dims[2].size;
  const std::vector<Index>& gates = gates_of(node.op);
  std::vector<double> theta;
  append_weights(weights, gates, units, features, theta);
  append_weights(numbers(node, 2, "its recurrent weights"), gates, units, units, theta);
  append_biases(has(node, 3) ? &numbers(node, 3, "its biases") : nullptr, gates, units, node.op == "GRU", theta);
  tell_numbers(x, features);

  const Recurrent shape{.features = features, .units = units, .every_step = true};
  Layer layer = Elman{shape};
  if (node.op == "GRU") layer = Gru{shape};
  if (node.op == "LSTM") layer = Lstm{shape};
  const Form all{{{Axis::time}, {Axis::direction, 1}, {Axis::batch}, {Axis::numbers, units}}};
  Link& link = then(node, x, node.op, all);
  link.layer = std::move(layer);
  link.theta = std::move(theta);
  // Its state after the last step.
  if (node.outputs.size() > 1 && !node.outputs[1].empty())
    then(node, Live{&link, all}, "LastStep", Form{{{Axis::direction, 1}, {Axis::batch}, {Axis::numbers, units}}}, 1);
}

void Reader::last_step(const Node& node, const Live& from) {
  Form form = from.form;
  std::erase_if(form.dims, [](const Dim& dim) { return dim.axis == Axis::time; });
  then(node, from, "LastStep", std::move(form));
}

}  // namespace gradus::onnx
