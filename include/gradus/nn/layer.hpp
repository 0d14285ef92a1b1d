// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <string_view>
#include <variant>

#include "gradus/nn/layers/dense.hpp"
#include "gradus/nn/layers/elementwise.hpp"
#include "gradus/nn/layers/softmax.hpp"

namespace gradus {

/// What a layer is: a small regular value that holds shape only.
///
/// `forward(theta, x, y)` is the definition, generic over the number type; `backward(theta, x, y, dy, dx, dtheta)` is
/// its hand-written derivative: given dy, the derivative of a scalar by y, it writes (never adds to) every number of
/// dtheta and, unless dx is empty, of dx. theta and dtheta are the layer's own part of the network's flat vectors.
template <class L>
concept LayerLike =
    std::regular<L> && requires(const L layer, std::span<const double> theta, ConstMatrixView<double> x,
                                MatrixView<double> y, std::span<double> dtheta) {
      { L::name } -> std::convertible_to<std::string_view>;
      { L::is_activation } -> std::convertible_to<bool>;
      { layer.inputs() } -> std::same_as<Index>;
      { layer.outputs() } -> std::same_as<Index>;
      { layer.parameter_count() } -> std::same_as<Index>;
      { layer.parameter_blocks() } -> std::same_as<std::vector<ParameterBlock>>;
      layer.template forward<double>(theta, x, y);
      layer.template backward<double>(theta, x, x, x, y, dtheta);
    };

/// The layers a network is made of. A variant of your own makes a network with layers of your own: `BasicNetwork`.
using Layer = std::variant<Dense, Elementwise<activation::Identity>, Elementwise<activation::Step>,
                           Elementwise<activation::Sigmoid>, Elementwise<activation::Tanh>,
                           Elementwise<activation::Relu>, Softmax>;

template <class Variant>
inline constexpr bool all_layers = false;
template <class... L>
inline constexpr bool all_layers<std::variant<L...>> = (LayerLike<L> && ...);

static_assert(all_layers<Layer>);

}  // namespace gradus
