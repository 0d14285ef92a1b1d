// SPDX-License-Identifier: MIT
#pragma once

#include <variant>

#include "gradus/nn/layer_like.hpp"
#include "gradus/nn/layers/dense.hpp"
#include "gradus/nn/layers/elementwise.hpp"
#include "gradus/nn/layers/softmax.hpp"

namespace gradus {

/// The layers a network is made of. A variant of your own makes a network with layers of your own: `BasicNetwork`.
using Layer = std::variant<Dense, Elementwise<activation::Identity>, Elementwise<activation::Step>,
                           Elementwise<activation::Sigmoid>, Elementwise<activation::Tanh>,
                           Elementwise<activation::Relu>, Softmax>;

static_assert(all_layers<Layer>);

}  // namespace gradus
