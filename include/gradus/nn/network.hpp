// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gradus/core/shape.hpp"
#include "gradus/nn/layer.hpp"

namespace gradus {

/// A chain of layers, as a value that holds shape only. Its parameters are one flat vector theta that the caller owns
/// and passes in, layer by layer; what a pass remembers lies in a Trace (nn/pass.hpp). So a network is const, cheap to
/// copy, and shared by threads without a lock.
///
/// With a recurrent layer in it, it takes sequences: rows of steps * inputs() numbers, for any number of steps.
template <class LayerVariant>
class BasicNetwork {
  static_assert(all_layers<LayerVariant>);

 public:
  using layer_type = LayerVariant;

  BasicNetwork() = default;
  /// Throws ShapeError if a layer's outputs are not the next one's inputs or a residual block does not give back what
  /// it takes, ValueError if there is no layer.
  explicit BasicNetwork(std::vector<LayerVariant> layers) : layers_(std::move(layers)), partners_(layers_.size()) {
    if (layers_.empty()) throw ValueError("[network] expected at least one layer");
    Index offset = 0;
    Index state_offset = 0;
    int number = 0;
    for (std::size_t l = 0; l < layers_.size(); ++l) {
      if (l > 0 && inputs(l) != outputs(l - 1))
        throw ShapeError("[network] expected layer " + std::to_string(l + 1) + " of the chain (" +
                         std::string(name(l)) + ") to take " + std::to_string(outputs(l - 1)) + " inputs, got " +
                         std::to_string(inputs(l)));
      offsets_.push_back(offset);
      state_offsets_.push_back(state_offset);
      visit(l, [&]<class L>(const L& layer) {
        if constexpr (requires { layer.check(); }) layer.check();
        offset += layer.parameter_count();
        if constexpr (HasState<L>) state_offset += layer.state_count();
        number += layer.is_activation ? 0 : 1;
        takes_sequences_ = takes_sequences_ || WorksAlongTime<L>;
        uses_masks_ = uses_masks_ || UsesMasks<L>;
      });
      numbers_.push_back(number);
    }
    offsets_.push_back(offset);
    state_offsets_.push_back(state_offset);
    check_steps_kept();
    match_blocks();
  }

  const std::vector<LayerVariant>& layers() const { return layers_; }
  std::size_t size() const { return layers_.size(); }
  /// Numbers a sample has (in a sequence: a time step), and the network makes of it.
  Index inputs() const { return layers_.empty() ? 0 : inputs(0); }
  Index outputs() const { return layers_.empty() ? 0 : outputs(size() - 1); }
  Index parameter_count() const { return offsets_.empty() ? 0 : offsets_.back(); }
  /// Untrained numbers that training changes: running statistics.
  Index state_count() const { return state_offsets_.empty() ? 0 : state_offsets_.back(); }

  /// Whether a sample is a row of steps * inputs() numbers, for any number of steps.
  bool takes_sequences() const { return takes_sequences_; }
  /// Whether training draws random masks (dropout).
  bool uses_masks() const { return uses_masks_; }
  /// What its outputs are.
  Answers answers() const {
    Answers numbers = any_number;
    for (std::size_t l = 0; l < size(); ++l)
      visit(l, [&]<class L>(const L&) {
        if constexpr (TellsOfItself<L>)
          numbers = L::answers(numbers);
        else
          numbers = unknown_answers;
      });
    return numbers;
  }
  /// Columns of the outputs for x of so many columns.
  Index output_cols(Index cols) const {
    for (std::size_t l = 0; l < size(); ++l)
      cols = visit(l, [&](const auto& layer) { return output_cols(layer, cols); });
    return cols;
  }
  /// Throws ShapeError unless x is of a shape that the network takes.
  void check_input(std::string_view where, Index rows, Index cols) const {
    if (takes_sequences_)
      check_steps(where, "x", rows, cols, inputs());
    else
      check_cols(where, "x", rows, cols, inputs());
  }

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
  /// What layer l takes the exponential of.
  Exponentials exponentials(std::size_t l) const {
    return visit(l, []<class L>(const L&) { return exponentials_of<L>; });
  }
  /// "layer 2 (tanh)"
  std::string label(std::size_t l) const {
    return "layer " + std::to_string(number(l)) + " (" + std::string(name(l)) + ")";
  }
  /// The other end of the residual block that layer l opens or closes.
  std::size_t partner(std::size_t l) const { return partners_[l]; }

  /// Layer l's own part of a flat vector over all parameters.
  template <class T>
  std::span<T> slice(std::span<T> theta, std::size_t l) const {
    return part(theta, offsets_, l);
  }
  /// Layer l's own part of a flat vector over all state.
  template <class T>
  std::span<T> state_slice(std::span<T> state, std::size_t l) const {
    return part(state, state_offsets_, l);
  }

