// SPDX-License-Identifier: MIT
#include "gradus/train/mover.hpp"

namespace gradus::detail {

template <std::floating_point T>
Mover<T>::Mover(const FitOptions& options, const std::vector<ParameterBlock>& blocks, Index parameters,
                Index updates_per_epoch, Index samples, Steps steps)
    : regularisation_(options.regularisation),
      blocks_(blocks),
      scheduler_(options.schedule, std::max<Index>(1, updates_per_epoch), samples) {
  check(regularisation_);
  const std::string method(name(options.optimizer));
  if (const std::optional<OptimizerMethod> stepping = stepping_method(options.optimizer)) {
    rate_ = gradus::learning_rate(*stepping);
    updater_.emplace(*stepping, options.regularisation, blocks, parameters, steps);
    return;
  }
  const Regularisation& r = regularisation_;
  if (r.weight_decay > 0 || r.max_norm > 0 || r.clip_norm > 0 || r.clip_value > 0)
    throw ValueError("[fit] expected no weight decay, max-norm or clipping with " + method +
                     ", which minimises the loss as it is");
  if (options.schedule != Schedule{})
    throw ValueError("[fit] expected no schedule with " + method + ", which finds its own steps");
  if (const auto* lm = std::get_if<LevenbergMarquardt>(&options.optimizer)) {
    if (!std::holds_alternative<MeanSquaredError>(options.loss.function) || r.l1 > 0)
      throw ValueError("[fit] expected the loss mse, and no l1, with lm: it takes sums of squares only");
    squares_.emplace(*lm);
  } else if (const auto* cg = std::get_if<ConjugateGradient>(&options.optimizer)) {
    descent_.emplace(*cg);
  } else {
    descent_.emplace(std::get<Lbfgs>(options.optimizer));
  }
}

template <std::floating_point T>
void Mover<T>::step(std::span<T> theta, std::span<T> gradient, Index updates) {
  updater_->set_learning_rate(learning_rate(updates));
  updater_->step(theta, gradient);
}

template <std::floating_point T>
bool Mover<T>::descend(std::span<T> theta, T value, const std::vector<T>& gradient, const Objective<T>& objective) {
  Standing<T> at{theta, value, gradient};
  return descent_->step(objective, at);
}

template <std::floating_point T>
bool Mover<T>::reduce(std::span<T> theta, const Residuals<T>& residuals) {
  Standing<T> at{theta, 0, {}};
  if (squares_->evaluations() == 0)
    squares_->start(residuals, at);
  else
    squares_->resume(at);
  return squares_->step(residuals, at);
}

template class Mover<double>;
template class Mover<float>;

}  // namespace gradus::detail
