// SPDX-License-Identifier: MIT
#include "gradus/engine/trainer.hpp"

#include <algorithm>
#include <optional>
#include <string>

#include "core/flush_denormals.hpp"
#include "engine/definition_plan.hpp"
#include "engine/plans/batch/batch_kernel.hpp"
#include "engine/plans/online/online_plan.hpp"
#include "engine/plans/products/products_plan.hpp"
#include "gradus/engine/updater.hpp"

namespace gradus::engine {
namespace {

std::size_t size(Index n) { return static_cast<std::size_t>(n); }

/// What the fast plans are made from, if they take this network and this loss.
std::optional<Description> fast_description(const Network& network, const LossFunction& loss) {
  std::optional<Description> net = describe(network, loss);
  if (net && static_cast<Index>(net->stages.size()) > kMaxStages) net.reset();
  return net;
}

/// Whether a batch of this size is better taken as matrix products than with a lane a sample.
/// Measured on one thread over widths 32 to 256 and batches 8 to 256, float and double, AVX-512: products win from
/// stages of about 32 x 32 weights on where the batch fills few lanes, of 192 x 192 where it fills many. From 128 x 128
/// on, several threads can share a product; how many there are must not matter here, for the bits depend on the plan.
bool pays_as_products(const Description& net, Index batch) {
  const Index side = batch <= 8 ? 32 : batch <= 16 ? 56 : batch <= 32 ? 96 : 128;
  Index weights = 0;
  for (const Stage& stage : net.stages) weights = std::max(weights, stage.weights());
  return weights >= side * side;
}

template <class T>
std::unique_ptr<Plan<T>> make_plan(const Network& network, const Loss& loss, Index batch, PlanKind kind,
                                   Workshop& workshop) {
  if (kind == PlanKind::online)
    throw ValueError("[engine] the online plan steps as it goes and has no gradient to give");
  if (kind == PlanKind::definition) return std::make_unique<DefinitionPlan<T>>(network, loss);
  const std::optional<Description> net = fast_description(network, loss.function);
  if (kind == PlanKind::automatic) kind = net && !pays_as_products(*net, batch) ? PlanKind::batch : PlanKind::products;
  if (kind == PlanKind::products) return make_products_plan<T>(network, loss, batch, workshop);
  if (!net)
    throw ValueError("[engine] expected dense layers with activations, at most " + std::to_string(kMaxStages) +
                     " of them, for this plan, got " + to_text(network));
  return std::make_unique<BatchPlan<T>>(*net, batch);
}

void check_batch(Index batch) {
  if (batch < 1) throw ValueError("[engine] expected a batch >= 1, got " + std::to_string(batch));
}

template <class T>
void check_samples(const Network& network, ConstMatrixView<T> x, const Targets<T>& targets,
                   std::span<const Index> rows) {
  network.check_input("engine", x.rows(), x.cols());
  check_cols("engine", "targets", targets.values, network.output_cols(x.cols()));
  check_rows("engine", "targets", targets.values, x.rows());
  if (!targets.weights.empty())
    check_length("engine", "sample weights", static_cast<Index>(targets.weights.size()), x.rows());
  const auto is_out = [&](Index row) { return row < 0 || row >= x.rows(); };
  bool any_out = false;  // all are looked at, which takes vector instructions, where a search would not
  for (const Index row : rows) any_out |= is_out(row);
  if (any_out)
    throw ValueError("[engine] expected rows from 0 to " + std::to_string(x.rows() - 1) + ", got " +
                     std::to_string(*std::find_if(rows.begin(), rows.end(), is_out)));
}

}  // namespace

// -------------------------------------------------------------------------------------------------- the gradient

template <class T>
struct GradientPlan<T>::State {
  explicit State(int threads) : workshop(threads) {}

  Workshop workshop;
  Network network;
  Loss loss;
  Index batch = 0;
  std::unique_ptr<Plan<T>> plan;
  std::uint64_t mask_seed = 0;
  std::uint64_t update = 0;

  /// Samples, or time steps, that one row of targets makes.
  Index steps(const Targets<T>& targets) const { return targets.values.cols() / network.outputs(); }

  /// What a sum of losses of a batch that counts so much is multiplied with.
  double scale(double count) const { return scale_of(loss, network.outputs(), count); }

