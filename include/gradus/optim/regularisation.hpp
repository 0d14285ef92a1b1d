// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <span>
#include <vector>

#include "gradus/nn/parameter_block.hpp"

namespace gradus {

/// What keeps weights and gradients small. Biases are free of all of it but the clipping. 0 means off.
struct Regularisation {
  double l1 = 0;            ///< adds l1 sum |w| to the loss; its derivative at 0 is taken as 0
  double l2 = 0;            ///< adds l2 / 2 sum w^2 to the loss
  bool per_sample = false;  ///< l1 and l2 are divided by the samples of the batch, or the sum of their weights, as by
                            ///< scikit-learn its alpha
  double clip_value = 0;    ///< cuts each number of the gradient to +-clip_value
  double clip_norm = 0;     ///< then shortens the gradient to the Euclidean norm clip_norm
  double weight_decay = 0;  ///< before the step, w <- w - lr weight_decay w (Loshchilov and Hutter, 2019)
  double max_norm = 0;      ///< after the step, cuts the norm of the weights into each unit (Srivastava et al., 2014)

  /// What l1 and l2 are multiplied with where the samples of a batch count so much together.
  double share(double samples) const { return !per_sample ? 1 : samples != 0 ? 1 / samples : 0; }
  bool operator==(const Regularisation&) const = default;
};

/// Throws ValueError if a number is negative or not finite.
void check(const Regularisation& regularisation);

/// l1 sum |w| + l2 / 2 sum w^2 over all arrays that are no biases; adds its derivative to the gradient. `samples` is
/// how much the samples of the batch count together.
template <std::floating_point T>
T add_penalty(const Regularisation& regularisation, std::span<const ParameterBlock> blocks, double samples,
              std::span<const T> theta, std::span<T> gradient);
/// Clips by value, then by norm.
template <std::floating_point T>
void clip(const Regularisation& regularisation, std::span<T> gradient);
template <std::floating_point T>
void decay_weights(const Regularisation& regularisation, std::span<const ParameterBlock> blocks, double learning_rate,
                   std::span<T> theta);
template <std::floating_point T>
void limit_norms(const Regularisation& regularisation, std::span<const ParameterBlock> blocks, std::span<T> theta);

extern template double add_penalty(const Regularisation&, std::span<const ParameterBlock>, double,
                                   std::span<const double>, std::span<double>);
extern template float add_penalty(const Regularisation&, std::span<const ParameterBlock>, double,
                                  std::span<const float>, std::span<float>);
extern template void clip(const Regularisation&, std::span<double>);
extern template void clip(const Regularisation&, std::span<float>);
extern template void decay_weights(const Regularisation&, std::span<const ParameterBlock>, double, std::span<double>);
extern template void decay_weights(const Regularisation&, std::span<const ParameterBlock>, double, std::span<float>);
extern template void limit_norms(const Regularisation&, std::span<const ParameterBlock>, std::span<double>);
extern template void limit_norms(const Regularisation&, std::span<const ParameterBlock>, std::span<float>);

}  // namespace gradus
