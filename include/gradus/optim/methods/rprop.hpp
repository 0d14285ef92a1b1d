// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>

#include "gradus/optim/optimizer_state.hpp"

namespace gradus {

/// Resilient back-propagation without weight backtracking, iRprop- (Riedmiller and Braun, 1993; Igel and Husken, 2000).
/// Each parameter has a step d of its own, at first the learning rate, and follows the sign of its gradient only:
///
///     g g_last > 0:   d <- min(up d, max)
///     g g_last < 0:   d <- max(down d, min),   g <- 0
///     theta <- theta - sign(g) d,   g_last <- g
///
/// For full batches: the sign of a small batch's gradient is mostly noise.
struct Rprop {
  static constexpr std::string_view name = "rprop";

  double learning_rate = 0.01;
  double up = 1.2;
  double down = 0.5;
  double smallest = 1e-6;
  double largest = 50;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("lr", learning_rate, Range::from_0);
    visit("up", up, Range::above_1);
    visit("down", down, Range::above_0_below_1);
    visit("min", smallest, Range::from_0);
    visit("max", largest, Range::above_0);
  }

  std::size_t slot_count() const { return 2; }
  void check() const { check_options(*this); }

  template <std::floating_point T>
  void step(std::span<T> theta, std::span<const T> gradient, OptimizerState<T>& state) const {
    std::vector<T>& d = state.slots[0];
    std::vector<T>& last = state.slots[1];
    if (state.steps == 0) std::fill(d.begin(), d.end(), static_cast<T>(learning_rate));
    for (std::size_t k = 0; k < theta.size(); ++k) {
      T g = gradient[k];
      if ((g > 0 && last[k] > 0) || (g < 0 && last[k] < 0)) {
        d[k] = std::min(d[k] * static_cast<T>(up), static_cast<T>(largest));
      } else if ((g > 0 && last[k] < 0) || (g < 0 && last[k] > 0)) {
        d[k] = std::max(d[k] * static_cast<T>(down), static_cast<T>(smallest));
        g = 0;
      }
      const T sign = g > 0 ? T(1) : g < 0 ? T(-1) : g;  // NaN stays one
      theta[k] -= sign * d[k];
      last[k] = g;
    }
  }

  bool operator==(const Rprop&) const = default;
};

}  // namespace gradus
