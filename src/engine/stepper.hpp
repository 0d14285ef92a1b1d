// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "engine/threads/workshop.hpp"
#include "gradus/optim/optimizer.hpp"
#include "gradus/optim/regularisation.hpp"

namespace gradus::engine {

/// What moves parameters along a gradient: an optimizer with its regularisation. Descent and Adam step by vector
/// kernels, every other method as it is defined.
template <class T>
class Stepper {
 public:
  /// Throws ValueError if a number of the method or of the regularisation is out of range.
  Stepper(const OptimizerMethod& method, const Regularisation& regularisation, std::vector<ParameterBlock> blocks,
          Index parameters);

  /// Whether a step is theta <- theta - learning rate * gradient and nothing else.
  bool is_plain_descent() const;

  /// Adds the derivative of the penalties to the gradient; returns the penalties. `samples`: how much the batch counts.
  double add_penalty(std::span<const T> theta, std::span<T> gradient, double samples) const;
  /// The gradient may be clipped in place.
  void step(std::span<T> theta, std::span<T> gradient, Workshop& workshop);
  /// Counts steps that were made elsewhere.
  void count_steps(Index steps) { optimizer_.state().steps += steps; }

  double learning_rate() const { return gradus::learning_rate(optimizer_.method()); }
  void set_learning_rate(double rate);
  const OptimizerState<T>& state() const { return optimizer_.state(); }
  void set_state(OptimizerState<T> state);
  /// Bytes of the optimizer's slots.
  std::size_t memory() const;

 private:
  Optimizer<T> optimizer_;
  Regularisation regularisation_;
  std::vector<ParameterBlock> blocks_;
  Index parameters_;
};

extern template class Stepper<float>;
extern template class Stepper<double>;

}  // namespace gradus::engine
