// SPDX-License-Identifier: MIT
#include "gradus/engine/sparse_plan.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "engine/arithmetic_scope.hpp"
#include "engine/definition_plan.hpp"
#include "engine/plan_choice.hpp"
#include "engine/sparse/sparse_layer.hpp"
#include "gradus/engine/buffer.hpp"
#include "gradus/engine/math.hpp"

namespace gradus::engine {
namespace {

/// Columns of a batch whose weights are moved at once: their gradient stays in the first cache.
constexpr Index kColumnsAtOnce = 64;

}  // namespace

template <class T>
struct SparsePlan<T>::State {
  State(const Network& whole, const Loss& given, Arithmetic wanted)
      : network(whole),
        loss(given),
        arithmetic(resolved(wanted)),
        first(std::get<Dense>(whole.layers().front())),
        workshop(1),
        plan(sparse_network(whole, workshop, entrance), given),
        gradient(new T[static_cast<std::size_t>(whole.parameter_count())]) {}

  Index first_weights() const { return first.in * first.out; }
  /// The gradient behind them.
  std::span<const T> tail() const {
    return {gradient.get() + first_weights(), static_cast<std::size_t>(network.parameter_count() - first_weights())};
  }

  void check(std::span<const T> theta, const SparseRows<T>& x, const Targets<T>& given) const {
    network.check_input("engine", x.rows(), x.cols());
    check_cols("engine", "targets", given.values, network.outputs());
    check_rows("engine", "targets", given.values, x.rows());
    if (!given.weights.empty()) check_length("engine", "sample weights", std::ssize(given.weights), x.rows());
    check_length("engine", "theta", std::ssize(theta), network.parameter_count());
  }

  /// The batch and its targets together, ready for `run`.
  void take(const SparseRows<T>& x, const Targets<T>& given, std::span<const Index> rows) {
    if (rows.empty()) {
      if (x.rows() == 0) throw ValueError("[engine] expected at least one sample, got none");
      entrance.batch.take(x, 0, x.rows());
      targets = given;
      return;
    }
    check_rows_of(x.rows(), rows);
    entrance.batch.take(x, rows);
    target_rows.resize(std::ssize(rows), given.values.cols());
    weights.clear();
    for (Index k = 0; k < target_rows.rows(); ++k) {
      const Index row = rows[static_cast<std::size_t>(k)];
      std::copy_n(given.values.row(row).begin(), given.values.cols(), target_rows.row(k).begin());
      if (!given.weights.empty()) weights.push_back(given.weights[static_cast<std::size_t>(row)]);
    }
    targets = {target_rows, weights};
  }

  /// A pass of the batch; `to`, for the gradient, is as long as theta, but of its first weights none is written.
  Tally run(std::span<const T> theta, T* to, bool record, Hit hit) {
    Pass<T> pass{.theta = theta,
                 .x = {nullptr, entrance.batch.rows(), first.in},  // the entrance has it
                 .targets = targets,
                 .count = entrance.batch.rows(),
                 .gradient = to,
                 .outputs = {},
                 .record = record,
                 .hit = hit,
                 .seed = mask_seed,
                 .update = update};
    pass.scale = scale_of(loss, network.outputs(), pass.weight());
    plan.run(pass);
    return {.loss = pass.scale * pass.loss, .hits = pass.hits, .samples = pass.count};
  }

  /// dW of some of the columns that the batch has entries in, from the `from`th one on: as row `to[k]` of c, or row k.
  void weight_gradient(Index from, Index count, const std::int32_t* to, T* c) {
    SparseFactor<T> columns = entrance.batch.by_columns();
    columns.rows = count;
    columns.starts += from;
    sparse_product({.a = columns,
                    .depth = entrance.batch.rows(),
                    .cols = first.out,
                    .b = entrance.delta.data(),
                    .b_stride = entrance.delta.stride(),
                    .c = c,
                    .c_stride = first.out,
                    .places = to});
  }

