// SPDX-License-Identifier: MIT
#include "train/minimiser.hpp"

namespace gradus::detail {

template <std::floating_point T>
Minimiser<T>::Minimiser(const FitOptions& options) : regularisation_(options.regularisation) {
  check(regularisation_);
  const std::string method(name(options.optimizer));
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
bool Minimiser<T>::descend(std::span<T> theta, T value, std::span<const T> gradient, const Objective<T>& objective) {
  Standing<T> at{theta, value, {gradient.begin(), gradient.end()}};
  return descent_->step(objective, at);
}

template <std::floating_point T>
bool Minimiser<T>::reduce(std::span<T> theta, const Residuals<T>& residuals) {
  Standing<T> at{theta, 0, {}};
  if (squares_->evaluations() == 0)
    squares_->start(residuals, at);
  else
    squares_->resume(at);
  return squares_->step(residuals, at);
}

template <std::floating_point T>
void Minimiser<T>::write_state(TrainingState<T>& state) const {
  if (descent_) state.descent = descent_->state();
  if (squares_) state.squares = squares_->state();
}

template <std::floating_point T>
void Minimiser<T>::read_state(const TrainingState<T>& state) {
  if (descent_) descent_->set_state(state.descent);
  if (squares_) squares_->set_state(state.squares);
}

template class Minimiser<double>;
template class Minimiser<float>;

}  // namespace gradus::detail
