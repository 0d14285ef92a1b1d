// SPDX-License-Identifier: MIT
#include "gradus/engine/updater.hpp"

#include <cmath>

#include "engine/arithmetic_scope.hpp"
#include "engine/kernels/step_kernel.hpp"
#include "engine/threads/workshop.hpp"
#include "gradus/core/number.hpp"
#include "optim/bias_correction.hpp"

namespace gradus {
namespace {

using engine::AdamStep;
using engine::DescentStep;
using engine::PenaltyStep;
using engine::run_penalty;
using engine::run_step;

/// f(first, count) for pieces that together are 0 ..< n.
template <class F>
void share(engine::Workshop* workshop, Index n, const F& f) {
  if (!workshop) return f(Index{0}, n);
  workshop->share(n, 1, [&](Index first, Index count, int) { f(first, count); });
}

template <class T>
void step_by_kernel(const Sgd& sgd, std::span<T> theta, std::span<const T> gradient, OptimizerState<T>& state,
                    engine::Workshop* workshop) {
  const DescentStep<T> step{static_cast<T>(sgd.learning_rate), static_cast<T>(sgd.momentum), sgd.nesterov};
  T* v = state.slots.empty() ? nullptr : state.slots[0].data();
  share(workshop, static_cast<Index>(theta.size()), [&](Index first, Index count) {
    run_step(step, count, gradient.data() + first, v ? v + first : nullptr, theta.data() + first);
  });
}

/// Adam, or AdamW after its decay.
template <class T, class Method>
void step_by_kernel(const Method& adam, std::span<T> theta, std::span<const T> gradient, OptimizerState<T>& state,
                    engine::Workshop* workshop) {
  const double t = static_cast<double>(state.steps + 1);
  const double rate = adam.learning_rate * std::sqrt(bias_correction(adam.beta2, t)) / bias_correction(adam.beta1, t);
  const AdamStep<T> step{static_cast<T>(rate), static_cast<T>(adam.beta1), static_cast<T>(adam.beta2),
                         static_cast<T>(adam.epsilon)};
  share(workshop, static_cast<Index>(theta.size()), [&](Index first, Index count) {
    run_step(step, count, gradient.data() + first, state.slots[0].data() + first, state.slots[1].data() + first,
             theta.data() + first);
  });
}

/// Whether the step was made by a kernel: descent, Adam and AdamW have one.
template <class T>
bool try_kernel(Optimizer<T>& optimizer, std::span<const ParameterBlock> blocks, std::span<T> theta,
                std::span<const T> gradient, engine::Workshop* workshop) {
  return std::visit(
      [&]<class M>(const M& method) {
        if constexpr (std::is_same_v<M, Sgd> || std::is_same_v<M, Adam> || std::is_same_v<M, AdamW>) {
          if constexpr (std::is_same_v<M, AdamW>)
            decay_weights({.weight_decay = method.decay}, blocks, method.learning_rate, theta);
          step_by_kernel<T>(method, theta, gradient, optimizer.state(), workshop);
          ++optimizer.state().steps;
          return true;
        } else {
          return false;
        }
      },
      optimizer.method());
}

}  // namespace

template <std::floating_point T>
Updater<T>::Updater(const OptimizerMethod& method, const Regularisation& regularisation,
                    std::vector<ParameterBlock> blocks, Index parameters, Steps steps, Arithmetic arithmetic)
    : optimizer_(method, parameters),
      regularisation_(regularisation),
      blocks_(std::move(blocks)),
      parameters_(parameters),
      steps_(steps),
      arithmetic_(engine::resolved(arithmetic)),
      is_bare_(regularisation.clip_value == 0 && regularisation.clip_norm == 0 && regularisation.weight_decay == 0 &&
               regularisation.max_norm == 0) {
  check(regularisation_);
  std::vector<std::uint8_t>& decays = optimizer_.state().decays;
  decays.assign(static_cast<std::size_t>(parameters), 1);
  for (const ParameterBlock& block : blocks_)
    if (block.is_bias) std::fill_n(decays.begin() + block.offset, block.size(), std::uint8_t{0});
}

template <std::floating_point T>
bool Updater<T>::is_plain_descent() const {
  const Sgd* sgd = std::get_if<Sgd>(&optimizer_.method());
  Regularisation none;
  none.per_sample = regularisation_.per_sample;
  return sgd && sgd->momentum == 0 && regularisation_ == none;
}

template <std::floating_point T>
double Updater<T>::add_penalty(std::span<const T> theta, std::span<T> gradient, double samples) const {
  const Regularisation& r = regularisation_;
  if (r.l1 == 0 && r.l2 == 0) return 0;
  if (steps_ == Steps::kernels) {
    const engine::TrainingScope scope(arithmetic_);
    const double share = r.share(samples);
    const PenaltyStep<T> penalty{static_cast<T>(r.l1 * share), static_cast<T>(r.l2 * share)};
    double sum = 0;
    for (const ParameterBlock& block : blocks_)
      if (!block.is_bias)
        sum += run_penalty(penalty, block.size(), theta.data() + block.offset, gradient.data() + block.offset);
    return sum;
  }
  return static_cast<double>(gradus::add_penalty<T>(r, blocks_, samples, theta, gradient));
}

template <std::floating_point T>
void Updater<T>::step(std::span<T> theta, std::span<T> gradient, engine::Workshop* workshop) {
  // The definition's numbers are the same on every machine, and not every machine can flush.
  const engine::ArithmeticScope scope(arithmetic_);
  const FlushDenormals flush(steps_ == Steps::kernels && arithmetic_ == Arithmetic::fused);
  const std::span<const ParameterBlock> blocks(blocks_);
  if (!is_bare_) {
    clip(regularisation_, gradient);
    decay_weights(regularisation_, blocks, learning_rate(), theta);
  }
  if (steps_ == Steps::definition || !try_kernel<T>(optimizer_, blocks, theta, gradient, workshop))
    optimizer_.step(theta, gradient);
  if (!is_bare_) limit_norms(regularisation_, blocks, theta);
}

template <std::floating_point T>
void Updater<T>::set_learning_rate(double rate) {
  if (!(rate >= 0) || !std::isfinite(rate))
    throw ValueError("[engine] expected a finite learning rate of at least 0, got " + number_text(rate));
  gradus::set_learning_rate(optimizer_.method(), rate);
}

template <std::floating_point T>
void Updater<T>::set_state(OptimizerState<T> state) {
  check_length("engine", "optimizer state", static_cast<Index>(state.slots.size()),
               static_cast<Index>(optimizer_.state().slots.size()));
  for (const std::vector<T>& slot : state.slots)
    check_length("engine", "optimizer state's slot", static_cast<Index>(slot.size()), parameters_);
  state.decays = optimizer_.state().decays;  // which parameters are weights is the network's to say
  optimizer_.set_state(std::move(state));
}

template <std::floating_point T>
std::size_t Updater<T>::memory() const {
  return optimizer_.state().slots.size() * static_cast<std::size_t>(parameters_) * sizeof(T);
}

template class Updater<float>;
template class Updater<double>;

}  // namespace gradus
