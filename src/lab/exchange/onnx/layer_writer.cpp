// SPDX-License-Identifier: MIT
#include "lab/exchange/onnx/layer_writer.hpp"

#include <numbers>
#include <type_traits>

namespace gradus::onnx {
namespace {

template <class F, class... Others>
inline constexpr bool is_any = (std::is_same_v<F, Others> || ...);

}  // namespace

LayerWriter::LayerWriter(GraphWriter& graph, std::string input, const Network& network)
    : graph_(graph),
      network_(network),
      value_(input),
      numbers_(network.inputs()),
      in_time_(network.takes_sequences()),
      input_(std::move(input)) {
  if (in_time_) form_.kind = Form::Kind::steps;
}

std::vector<Dimension> LayerWriter::shape_of(bool steps, Index numbers) {
  if (steps) return {{.name = "batch"}, {.name = "time"}, {.value = numbers}};
  return {{.name = "batch"}, {.value = numbers}};
}

std::string LayerWriter::write(std::span<const double> theta, std::span<const double> state) {
  for (std::size_t l = 0; l < network_.size(); ++l) {
    theta_ = network_.slice(theta, l);
    state_ = network_.state_slice(state, l);
    graph_.begin("layer" + std::to_string(network_.number(l)), network_.label(l));
    network_.visit(l, [this](const auto& one) { layer(one); });
    numbers_ = network_.outputs(l);
  }
  graph_.begin("answers");
  if (in_time_)
    as_steps();
  else
    as_rows();
  return value_;
}

void LayerWriter::then(const std::string& op, std::vector<std::string> more, std::vector<Attribute> attributes) {
  more.insert(more.begin(), value_);
  value_ = graph_.add(op, std::move(more), std::move(attributes));
}

// ------------------------------------------------------------------------------------------------- how a value lies

void LayerWriter::reshape(const std::vector<std::int64_t>& dims) { then("Reshape", {graph_.integers("shape", dims)}); }

void LayerWriter::as_rows() {
  if (form_.kind == Form::Kind::rows) return;
  if (form_.kind == Form::Kind::steps)
    reshape({-1, numbers_});
  else
    then("Flatten", {}, {attribute("axis", std::int64_t{1})});
  form_ = {};
}

void LayerWriter::as_steps() {
  if (form_.kind == Form::Kind::steps) return;
  as_rows();
  if (batch_time_.empty())
    batch_time_ =
        graph_.add("Shape", {input_}, {attribute("end", std::int64_t{2}), attribute("start", std::int64_t{0})});
  const std::string shape =
      graph_.add("Concat", {batch_time_, graph_.integers("numbers", {numbers_})}, {attribute("axis", std::int64_t{0})});
  then("Reshape", {shape});
  form_ = {.kind = Form::Kind::steps};
}

void LayerWriter::as_window(const Window& window, bool signal) {
  const Form wanted{signal ? Form::Kind::signal : Form::Kind::picture, window.channels, window.size.height,
                    window.size.width};
  if (form_ == wanted) return;
  as_rows();
  if (signal)
    reshape({-1, window.channels, window.size.width});
  else
    reshape({-1, window.channels, window.size.height, window.size.width});
  form_ = wanted;
}

std::span<const double> LayerWriter::part(Index offset, Index count) const {
  return theta_.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(count));
}

// ---------------------------------------------------------------------------------------------------------- layers

void LayerWriter::layer(const Dense& layer) {
  as_rows();
  std::vector<std::string> parameters{graph_.numbers("weights", {layer.in, layer.out}, part(0, layer.in * layer.out))};
  if (layer.bias) parameters.push_back(graph_.numbers("bias", {layer.out}, part(layer.in * layer.out, layer.out)));
  then("Gemm", std::move(parameters));
}

void LayerWriter::layer(const Softmax&) {
  as_rows();
  then("Softmax", {}, {attribute("axis", std::int64_t{-1})});
}

void LayerWriter::layer(const LogSoftmax&) {
  as_rows();
  then("LogSoftmax", {}, {attribute("axis", std::int64_t{-1})});
}

void LayerWriter::layer(const Flatten&) { as_rows(); }

void LayerWriter::layer(const Dropout&) {}  // in use, nothing