  /// Plain descent: weights of columns without an entry stay. Returns the gradient's largest number.
  T descend(std::span<T> theta, Updater<T>& updater) {
    const T rate = static_cast<T>(updater.learning_rate());
    constexpr std::int32_t whole = 0;
    T largest = descend_rows(1, std::ssize(tail()), &whole, tail().data(), rate, theta.data() + first_weights());
    entrance.batch.turn(false);
    const std::span<const std::int32_t> touched = entrance.batch.touched();
    stretch.resize(static_cast<std::size_t>(kColumnsAtOnce * first.out));
    for (Index from = 0; from < std::ssize(touched); from += kColumnsAtOnce) {
      const Index count = std::min(kColumnsAtOnce, std::ssize(touched) - from);
      const std::int32_t* rows = touched.data() + from;
      for (Index k = 0; k < count; ++k) fetch(theta.data() + rows[k] * first.out);
      weight_gradient(from, count, nullptr, stretch.data());
      largest = std::max(largest, descend_rows(count, first.out, rows, stretch.data(), rate, theta.data()));
    }
    updater.count_steps(1);
    return largest;
  }
  void fetch(const T* row) const {
    for (Index at = 0; at < first.out; at += 64 / static_cast<Index>(sizeof(T))) __builtin_prefetch(row + at, 1);
  }

  /// The gradient of parameters `from` on, of the first weights' or behind them; the batch's columns ascend, and so do
  /// the calls: `next` of them are done.
  void write_gradient(Index from, std::span<T> to, Index& next) {
    if (from >= first_weights()) {
      std::copy_n(gradient.get() + from, to.size(), to.begin());
      return;
    }
    std::fill(to.begin(), to.end(), T(0));
    const std::span<const std::int32_t> touched = entrance.batch.touched();
    const Index end = (from + std::ssize(to)) / first.out;
    Index behind = next;
    while (behind < std::ssize(touched) && touched[static_cast<std::size_t>(behind)] < end) ++behind;
    places.clear();
    for (Index k = next; k < behind; ++k)
      places.push_back(touched[static_cast<std::size_t>(k)] - static_cast<std::int32_t>(from / first.out));
    weight_gradient(next, behind - next, places.data(), to.data());
    next = behind;
  }

  /// Whether no number of the first weights' gradient can overflow, whatever the entries' order.
  bool is_bounded() const {
    double delta = 0;
    for (Index k = 0; k < entrance.delta.rows(); ++k)
      delta = std::max(delta, static_cast<double>(largest_magnitude(entrance.delta.row(k))));
    const double bound =
        static_cast<double>(entrance.batch.rows()) * static_cast<double>(entrance.batch.largest()) * delta;
    return bound < static_cast<double>(std::numeric_limits<T>::max()) / 4;  // false for NaN
  }

