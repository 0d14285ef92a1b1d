// SPDX-License-Identifier: MIT
#include "gradus/engine/updater.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "engine/arithmetic_scope.hpp"
#include "engine/kernels/sparse_kernel.hpp"
#include "engine/kernels/step_kernel.hpp"
#include "engine/threads/workshop.hpp"
#include "gradus/core/number.hpp"
#include "gradus/engine/buffer.hpp"
#include "gradus/engine/math.hpp"
#include "optim/bias_correction.hpp"

namespace gradus {
namespace {

using engine::AdamStep;
using engine::DescentStep;
using engine::PenaltyStep;
using engine::run_penalty;
using engine::run_step;

/// Of the gradient that a sweep has at a time, so that it and what is swept stay in the first cache.
constexpr Index kPieceBytes = 8 * 1024;

/// f(first, count) for pieces that together are 0 ..< n.
template <class F>
void share(engine::Workshop* workshop, Index n, const F& f) {
  if (!workshop) return f(Index{0}, n);
  workshop->share(n, 1, [&](Index first, Index count, int) { f(first, count); });
}

/// The numbers of a step that follows so many others.
template <class T>
DescentStep<T> step_of(const Sgd& sgd, Index /*steps*/) {
  return {static_cast<T>(sgd.learning_rate), static_cast<T>(sgd.momentum), sgd.nesterov};
}
/// Of Adam, or of AdamW after its decay.
template <class T, class Method>
AdamStep<T> step_of(const Method& adam, Index steps) {
  const double t = static_cast<double>(steps + 1);
  const double rate = adam.learning_rate * std::sqrt(bias_correction(adam.beta2, t)) / bias_correction(adam.beta1, t);
  return {static_cast<T>(rate), static_cast<T>(adam.beta1), static_cast<T>(adam.beta2), static_cast<T>(adam.epsilon)};
}

/// Parameters `first` on, `count` of them, whose gradient this is.
template <class T>
void step_piece(const DescentStep<T>& step, OptimizerState<T>& state, Index first, Index count, const T* gradient,
                T* theta) {
  run_step(step, count, gradient, state.slots.empty() ? nullptr : state.slots[0].data() + first, theta);
}
template <class T>
void step_piece(const AdamStep<T>& step, OptimizerState<T>& state, Index first, Index count, const T* gradient,
                T* theta) {
  run_step(step, count, gradient, state.slots[0].data() + first, state.slots[1].data() + first, theta);
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
          const auto step = step_of<T>(method, optimizer.state().steps);
          share(workshop, static_cast<Index>(theta.size()), [&](Index first, Index count) {
            step_piece(step, optimizer.state(), first, count, gradient.data() + first, theta.data() + first);
          });
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
bool Updater<T>::sweeps() const {
  Regularisation known;
  known.l2 = regularisation_.l2;
  known.per_sample = regularisation_.per_sample;
  const OptimizerMethod& method = optimizer_.method();
  return steps_ == Steps::kernels && regularisation_ == known &&
         (std::holds_alternative<Sgd>(method) || std::holds_alternative<Adam>(method));
}

template <std::floating_point T>
typename Updater<T>::Swept Updater<T>::sweep(std::span<T> theta, double samples, Index unit, const Gradient& gradient) {
  return std::visit(
      [&]<class M>(const M& method) -> Swept {
        if constexpr (std::is_same_v<M, Sgd> || std::is_same_v<M, Adam>)
          return sweep_by(step_of<T>(method, optimizer_.state().steps), theta, samples, unit, gradient);
        else
          throw ValueError("[engine] expected descent or Adam, to sweep");
      },
      optimizer_.method());
}

template <std::floating_point T>
template <class Step>
typename Updater<T>::Swept Updater<T>::sweep_by(const Step& step, std::span<T> theta, double samples, Index unit,
                                                const Gradient& gradient) {
  const engine::TrainingScope scope(arithmetic_);
  const PenaltyStep<T> penalty{0, static_cast<T>(regularisation_.l2 * regularisation_.share(samples))};
  // Whole lines, so that the sums of squares go on where the piece before has ended.
  const Index whole = unit * engine::kSquareSums<T>;
  const Index most = whole * std::max<Index>(1, kPieceBytes / static_cast<Index>(sizeof(T)) / whole);
  engine::Buffer<T> piece;
  Swept swept;
  for (const ParameterBlock& block : blocks_) {
    const bool penalised = regularisation_.l2 != 0 && !block.is_bias;
    std::array<T, static_cast<std::size_t>(engine::kSquareSums<T>)> squares{};
    for (Index first = 0; first < block.size(); first += most) {
      const Index count = std::min(most, block.size() - first), at = block.offset + first;
      piece.resize(static_cast<std::size_t>(count));
      gradient(at, piece);
      if (penalised) {
        engine::add_squares(count, theta.data() + at, squares.data());
        run_penalty(penalty, count, theta.data() + at, piece.data());
      }
      swept.largest = std::max(swept.largest, engine::largest_magnitude(std::span<const T>(piece)));
      step_piece(step, optimizer_.state(), at, count, piece.data(), theta.data() + at);
    }
    if (penalised)
      swept.penalty += static_cast<double>(penalty.l2) / 2 * static_cast<double>(engine::fold_squares(squares.data()));
  }
  ++optimizer_.state().steps;
  return swept;
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
