// SPDX-License-Identifier: MIT
#include "engine/stepper.hpp"

#include <cmath>

#include "engine/kernels/step_kernel.hpp"
#include "gradus/core/number.hpp"

namespace gradus::engine {
namespace {

template <class T>
void step_by_kernel(const Sgd& sgd, std::span<T> theta, std::span<const T> gradient, OptimizerState<T>& state,
                    Workshop& workshop) {
  const DescentStep<T> step{static_cast<T>(sgd.learning_rate), static_cast<T>(sgd.momentum), sgd.nesterov};
  T* v = state.slots.empty() ? nullptr : state.slots[0].data();
  workshop.share(static_cast<Index>(theta.size()), 1, [&](Index first, Index count, int) {
    run_step(step, count, gradient.data() + first, v ? v + first : nullptr, theta.data() + first);
  });
}

/// Adam, or AdamW after its decay.
template <class T, class Method>
void step_by_kernel(const Method& adam, std::span<T> theta, std::span<const T> gradient, OptimizerState<T>& state,
                    Workshop& workshop) {
  const double t = static_cast<double>(state.steps + 1);
  const double rate = adam.learning_rate * std::sqrt(1 - std::pow(adam.beta2, t)) / (1 - std::pow(adam.beta1, t));
  const AdamStep<T> step{static_cast<T>(rate), static_cast<T>(adam.beta1), static_cast<T>(adam.beta2),
                         static_cast<T>(adam.epsilon)};
  workshop.share(static_cast<Index>(theta.size()), 1, [&](Index first, Index count, int) {
    run_step(step, count, gradient.data() + first, state.slots[0].data() + first, state.slots[1].data() + first,
             theta.data() + first);
  });
}

}  // namespace

template <class T>
Stepper<T>::Stepper(const OptimizerMethod& method, const Regularisation& regularisation,
                    std::vector<ParameterBlock> blocks, Index parameters)
    : optimizer_(method, parameters),
      regularisation_(regularisation),
      blocks_(std::move(blocks)),
      parameters_(parameters) {
  check(regularisation_);
}

template <class T>
bool Stepper<T>::is_plain_descent() const {
  const Sgd* sgd = std::get_if<Sgd>(&optimizer_.method());
  Regularisation none;
  none.per_sample = regularisation_.per_sample;
  return sgd && sgd->momentum == 0 && regularisation_ == none;
}

template <class T>
double Stepper<T>::add_penalty(std::span<const T> theta, std::span<T> gradient, double samples) const {
  const Regularisation& r = regularisation_;
  if (r.l1 == 0 && r.l2 == 0) return 0;
  const double share = !r.per_sample ? 1 : samples > 0 ? 1 / samples : 0;
  const PenaltyStep<T> penalty{static_cast<T>(r.l1 * share), static_cast<T>(r.l2 * share)};
  double sum = 0;
  for (const ParameterBlock& block : blocks_)
    if (!block.is_bias)
      sum += run_penalty(penalty, block.size(), theta.data() + block.offset, gradient.data() + block.offset);
  return sum;
}

template <class T>
void Stepper<T>::step(std::span<T> theta, std::span<T> gradient, Workshop& workshop) {
  const std::span<const ParameterBlock> blocks(blocks_);
  clip(regularisation_, gradient);
  decay_weights(regularisation_, blocks, learning_rate(), theta);
  const OptimizerMethod& method = optimizer_.method();
  if (const AdamW* adamw = std::get_if<AdamW>(&method))
    decay_weights({.weight_decay = adamw->decay}, blocks, adamw->learning_rate, theta);
  std::visit(
      [&]<class M>(const M& m) {
        if constexpr (std::is_same_v<M, Sgd> || std::is_same_v<M, Adam> || std::is_same_v<M, AdamW>) {
          step_by_kernel<T>(m, theta, gradient, optimizer_.state(), workshop);
          count_steps(1);
        } else {
          optimizer_.step(theta, gradient);
        }
      },
      method);
  limit_norms(regularisation_, blocks, theta);
}

template <class T>
void Stepper<T>::set_learning_rate(double rate) {
  if (!(rate >= 0) || !std::isfinite(rate))
    throw ValueError("[engine] expected a finite learning rate of at least 0, got " + number_text(rate));
  gradus::set_learning_rate(optimizer_.method(), rate);
}

template <class T>
void Stepper<T>::set_state(OptimizerState<T> state) {
  check_length("engine", "optimizer state", static_cast<Index>(state.slots.size()),
               static_cast<Index>(optimizer_.state().slots.size()));
  for (const std::vector<T>& slot : state.slots)
    check_length("engine", "optimizer state's slot", static_cast<Index>(slot.size()), parameters_);
  optimizer_.set_state(std::move(state));
}

template <class T>
std::size_t Stepper<T>::memory() const {
  return optimizer_.state().slots.size() * static_cast<std::size_t>(parameters_) * sizeof(T);
}

template class Stepper<float>;
template class Stepper<double>;

}  // namespace gradus::engine
