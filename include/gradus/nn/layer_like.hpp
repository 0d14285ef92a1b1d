// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "gradus/nn/layer_memory.hpp"
#include "gradus/nn/parameter_block.hpp"
#include "gradus/nn/traits.hpp"

/// What a layer is: a small regular value that holds shape only.
///
/// Every layer has
///
///     name, is_activation                   whether it is counted with the layer before it
///     inputs(), outputs()                   numbers a sample (in a sequence: a time step)
///     parameter_count(), parameter_blocks()
///     forward(theta, x, y)                  the definition, generic over the number type
///     backward(theta, x, y, dy, dx, dtheta) its hand-written derivative: given dy, the derivative of a scalar by y, it
///                                           writes (never adds to) every number of dtheta and, unless dx is empty, of
///                                           dx
///
/// theta and dtheta are the layer's own part of the network's flat vectors. A layer may have more, and only what it has
/// is used:
///
///     forward(theta, x, y, memory)          in place of the shorter forms, for a layer that keeps something from
///     backward(..., dtheta, memory)         forward to backward, or asks for the mode, a seed or its state
///     state_count(), state_blocks()         untrained numbers (running statistics) that training changes and the
///                                           caller owns, in Trace::state; they start at their block's `start`
///     uses_masks = true                     it draws from memory.seed in training
///     output_cols(input_cols)               it works along time: x is (batch, steps * inputs), one step after the
///     other,
///                                           for any number of steps. Every other layer of such a network acts on each
///                                           step by itself: it sees x as (batch * steps, inputs)
///     opens_block / closes_block = true     the ends of a residual block, which see each other's memory
///     stops_derivative()                    whether forward takes something for a constant that is none (truncated
///                                           back-propagation through time), so that its derivative is not the loss's
///     check()                               throws ValueError if its numbers make no sense
///     kink_distance(theta, x, i, j)         how far the number that makes y(i, j) is from where the derivative jumps
///     on(width, channels)                   makes it by its name alone, for so many inputs, each channel equally many:
///                                           then a network's text may hold its name, and `:option` as visit_options
///                                           tells (core/options.hpp); numbers only. Others have a grammar of their own
///     answers(inputs), exponentials         what its outputs are, given what its inputs are, and what it takes the
///                                           exponential of (nn/traits.hpp)
///     formulas()                            of forward and backward; every layer of `Layer` tells these three
///
/// A layer of your own needs `forward` only: autodiff/differentiated.hpp derives its backward with the tape.
namespace gradus {

template <class L, class T>
concept ForwardsLightly = requires(const L layer, std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y) {
  layer.template forward<T>(theta, x, y);
};
template <class L, class T>
concept ForwardsWithMemory = requires(const L layer, std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> y,
                                      LayerMemory<T>& memory) {
  layer.template forward<T>(theta, x, y, memory);
};
template <class L, class T>
concept BackwardsLightly = requires(const L layer, std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> dx,
                                    std::span<T> dtheta) {
  layer.template backward<T>(theta, x, x, x, dx, dtheta);
};
template <class L, class T>
concept BackwardsWithMemory = requires(const L layer, std::span<const T> theta, ConstMatrixView<T> x, MatrixView<T> dx,
                                       std::span<T> dtheta, LayerMemory<T>& memory) {
  layer.template backward<T>(theta, x, x, x, dx, dtheta, memory);
};

template <class L>
concept LayerLike = std::regular<L> && requires(const L layer) {
  { L::name } -> std::convertible_to<std::string_view>;
  { L::is_activation } -> std::convertible_to<bool>;
  { layer.inputs() } -> std::same_as<Index>;
  { layer.outputs() } -> std::same_as<Index>;
  { layer.parameter_count() } -> std::same_as<Index>;
  { layer.parameter_blocks() } -> std::same_as<std::vector<ParameterBlock>>;
} &&(ForwardsLightly<L, double> || ForwardsWithMemory<L, double>)&&(BackwardsLightly<L, double> ||
                                                                    BackwardsWithMemory<L, double>);

template <class L>
concept WorksAlongTime = requires(const L layer) {
  { layer.output_cols(Index{}) } -> std::same_as<Index>;
};
template <class L>
concept HasState = requires(const L layer) {
  { layer.state_count() } -> std::same_as<Index>;
  { layer.state_blocks() } -> std::same_as<std::vector<ParameterBlock>>;
};
template <class L>
concept UsesMasks = requires {
  requires L::uses_masks;
};
template <class L>
concept OpensBlock = requires {
  requires L::opens_block;
};
template <class L>
concept ClosesBlock = requires {
  requires L::closes_block;
};

template <class L>
concept MadeByItsName = requires(Index n) {
  { L::on(n, n) } -> std::same_as<L>;
};
template <class L>
concept TellsOfItself = requires(const L layer, const Answers& inputs) {
  { L::answers(inputs) } -> std::same_as<Answers>;
  { L::exponentials } -> std::convertible_to<Exponentials>;
  { layer.formulas() } -> std::same_as<Formulas>;
};

/// What a layer takes the exponential of; of one that does not say, nothing.
template <class L>
inline constexpr Exponentials exponentials_of = [] {
  if constexpr (TellsOfItself<L>)
    return L::exponentials;
  else
    return Exponentials::none;
}();

template <class Variant>
inline constexpr bool all_layers = false;
template <class... L>
inline constexpr bool all_layers<std::variant<L...>> = (LayerLike<L> && ...);
template <class Variant>
inline constexpr bool all_tell = false;
template <class... L>
inline constexpr bool all_tell<std::variant<L...>> = (TellsOfItself<L> && ...);

}  // namespace gradus
