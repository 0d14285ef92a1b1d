// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/nn/network.hpp"
#include "gradus/random/random_state.hpp"

namespace gradus {

/// How the first parameters are drawn, from one stream, layer by layer, each array row by row. Inputs and outputs are
/// those that a weight's array connects: of a dense layer its own, of a convolution channels * kernel and
/// filters * kernel, of a gate its features or units and its units. Arrays with a start of their own (the scale of a
/// norm: 1) draw nothing.
struct Initializer {
  enum class Kind {
    standard_normal,  ///< N(0, 1), weights and biases alike
    uniform,          ///< U(-limit, limit), weights and biases alike
    glorot_uniform,   ///< U(-a, a), a = sqrt(6 / (inputs + outputs)); biases 0. Glorot and Bengio (2010)
    glorot_normal,    ///< N(0, s^2), s = sqrt(2 / (inputs + outputs)); biases 0
    he_uniform,       ///< U(-a, a), a = sqrt(6 / inputs); biases 0. He et al. (2015)
    he_normal,        ///< N(0, s^2), s = sqrt(2 / inputs); biases 0
  };

  Kind kind = Kind::glorot_uniform;
  double limit = 1;           ///< of `uniform`
  bool biases_first = false;  ///< draw each layer's bias before its weights (theta keeps its order)
};

/// The initialiser called `standard-normal`, `uniform`, `uniform:0.5`, `glorot` (= `glorot-uniform`), `glorot-normal`,
/// `he` (= `he-normal`) or `he-uniform`; `:biases-first` may follow. Throws ParseError.
Initializer parse_initializer(std::string_view text);
std::string to_text(const Initializer& initializer);

/// Fills theta, which must be as long as the blocks together.
void initialize(std::span<const ParameterBlock> blocks, const Initializer& initializer, RandomState& random,
                std::span<double> theta);

/// Parameters for a network. In float they are drawn in double, then rounded.
template <std::floating_point T = double, class L>
std::vector<T> initial_parameters(const BasicNetwork<L>& network, const Initializer& initializer, RandomState& random) {
  std::vector<double> theta(static_cast<std::size_t>(network.parameter_count()));
  initialize(network.parameter_blocks(), initializer, random, theta);
  return {theta.begin(), theta.end()};
}

}  // namespace gradus
