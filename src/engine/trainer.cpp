// SPDX-License-Identifier: MIT
#include "gradus/engine/trainer.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "engine/batch_kernel.hpp"
#include "engine/online_kernel.hpp"
#include "engine/step_kernel.hpp"
#include "gradus/core/shape.hpp"
#include "gradus/engine/buffer.hpp"

namespace gradus::engine {
namespace {

std::size_t size(Index n) { return static_cast<std::size_t>(n); }

Description checked_description(const Network& network, const LossFunction& loss) {
  const std::optional<Description> description = describe(network, loss);
  if (!description || static_cast<Index>(description->stages.size()) > kMaxStages)
    throw ValueError("[engine] expected dense layers whose last one fits the loss, at most " +
                     std::to_string(kMaxStages) + " of them, got " + to_text(network));
  return *description;
}

template <class T>
void check_batch(const Description& net, ConstMatrixView<T> x, ConstMatrixView<T> targets,
                 std::span<const Index> rows) {
  check_cols("engine", "x", x, net.inputs());
  check_cols("engine", "targets", targets, net.outputs());
  check_rows("engine", "targets", targets, x.rows());
  for (const Index row : rows)
    if (row < 0 || row >= x.rows())
      throw ValueError("[engine] expected rows from 0 to " + std::to_string(x.rows() - 1) + ", got " +
                       std::to_string(row));
}

}  // namespace

// -------------------------------------------------------------------------------------------------- the gradient

template <class T>
struct GradientPlan<T>::State {
  Description net;
  Loss loss;
  Index batch = 0;
  PlanKind kind = PlanKind::batch;
  Buffer<T> work;

  Tally run(const T* theta, ConstMatrixView<T> x, ConstMatrixView<T> targets, const Index* rows, Index count,
            T* gradient, bool record, Match match) {
    BatchPass<T> pass{.net = &net,
                      .theta = theta,
                      .x = x.data(),
                      .x_stride = x.stride(),
                      .targets = targets.data(),
                      .targets_stride = targets.stride(),
                      .rows = rows,
                      .count = count,
                      .scale = static_cast<T>(loss.scale(count, net.outputs())),
                      .gradient = gradient,
                      .work = work.data(),
                      .record = record,
                      .match = match};
    run_batch(pass);
    return {static_cast<double>(pass.loss), pass.hits, count};
  }
};

template <class T>
bool GradientPlan<T>::exists(const Network& network, const LossFunction& loss) {
  const std::optional<Description> description = describe(network, loss);
  return description && static_cast<Index>(description->stages.size()) <= kMaxStages;
}

template <class T>
GradientPlan<T>::GradientPlan(const Network& network, const Loss& loss, Index batch, PlanKind, int)
    : state_(std::make_unique<State>()) {
  if (batch < 1) throw ValueError("[engine] expected a batch >= 1, got " + std::to_string(batch));
  state_->net = checked_description(network, loss.function);
  state_->loss = loss;
  state_->batch = batch;
  state_->work.resize(size(batch_work<T>(state_->net)));
}
template <class T>
GradientPlan<T>::~GradientPlan() = default;
template <class T>
GradientPlan<T>::GradientPlan(GradientPlan&&) noexcept = default;
template <class T>
GradientPlan<T>& GradientPlan<T>::operator=(GradientPlan&&) noexcept = default;

template <class T>
Tally GradientPlan<T>::operator()(std::span<const T> theta, ConstMatrixView<T> x, ConstMatrixView<T> targets,
                                  std::span<const Index> rows, std::span<T> gradient, bool record, Match match) {
  const Description& net = state_->net;
  check_batch(net, x, targets, rows);
  check_length("engine", "theta", static_cast<Index>(theta.size()), net.parameters);
  check_length("engine", "gradient", static_cast<Index>(gradient.size()), net.parameters);
  const Index count = rows.empty() ? x.rows() : static_cast<Index>(rows.size());
  if (count == 0) throw ValueError("[engine] expected at least one sample, got none");
  return state_->run(theta.data(), x, targets, rows.empty() ? nullptr : rows.data(), count, gradient.data(), record,
                     match);
}

template <class T>
PlanKind GradientPlan<T>::kind() const {
  return state_->kind;
}
template <class T>
std::size_t GradientPlan<T>::memory() const {
  return state_->work.size() * sizeof(T);
}

template class GradientPlan<float>;
template class GradientPlan<double>;

// -------------------------------------------------------------------------------------------------- the trainer

template <class T>
struct Trainer<T>::State {
  State(const Network& network, const TrainerOptions& given)
      : options(given), net(checked_description(network, given.loss.function)), packing(net) {}

  TrainerOptions options;
  Description net;
  Packing<T> packing;
  std::unique_ptr<GradientPlan<T>> gradient_plan;  // none with the online plan
  Buffer<T> theta;                                 // packed with the online plan
  Buffer<T> work;                                  // of the online plan
  Buffer<T> gradient;
  Buffer<T> slots[2];
  Index steps = 0;

  bool online() const { return !gradient_plan; }

