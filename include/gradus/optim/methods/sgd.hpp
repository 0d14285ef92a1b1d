// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/optim/optimizer_state.hpp"

namespace gradus {

/// Stochastic gradient descent with learning rate lr and momentum mu, on the gradient g:
///
///     mu = 0:     theta <- theta - lr g
///     mu > 0:     v <- mu v - lr g,   theta <- theta + v                  (Polyak, 1964)
///     nesterov:   v <- mu v - lr g,   theta <- theta + mu v - lr g        (Nesterov, 1983; Sutskever et al., 2013)
struct Sgd {
  static constexpr std::string_view name = "sgd";

  double learning_rate = 0.01;
  double momentum = 0;
  bool nesterov = false;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("lr", learning_rate, Range::from_0);
    visit("momentum", momentum, Range::from_0_below_1);
    visit("nesterov", nesterov);
  }

  std::size_t slot_count() const { return momentum != 0 ? 1 : 0; }
  /// Throws ValueError unless learning_rate is finite and >= 0 and 0 <= momentum < 1, above 0 with nesterov.
  void check() const;

  template <std::floating_point T>
  void step(std::span<T> theta, std::span<const T> gradient, OptimizerState<T>& state) const {
    const T lr = static_cast<T>(learning_rate);
    if (momentum == 0) {
      for (std::size_t k = 0; k < theta.size(); ++k) theta[k] -= lr * gradient[k];
      return;
    }
    const T mu = static_cast<T>(momentum);
    std::vector<T>& v = state.slots[0];
    for (std::size_t k = 0; k < theta.size(); ++k) {
      v[k] = mu * v[k] - lr * gradient[k];
      theta[k] += nesterov ? mu * v[k] - lr * gradient[k] : v[k];
    }
  }

  bool operator==(const Sgd&) const = default;
};

}  // namespace gradus