void LayerWriter::layer(const Prelu& layer) {
  // A slope a channel stands before pictures as it is, before rows for each of the channel's numbers.
  if (form_.channels == layer.slopes) {
    std::vector<std::int64_t> dims{layer.slopes, 1};
    if (form_.kind == Form::Kind::picture) dims.push_back(1);
    then("PRelu", {graph_.numbers("slopes", std::move(dims), part(0, layer.slopes))});
    return;
  }
  as_rows();
  std::vector<double> slopes;
  for (Index j = 0; j < layer.width; ++j)
    slopes.push_back(theta_[static_cast<std::size_t>(j / (layer.width / layer.slopes))]);
  then("PRelu", {graph_.numbers("slopes", {layer.width}, slopes)});
}

void LayerWriter::layer(const BatchNorm& layer) {
  const Index c = layer.channels;
  if (form_.channels != c) {
    as_rows();
    if (layer.positions > 1) {
      reshape({-1, c, layer.positions});
      form_ = {Form::Kind::signal, c, 1, layer.positions};
    }
  }
  const auto moments = [&](Index offset) {
    return state_.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(c));
  };
  then("BatchNormalization",
       {graph_.numbers("scale", {c}, part(0, c)), graph_.numbers("shift", {c}, part(c, c)),
        graph_.numbers("running_mean", {c}, moments(0)), graph_.numbers("running_variance", {c}, moments(c))},
       {attribute("epsilon", static_cast<float>(layer.epsilon)),
        attribute("momentum", static_cast<float>(1 - layer.momentum))});
}

void LayerWriter::layer(const LayerNorm& layer) {
  as_rows();
  const Index n = layer.width;
  then("LayerNormalization", {graph_.numbers("scale", {n}, part(0, n)), graph_.numbers("shift", {n}, part(n, n))},
       {attribute("axis", std::int64_t{-1}), attribute("epsilon", static_cast<float>(layer.epsilon))});
}

void LayerWriter::layer(const RmsNorm& layer) {
  as_rows();
  const std::string x = value_;
  then("Mul", {x});
  // Where the axes stand has changed at opset 18.
  if (graph_.opset() < 18)
    then("ReduceMean", {}, {attribute("axes", std::vector<std::int64_t>{-1})});
  else
    then("ReduceMean", {graph_.integers("axes", {-1})});
  then("Add", {number("epsilon", layer.epsilon)});
  then("Sqrt");
  value_ = graph_.add("Div", {x, value_});
  then("Mul", {graph_.numbers("scale", {layer.width}, part(0, layer.width))});
}

void LayerWriter::layer(const ResidualBegin&) { opened_.push_back({value_, form_}); }

void LayerWriter::layer(const ResidualAdd&) {
  Opened begin = std::move(opened_.back());
  opened_.pop_back();
  if (!(begin.form == form_)) {
    as_rows();
    std::swap(value_, begin.value);
    std::swap(form_, begin.form);
    as_rows();
  }
  then("Add", {begin.value});
}

// ---------------------------------------------------------------------------------------------- windows over pictures

std::vector<Attribute> LayerWriter::window_attributes(const Window& window, bool signal) const {
  const auto pair = [&](const Extent& extent) {
    return signal ? std::vector<std::int64_t>{extent.width} : std::vector<std::int64_t>{extent.height, extent.width};
  };
  std::vector<std::int64_t> pads = pair(window.padding);
  pads.insert(pads.end(), pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(signal ? 1 : 2));
  return {attribute("kernel_shape", pair(window.kernel)), attribute("strides", pair(window.stride)),
          attribute("pads", std::move(pads))};
}

template <int dims>
void LayerWriter::layer(const Conv<dims>& layer) {
  constexpr bool signal = dims == 1;
  as_window(layer.window, signal);
  const Index cells = layer.cells();
  std::vector<double> kernels;  // (filters, cells), where we have (cells, filters)
  for (Index f = 0; f < layer.filters; ++f)
    for (Index k = 0; k < cells; ++k) kernels.push_back(theta_[static_cast<std::size_t>(k * layer.filters + f)]);
  const Extent& kernel = layer.window.kernel;
  std::vector<std::int64_t> shape{layer.filters, layer.window.channels / layer.groups};
  if (!signal) shape.push_back(kernel.height);
  shape.push_back(kernel.width);
  std::vector<std::string> parameters{graph_.numbers("weights", std::move(shape), kernels)};
  if (layer.bias)
    parameters.push_back(graph_.numbers("bias", {layer.filters}, part(cells * layer.filters, layer.filters)));
  std::vector<Attribute> attributes = window_attributes(layer.window, signal);
  const Extent& dilation = layer.window.dilation;
  attributes.push_back(attribute("dilations", signal ? std::vector<std::int64_t>{dilation.width}
                                                     : std::vector<std::int64_t>{dilation.height, dilation.width}));
  attributes.push_back(attribute("group", std::int64_t{layer.groups}));
  then("Conv", std::move(parameters), std::move(attributes));
  const Extent places = layer.window.places();
  form_ = {form_.kind, layer.filters, places.height, places.width};
}