  Pass<T> pass(std::span<const T> theta, ConstMatrixView<T> x, const Targets<T>& targets) const {
    check_length("engine", "theta", static_cast<Index>(theta.size()), network.parameter_count());
    Pass<T> pass;
    pass.theta = theta;
    pass.x = x;
    pass.targets = targets;
    pass.count = x.rows();
    pass.seed = mask_seed;
    pass.update = update;
    return pass;
  }
};

template <class T>
GradientPlan<T>::GradientPlan(const Network& network, const Loss& loss, Index batch, PlanKind kind, int threads)
    : state_(std::make_unique<State>(threads)) {
  check_batch(batch);
  state_->network = network;
  state_->loss = loss;
  state_->batch = batch;
  state_->plan = make_plan<T>(network, loss, batch, kind, state_->workshop);
}
template <class T>
GradientPlan<T>::~GradientPlan() = default;
template <class T>
GradientPlan<T>::GradientPlan(GradientPlan&&) noexcept = default;
template <class T>
GradientPlan<T>& GradientPlan<T>::operator=(GradientPlan&&) noexcept = default;

template <class T>
Tally GradientPlan<T>::operator()(std::span<const T> theta, ConstMatrixView<T> x, const Targets<T>& targets,
                                  std::span<const Index> rows, std::span<T> gradient, bool record, Hit hit) {
  const FlushDenormals flush;
  State& s = *state_;
  check_samples(s.network, x, targets, rows);
  check_length("engine", "gradient", static_cast<Index>(gradient.size()), s.network.parameter_count());
  if (rows.empty() && x.rows() == 0) throw ValueError("[engine] expected at least one sample, got none");
  Tally tally;
  const Index count = rows.empty() ? x.rows() : static_cast<Index>(rows.size());
  s.workshop.pass(count, [&] { tally = run(theta, x, targets, rows, gradient, record, hit); });
  return tally;
}

template <class T>
Tally GradientPlan<T>::run(std::span<const T> theta, ConstMatrixView<T> x, const Targets<T>& targets,
                           std::span<const Index> rows, std::span<T> gradient, bool record, Hit hit) {
  State& s = *state_;
  Pass<T> pass = s.pass(theta, x, targets);
  if (!rows.empty()) {
    pass.rows = rows.data();
    pass.count = static_cast<Index>(rows.size());
  }
  const Index steps = s.steps(targets);
  pass.scale = s.scale(pass.weight() * static_cast<double>(steps));
  pass.gradient = gradient.data();
  pass.record = record;
  pass.hit = hit;
  s.plan->run(pass);
  return {.loss = pass.scale * pass.loss, .hits = pass.hits, .samples = pass.count * steps};
}

template <class T>
Tally GradientPlan<T>::score(std::span<const T> theta, ConstMatrixView<T> x, const Targets<T>& targets, Hit hit) {
  const FlushDenormals flush;
  State& s = *state_;
  check_samples(s.network, x, targets, {});
  double loss = 0;
  Tally tally;
  constexpr Index part = kBatchPiece;  // enough to fill the lanes, too few to need much memory
  for (Index first = 0; first < x.rows(); first += part) {
    const Index count = std::min(part, x.rows() - first);
    Pass<T> pass = s.pass(theta, x.middle_rows(first, count), targets.middle_rows(first, count));
    pass.record = true;
    pass.hit = hit;
    s.plan->run(pass);
    loss += pass.loss;
    tally.hits += pass.hits;
    tally.samples += count * s.steps(targets);
  }
  tally.loss = s.scale(targets.count(s.network.outputs())) * loss;
  return tally;
}

template <class T>
void GradientPlan<T>::set_masks(std::uint64_t seed, std::uint64_t update) {
  state_->mask_seed = seed;
  state_->update = update;
}
template <class T>
std::span<T> GradientPlan<T>::state() {
  return state_->plan->state();
}
template <class T>
Workshop& GradientPlan<T>::workshop() {
  return state_->workshop;
}
template <class T>
PlanKind GradientPlan<T>::kind() const {
  return state_->plan->kind();
}
template <class T>
std::size_t GradientPlan<T>::memory() const {
  return state_->plan->memory() + state_->workshop.memory();
}

template class GradientPlan<float>;
template class GradientPlan<double>;

// -------------------------------------------------------------------------------------------------- the trainer

template <class T>
struct Trainer<T>::State {
  State(const Network& given, const TrainerOptions& wanted)
      : network(given),
        options(wanted),
        updater(wanted.optimizer, wanted.regularisation, given.parameter_blocks(), given.parameter_count()) {
    check_batch(options.batch);
    const bool is_online = options.batch == 1 && updater.is_plain_descent();
    if (options.plan == PlanKind::online && !is_online)
      throw ValueError(
          "[engine] expected plain descent, batches of 1 and dense layers of simple functions with the online plan");
    const bool wants_online = options.plan == PlanKind::online || options.plan == PlanKind::automatic;
    if (is_online && wants_online &&
        (options.plan == PlanKind::online || OnlinePlan<T>::exists(network, options.loss.function))) {
      online.emplace(network, options.loss);
      return;
    }
    plan.emplace(network, options.loss, options.batch, options.plan, options.threads);
    theta.resize(size(network.parameter_count()));
    gradient.resize(theta.size());
  }

  Network network;
  TrainerOptions options;
  Updater<T> updater;
  std::optional<OnlinePlan<T>> online;  // either this
  std::optional<GradientPlan<T>> plan;  // or this, with
  Buffer<T> theta;
  Buffer<T> gradient;

