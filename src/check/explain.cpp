// SPDX-License-Identifier: MIT
#include "gradus/check/explain.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "check/words.hpp"
#include "gradus/core/number.hpp"
#include "gradus/nn/pass.hpp"

namespace gradus {
namespace {

using detail::short_number;

/// In brackets where it follows another factor or sign.
std::string factor_text(double value) { return value < 0 ? "(" + short_number(value) + ")" : short_number(value); }

Matrix<double> part(std::span<const double> theta, const ParameterBlock& block) {
  const auto first = theta.begin() + block.offset;
  return {block.rows, block.cols, std::vector<double>(first, first + block.size())};
}

class Explainer {
 public:
  Explainer(const Network& network, const Loss& loss, std::span<const double> theta, ConstMatrixView<double> x,
            const Targets<double>& targets)
      : network_(network), loss_(loss), theta_(theta), x_(x), targets_(targets), gradient_(theta.size()) {}

  Explanation run() {
    trace_.mode = Mode::training;
    forward(network_, theta_, x_, trace_);
    const bool fused = is_fused(network_, loss_.function);
    depth_ = fused ? network_.size() - 1 : network_.size();
    Explanation result;
    result.network = to_text(network_);
    result.loss_name = to_text(loss_);
    const Formulas of_loss =
        std::visit([&](const auto& kind) { return fused ? kind.formulas_from_logits : kind.formulas; }, loss_.function);
    const double scale = loss_.scale(targets_, network_.outputs());
    result.loss_formula = std::string(of_loss.value) +
                          (scale == 1 ? "" : fmt::format(", times {}", short_number(scale))) +
                          (x_.rows() > 1 ? ", added up over the samples" : "");
    result.seed_formula =
        std::string(of_loss.derivative) + (scale == 1 ? "" : fmt::format(", times {}", short_number(scale)));
    result.loss = loss_of_trace(network_, loss_, trace_, targets_);
    result.x = Matrix<double>(x_);
    result.targets = Matrix<double>(targets_.values);
    for (std::size_t l = 0; l < network_.size(); ++l) result.layers.push_back(forward_part(l));
    backward_part(result.layers);
    return result;
  }

 private:
  ExplainedLayer forward_part(std::size_t l) const {
    ExplainedLayer layer;
    layer.layer = l;
    layer.label = network_.label(l);
    const Formulas texts = network_.visit(l, [](const auto& kind) { return kind.formulas(); });
    layer.formula = texts.value;
    layer.derivative = texts.derivative;
    layer.inputs = l > 0 ? trace_.outputs[l - 1] : Matrix<double>(x_);
    layer.outputs = trace_.outputs[l];
    return layer;
  }

  void backward_part(std::vector<ExplainedLayer>& layers) {
    Matrix<double> dy{ConstMatrixView<double>(detail::seed_of_trace(network_, loss_, trace_, targets_))};
    for (std::size_t l = depth_; l-- > 0;) {
      ExplainedLayer& layer = layers[l];
      layer.by_outputs = dy;
      layer.by_inputs = Matrix<double>(layer.inputs.rows(), layer.inputs.cols());
      detail::backward_layer<double>(network_, l, theta_, layer.inputs, trace_, dy, layer.by_inputs, gradient_, depth_);
      dy = layer.by_inputs;
    }
    for (const ParameterBlock& block : network_.parameter_blocks())
      for (ExplainedLayer& layer : layers) {
        const std::span<const double> own = network_.slice(theta_, layer.layer);
        const Index offset = own.data() - theta_.data();
        if (own.empty() || block.offset < offset || block.offset >= offset + static_cast<Index>(own.size())) continue;
        layer.blocks.push_back({block, std::string(block.derivative), part(theta_, block), part(gradient_, block)});
      }
  }

  const Network& network_;
  const Loss& loss_;
  std::span<const double> theta_;
  ConstMatrixView<double> x_;
  Targets<double> targets_;
  Trace<double> trace_;
  std::vector<double> gradient_;
  std::size_t depth_ = 0;
};

/// The chain from the loss to one parameter, link by link.
class ChainMaker {
 public:
  ChainMaker(const Network& network, const Explanation& explained) : network_(network), explained_(explained) {}

  std::vector<ChainStep> run(const ParameterPlace& place) {
    std::size_t l = 0;
    for (const ExplainedLayer& layer : explained_.layers)
      for (const ExplainedBlock& block : layer.blocks)
        if (block.block.offset == place.block.offset) l = layer.layer;
    for (std::size_t from = depth(); from-- > l + 1;) link(from);
    end(l, place);
    return std::move(steps_);
  }

 private:
  std::size_t depth() const {
    std::size_t depth = explained_.layers.size();
    while (depth > 0 && explained_.layers[depth - 1].by_outputs.empty()) --depth;
    return depth;
  }
  const ExplainedLayer& layer(std::size_t l) const { return explained_.layers[l]; }
  Index samples() const { return explained_.x.rows(); }

  void add(std::string formula, std::string numbers, double value) {
    steps_.push_back({std::move(formula), std::move(numbers), value});
  }

