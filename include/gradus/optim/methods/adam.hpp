// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/core/elementary.hpp"
#include "gradus/optim/optimizer_state.hpp"

namespace gradus {

namespace detail {

/// One step of Adam after t - 1 others, with what `decay` takes off each parameter first.
template <std::floating_point T, class Method, class Decay>
void adam_step(const Method& method, std::span<T> theta, std::span<const T> gradient, OptimizerState<T>& state,
               Decay decay) {
  const double t = static_cast<double>(state.steps + 1);
  const T lr = static_cast<T>(method.learning_rate * std::sqrt(1 - pow(method.beta2, t)) / (1 - pow(method.beta1, t)));
  const T b1 = static_cast<T>(method.beta1);
  const T b2 = static_cast<T>(method.beta2);
  const T eps = static_cast<T>(method.epsilon);
  std::vector<T>& m = state.slots[0];
  std::vector<T>& v = state.slots[1];
  for (std::size_t k = 0; k < theta.size(); ++k) {
    m[k] = b1 * m[k] + (1 - b1) * gradient[k];
    v[k] = b2 * v[k] + (1 - b2) * (gradient[k] * gradient[k]);
    decay(k);
    theta[k] -= lr * m[k] / (std::sqrt(v[k]) + eps);
  }
}

}  // namespace detail

/// Running means of the gradient and of its square, freed of their start at 0 (Kingma and Ba, 2015). As there at the
/// end of section 2, and in scikit-learn, eps stands outside the correction of the bias; t counts the steps from 1:
///
///     m <- b1 m + (1 - b1) g,   v <- b2 v + (1 - b2) g^2
///     theta <- theta - lr sqrt(1 - b2^t) / (1 - b1^t) m / (sqrt(v) + eps)
struct Adam {
  static constexpr std::string_view name = "adam";

  double learning_rate = 0.001;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("lr", learning_rate, Range::from_0);
    visit("beta1", beta1, Range::from_0_below_1);
    visit("beta2", beta2, Range::from_0_below_1);
    visit("eps", epsilon, Range::above_0);
  }

  std::size_t slot_count() const { return 2; }
  void check() const { check_options(*this); }

  template <std::floating_point T>
  void step(std::span<T> theta, std::span<const T> gradient, OptimizerState<T>& state) const {
    detail::adam_step(*this, theta, gradient, state, [](std::size_t) {});
  }

  bool operator==(const Adam&) const = default;
};

/// Adam with the weights' decay apart from the gradient, so that no running mean sees it (Loshchilov and Hutter, 2019):
/// before the step of Adam, theta <- theta - lr decay theta, where OptimizerState::decays allows it.
struct AdamW {
  static constexpr std::string_view name = "adamw";

  double learning_rate = 0.001;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double decay = 0.01;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("lr", learning_rate, Range::from_0);
    visit("beta1", beta1, Range::from_0_below_1);
    visit("beta2", beta2, Range::from_0_below_1);
    visit("eps", epsilon, Range::above_0);
    visit("decay", decay, Range::from_0);
  }

  std::size_t slot_count() const { return 2; }
  void check() const { check_options(*this); }

  template <std::floating_point T>
  void step(std::span<T> theta, std::span<const T> gradient, OptimizerState<T>& state) const {
    const T share = static_cast<T>(learning_rate * decay);
    detail::adam_step(*this, theta, gradient, state, [&](std::size_t k) {
      if (state.decays.empty() || state.decays[k]) theta[k] -= share * theta[k];
    });
  }

  bool operator==(const AdamW&) const = default;
};

}  // namespace gradus