  Tally run_online(ConstMatrixView<T> x, ConstMatrixView<T> targets, const Index* rows, Index count) {
    OnlinePass<T> pass{.net = &net,
                       .packing = &packing,
                       .packed = theta.data(),
                       .x = x.data(),
                       .x_stride = x.stride(),
                       .targets = targets.data(),
                       .targets_stride = targets.stride(),
                       .rows = rows,
                       .count = count,
                       .rate = static_cast<T>(options.rule.learning_rate * options.loss.scale(1, net.outputs())),
                       .work = work.data(),
                       .record = options.record,
                       .match = options.match};
    engine::run_online(pass);
    steps += count;
    return {static_cast<double>(pass.loss), pass.hits, count};
  }

  void step() {
    ++steps;
    const Rule& rule = options.rule;
    if (rule.kind == Rule::Kind::descent) {
      const DescentStep<T> descent{static_cast<T>(rule.learning_rate), static_cast<T>(rule.momentum), rule.nesterov};
      run_step(descent, net.parameters, gradient.data(), slots[0].data(), theta.data());
      return;
    }
    const double t = static_cast<double>(steps);
    const double rate = rule.learning_rate * std::sqrt(1 - std::pow(rule.beta2, t)) / (1 - std::pow(rule.beta1, t));
    const AdamStep<T> adam{static_cast<T>(rate), static_cast<T>(rule.beta1), static_cast<T>(rule.beta2),
                           static_cast<T>(rule.epsilon)};
    run_step(adam, net.parameters, gradient.data(), slots[0].data(), slots[1].data(), theta.data());
  }
};

template <class T>
Trainer<T>::Trainer(const Network& network, const TrainerOptions& options, std::span<const T> theta)
    : state_(std::make_unique<State>(network, options)) {
  State& s = *state_;
  const Rule& rule = options.rule;
  if (options.batch < 1) throw ValueError("[engine] expected a batch >= 1, got " + std::to_string(options.batch));
  if (!(rule.learning_rate >= 0) || !std::isfinite(rule.learning_rate))
    throw ValueError("[engine] expected a finite learning rate >= 0, got " + std::to_string(rule.learning_rate));
  const bool plain = rule.kind == Rule::Kind::descent && rule.momentum == 0;
  const bool online = options.plan == PlanKind::online || (options.plan == PlanKind::automatic && options.batch == 1);
  if (options.plan == PlanKind::online && (!plain || options.batch != 1))
    throw ValueError("[engine] expected plain descent and batches of 1 with the online plan");
  if (online && plain) {
    s.theta.resize(size(s.packing.size()));
    s.work.resize((s.net.stages.size() + 4) * size(std::max<Index>(s.packing.widest(), 64)));
  } else {
    s.gradient_plan =
        std::make_unique<GradientPlan<T>>(network, options.loss, options.batch, options.plan, options.threads);
    s.theta.resize(size(s.net.parameters));
    s.gradient.resize(size(s.net.parameters));
    if (!plain) s.slots[0].resize(size(s.net.parameters));
    if (rule.kind == Rule::Kind::adam) s.slots[1].resize(size(s.net.parameters));
  }
  set_parameters(theta);
}
template <class T>
Trainer<T>::~Trainer() = default;
template <class T>
Trainer<T>::Trainer(Trainer&&) noexcept = default;
template <class T>
Trainer<T>& Trainer<T>::operator=(Trainer&&) noexcept = default;

template <class T>
Tally Trainer<T>::epoch(ConstMatrixView<T> x, ConstMatrixView<T> targets, std::span<const Index> order) {
  State& s = *state_;
  check_batch(s.net, x, targets, order);
  const Index count = order.empty() ? x.rows() : static_cast<Index>(order.size());
  if (s.online()) return s.run_online(x, targets, order.empty() ? nullptr : order.data(), count);
  Tally total;
  for (Index first = 0; first < count; first += s.options.batch) {
    const Index n = std::min(s.options.batch, count - first);
    const Tally tally = order.empty()
                            ? (*s.gradient_plan)(s.theta, x.middle_rows(first, n), targets.middle_rows(first, n), {},
                                                 s.gradient, s.options.record, s.options.match)
                            : (*s.gradient_plan)(s.theta, x, targets, order.subspan(size(first), size(n)), s.gradient,
                                                 s.options.record, s.options.match);
    s.step();
    total.loss += tally.loss;
    total.hits += tally.hits;
    total.samples += tally.samples;
  }
  return total;
}

template <class T>
void Trainer<T>::parameters(std::span<T> theta) const {
  const State& s = *state_;
  check_length("engine", "theta", static_cast<Index>(theta.size()), s.net.parameters);
  if (s.online()) return s.packing.unpack(s.theta.data(), theta);
  std::copy(s.theta.begin(), s.theta.end(), theta.begin());
}

template <class T>
void Trainer<T>::set_parameters(std::span<const T> theta) {
  State& s = *state_;
  check_length("engine", "theta", static_cast<Index>(theta.size()), s.net.parameters);
  if (s.online()) return s.packing.pack(theta, s.theta.data());
  std::copy(theta.begin(), theta.end(), s.theta.begin());
}

template <class T>
PlanKind Trainer<T>::kind() const {
  return state_->online() ? PlanKind::online : state_->gradient_plan->kind();
}

template <class T>
std::size_t Trainer<T>::memory() const {
  const State& s = *state_;
  const std::size_t own = s.theta.size() + s.work.size() + s.gradient.size() + s.slots[0].size() + s.slots[1].size();
  return own * sizeof(T) + (s.online() ? 0 : s.gradient_plan->memory());
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace gradus::engine
