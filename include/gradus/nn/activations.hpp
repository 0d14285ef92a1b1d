// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <string_view>

#include "gradus/core/type_list.hpp"
#include "gradus/nn/activations/rectifiers.hpp"
#include "gradus/nn/activations/smooth.hpp"

namespace gradus {

template <class F>
concept ActivationLike = requires(double z) {
  { F::name } -> std::convertible_to<std::string_view>;
  { F::answers } -> std::convertible_to<Answers>;
  { F::exponentials } -> std::convertible_to<Exponentials>;
  { F::kinks.size() } -> std::convertible_to<std::size_t>;
  { F::template value<double>(z) } -> std::same_as<double>;
  { F::template derivative<double>(z, z) } -> std::same_as<double>;
};

/// Every activation function that acts on single numbers. Layers, the text of a network, the engine and the tests go
/// through this list.
using Activations = TypeList<activation::Identity, activation::Step, activation::Sigmoid, activation::Tanh,
                             activation::Relu, activation::LeakyRelu, activation::HardSigmoid, activation::Elu,
                             activation::Selu, activation::Softplus, activation::Softsign, activation::Gelu,
                             activation::Silu, activation::Mish, activation::Exponential, activation::HardSwish>;

template <class List>
inline constexpr bool all_activations = false;
template <class... F>
inline constexpr bool all_activations<TypeList<F...>> = (ActivationLike<F> && ...);
static_assert(all_activations<Activations>);

}  // namespace gradus