template <int dims>
void LayerWriter::layer(const MaxPool<dims>& layer) {
  as_window(layer.window, dims == 1);
  then("MaxPool", {}, window_attributes(layer.window, dims == 1));
  const Extent places = layer.window.places();
  form_ = {form_.kind, layer.window.channels, places.height, places.width};
}

template <int dims>
void LayerWriter::layer(const AveragePool<dims>& layer) {
  as_window(layer.window, dims == 1);
  then("AveragePool", {}, window_attributes(layer.window, dims == 1));
  const Extent places = layer.window.places();
  form_ = {form_.kind, layer.window.channels, places.height, places.width};
}

// -------------------------------------------------------------------------------------------------- recurrent layers

std::string LayerWriter::gate_weights(const char* name, Index offset, Index rows, Index units,
                                      const std::vector<Index>& order) {
  const Index gates = static_cast<Index>(order.size());
  std::vector<double> turned;
  for (const Index gate : order)
    for (Index j = 0; j < units; ++j)
      for (Index k = 0; k < rows; ++k)
        turned.push_back(theta_[static_cast<std::size_t>(offset + k * gates * units + gate * units + j)]);
  return graph_.numbers(name, {1, gates * units, rows}, turned);
}

std::string LayerWriter::gate_biases(Index offset, Index units, const std::vector<Index>& order,
                                     std::span<const double> recurrent) {
  std::vector<double> biases;
  for (const Index gate : order) {
    const std::span<const double> bias = part(offset + gate * units, units);
    biases.insert(biases.end(), bias.begin(), bias.end());
  }
  const Index gates = static_cast<Index>(order.size());
  biases.resize(static_cast<std::size_t>(2 * gates * units) - recurrent.size(), 0.0);
  biases.insert(biases.end(), recurrent.begin(), recurrent.end());
  return graph_.numbers("bias", {1, 2 * gates * units}, biases);
}

void LayerWriter::recurrent(const Recurrent& layer, const std::string& op, std::vector<std::string> weights,
                            std::vector<Attribute> attributes) {
  as_steps();
  then("Transpose", {}, {attribute("perm", std::vector<std::int64_t>{1, 0, 2})});  // the format has time first
  weights.insert(weights.begin(), value_);
  attributes.push_back(attribute("hidden_size", std::int64_t{layer.units}));
  const std::string name = graph_.fresh(graph_.prefix() + "." + op);
  if (layer.every_step) {
    graph_.add_to(op, std::move(weights), {name}, std::move(attributes));  // (time, 1, batch, units)
    value_ = graph_.add("Squeeze", {name, graph_.integers("axes", {1})});
    then("Transpose", {}, {attribute("perm", std::vector<std::int64_t>{1, 0, 2})});
    form_ = {.kind = Form::Kind::steps};
  } else {
    graph_.add_to(op, std::move(weights), {"", name}, std::move(attributes));  // (1, batch, units)
    value_ = graph_.add("Squeeze", {name, graph_.integers("axes", {0})});
    form_ = {};
    in_time_ = false;
  }
}

void LayerWriter::layer(const Elman& layer) {
  const Index w = layer.features * layer.units, u = layer.units * layer.units;
  recurrent(
      layer, "RNN",
      {gate_weights("weights", 0, layer.features, layer.units, {0}),
       gate_weights("recurrent_weights", w, layer.units, layer.units, {0}), gate_biases(w + u, layer.units, {0}, {})},
      {attribute("activations", std::vector<std::string>{"Tanh"})});
}