  Network network;
  Loss loss;
  Arithmetic arithmetic;
  Dense first;
  Workshop workshop;
  SparseEntrance<T> entrance;
  DefinitionPlan<T, SparseNetwork<T>> plan;
  Targets<T> targets;
  Matrix<T> target_rows;
  std::vector<T> weights;
  std::unique_ptr<T[]> gradient;  // of an update; the first weights' part, most of it, is never touched
  Buffer<T> stretch;              // a piece of that
  std::vector<std::int32_t> places;
  std::uint64_t mask_seed = 0;
  std::uint64_t update = 0;
};

template <class T>
bool SparsePlan<T>::exists(const Network& network, const Loss& loss, Index batch) {
  return network.size() > 0 && std::holds_alternative<Dense>(network.layers().front()) && !network.takes_sequences() &&
         network.state_count() == 0 && kind_of_plan(network, loss.function, batch) == PlanKind::products;
}

template <class T>
SparsePlan<T>::SparsePlan(const Network& network, const Loss& loss, Index batch, Arithmetic arithmetic) {
  if (!exists(network, loss, batch))
    throw ValueError(
        "[engine] expected a network for sparse samples, which begins with a dense layer of many weights, got " +
        to_text(network));
  state_ = std::make_unique<State>(network, loss, arithmetic);
}
template <class T>
SparsePlan<T>::~SparsePlan() = default;
template <class T>
SparsePlan<T>::SparsePlan(SparsePlan&&) noexcept = default;
template <class T>
SparsePlan<T>& SparsePlan<T>::operator=(SparsePlan&&) noexcept = default;

template <class T>
Tally SparsePlan<T>::operator()(std::span<const T> theta, const SparseRows<T>& x, const Targets<T>& targets,
                                std::span<const Index> rows, std::span<T> gradient, bool record, Hit hit) {
  State& s = *state_;
  const TrainingScope scope(s.arithmetic);
  s.check(theta, x, targets);
  check_length("engine", "gradient", std::ssize(gradient), s.network.parameter_count());
  s.take(x, targets, rows);
  const Tally tally = s.run(theta, gradient.data(), record, hit);
  std::fill_n(gradient.begin(), s.first_weights(), T(0));
  s.entrance.batch.turn(true);
  const std::span<const std::int32_t> touched = s.entrance.batch.touched();
  s.weight_gradient(0, std::ssize(touched), touched.data(), gradient.data());
  return tally;
}

template <class T>
Tally SparsePlan<T>::score(std::span<const T> theta, const SparseRows<T>& x, const Targets<T>& targets, Hit hit) {
  State& s = *state_;
  const TrainingScope scope(s.arithmetic);
  s.check(theta, x, targets);
  double loss = 0;
  Tally tally;
  for (Index first = 0; first < x.rows(); first += kBatchPiece) {
    const Index count = std::min(kBatchPiece, x.rows() - first);
    s.entrance.batch.take(x, first, count);
    s.targets = targets.middle_rows(first, count);
    Pass<T> pass{.theta = theta,
                 .x = {nullptr, count, s.first.in},
                 .targets = s.targets,
                 .count = count,
                 .outputs = {},
                 .record = true,
                 .hit = hit,
                 .seed = s.mask_seed,
                 .update = s.update};
    s.plan.run(pass);
    loss += pass.loss;
    tally.hits += pass.hits;
    tally.samples += count;
  }
  tally.loss = scale_of(s.loss, s.network.outputs(), targets.count(s.network.outputs())) * loss;
  return tally;
}

template <class T>
std::optional<UpdateMade<T>> SparsePlan<T>::update(std::span<T> theta, const SparseRows<T>& x,
                                                   const Targets<T>& targets, std::span<const Index> rows,
                                                   Updater<T>& updater, bool record, Hit hit) {
  State& s = *state_;
  const TrainingScope scope(s.arithmetic);
  s.check(theta, x, targets);
  s.take(x, targets, rows);
  const Tally tally = s.run(theta, s.gradient.get(), record, hit);
  if (!s.is_bounded() || !std::isfinite(largest_magnitude(s.tail())) || (record && !std::isfinite(tally.loss)))
    return std::nullopt;
  if (updater.is_plain_descent()) return UpdateMade<T>{tally, 0, s.descend(theta, updater)};
  s.entrance.batch.turn(true);
  Index next = 0;
  const auto swept = updater.sweep(theta, s.targets.count(s.network.outputs()), s.first.out,
                                   [&](Index from, std::span<T> to) { s.write_gradient(from, to, next); });
  return UpdateMade<T>{tally, swept.penalty, swept.largest};
}

template <class T>
void SparsePlan<T>::set_masks(std::uint64_t seed, std::uint64_t update) {
  state_->mask_seed = seed;
  state_->update = update;
}
template <class T>
std::size_t SparsePlan<T>::memory() const {
  const State& s = *state_;
  const auto bytes = [](const auto& v) { return v.capacity() * sizeof(v[0]); };
  return s.plan.memory() + s.entrance.batch.memory() + s.workshop.memory() + bytes(s.target_rows.values()) +
         bytes(s.weights) + bytes(s.stretch) + bytes(s.places);
}

template class SparsePlan<float>;
template class SparsePlan<double>;

}  // namespace gradus::engine
