// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/optim/optimizer_state.hpp"

namespace gradus {

/// Jumps to the lowest point of a parabola through the last two slopes of each parameter (Fahlman, 1988). With slopes
/// g_last and g, and the last step s:
///
///     s <- s g / (g_last - g), but no more than growth |s| in its direction where the slope has not shrunk enough for
///          that, g / g_last > growth / (1 + growth); less lr g while the slope still points the same way; -lr g after
///          a step of 0
///     theta <- theta + s
///
/// For full batches: two slopes of different samples make no parabola.
struct Quickprop {
  static constexpr std::string_view name = "quickprop";

  double learning_rate = 0.01;
  double growth = 1.75;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("lr", learning_rate, Range::from_0);
    visit("growth", growth, Range::above_0);
  }

  std::size_t slot_count() const { return 2; }
  void check() const { check_options(*this); }

  template <std::floating_point T>
  void step(std::span<T> theta, std::span<const T> gradient, OptimizerState<T>& state) const {
    const T lr = static_cast<T>(learning_rate);
    const T mu = static_cast<T>(growth);
    const T shrink = mu / (1 + mu);
    std::vector<T>& s = state.slots[0];
    std::vector<T>& last = state.slots[1];
    for (std::size_t k = 0; k < theta.size(); ++k) {
      const T g = gradient[k];
      const T towards = s[k] > 0 ? T(-1) : T(1);  // turns the slope so that > 0 means: downhill is where s points
      T next = -lr * g;
      if (s[k] != 0) {
        next = towards * g > 0 ? next : 0 * g;
        next += towards * g >= towards * shrink * last[k] ? mu * s[k] : s[k] * (g / (last[k] - g));
      }
      theta[k] += next;
      s[k] = next;
      last[k] = g;
    }
  }

  bool operator==(const Quickprop&) const = default;
};

}  // namespace gradus