void LayerWriter::layer(const Gru& layer) {
  const Index w = 3 * layer.features * layer.units, u = 3 * layer.units * layer.units;
  const std::vector<Index> order{1, 0, 2};  // z, r, n of our r, z, n
  recurrent(layer, "GRU",
            {gate_weights("weights", 0, layer.features, layer.units, order),
             gate_weights("recurrent_weights", w, layer.units, layer.units, order),
             gate_biases(w + u, layer.units, order, part(w + u + 3 * layer.units, layer.units))},
            {attribute("linear_before_reset", std::int64_t{1})});
}

void LayerWriter::layer(const Lstm& layer) {
  const Index w = 4 * layer.features * layer.units, u = 4 * layer.units * layer.units;
  const std::vector<Index> order{0, 3, 1, 2};  // i, o, f, g of our i, f, g, o
  recurrent(layer, "LSTM",
            {gate_weights("weights", 0, layer.features, layer.units, order),
             gate_weights("recurrent_weights", w, layer.units, layer.units, order),
             gate_biases(w + u, layer.units, order, {})},
            {});
}

// ------------------------------------------------------------------------------------------------------- activations

void LayerWriter::scaled_elu(double above, double below) {
  const std::string z = value_;
  then("Relu");
  then("Mul", {number("above", above)});
  const std::string positive = value_;
  value_ = graph_.add("Min", {z, number("zero", 0)});
  then("Elu");
  then("Mul", {number("below", below)});
  then("Add", {positive});
}

template <class F>
void LayerWriter::layer(const Elementwise<F>&) {
  using namespace activation;
  const std::string z = value_;
  if constexpr (is_any<F, Identity>) {
    return;
  } else if constexpr (is_any<F, Sigmoid>) {
    then("Sigmoid");
  } else if constexpr (is_any<F, Tanh>) {
    then("Tanh");
  } else if constexpr (is_any<F, Relu>) {
    then("Relu");
  } else if constexpr (is_any<F, Softplus>) {
    then("Softplus");
  } else if constexpr (is_any<F, Softsign>) {
    then("Softsign");
  } else if constexpr (is_any<F, Elu>) {
    then("Elu");
  } else if constexpr (is_any<F, Exponential>) {
    then("Exp");
  } else if constexpr (is_any<F, Step>) {
    then("Greater", {number("zero", 0)});
    then("Cast", {}, {attribute("to", static_cast<std::int64_t>(graph_.real()))});
  } else if constexpr (is_any<F, Silu>) {
    then("Sigmoid");
    then("Mul", {z});
  } else if constexpr (is_any<F, Mish>) {
    if (graph_.opset() >= 18) {
      then("Mish");
    } else {
      then("Softplus");
      then("Tanh");
      then("Mul", {z});
    }
  } else if constexpr (is_any<F, Gelu>) {
    if (graph_.opset() >= 20) {
      then("Gelu");
    } else {
      then("Div", {number("root", std::numbers::sqrt2)});
      then("Erf");
      then("Add", {number("one", 1)});
      then("Mul", {z});
      then("Mul", {number("half", 0.5)});
    }
  } else if constexpr (is_any<F, LeakyRelu>) {
    // An attribute is a float32, which is nothing to a float64 graph.
    if (graph_.is_double()) {
      then("Mul", {number("slope", F::slope)});
      then("Max", {z});
    } else {
      then("LeakyRelu", {}, {attribute("alpha", static_cast<float>(F::slope))});
    }
  } else if constexpr (is_any<F, HardSigmoid>) {
    if (graph_.is_double()) {
      then("Div", {number("six", 6)});
      then("Add", {number("half", 0.5)});
      then("Clip", {number("zero", 0), number("one", 1)});
    } else {
      then("HardSigmoid", {}, {attribute("alpha", 1 / 6.0F), attribute("beta", 0.5F)});
    }
  } else if constexpr (is_any<F, HardSwish>) {
    if (graph_.is_double()) {
      then("Add", {number("three", 3)});
      then("Clip", {number("zero", 0), number("six", 6)});
      then("Mul", {z});
      then("Div", {number("six", 6)});
    } else {
      then("HardSwish");
    }
  } else if constexpr (is_any<F, Selu>) {
    if (graph_.is_double())
      scaled_elu(F::lambda, F::lambda * F::alpha);
    else
      then("Selu");
  } else {
    static_assert(!sizeof(F), "an activation has no nodes yet");
  }
}

}  // namespace gradus::onnx