  Tally run_online(ConstMatrixView<T> x, const Targets<T>& targets, const Index* rows, Index count) {
    double loss = 0;
    Index hits = 0;
    online->run(x, targets, rows, count, updater.learning_rate(), options.record, options.hit, loss, hits);
    updater.count_steps(count);
    return {.loss = online->reduced(loss, count), .hits = hits, .samples = count};
  }

  /// One update on rows of the samples, or on all of them.
  Tally update(ConstMatrixView<T> x, const Targets<T>& targets, std::span<const Index> rows) {
    Tally tally;
    Workshop& workshop = plan->workshop();
    const Index count = rows.empty() ? x.rows() : static_cast<Index>(rows.size());
    plan->set_masks(options.mask_seed, static_cast<std::uint64_t>(updater.state().steps));
    workshop.pass(count, [&] {
      tally = plan->run(theta, x, targets, rows, gradient, options.record, options.hit);
      tally.penalty = updater.add_penalty(theta, gradient, weight(x, targets, rows));
      tally.loss += tally.penalty;
      updater.step(theta, gradient, &workshop);
    });
    return tally;
  }

  static double weight(ConstMatrixView<T> x, const Targets<T>& targets, std::span<const Index> rows) {
    Pass<T> pass;
    pass.targets = targets;
    pass.rows = rows.empty() ? nullptr : rows.data();
    pass.count = rows.empty() ? x.rows() : static_cast<Index>(rows.size());
    return pass.weight();
  }
};

template <class T>
Trainer<T>::Trainer(const Network& network, const TrainerOptions& options, std::span<const T> theta)
    : state_(std::make_unique<State>(network, options)) {
  set_parameters(theta);
}
template <class T>
Trainer<T>::~Trainer() = default;
template <class T>
Trainer<T>::Trainer(Trainer&&) noexcept = default;
template <class T>
Trainer<T>& Trainer<T>::operator=(Trainer&&) noexcept = default;

template <class T>
Tally Trainer<T>::epoch(ConstMatrixView<T> x, const Targets<T>& targets, std::span<const Index> order) {
  const FlushDenormals flush;
  State& s = *state_;
  check_samples(s.network, x, targets, order);
  const Index count = order.empty() ? x.rows() : static_cast<Index>(order.size());
  if (count == 0) return {};
  if (s.online) return s.run_online(x, targets, order.empty() ? nullptr : order.data(), count);
  Tally total;
  for (Index first = 0; first < count; first += s.options.batch) {
    const Index n = std::min(s.options.batch, count - first);
    const Tally tally = order.empty() ? s.update(x.middle_rows(first, n), targets.middle_rows(first, n), {})
                                      : s.update(x, targets, order.subspan(size(first), size(n)));
    total.loss += tally.loss * static_cast<double>(tally.samples);
    total.penalty += tally.penalty * static_cast<double>(tally.samples);
    total.hits += tally.hits;
    total.samples += tally.samples;
  }
  const double share = s.options.record ? 1 / static_cast<double>(total.samples) : 0;
  total.loss *= share;
  total.penalty *= share;
  return total;
}

template <class T>
void Trainer<T>::parameters(std::span<T> theta) const {
  const State& s = *state_;
  check_length("engine", "theta", static_cast<Index>(theta.size()), s.network.parameter_count());
  if (s.online) return s.online->parameters(theta);
  std::copy(s.theta.begin(), s.theta.end(), theta.begin());
}

template <class T>
void Trainer<T>::set_parameters(std::span<const T> theta) {
  State& s = *state_;
  check_length("engine", "theta", static_cast<Index>(theta.size()), s.network.parameter_count());
  if (s.online) return s.online->set_parameters(theta);
  std::copy(theta.begin(), theta.end(), s.theta.begin());
}

template <class T>
double Trainer<T>::learning_rate() const {
  return state_->updater.learning_rate();
}
template <class T>
void Trainer<T>::set_learning_rate(double rate) {
  state_->updater.set_learning_rate(rate);
}
template <class T>
const OptimizerState<T>& Trainer<T>::optimizer_state() const {
  return state_->updater.state();
}
template <class T>
void Trainer<T>::set_optimizer_state(OptimizerState<T> state) {
  state_->updater.set_state(std::move(state));
}
template <class T>
std::span<T> Trainer<T>::state() {
  return state_->plan ? state_->plan->state() : std::span<T>();
}

template <class T>
PlanKind Trainer<T>::kind() const {
  return state_->online ? PlanKind::online : state_->plan->kind();
}

template <class T>
std::size_t Trainer<T>::memory() const {
  const State& s = *state_;
  const std::size_t own = s.online ? s.online->memory() : (s.theta.size() + s.gradient.size()) * sizeof(T);
  return own + s.updater.memory() + (s.plan ? s.plan->memory() : 0);
}

template class Trainer<float>;
template class Trainer<double>;

}  // namespace gradus::engine
