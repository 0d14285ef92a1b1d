// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/core/elementary.hpp"
#include "gradus/optim/optimizer_state.hpp"

namespace gradus {

/// Adam that looks ahead as Nesterov's momentum does (Dozat, 2016, with a constant beta1):
///
///     m <- b1 m + (1 - b1) g,   v <- b2 v + (1 - b2) g^2
///     m' = b1 m / (1 - b1^(t+1)) + (1 - b1) g / (1 - b1^t),   v' = v / (1 - b2^t)
///     theta <- theta - lr m' / (sqrt(v') + eps)
struct Nadam {
  static constexpr std::string_view name = "nadam";

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
    const double t = static_cast<double>(state.steps + 1);
    const T lr = static_cast<T>(learning_rate);
    const T b1 = static_cast<T>(beta1);
    const T b2 = static_cast<T>(beta2);
    const T eps = static_cast<T>(epsilon);
    const T ahead = static_cast<T>(beta1 / (1 - pow(beta1, t + 1)));
    const T now = static_cast<T>((1 - beta1) / (1 - pow(beta1, t)));
    const T unbiased = static_cast<T>(1 / (1 - pow(beta2, t)));
    std::vector<T>& m = state.slots[0];
    std::vector<T>& v = state.slots[1];
    for (std::size_t k = 0; k < theta.size(); ++k) {
      m[k] = b1 * m[k] + (1 - b1) * gradient[k];
      v[k] = b2 * v[k] + (1 - b2) * (gradient[k] * gradient[k]);
      theta[k] -= lr * (ahead * m[k] + now * gradient[k]) / (std::sqrt(unbiased * v[k]) + eps);
    }
  }

  bool operator==(const Nadam&) const = default;
};

}  // namespace gradus
