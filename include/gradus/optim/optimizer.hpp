// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "gradus/core/shape.hpp"
#include "gradus/optim/methods/adagrad.hpp"
#include "gradus/optim/methods/adam.hpp"
#include "gradus/optim/methods/lion.hpp"
#include "gradus/optim/methods/nadam.hpp"
#include "gradus/optim/methods/quickprop.hpp"
#include "gradus/optim/methods/rmsprop.hpp"
#include "gradus/optim/methods/rprop.hpp"
#include "gradus/optim/methods/sgd.hpp"

namespace gradus {

/// A method that moves theta by its gradient: a small regular value of numbers, whose memory lies in an OptimizerState.
template <class M>
concept OptimizerMethodLike = std::regular<M> &&
    requires(M m, const M c, std::span<double> theta, std::span<const double> gradient, OptimizerState<double>& state) {
  { M::name } -> std::convertible_to<std::string_view>;
  { m.learning_rate } -> std::convertible_to<double>;
  { c.slot_count() } -> std::same_as<std::size_t>;
  c.check();
  c.template step<double>(theta, gradient, state);
};

using OptimizerMethod = std::variant<Sgd, Adagrad, RmsProp, Adam, AdamW, Nadam, Rprop, Quickprop, Lion>;

std::string_view name(const OptimizerMethod& method);
double learning_rate(const OptimizerMethod& method);
void set_learning_rate(OptimizerMethod& method, double rate);

/// The method that a text such as `adam:lr=0.01,beta1=0.95` or `sgd:momentum=0.9,nesterov` describes; what it leaves
/// out is at its default. Throws ParseError that names the nearest of the known ones.
OptimizerMethod parse_optimizer(std::string_view text);
/// The text that `parse_optimizer` reads back: `adam:beta1=0.95`.
std::string to_text(const OptimizerMethod& method);

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
  OptimizerState<T>& state() { return state_; }
  void set_state(OptimizerState<T> state) { state_ = std::move(state); }

 private:
  OptimizerMethod method_;
  OptimizerState<T> state_;
};

}  // namespace gradus
