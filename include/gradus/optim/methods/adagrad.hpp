// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/optim/optimizer_state.hpp"

namespace gradus {

/// Each parameter's step shrinks with all the gradients it has seen (Duchi, Hazan and Singer, 2011):
///
///     s <- s + g^2,   theta <- theta - lr g / (sqrt(s) + eps)
struct Adagrad {
  static constexpr std::string_view name = "adagrad";

  double learning_rate = 0.01;
  double epsilon = 1e-10;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("lr", learning_rate, Range::from_0);
    visit("eps", epsilon, Range::above_0);
  }

  std::size_t slot_count() const { return 1; }
  void check() const { check_options(*this); }

  template <std::floating_point T>
  void step(std::span<T> theta, std::span<const T> gradient, OptimizerState<T>& state) const {
    const T lr = static_cast<T>(learning_rate);
    const T eps = static_cast<T>(epsilon);
    std::vector<T>& s = state.slots[0];
    for (std::size_t k = 0; k < theta.size(); ++k) {
      s[k] += gradient[k] * gradient[k];
      theta[k] -= lr * gradient[k] / (std::sqrt(s[k]) + eps);
    }
  }

  bool operator==(const Adagrad&) const = default;
};

}  // namespace gradus
