// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/optim/optimizer_state.hpp"

namespace gradus {

/// Lion (Chen et al., 2023): every parameter moves by the learning rate, whichever way the gradient and its running
/// mean together point. It remembers half of what Adam does, and wants a learning rate of a tenth and less of Adam's:
///
///     theta <- theta - lr sign(b1 m + (1 - b1) g),   m <- b2 m + (1 - b2) g
///
/// The decay of weights that belongs to it is --weight-decay.
struct Lion {
  static constexpr std::string_view name = "lion";

  double learning_rate = 0.0001;
  double beta1 = 0.9;
  double beta2 = 0.99;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("lr", learning_rate, Range::from_0);
    visit("beta1", beta1, Range::from_0_below_1);
    visit("beta2", beta2, Range::from_0_below_1);
  }

  std::size_t slot_count() const { return 1; }
  void check() const { check_options(*this); }

  template <std::floating_point T>
  void step(std::span<T> theta, std::span<const T> gradient, OptimizerState<T>& state) const {
    const T lr = static_cast<T>(learning_rate);
    const T b1 = static_cast<T>(beta1);
    const T b2 = static_cast<T>(beta2);
    std::vector<T>& m = state.slots[0];
    for (std::size_t k = 0; k < theta.size(); ++k) {
      const T ahead = b1 * m[k] + (1 - b1) * gradient[k];
      const T sign = ahead > 0 ? T(1) : ahead < 0 ? T(-1) : ahead;  // NaN stays one
      theta[k] -= lr * sign;
      m[k] = b2 * m[k] + (1 - b2) * gradient[k];
    }
  }

  bool operator==(const Lion&) const = default;
};

}  // namespace gradus