  /// Every derivative by layer l's inputs, from those by its outputs.
  void link(std::size_t l) {
    const ExplainedLayer& here = layer(l);
    if (l + 1 == depth()) start(here);
    for (Index i = 0; i < here.inputs.rows(); ++i)
      for (Index j = 0; j < std::min<Index>(here.inputs.cols(), 12); ++j) {
        const std::string at = samples() > 1 ? fmt::format("[{}, {}]", i, j) : fmt::format("[{}]", j);
        const auto [formula, numbers] = network_.visit(l, [&]<class L>(const L&) { return link_words<L>(here, i, j); });
        add(fmt::format("dL/d(input {} of {}) = {}", at, here.label, formula), numbers, here.by_inputs(i, j));
      }
  }
  void start(const ExplainedLayer& last) {
    for (Index i = 0; i < last.by_outputs.rows(); ++i)
      for (Index j = 0; j < std::min<Index>(last.by_outputs.cols(), 12); ++j)
        add(fmt::format("dL/d(output [{}{}] of {})", samples() > 1 ? fmt::format("{}, ", i) : "", j, last.label),
            explained_.seed_formula, last.by_outputs(i, j));
  }

  template <class L>
  std::pair<std::string, std::string> link_words(const ExplainedLayer& here, Index i, Index j) const {
    if constexpr (std::same_as<L, Dense>) {
      std::string numbers;
      for (Index k = 0; k < here.by_outputs.cols(); ++k)
        numbers += (k > 0 ? " + " : "") + factor_text(here.by_outputs(i, k)) + " * " +
                   factor_text(here.blocks[0].values(j, k));
      return {fmt::format("sum_k dy[k] W[{}, k]", j), numbers};
    } else {
      if (here.inputs.cols() == here.outputs.cols() && here.blocks.empty() && here.by_outputs(i, j) != 0 &&
          here.derivative.starts_with("dx = f'"))
        return {
            fmt::format("f'(x[{0}]) dy[{0}], f'({1}) = {2}", j, short_number(here.inputs(i, j)),
                        short_number(here.by_inputs(i, j) / here.by_outputs(i, j))),
            short_number(here.by_inputs(i, j) / here.by_outputs(i, j)) + " * " + factor_text(here.by_outputs(i, j))};
      return {here.derivative, ""};
    }
  }

  void end(std::size_t l, const ParameterPlace& place) {
    const ExplainedLayer& here = layer(l);
    if (l + 1 == depth()) start(here);
    const auto block = std::find_if(here.blocks.begin(), here.blocks.end(),
                                    [&](const ExplainedBlock& b) { return b.block.offset == place.block.offset; });
    const double value = block->derivative(place.row, place.col);
    std::string numbers;
    if (network_.name(l) == "dense")
      for (Index i = 0; i < here.inputs.rows(); ++i)
        numbers += (i > 0 ? " + " : "") + (place.block.is_bias ? short_number(here.by_outputs(i, place.col))
                                                               : factor_text(here.inputs(i, place.row)) + " * " +
                                                                     factor_text(here.by_outputs(i, place.col)));
    add(fmt::format("dL/d({}) = {}", explained_.weight,
                    network_.name(l) != "dense" ? block->formula
                    : place.block.is_bias       ? fmt::format("sum over samples of dy[{}]", place.col)
                                          : fmt::format("sum over samples of x[{}] dy[{}]", place.row, place.col)),
        numbers, value);
  }

  const Network& network_;
  const Explanation& explained_;
  std::vector<ChainStep> steps_;
};

}  // namespace

ParameterPlace find_parameter(const Network& network, std::string_view text) {
  std::string known;
  for (const ParameterBlock& block : network.parameter_blocks()) {
    known += (known.empty() ? "" : ", ") + block.label();
    if (!text.starts_with(block.label() + "[") || !text.ends_with("]")) continue;
    std::string_view inside = text.substr(block.label().size() + 1);
    inside.remove_suffix(1);
    std::vector<Index> places;
    while (!inside.empty()) {
      const std::size_t comma = std::min(inside.find(','), inside.size());
      std::string_view word = inside.substr(0, comma);
      while (word.starts_with(' ')) word.remove_prefix(1);
      const auto number = parse_number(word);
      places.push_back(number && *number >= 0 && *number < 1e9 &&
                               *number == static_cast<double>(static_cast<Index>(*number))
                           ? static_cast<Index>(*number)
                           : Index{-1});
      inside.remove_prefix(std::min(comma + 1, inside.size()));
    }
    if (block.rows == 1 && places.size() == 1) places.insert(places.begin(), 0);
    if (places.size() != 2 || places[0] < 0 || places[1] < 0 || places[0] >= block.rows || places[1] >= block.cols)
      throw ValueError(fmt::format("[explain] expected a place in {}, which is {} x {}, got '{}'", block.label(),
                                   block.rows, block.cols, text));
    return {block, places[0], places[1]};
  }
  throw ValueError(fmt::format(
      "[explain] expected a parameter such as 'layer 1 weights[0, 1]', got '{}' (the network has {})", text, known));
}

Explanation explain(const Network& network, const Loss& loss, std::span<const double> theta, ConstMatrixView<double> x,
                    const Targets<double>& targets, const std::string& weight) {
  check_rows("explain", "targets", targets.values, x.rows());
  Explanation result = Explainer(network, loss, theta, x, targets).run();
  if (weight.empty()) return result;
  const ParameterPlace place = find_parameter(network, weight);
  result.weight = weight;
  result.chain = ChainMaker(network, result).run(place);
  return result;
}

}  // namespace gradus
