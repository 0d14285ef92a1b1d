// SPDX-License-Identifier: MIT
#include "gradus/engine/description.hpp"

#include <algorithm>
#include <concepts>
#include <type_traits>

namespace gradus::engine {
namespace {

/// The function that a layer applies to each number (or each row); none for any other layer.
std::optional<Function> function_of(const Layer& layer) {
  if (std::holds_alternative<Elementwise<activation::Identity>>(layer)) return Function::identity;
  if (std::holds_alternative<Elementwise<activation::Step>>(layer)) return Function::step;
  if (std::holds_alternative<Elementwise<activation::Sigmoid>>(layer)) return Function::sigmoid;
  if (std::holds_alternative<Elementwise<activation::Tanh>>(layer)) return Function::tanh;
  if (std::holds_alternative<Elementwise<activation::Relu>>(layer)) return Function::relu;
  if (std::holds_alternative<Softmax>(layer)) return Function::softmax;
  return std::nullopt;
}

/// Whether the loss is an L as it comes: one with options (smoothing, weights) has no plan.
template <class L>
bool is_plain(const LossFunction& loss) {
  const L* f = std::get_if<L>(&loss);
  if (!f) return false;
  if constexpr (std::is_empty_v<L>) {
    return true;
  } else if constexpr (std::equality_comparable<L>) {
    return *f == L{};
  } else {
    return false;
  }
}

std::optional<Head> head_of(Function last, const LossFunction& loss) {
  if (is_plain<CrossEntropy>(loss) && last == Function::softmax) return Head::cross_entropy;
  if (is_plain<BinaryCrossEntropy>(loss) && last == Function::sigmoid) return Head::binary_cross_entropy;
  if (is_plain<MeanSquaredError>(loss) && last != Function::softmax) return Head::squared_error;
  if (is_plain<PerceptronCriterion>(loss) && last == Function::step) return Head::perceptron;
  return std::nullopt;
}

}  // namespace

Index Description::widest() const {
  Index width = inputs();
  for (const Stage& stage : stages) width = std::max(width, stage.outputs);
  return width;
}

std::optional<Description> describe(const Network& network) {
  Description description;
  description.parameters = network.parameter_count();
  bool open = false;  // whether the last stage still takes an activation
  Index offset = 0;
  for (const Layer& layer : network.layers()) {
    if (const Dense* dense = std::get_if<Dense>(&layer)) {
      description.stages.push_back({dense->in, dense->out, dense->bias, Function::identity, offset});
      offset += dense->parameter_count();
      open = true;
      continue;
    }
    const std::optional<Function> function = function_of(layer);
    const bool ended = !description.stages.empty() && description.stages.back().function == Function::softmax;
    if (!function || !open || ended) return std::nullopt;
    description.stages.back().function = *function;
    open = false;
  }
  for (std::size_t s = 0; s + 1 < description.stages.size(); ++s)
    if (description.stages[s].function == Function::softmax) return std::nullopt;
  for (const Stage& stage : description.stages)
    if (stage.inputs == 0 || stage.outputs == 0) return std::nullopt;
  if (description.stages.empty()) return std::nullopt;
  return description;
}

std::optional<Description> describe(const Network& network, const LossFunction& loss) {
  std::optional<Description> description = describe(network);
  if (!description) return std::nullopt;
  const std::optional<Head> head = head_of(description->stages.back().function, loss);
  if (!head) return std::nullopt;
  description->head = *head;
  return description;
}

}  // namespace gradus::engine
