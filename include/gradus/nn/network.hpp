// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gradus/nn/layer.hpp"

namespace gradus {

/// A chain of layers, as a value that holds shape only. Its parameters are one flat vector theta that the caller owns
/// and passes in, layer by layer; what a pass remembers lies in a Trace (nn/pass.hpp). So a network is const, cheap to
/// copy, and shared by threads without a lock.
template <class LayerVariant>
class BasicNetwork {
  static_assert(all_layers<LayerVariant>);

 public:
  using layer_type = LayerVariant;

  BasicNetwork() = default;
  /// Throws ShapeError if a layer's outputs are not the next one's inputs, ValueError if there is no layer.
  explicit BasicNetwork(std::vector<LayerVariant> layers) : layers_(std::move(layers)) {
    if (layers_.empty()) throw ValueError("[network] expected at least one layer");
    Index offset = 0;
    int number = 0;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      if (l > 0 && inputs(l) != outputs(l - 1))
        throw ShapeError("[network] expected layer " + std::to_string(l + 1) + " of the chain (" + std::string(name(l)) +
                         ") to take " + std::to_string(outputs(l - 1)) + " inputs, got " + std::to_string(inputs(l)));
      offsets_.push_back(offset);
      offset += visit(l, [](const auto& layer) { return layer.parameter_count(); });
      number += visit(l, [](const auto& layer) { return layer.is_activation ? 0 : 1; });
      numbers_.push_back(number);
    }
    offsets_.push_back(offset);
  }

  const std::vector<LayerVariant>& layers() const { return layers_; }
  std::size_t size() const { return layers_.size(); }
  Index inputs() const { return layers_.empty() ? 0 : inputs(0); }
  Index outputs() const { return layers_.empty() ? 0 : outputs(size() - 1); }
  Index parameter_count() const { return offsets_.empty() ? 0 : offsets_.back(); }

  Index inputs(std::size_t l) const {
    return visit(l, [](const auto& layer) { return layer.inputs(); });
  }
  Index outputs(std::size_t l) const {
    return visit(l, [](const auto& layer) { return layer.outputs(); });
  }
  std::string_view name(std::size_t l) const {
    return visit(l, [](const auto& layer) { return std::string_view(layer.name); });
  }
  /// The number a person gives the layer, from 1: an activation belongs to the layer it follows.
  int number(std::size_t l) const { return numbers_[l]; }
  /// "layer 2 (tanh)"
  std::string label(std::size_t l) const {
    return "layer " + std::to_string(number(l)) + " (" + std::string(name(l)) + ")";
  }

  /// Layer l's own part of a flat vector over all parameters.
  template <class T>
  std::span<T> slice(std::span<T> theta, std::size_t l) const {
    return theta.subspan(static_cast<std::size_t>(offsets_[l]), static_cast<std::size_t>(offsets_[l + 1] - offsets_[l]));
  }

  /// Every named array in theta, in order.
  std::vector<ParameterBlock> parameter_blocks() const {
    std::vector<ParameterBlock> all;
    for (std::size_t l = 0; l < size(); ++l)
      for (ParameterBlock block : visit(l, [](const auto& layer) { return layer.parameter_blocks(); })) {
        block.offset += offsets_[l];
        block.number = numbers_[l];
        all.push_back(std::move(block));
      }
    return all;
  }

  template <class F>
  decltype(auto) visit(std::size_t l, F&& f) const {
    return std::visit(std::forward<F>(f), layers_[l]);
  }

  bool operator==(const BasicNetwork& other) const { return layers_ == other.layers_; }

 private:
  std::vector<LayerVariant> layers_;
  std::vector<Index> offsets_;  // of each layer's parameters in theta, and their total
  std::vector<int> numbers_;
};

using Network = BasicNetwork<Layer>;

/// Reads `2-16tanh-2softmax`: the number of inputs, then for each layer its width, an activation (none: identity) and
/// options (`:nobias`), separated by `-`. Throws ParseError that points at the offending character.
Network parse_network(std::string_view text);

/// The text that `parse_network` reads back: `2-16tanh-2softmax`.
std::string to_text(const Network& network);

}  // namespace gradus
