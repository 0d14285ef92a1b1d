// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "gradus/core/matrix.hpp"
#include "gradus/core/scalar.hpp"

namespace gradus {

/// What a forward pass is for: some layers (dropout, batch normalisation) do one thing while the network learns and
/// another when it is used.
enum class Mode { inference, training };

/// A layer's share of a Trace, for layers whose forward and backward take one: buffers it may size as it likes, whose
/// numbers last from the forward pass to the backward pass after it, and what the network tells it about the pass.
template <Number T>
struct LayerMemory {
  std::vector<T> numbers;      ///< forward to backward: gates, statistics, masks, ...
  std::vector<Index> indices;  ///< forward to backward: where a maximum was, ...
  std::vector<T> work;         ///< scratch within one call

  // Set by the network before each call.
  std::span<Scalar<T>> state;  ///< the layer's own part of Trace::state
  Mode mode = Mode::inference;
  std::uint64_t seed = 0;             ///< of random masks: another for each layer and update
  Index first_row = 0;                ///< number of x's first row in the whole batch, where that is passed in parts
  LayerMemory<T>* partner = nullptr;  ///< of the other end of a residual block; null if the pass does not reach it
};

/// A well-mixed number made of two (Steele, Lea and Flood, 2014: the output function of SplitMix64).
constexpr std::uint64_t mixed(std::uint64_t seed, std::uint64_t counter) {
  std::uint64_t z = seed + (counter + 1) * 0x9e3779b97f4a7c15u;
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

}  // namespace gradus
