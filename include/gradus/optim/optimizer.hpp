// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gradus/core/shape.hpp"

namespace gradus {

/// What an optimizer remembers between steps: `slots` vectors as long as theta, and the number of steps made. The same
/// for every method, so that a checkpoint saves it without knowing which.
template <std::floating_point T>
struct OptimizerState {
  std::vector<std::vector<T>> slots;
  Index steps = 0;
};

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

  std::size_t slot_count() const { return momentum != 0 ? 1 : 0; }
  /// Throws ValueError unless learning_rate is finite and >= 0 and 0 <= momentum < 1.
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

using OptimizerMethod = std::variant<Sgd>;

std::string_view name(const OptimizerMethod& method);

/// A method at work on one vector of parameters. It sees theta and the gradient, nothing else.
template <std::floating_point T>
class Optimizer {
 public:
  /// Throws ValueError if the method's own numbers are out of range.
  Optimizer(OptimizerMethod method, Index parameters) : method_(std::move(method)) {
    std::visit(
        [&](const auto& m) {
          m.check();
          state_.slots.assign(m.slot_count(), std::vector<T>(static_cast<std::size_t>(parameters), T(0)));
        },
        method_);
  }

  void step(std::span<T> theta, std::span<const T> gradient) {
    check_length("optimizer", "gradient", static_cast<Index>(gradient.size()), static_cast<Index>(theta.size()));
    std::visit([&](const auto& m) { m.template step<T>(theta, gradient, state_); }, method_);
    ++state_.steps;
  }

  const OptimizerMethod& method() const { return method_; }
  OptimizerMethod& method() { return method_; }
  const OptimizerState<T>& state() const { return state_; }
  void set_state(OptimizerState<T> state) { state_ = std::move(state); }

 private:
  OptimizerMethod method_;
  OptimizerState<T> state_;
};

}  // namespace gradus
