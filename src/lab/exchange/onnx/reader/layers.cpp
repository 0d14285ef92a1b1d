// SPDX-License-Identifier: MIT
// Operators that are layers of a network, but for the recurrent ones.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/number.hpp"
#include "lab/exchange/onnx/reader/reader.hpp"

namespace gradus::onnx {
namespace {

bool is_near(double a, double b) { return std::abs(a - b) <= 1e-6 * std::abs(b); }

/// The decimal number that an attribute, a float32, was meant as: 1e-5 and not 9.99999974737875e-06.
double decimal(double attribute) {
  return parse_number(fmt::format("{}", static_cast<float>(attribute))).value_or(attribute);
}

void check_finite(const std::vector<double>& numbers) {
  for (const double value : numbers)
    if (!std::isfinite(value)) throw ValueError("expected finite parameters, got " + number_text(value));
}

/// One parameter a channel, or of each number of rows.
std::vector<double> per_channel(const Array& array, Index channels, std::string_view what) {
  if (static_cast<Index>(array.numbers.size()) != channels)
    throw ValueError(fmt::format("expected {} of {}, got {}", channels, what, array.numbers.size()));
  check_finite(array.numbers);
  return array.numbers;
}

/// An activation needs to know how many numbers there are.
void check_known(const Form& form) {
  if (form.numbers() < 1) throw ValueError("expected the graph's input to say how many numbers a sample has");
}

/// Of rows whose numbers the graph does not tell, as many as the first operator takes.
Form rows_of(const Form& form, Index numbers) {
  if (form.rank() < 2 || form.dims.back().axis != Axis::numbers)
    throw ValueError("expected rows of numbers, got a picture: flatten it before");
  Form rows = form;
  if (rows.dims.back().size == 0) rows.dims.back().size = numbers;
  if (rows.dims.back().size != numbers)
    throw ValueError(fmt::format("expected weights for {} numbers, got them for {}", rows.dims.back().size, numbers));
  return rows;
}

struct OperatorName {
  std::string_view op, activation;
};
constexpr OperatorName kActivations[] = {
    {"Relu", "relu"},
    {"Sigmoid", "sigmoid"},
    {"Tanh", "tanh"},
    {"Softplus", "softplus"},
    {"Softsign", "softsign"},
    {"Elu", "elu"},
    {"Selu", "selu"},
    {"LeakyRelu", "leakyrelu"},
    {"HardSwish", "hardswish"},
    {"HardSigmoid", "hardsigmoid"},
    {"Mish", "mish"},
    {"Gelu", "gelu"},
    {"Swish", "silu"},
    {"Softmax", "softmax"},
    {"LogSoftmax", "logsoftmax"},
};

}  // namespace

Layer Reader::activation_layer(std::string_view name, const Form& form) {
  check_known(form);
  std::optional<Layer> found;
  AlternativesOf<Layer>::for_each([&]<class L>(const L&) {
    if constexpr (MadeByItsName<L>)
      if (L::name == name) found = L::on(form.numbers(), form.channels());
  });
  if (!found) throw ValueError(fmt::format("expected an activation, got {}", in_quotes(name)));
  return *found;
}

void Reader::dense(const Node& node, const Live& x, const Array& weights, bool turned, double factor, const Array* bias,
                   double bias_factor) {
  if (weights.rank() != 2) throw ValueError("expected a matrix of weights");
  const Index in = weights.dims[turned ? 1 : 0], out = weights.dims[turned ? 0 : 1];
  if (in < 1 || out < 1) throw ValueError("expected weights of inputs and outputs, got none");
  Live from = x;
  from.form = rows_of(x.form, in);
  tell_numbers(x, in);
  std::vector<double> theta(weights.numbers.size());
  for (Index i = 0; i < in; ++i)
    for (Index j = 0; j < out; ++j)
      theta[static_cast<std::size_t>(i * out + j)] =
          factor * weights.numbers[static_cast<std::size_t>(turned ? j * in + i : i * out + j)];
  if (bias) {
    if (bias->numbers.size() != 1 &&
        (static_cast<Index>(bias->numbers.size()) != out || bias->dims.back() != out))  // a column is one a sample
      throw ValueError(fmt::format("expected {} of a bias, got {}", out, bias->numbers.size()));
    for (Index j = 0; j < out; ++j)
      theta.push_back(bias_factor * bias->numbers[bias->numbers.size() == 1 ? 0 : static_cast<std::size_t>(j)]);
  }
  check_finite(theta);
  Form form = from.form;
  form.dims.back().size = out;
  Link& link = then(node, from, "Dense", form);
  link.layer = Dense{in, out, bias != nullptr};
  link.theta = std::move(theta);
}

void Reader::gemm(const Node& node) {
  expect(node, "transA", 0);
  dense(node, live(node, 0), numbers(node, 1, "its weights"), integer(node, "transB", 0) != 0, real(node, "alpha", 1),
        has(node, 2) ? &numbers(node, 2, "its bias") : nullptr, real(node, "beta", 1));
}

void Reader::matmul(const Node& node) {
  dense(node, live(node, 0), numbers(node, 1, "its weights"), false, 1, nullptr, 1);
}

// ---------------------------------------------------------------------------------------------- windows over pictures

namespace {

/// The two numbers of a picture, or the one of a signal.
Extent extent(const std::vector<Index>& values, std::size_t first, std::size_t dims, Index otherwise) {
  if (values.empty()) return dims == 1 ? Extent{otherwise == 0 ? 0 : 1, otherwise} : Extent{otherwise, otherwise};
  if (values.size() < first + dims) throw ValueError("expected a number for each direction");
  if (dims == 1) return {otherwise == 0 ? 0 : 1, values[first]};
  return {values[first], values[first + 1]};
}

}  // namespace

namespace {

std::size_t directions(const Form& form) {
  if (form.is({Axis::batch, Axis::channels, Axis::height, Axis::width})) return 2;
  if (form.is({Axis::batch, Axis::channels, Axis::width})) return 1;
  throw ValueError("expected a picture (batch, channels, height, width) or a signal (batch, channels, length)");
}

Form after(const Form& form, const Window& window, Index channels) {
  const Extent places = window.places();
  return directions(form) == 2 ? Form::picture(channels, places.height, places.width)
                               : Form::signal(channels, places.width);
}

/// Padding before and after, which has to be the same.
Extent padding(const std::vector<Index>& pads, std::size_t dims) {
  if (!std::equal(pads.begin(), pads.begin() + static_cast<std::ptrdiff_t>(pads.size() / 2),
                  pads.begin() + static_cast<std::ptrdiff_t>(pads.size() / 2)))
    throw ValueError("expected as much padding before as after");
  return extent(pads, 0, dims, 0);
}

}  // namespace

void Reader::conv(const Node& node) {
  const Live& x = live(node, 0);
  const std::size_t dims = directions(x.form);
  const Array& weights = numbers(node, 1, "its weights");
  if (weights.rank() != static_cast<Index>(dims) + 2)
    throw ValueError("expected a kernel of as many directions as its input");
  if (const std::string pad = text(node, "auto_pad", "NOTSET"); pad != "NOTSET" && pad != "VALID")
    throw ValueError(fmt::format("expected pads in numbers, got auto_pad {}", in_quotes(one_line(pad, 40))));
  const Extent kernel = extent(weights.dims, 2, dims, 1);
  const Window window{.channels = x.form.channels(),
                      .size = {x.form.size(Axis::height), x.form.size(Axis::width)},
                      .kernel = kernel,
                      .stride = extent(integers(node, "strides"), 0, dims, 1),
                      .padding = padding(integers(node, "pads"), dims),
                      .dilation = extent(integers(node, "dilations"), 0, dims, 1)};
  const Index filters = weights.dims[0], groups = static_cast<Index>(integer(node, "group", 1));
  if (groups < 1 || window.channels % groups != 0 || weights.dims[1] != window.channels / groups)
    throw ValueError(fmt::format("expected weights for {} channels in {} groups, got them for {} a group",
                                 window.channels, groups, weights.dims[1]));
  const Index cells = weights.dims[1] * kernel.size();
  std::vector<double> theta(weights.numbers.size());
  for (Index f = 0; f < filters; ++f)
    for (Index k = 0; k < cells; ++k)
      theta[static_cast<std::size_t>(k * filters + f)] = weights.numbers[static_cast<std::size_t>(f * cells + k)];
  const bool bias = has(node, 2);
  if (bias) {
    const std::vector<double> b = per_channel(numbers(node, 2, "its bias"), filters, "a bias");
    theta.insert(theta.end(), b.begin(), b.end());
  }
  check_finite(theta);
  const auto add = [&](auto layer) {
    layer.check();
    Link& link = then(node, x, node.op, after(x.form, window, filters));
    link.layer = layer;
    link.theta = std::move(theta);
  };
  if (dims == 2)
    add(Conv2d{window, filters, groups, bias});
  else
    add(Conv1d{window, filters, groups, bias});
}

void Reader::pool(const Node& node) {
  const Live& x = live(node, 0);
  const std::size_t dims = directions(x.form);
  const bool global = node.op.starts_with("Global");
  Window window{.channels = x.form.channels(), .size = {x.form.size(Axis::height), x.form.size(Axis::width)}};
  window.kernel = window.size;
  if (!global) {
    if (const std::string pad = text(node, "auto_pad", "NOTSET"); pad != "NOTSET" && pad != "VALID")
      throw ValueError(fmt::format("expected pads in numbers, got auto_pad {}", in_quotes(one_line(pad, 40))));
    expect(node, "ceil_mode", 0);
    expect(node, "storage_order", 0);
    window.kernel = extent(integers(node, "kernel_shape"), 0, dims, 1);
    window.stride = extent(integers(node, "strides"), 0, dims, 1);
    window.padding = padding(integers(node, "pads"), dims);
    window.dilation = extent(integers(node, "dilations"), 0, dims, 1);
    if (node.op == "AveragePool" && window.padding != Extent{0, 0}) expect(node, "count_include_pad", 0);
  }
  const auto add = [&](auto layer) {
    layer.check();
    then(node, x, node.op, after(x.form, window, window.channels)).layer = layer;
  };
  const bool max = node.op.ends_with("MaxPool");
  if (max && dims == 2) add(MaxPool2d{{window}});
  if (max && dims == 1) add(MaxPool1d{{window}});
  if (!max && dims == 2) add(AveragePool2d{{window}});
  if (!max && dims == 1) add(AveragePool1d{{window}});
}

// ------------------------------------------------------------------------------------------------------- activations

void Reader::activation(const Node& node) {
  const Live& x = live(node, 0);
  check_known(x.form);
  const double alpha = real(node, "alpha", node.op == "LeakyRelu" ? 0.01 : node.op == "HardSigmoid" ? 0.2 : 1);
  if (node.op == "LeakyRelu" && !is_near(alpha, 0.01)) {
    then(node, x, Prelu{x.form.numbers(), 1}, {alpha});
    remarks_.push_back(
        fmt::format("{}: leakyrelu has a slope of 0.01 here; that of {} is a prelu's, which training moves",
                    in_quotes(one_line(node.name, 80)), number_text(alpha)));
    return;
  }
  if ((node.op == "Elu" || node.op == "Swish") && alpha != 1)
    throw ValueError(fmt::format("expected alpha 1, got {}", alpha));
  if (node.op == "HardSigmoid" && !(is_near(alpha, 1 / 6.0) && real(node, "beta", 0.5) == 0.5))
    throw ValueError(fmt::format("expected alpha 1/6 and beta 0.5, got {} and {}", alpha, real(node, "beta", 0.5)));
  if (node.op == "Selu" && !(is_near(real(node, "alpha", activation::Selu::alpha), activation::Selu::alpha) &&
                             is_near(real(node, "gamma", activation::Selu::lambda), activation::Selu::lambda)))
    throw ValueError("expected selu's own constants");
  if (node.op == "Gelu" && text(node, "approximate", "none") != "none")
    throw ValueError("expected gelu itself, got its approximation by tanh");
  for (const OperatorName& known : kActivations)
    if (known.op == node.op) then(node, x, activation_layer(known.activation, x.form));
}

void Reader::softmax(const Node& node) {
  const Live& x = live(node, 0);
  const auto rank = static_cast<std::int64_t>(x.form.rank());
  const std::int64_t axis = integer(node, "axis", opset_ < 13 ? 1 : -1);
  if (x.form.dims.back().axis != Axis::numbers || (axis != -1 && axis != rank - 1))
    throw ValueError("expected it to be over the numbers of a row");
  for (const OperatorName& known : kActivations)
    if (known.op == node.op) then(node, x, activation_layer(known.activation, x.form));
}

void Reader::prelu(const Node& node) {
  const Live& x = live(node, 0);
  const Array& slopes = numbers(node, 1, "its slopes");
  check_known(x.form);
  const auto count = static_cast<Index>(spread(slopes, x.form).size());
  if (count != 1 && count != x.form.channels())
    throw ValueError(fmt::format("expected 1 or {} slopes, got {}", x.form.channels(), count));
  check_finite(slopes.numbers);
  then(node, x, Prelu{x.form.numbers(), count}, slopes.numbers);
}

// ------------------------------------------------------------------------------------------------------------ norms

void Reader::batch_norm(const Node& node) {
  expect(node, "training_mode", 0);
  expect(node, "spatial", 1);
  Live x = live(node, 0);
  const Array& scales = numbers(node, 1, "its scales");
  if (x.form.dims.back().axis == Axis::numbers) x.form = rows_of(x.form, static_cast<Index>(scales.numbers.size()));
  const Index channels = x.form.channels();
  check_known(x.form);
  tell_numbers(x, static_cast<Index>(scales.numbers.size()));
  BatchNorm layer = BatchNorm::on(x.form.numbers(), channels);
  layer.epsilon = decimal(real(node, "epsilon", 1e-5));
  layer.momentum = parse_number(fmt::format("{:.6g}", 1 - real(node, "momentum", 0.9))).value_or(0.1);
  std::vector<double> theta = per_channel(scales, channels, "a scale");
  const std::vector<double> shift = per_channel(numbers(node, 2, "its shifts"), channels, "a shift");
  theta.insert(theta.end(), shift.begin(), shift.end());
  std::vector<double> state = per_channel(numbers(node, 3, "its means"), channels, "a mean");
  const std::vector<double> variance = per_channel(numbers(node, 4, "its variances"), channels, "a variance");
  state.insert(state.end(), variance.begin(), variance.end());
  then(node, x, layer, std::move(theta), std::move(state));
}

/// With the mean (LayerNormalization) or without (RMSNormalization).
void Reader::layer_norm(const Node& node) {
  Live x = live(node, 0);
  const Array& scales = numbers(node, 1, "its scales");
  const auto rank = static_cast<std::int64_t>(x.form.rank());
  const std::int64_t axis = integer(node, "axis", -1);
  if (x.form.dims.back().axis != Axis::numbers || (axis != -1 && axis != rank - 1))
    throw ValueError("expected it to be over the numbers of a row");
  x.form = rows_of(x.form, static_cast<Index>(scales.numbers.size()));
  tell_numbers(x, static_cast<Index>(scales.numbers.size()));
  const Index width = x.form.dims.back().size;
  const double epsilon = decimal(real(node, "epsilon", 1e-5));
  std::vector<double> theta = per_channel(scales, width, "a scale");
  if (node.op == "RMSNormalization") {
    then(node, x, RmsNorm{width, epsilon}, std::move(theta));
    return;
  }
  std::vector<double> shift(static_cast<std::size_t>(width));
  if (has(node, 2)) shift = per_channel(numbers(node, 2, "its shifts"), width, "a shift");
  theta.insert(theta.end(), shift.begin(), shift.end());
  then(node, x, LayerNorm{width, epsilon}, std::move(theta));
}

}  // namespace gradus::onnx