  /// Every named array in theta, in order.
  std::vector<ParameterBlock> parameter_blocks() const {
    return blocks(offsets_, [](const auto& layer) { return layer.parameter_blocks(); });
  }
  /// Every named array in the state, in order.
  std::vector<ParameterBlock> state_blocks() const {
    return blocks(state_offsets_, []<class L>(const L& layer) -> std::vector<ParameterBlock> {
      if constexpr (HasState<L>)
        return layer.state_blocks();
      else
        return {};
    });
  }
  /// The state of a network that has seen nothing.
  template <std::floating_point T = double>
  std::vector<T> initial_state() const {
    std::vector<T> state(static_cast<std::size_t>(state_count()));
    for (const ParameterBlock& block : state_blocks())
      std::fill_n(state.begin() + block.offset, block.size(), static_cast<T>(block.start.value_or(0)));
    return state;
  }

  template <class F>
  decltype(auto) visit(std::size_t l, F&& f) const {
    return std::visit(std::forward<F>(f), layers_[l]);
  }

  /// Columns that a layer makes of so many.
  template <class L>
  static Index output_cols(const L& layer, Index cols) {
    if constexpr (WorksAlongTime<L>)
      return layer.output_cols(cols);
    else
      return cols == layer.inputs() ? layer.outputs() : cols / layer.inputs() * layer.outputs();
  }

  bool operator==(const BasicNetwork& other) const { return layers_ == other.layers_; }

 private:
  template <class T>
  static std::span<T> part(std::span<T> all, const std::vector<Index>& offsets, std::size_t l) {
    return all.subspan(static_cast<std::size_t>(offsets[l]), static_cast<std::size_t>(offsets[l + 1] - offsets[l]));
  }

  template <class F>
  std::vector<ParameterBlock> blocks(const std::vector<Index>& offsets, F blocks_of) const {
    std::vector<ParameterBlock> all;
    for (std::size_t l = 0; l < size(); ++l)
      for (ParameterBlock block : visit(l, blocks_of)) {
        block.offset += offsets[l];
        block.number = numbers_[l];
        all.push_back(std::move(block));
      }
    return all;
  }

  /// After the last step alone is kept, there is no sequence for another recurrent layer.
  void check_steps_kept() const {
    bool all_kept = true;
    for (std::size_t l = 0; l < size(); ++l)
      visit(l, [&]<class L>(const L& layer) {
        if constexpr (WorksAlongTime<L>) {
          if (!all_kept)
            throw ValueError("[network] layer " + std::to_string(l + 1) + " of the chain (" + std::string(name(l)) +
                             ") takes sequences, but the layers before it keep only the last step");
          all_kept = layer.output_cols(2 * layer.inputs()) == 2 * layer.outputs();
        }
      });
  }

  /// Finds the two ends of each residual block.
  void match_blocks() {
    std::vector<std::size_t> open;
    for (std::size_t l = 0; l < size(); ++l)
      visit(l, [&]<class L>(const L& layer) {
        if constexpr (OpensBlock<L>) open.push_back(l);
        if constexpr (ClosesBlock<L>) {
          if (open.empty()) throw ValueError("[network] a residual block is closed that was never opened");
          const std::size_t first = open.back();
          open.pop_back();
          if (first + 1 == l) throw ValueError("[network] a residual block holds no layer");
          if (inputs(first) != layer.outputs())
            throw ShapeError("[network] expected the residual block from layer " + std::to_string(first + 1) + " to " +
                             std::to_string(l + 1) + " of the chain to give back the " + std::to_string(inputs(first)) +
                             " numbers it takes, got " + std::to_string(layer.outputs()));
          if (const Index steps = 7 * inputs(first); output_cols_between(first, l, steps) != steps)
            throw ShapeError("[network] expected a residual block to keep every time step");
          partners_[first] = l;
          partners_[l] = first;
        }
      });
    if (!open.empty()) throw ValueError("[network] a residual block is opened that is never closed");
  }
  Index output_cols_between(std::size_t first, std::size_t last, Index cols) const {
    for (std::size_t l = first; l < last; ++l)
      cols = visit(l, [&](const auto& layer) { return output_cols(layer, cols); });
    return cols;
  }

  std::vector<LayerVariant> layers_;
  std::vector<Index> offsets_;        // of each layer's parameters in theta, and their total
  std::vector<Index> state_offsets_;  // of each layer's state, and the total
  std::vector<int> numbers_;
  std::vector<std::size_t> partners_;
  bool takes_sequences_ = false;
  bool uses_masks_ = false;
};

using Network = BasicNetwork<Layer>;

/// Reads `2-16tanh-2softmax` or `1x8x8-conv8k3relu-maxpool2-10softmax`, by the grammar of docs/grammar.md. Throws
/// ParseError that points at the offending character.
Network parse_network(std::string_view text);

/// The text that `parse_network` reads back, in its canonical form: `2-16tanh-2softmax`.
std::string to_text(const Network& network);

}  // namespace gradus
