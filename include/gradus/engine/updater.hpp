// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "gradus/engine/arithmetic.hpp"
#include "gradus/optim/optimizer.hpp"
#include "gradus/optim/regularisation.hpp"

namespace gradus {

namespace engine {
class Workshop;
}

/// Who computes a step.
enum class Steps {
  kernels,  ///< the engine's vector instructions for descent and Adam: descent has the definition's bits, Adam agrees
            ///< with it to rounding
  definition,  ///< every method as it is defined (gradus/optim/)
};

/// What moves parameters along a gradient: an optimizer with its regularisation. An update is
///
///     loss += penalty,  g += its derivative          add_penalty
///     g <- g clipped by value, then by norm          step, and so on
///     w <- w - lr weight_decay w
///     theta <- the optimizer's step along g
///     w <- w cut to max_norm
///
/// where w are the parameters that are no biases.
template <std::floating_point T>
class Updater {
 public:
  /// `blocks`: the network's, which tell weights from biases. Throws ValueError if a number of the method or of the
  /// regularisation is out of range.
  Updater(const OptimizerMethod& method, const Regularisation& regularisation, std::vector<ParameterBlock> blocks,
          Index parameters, Steps steps = Steps::kernels, Arithmetic arithmetic = Arithmetic::automatic);

  /// Whether a step is theta <- theta - learning rate * gradient and nothing else.
  bool is_plain_descent() const;

  /// Adds the derivative of the penalties to the gradient; returns the penalties. `samples`: how much the batch counts.
  double add_penalty(std::span<const T> theta, std::span<T> gradient, double samples) const;
  /// The gradient may be clipped in place. With a workshop its threads share the work; the bits are the same.
  void step(std::span<T> theta, std::span<T> gradient, engine::Workshop* workshop = nullptr);
  /// Whether `sweep` makes this one's updates: descent or Adam by the engine's kernels, with no more than an L2
  /// penalty.
  bool sweeps() const;
  /// Of a gradient that is asked for piece after piece, in ascending order: writes that of parameters `first` on.
  using Gradient = std::function<void(Index first, std::span<T> gradient)>;
  struct Swept {
    double penalty = 0;  ///< of the parameters before the step
    T largest = 0;       ///< max |g|, with the penalty's derivative
  };
  /// `add_penalty` and `step` in one, to the same bits: all parameters go through the caches once, and no gradient as
  /// long as theta is needed. Pieces of a block begin at whole multiples of `unit` parameters, such as those of a row.
  Swept sweep(std::span<T> theta, double samples, Index unit, const Gradient& gradient);
  /// Counts steps that were made elsewhere.
  void count_steps(Index steps) { optimizer_.state().steps += steps; }

  double learning_rate() const { return gradus::learning_rate(optimizer_.method()); }
  /// Throws ValueError unless it is finite and at least 0.
  void set_learning_rate(double rate);
  const OptimizerState<T>& state() const { return optimizer_.state(); }
  /// Throws ShapeError if it is not that of this method and so many parameters.
  void set_state(OptimizerState<T> state);
  /// Bytes of the optimizer's slots.
  std::size_t memory() const;

 private:
  template <class Step>
  Swept sweep_by(const Step& step, std::span<T> theta, double samples, Index unit, const Gradient& gradient);

  Optimizer<T> optimizer_;
  Regularisation regularisation_;
  std::vector<ParameterBlock> blocks_;
  Index parameters_;
  Steps steps_;
  Arithmetic arithmetic_;
  bool is_bare_;  // whether nothing but the penalties is asked for beside the method
};

extern template class Updater<float>;
extern template class Updater<double>;

}  // namespace gradus
