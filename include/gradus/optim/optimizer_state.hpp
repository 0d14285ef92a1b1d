// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <concepts>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "gradus/core/options.hpp"

namespace gradus {

/// What an optimizer remembers between steps: `slots` vectors as long as theta, and the number of steps made. The same
/// for every method, so that a checkpoint saves it without knowing which.
template <std::floating_point T>
struct OptimizerState {
  std::vector<std::vector<T>> slots;
  Index steps = 0;
  /// Of each parameter, whether a method that decays weights may decay it; empty: all of them.
  std::vector<std::uint8_t> decays;

  bool operator==(const OptimizerState&) const = default;
};

}  // namespace gradus
