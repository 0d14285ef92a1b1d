// SPDX-License-Identifier: MIT
#include "gradus/engine/description.hpp"

#include <algorithm>
#include <type_traits>
#include <utility>

#include "gradus/nn/pass.hpp"

namespace gradus::engine {
namespace {

/// The function that a layer applies to each number (or each row); none for any other layer.
std::optional<Function> function_of_layer(const Layer& layer) {
  using Elementwises = Activations::mapped<Elementwise>;
  return std::visit(
      []<class L>(const L&) -> std::optional<Function> {
        if constexpr (Elementwises::contains<L>) return static_cast<Function>(Elementwises::index_of<L>);
        if constexpr (std::is_same_v<L, Softmax>) return Function::softmax;
        if constexpr (std::is_same_v<L, LogSoftmax>) return Function::log_softmax;
        return std::nullopt;
      },
      layer);
}

/// The head with a kernel that suits, or that by definition.
Head head_of(Function last, const LossFunction& loss) {
  const CrossEntropy* classes = std::get_if<CrossEntropy>(&loss);
  if (classes && classes->smoothing == 0 && last == Function::softmax) return Head::cross_entropy;
  const bool binary =
      std::holds_alternative<BinaryCrossEntropy>(loss) || std::holds_alternative<MultiLabelCrossEntropy>(loss);
  if (binary && last == Function::sigmoid) return Head::binary_cross_entropy;
  if (std::holds_alternative<MeanSquaredError>(loss) && is_elementwise(last)) return Head::squared_error;
  if (std::holds_alternative<PerceptronCriterion>(loss) && last == Function::step) return Head::perceptron;
  return Head::defined;
}

bool is_cut(const LossFunction& loss) {
  return std::visit(
      [](const auto& f) {
        if constexpr (requires { f.cut; })
          return f.cut;
        else
          return false;
      },
      loss);
}

/// Puts a network together as stages, layer by layer.
class Chain {
 public:
  /// False if there is no place for the layer.
  bool add(const Layer& layer, std::size_t number) {
    if (const Dense* dense = std::get_if<Dense>(&layer)) {
      stages_.push_back({dense->in, dense->out, dense->bias, Function::identity, offset_, std::exchange(mask_, {})});
      offset_ += dense->parameter_count();
      open_ = true;
      return dense->in > 0 && dense->out > 0 && !ended();
    }
    if (mask_.rate > 0) return false;
    if (const Dropout* dropout = std::get_if<Dropout>(&layer)) {
      mask_ = {dropout->rate, number};
      return true;
    }
    const std::optional<Function> function = function_of_layer(layer);
    if (!function || !open_) return false;
    stages_.back().function = *function;
    open_ = false;
    return true;
  }
  bool is_whole() const { return !stages_.empty() && mask_.rate == 0; }
  std::vector<Stage> take() { return std::move(stages_); }

 private:
  /// Whether a function of whole rows lies before the last stage.
  bool ended() const { return stages_.size() > 1 && !is_elementwise(stages_[stages_.size() - 2].function); }

  std::vector<Stage> stages_;
  Mask mask_;  // waits for its dense layer
  Index offset_ = 0;
  bool open_ = false;  // whether the last stage still takes an activation
};

}  // namespace

Index Description::widest() const {
  Index width = inputs();
  for (const Stage& stage : stages) width = std::max(width, stage.outputs);
  return width;
}

bool Description::keeps_slope(std::size_t s) const {
  const bool last = s + 1 == stages.size();
  const bool dropped = !last && stages[s + 1].mask.rate > 0;
  const bool unknown = last && head == Head::defined && !fused;
  return is_elementwise(stages[s].function) && (!engine::is_simple(stages[s].function) || dropped || unknown);
}

bool Description::is_simple() const {
  const bool functions = std::all_of(stages.begin(), stages.end(), [](const Stage& stage) {
    return (engine::is_simple(stage.function) || stage.function == Function::softmax) && stage.mask.rate == 0;
  });
  return functions && head != Head::defined && !cut;
}

std::optional<Description> describe(const Network& network) {
  Chain chain;
  for (std::size_t l = 0; l < network.size(); ++l)
    if (!chain.add(network.layers()[l], l)) return std::nullopt;
  if (!chain.is_whole()) return std::nullopt;
  Description description;
  description.stages = chain.take();
  description.parameters = network.parameter_count();
  return description;
}

std::optional<Description> describe(const Network& network, const LossFunction& loss) {
  std::optional<Description> description = describe(network);
  if (!description) return std::nullopt;
  description->cut = is_cut(loss);
  description->head = head_of(description->stages.back().function, loss);
  description->loss = loss;
  description->fused = is_fused(network, loss);
  return description;
}

}  // namespace gradus::engine
