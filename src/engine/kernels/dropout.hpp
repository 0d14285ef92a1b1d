// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <cstdint>

#include "gradus/engine/description.hpp"
#include "gradus/nn/layer_memory.hpp"

namespace gradus::engine {

/// The numbers that a dropout layer multiplies with in one update: those of nn/layers/dropout.hpp.
template <class T>
class MaskNumbers {
 public:
  MaskNumbers(const Mask& mask, Index width, std::uint64_t seed, std::uint64_t update)
      : seed_(mixed(mixed(seed, mask.layer), update)),
        width_(width),
        least_(static_cast<std::uint64_t>(std::ceil(mask.rate * 0x1p53))),
        kept_(static_cast<T>(1 / (1 - mask.rate))) {}

  /// `row` of the whole batch.
  T operator()(Index row, Index column) const {
    const auto cell = static_cast<std::uint64_t>(row * width_ + column);
    return mixed(seed_, cell) >> 11 < least_ ? T(0) : kept_;
  }

 private:
  std::uint64_t seed_;
  Index width_;
  std::uint64_t least_;  ///< of 53 random bits, for a number to be kept
  T kept_;
};

}  // namespace gradus::engine
