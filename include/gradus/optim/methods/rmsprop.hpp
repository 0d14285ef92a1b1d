// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/optim/optimizer_state.hpp"

namespace gradus {

/// Each parameter's step is divided by a running root mean square of its gradient (Tieleman and Hinton, 2012, lecture
/// 6.5):
///
///     s <- rho s + (1 - rho) g^2,   theta <- theta - lr g / (sqrt(s) + eps)
struct RmsProp {
  static constexpr std::string_view name = "rmsprop";

  double learning_rate = 0.001;
  double rho = 0.9;
  double epsilon = 1e-8;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("lr", learning_rate, Range::from_0);
    visit("rho", rho, Range::from_0_below_1);
    visit("eps", epsilon, Range::above_0);
  }

  std::size_t slot_count() const { return 1; }
  void check() const { check_options(*this); }

  template <std::floating_point T>
  void step(std::span<T> theta, std::span<const T> gradient, OptimizerState<T>& state) const {
    const T lr = static_cast<T>(learning_rate);
    const T r = static_cast<T>(rho);
    const T eps = static_cast<T>(epsilon);
    std::vector<T>& s = state.slots[0];
    for (std::size_t k = 0; k < theta.size(); ++k) {
      s[k] = r * s[k] + (1 - r) * gradient[k] * gradient[k];
      theta[k] -= lr * gradient[k] / (std::sqrt(s[k]) + eps);
    }
  }

  bool operator==(const RmsProp&) const = default;
};

}  // namespace gradus
