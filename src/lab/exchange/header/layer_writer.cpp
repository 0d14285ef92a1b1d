// SPDX-License-Identifier: MIT
#include "lab/exchange/header/layer_writer.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "engine/packing.hpp"
#include "gradus/core/error.hpp"
#include "gradus/engine/predictor.hpp"

namespace gradus::header {
namespace {

template <class T>
bool has_predictor(const Network& network) {
  return engine::Predictor<T>::exists(network);
}

}  // namespace

LayerWriter::LayerWriter(Text& text, const Network& network)
    : text_(text),
      network_(network),
      in_one_order_(text.is_double() ? has_predictor<double>(network) : has_predictor<float>(network)) {}

void LayerWriter::write(std::span<const double> theta, std::span<const double> state) {
  for (layer_ = 0; layer_ < network_.size(); ++layer_) {
    theta_ = network_.slice(theta, layer_);
    state_ = network_.state_slice(state, layer_);
    prefix_ = fmt::format("layer{}", network_.number(layer_));
    network_.visit(layer_, [this](const auto& one) { layer(one); });
  }
}

std::vector<std::pair<std::string, Index>> LayerWriter::arrays() const {
  std::vector<std::pair<std::string, Index>> all;
  for (const auto& [name, count] : {std::pair{"a", a_}, {"b", b_}, {"work", work_}})
    if (count > 0) all.emplace_back(name, count);
  all.insert(all.end(), kept_.begin(), kept_.end());
  return all;
}

std::string LayerWriter::next(Index count) {
  const bool first = value != "a";
  Index& size = first ? a_ : b_;
  size = std::max(size, count);
  return first ? "a" : "b";
}

void LayerWriter::call(const std::string& function, Index count, const std::string& more_before,
                       const std::string& more_after) {
  const std::string to = next(count);
  say(fmt::format("{}({}, {}{}{});", text_.call(function), value, more_before, to, more_after));
  value = to;
}

std::string LayerWriter::table(const std::string& what, std::span<const double> numbers) {
  return text_.table(prefix_ + "_" + what, numbers, fmt::format("{} of {}", what, network_.label(layer_)));
}
std::string LayerWriter::table(const std::string& what, Index offset, Index count) {
  return table(what, theta_.subspan(static_cast<std::size_t>(offset), static_cast<std::size_t>(count)));
}

std::string LayerWriter::window(const Window& window) {
  const auto pair = [](const Extent& extent) { return fmt::format("{{{}, {}}}", extent.height, extent.width); };
  const std::string name = text_.call("window");
  text_.windows += fmt::format("static const {0} {0}{1} = {{{2}, {3}, {4}, {5}, {6}, {7}, {8}}};\n", name, layer_,
                               window.channels, pair(window.size), pair(window.kernel), pair(window.stride),
                               pair(window.padding), pair(window.dilation), pair(window.places()));
  return fmt::format("&{}{}", name, layer_);
}

std::string LayerWriter::state(const std::string& what, Index count) {
  states.emplace_back(prefix_ + "_" + what, count);
  return fmt::format("state->{}_{}", prefix_, what);
}

// ---------------------------------------------------------------------------------------------------------- layers

/// Which order its sums have: engine/packing.hpp.
void LayerWriter::layer(const Dense& layer) {
  const bool along = in_one_order_ && engine::sums_along_lanes(layer.in, layer.out);
  const bool chains = in_one_order_ && !along && layer.in >= engine::kManyInputs;
  std::vector<double> weights(theta_.begin(), theta_.begin() + static_cast<std::ptrdiff_t>(layer.in * layer.out));
  for (Index j = 0; along && j < layer.out; ++j)
    for (Index i = 0; i < layer.in; ++i)
      weights[static_cast<std::size_t>(j * layer.in + i)] = theta_[static_cast<std::size_t>(i * layer.out + j)];
  const std::string w = table("weights", weights);
  const std::string b = layer.bias ? table("bias", layer.in * layer.out, layer.out) : "0";
  call(along    ? "dense_along"
       : chains ? "dense_chains"
                : "dense",
       layer.out, w + ", " + b + ", ", fmt::format(", {}, {}", layer.in, layer.out));
  multiplications += layer.in * layer.out;
}

void LayerWriter::layer(const Softmax& layer) {
  calls += layer.width;
  if (!in_one_order_) return call("softmax", layer.width, "", fmt::format(", {}", layer.width));
  if (layer.width == 2) return call("softmax_of_pair", 2);
  call("softmax_of_line", layer.width, "", fmt::format(", {}", layer.width));
}

void LayerWriter::layer(const LogSoftmax& layer) {
  calls += layer.width + 1;
  call(in_one_order_ ? "log_softmax_of_line" : "log_softmax", layer.width, "", fmt::format(", {}", layer.width));
}

void LayerWriter::layer(const Prelu& layer) {
  call("prelu", layer.width, table("slopes", 0, layer.slopes) + ", ",
       fmt::format(", {}, {}", layer.width, layer.width / layer.slopes));
}

void LayerWriter::layer(const LayerNorm& layer) {
  const std::string scale = table("scale", 0, layer.width);
  call("layernorm", layer.width, scale + ", " + table("shift", layer.width, layer.width) + ", ",
       fmt::format(", {}, {}", layer.width, text_.literal_of(layer.epsilon)));
  multiplications += 3 * layer.width;
}

void LayerWriter::layer(const RmsNorm& layer) {
  call("rmsnorm", layer.width, table("scale", 0, layer.width) + ", ",
       fmt::format(", {}, {}", layer.width, text_.literal_of(layer.epsilon)));
  multiplications += 3 * layer.width;
}

/// What is constant in use is computed here, as the layer would.
template <class T>
std::vector<double> batchnorm_factors(const BatchNorm& layer, std::span<const double> theta,
                                      std::span<const double> state) {
  std::vector<double> factors;
  for (Index c = 0; c < layer.channels; ++c) {
    const auto variance = static_cast<T>(state[static_cast<std::size_t>(layer.channels + c)]);
    const T inverse = 1 / std::sqrt(variance + static_cast<T>(layer.epsilon));
    factors.push_back(static_cast<double>(static_cast<T>(theta[static_cast<std::size_t>(c)]) * inverse));
  }
  return factors;
}

void LayerWriter::layer(const BatchNorm& layer) {
  const std::string mean = table("mean", state_.first(static_cast<std::size_t>(layer.channels)));
  const std::string factor = table("factor", text_.is_double() ? batchnorm_factors<double>(layer, theta_, state_)
                                                               : batchnorm_factors<float>(layer, theta_, state_));
  const std::string shift = table("shift", layer.channels, layer.channels);
  call("batchnorm", layer.inputs(), fmt::format("{}, {}, {}, ", mean, factor, shift),
       fmt::format(", {}, {}", layer.channels, layer.positions));
  multiplications += layer.inputs();
}

void LayerWriter::layer(const ResidualBegin& layer) {
  const std::string name = fmt::format("kept{}", kept_.size());
  kept_.emplace_back(name, layer.width);
  opened_.push_back(name);
  say(fmt::format("for (int k = 0; k < {}; ++k) {}[k] = {}[k];", layer.width, name, value));
}

void LayerWriter::layer(const ResidualAdd& layer) {
  const std::string kept = opened_.back();
  opened_.pop_back();
  each(layer.width, [&](const std::string& number) { return number + " + " + kept + "[k]"; });
}

template <int dims>
void LayerWriter::layer(const Conv<dims>& layer) {
  const Index weights = layer.cells() * layer.filters;
  const std::string w = table("weights", 0, weights);
  const std::string b = layer.bias ? table("bias", weights, layer.filters) : "0";
  const std::string to = next(layer.outputs());
  say(fmt::format("{}({}, {}, {}, {}, {}, {}, {});", text_.call("conv"), window(layer.window), value, w, b, to,
                  layer.filters, layer.groups));
  value = to;
  multiplications += layer.outputs() * layer.cells();
}

template <int dims>
void LayerWriter::layer(const MaxPool<dims>& layer) {
  const std::string to = next(layer.outputs());
  say(fmt::format("{}({}, {}, {});", text_.call("maxpool"), window(layer.window), value, to));
  value = to;
}

template <int dims>
void LayerWriter::layer(const AveragePool<dims>& layer) {
  const std::string to = next(layer.outputs());
  say(fmt::format("{}({}, {}, {});", text_.call("avgpool"), window(layer.window), value, to));
  value = to;
}

void LayerWriter::layer(const Elman& layer) {
  const Index w = layer.features * layer.units, u = layer.units * layer.units;
  work_ = std::max(work_, layer.units);
  const std::string weights = table("weights", 0, w), recurrent = table("recurrent_weights", w, u);
  const std::string bias = table("bias", w + u, layer.units), h = state("h", layer.units);
  say(fmt::format("{}({}, {}, {}, {}, {}, work, {}, {});", text_.call("elman"), value, weights, recurrent, bias, h,
                  layer.features, layer.units));
  value = h;
  multiplications += w + u;
  calls += layer.units;
}

void LayerWriter::layer(const Gru& layer) {
  const Index w = 3 * layer.features * layer.units, u = 3 * layer.units * layer.units;
  work_ = std::max(work_, 6 * layer.units);
  const std::string weights = table("weights", 0, w), recurrent = table("recurrent_weights", w, u);
  const std::string bias = table("bias", w + u, 3 * layer.units);
  const std::string recurrent_bias = table("recurrent_bias", w + u + 3 * layer.units, layer.units);
  const std::string h = state("h", layer.units);
  say(fmt::format("{}({}, {}, {}, {}, {}, {}, work, {}, {});", text_.call("gru"), value, weights, recurrent, bias,
                  recurrent_bias, h, layer.features, layer.units));
  value = h;
  multiplications += w + u + 3 * layer.units;
  calls += 3 * layer.units;
}

void LayerWriter::layer(const Lstm& layer) {
  const Index w = 4 * layer.features * layer.units, u = 4 * layer.units * layer.units;
  work_ = std::max(work_, 4 * layer.units);
  const std::string weights = table("weights", 0, w), recurrent = table("recurrent_weights", w, u);
  const std::string bias = table("bias", w + u, 4 * layer.units);
  const std::string h = state("h", layer.units), c = state("c", layer.units);
  say(fmt::format("{}({}, {}, {}, {}, {}, {}, work, {}, {});", text_.call("lstm"), value, weights, recurrent, bias, h,
                  c, layer.features, layer.units));
  value = h;
  multiplications += w + u + 3 * layer.units;
  calls += 5 * layer.units;
}

template <class F>
void LayerWriter::layer(const Elementwise<F>& layer) {
  if constexpr (std::is_same_v<F, activation::Identity>) {
    return;
  } else if constexpr (std::is_same_v<F, activation::Gelu>) {
    throw ValueError(fmt::format(
        "[header] expected layers that have C yet, got {}, whose erfc takes tables of its own; train with silu, mish "
        "or relu, or export to ONNX",
        network_.label(layer_)));
  } else {
    const std::string f = text_.call(std::string(F::name));
    each(layer.width, [&](const std::string& number) { return f + "(" + number + ")"; });
    if (F::exponentials != Exponentials::none) calls += layer.width;
  }
}

}  // namespace gradus::header
