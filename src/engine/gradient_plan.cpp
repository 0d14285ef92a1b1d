// SPDX-License-Identifier: MIT
#include "gradus/engine/gradient_plan.hpp"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>

#include "core/rows.hpp"
#include "engine/arithmetic_scope.hpp"
#include "engine/definition_plan.hpp"
#include "engine/plan_choice.hpp"
#include "engine/plans/batch/batch_kernel.hpp"
#include "engine/plans/products/products_plan.hpp"
#include "engine/threads/workshop.hpp"
#include "gradus/core/shape.hpp"

namespace gradus::engine {
namespace {

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

PlanKind kind_for(const std::optional<Description>& net, Index batch) {
  return net && !pays_as_products(*net, batch) ? PlanKind::batch : PlanKind::products;
}

template <class T>
std::unique_ptr<Plan<T>> make_plan(const Network& network, const Loss& loss, Index batch, PlanKind kind,
                                   Workshop& workshop) {
  if (kind == PlanKind::online)
    throw ValueError("[engine] the online plan steps as it goes and has no gradient to give");
  if (kind == PlanKind::definition) return std::make_unique<DefinitionPlan<T>>(network, loss);
  const std::optional<Description> net = fast_description(network, loss.function);
  if (kind == PlanKind::automatic) kind = kind_for(net, batch);
  if (kind == PlanKind::products) return make_products_plan<T>(network, loss, batch, workshop);
  if (!net)
    throw ValueError("[engine] expected dense layers with activations, at most " + std::to_string(kMaxStages) +
                     " of them, for this plan, got " + to_text(network));
  return std::make_unique<BatchPlan<T>>(*net, batch);
}

}  // namespace

PlanKind kind_of_plan(const Network& network, const LossFunction& loss, Index batch) {
  return kind_for(fast_description(network, loss), batch);
}

void check_rows_of(Index samples, std::span<const Index> rows) {
  if (!has_row_outside(rows, samples)) return;
  const auto is_out = [&](Index row) { return row < 0 || row >= samples; };
  throw ValueError("[engine] expected rows from 0 to " + std::to_string(samples - 1) + ", got " +
                   std::to_string(*std::find_if(rows.begin(), rows.end(), is_out)));
}

template <class T>
struct GradientPlan<T>::State {
  State(int threads, Arithmetic wanted) : workshop(threads), arithmetic(resolved(wanted)) {}

  Workshop workshop;
  Arithmetic arithmetic;
  Network network;
  Index outputs = 0;           // of the network, and
  std::size_t parameters = 0;  // what it has of these
  Loss loss;
  std::unique_ptr<Plan<T>> plan;
  std::uint64_t mask_seed = 0;
  std::uint64_t update = 0;
  Index x_cols = 0;  // of the samples that were checked last; 0: of none yet
  Index target_cols = 0;
  double scaled_count = std::nan("");  // of the batch before, which most often is this one's; NaN: there was none
  double last_scale = 0;

  /// Batches have columns as those before them, and are many and small: the network is asked about the first only.
  void check(std::span<const T> theta, ConstMatrixView<T> x, const Targets<T>& targets) {
    if (x.cols() != x_cols || targets.values.cols() != target_cols) {
      network.check_input("engine", x.rows(), x.cols());
      check_cols("engine", "targets", targets.values, network.output_cols(x.cols()));
      x_cols = x.cols();
      target_cols = targets.values.cols();
    }
    const auto weights = static_cast<Index>(targets.weights.size());
    if (targets.values.rows() != x.rows()) check_rows("engine", "targets", targets.values, x.rows());
    if (weights > 0 && weights != x.rows()) check_length("engine", "sample weights", weights, x.rows());
    if (theta.size() != parameters) check_length("engine", "theta", static_cast<Index>(theta.size()), length());
  }

  Index length() const { return static_cast<Index>(parameters); }

  /// Samples, or time steps, that one row of targets makes.
  Index steps(const Targets<T>& targets) const {
    return targets.values.cols() == outputs ? 1 : targets.values.cols() / outputs;
  }

  /// What a sum of losses of samples that count so much is multiplied with.
  double scale(double count) {
    if (count != scaled_count) {
      scaled_count = count;
      last_scale = scale_of(loss, outputs, count);
    }
    return last_scale;
  }
};

template <class T>
GradientPlan<T>::GradientPlan(const Network& network, const Loss& loss, Index batch, PlanKind kind, int threads,
                              Arithmetic arithmetic)
    : state_(std::make_unique<State>(threads, arithmetic)) {
  if (batch < 1) throw ValueError("[engine] expected a batch >= 1, got " + std::to_string(batch));
  state_->network = network;
  state_->outputs = network.outputs();
  state_->parameters = static_cast<std::size_t>(network.parameter_count());
  state_->loss = loss;
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
  State& s = *state_;
  const TrainingScope scope(s.arithmetic);
  s.check(theta, x, targets);
  check_rows_of(x.rows(), rows);
  if (gradient.size() != s.parameters)
    check_length("engine", "gradient", static_cast<Index>(gradient.size()), s.length());
  if (rows.empty() && x.rows() == 0) throw ValueError("[engine] expected at least one sample, got none");
  Pass<T> pass{.theta = theta,
               .x = x,
               .targets = targets,
               .rows = rows.empty() ? nullptr : rows.data(),
               .count = rows.empty() ? x.rows() : static_cast<Index>(rows.size()),
               .gradient = gradient.data(),
               .outputs = {},
               .record = record,
               .hit = hit,
               .seed = s.mask_seed,
               .update = s.update};
  const Index steps = s.steps(targets);
  pass.scale = s.scale(pass.weight() * static_cast<double>(steps));
  s.workshop.pass(pass.count, [&] { s.plan->run(pass); });
  return {.loss = pass.scale * pass.loss, .hits = pass.hits, .samples = pass.count * steps};
}

template <class T>
Tally GradientPlan<T>::score(std::span<const T> theta, ConstMatrixView<T> x, const Targets<T>& targets, Hit hit) {
  State& s = *state_;
  const TrainingScope scope(s.arithmetic);
  s.check(theta, x, targets);
  double loss = 0;
  Tally tally;
  constexpr Index part = kBatchPiece;  // enough to fill the lanes, too few to need much memory
  for (Index first = 0; first < x.rows(); first += part) {
    const Index count = std::min(part, x.rows() - first);
    Pass<T> pass{.theta = theta,
                 .x = x.middle_rows(first, count),
                 .targets = targets.middle_rows(first, count),
                 .count = count,
                 .outputs = {},
                 .record = true,
                 .hit = hit,
                 .seed = s.mask_seed,
                 .update = s.update};
    s.plan->run(pass);
    loss += pass.loss;
    tally.hits += pass.hits;
    tally.samples += count * s.steps(targets);
  }
  tally.loss = s.scale(targets.count(s.outputs)) * loss;
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

}  // namespace gradus::engine
