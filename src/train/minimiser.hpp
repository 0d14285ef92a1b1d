// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <optional>

#include "gradus/train/fit.hpp"
#include "gradus/train/training_state.hpp"

namespace gradus::detail {

/// A method that minimises the loss of all samples, at work: an update is one of its iterations.
template <std::floating_point T>
class Minimiser {
 public:
  /// Throws ValueError if the options ask for what such a method does not know.
  explicit Minimiser(const FitOptions& options);

  /// Adds the derivative of the penalties to the gradient; returns the penalties.
  T add_penalty(std::span<const ParameterBlock> blocks, double samples, std::span<const T> theta,
                std::span<T> gradient) const {
    return gradus::add_penalty(regularisation_, blocks, samples, theta, gradient);
  }

  /// Whether it takes residuals, and no objective.
  bool takes_residuals() const { return squares_.has_value(); }
  /// False if no step leads further down.
  bool descend(std::span<T> theta, T value, std::span<const T> gradient, const Objective<T>& objective);
  bool reduce(std::span<T> theta, const Residuals<T>& residuals);

  void write_state(TrainingState<T>& state) const;
  void read_state(const TrainingState<T>& state);

 private:
  Regularisation regularisation_;
  std::optional<Descent<T>> descent_;
  std::optional<LeastSquares<T>> squares_;
};

extern template class Minimiser<double>;
extern template class Minimiser<float>;

}  // namespace gradus::detail
