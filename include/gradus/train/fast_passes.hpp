// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <optional>

#include "gradus/engine/trainer.hpp"
#include "gradus/train/fit.hpp"

namespace gradus::detail {

/// What a training run leaves to the engine. Of a network with layers of your own, or in a library without its engine:
/// nothing.
template <std::floating_point T, class L>
class FastPasses {
 public:
  FastPasses(const BasicNetwork<L>&, const FitOptions&, Index /*batch*/, Hit, bool /*one_by_one*/) {}

  static bool are_for(const FitOptions&) { return false; }
  bool exist() const { return false; }
  bool go_online() const { return false; }
  engine::Tally gradient(std::span<const T>, std::span<T> /*state*/, const Samples<T>&, std::span<const Index>,
                         std::span<T>, bool) {
    return {};
  }
  engine::Tally score(std::span<const T>, std::span<const T> /*state*/, const Samples<T>&) { return {}; }
  void set_masks(std::uint64_t, std::uint64_t) {}
  engine::Tally online(std::span<T>, const Samples<T>&, std::span<const Index>, double) { return {}; }
};

#ifndef GRADUS_CORE_ONLY
template <std::floating_point T>
class FastPasses<T, Layer> {
 public:
  /// `one_by_one`: whether each update by itself is to be seen.
  FastPasses(const Network& network, const FitOptions& options, Index batch, Hit hit, bool one_by_one) : hit_(hit) {
    if (!are_for(options) || batch < 1) return;
    plan_.emplace(network, options.loss, batch, engine::PlanKind::automatic, options.threads);
    if (one_by_one || options.batch != 1 || !has_constant_rate(options.schedule)) return;
    const Sgd* sgd = std::get_if<Sgd>(&options.optimizer);
    if (!sgd || sgd->momentum != 0 || options.regularisation != Regularisation{}) return;
    const engine::TrainerOptions online{
        .loss = options.loss, .optimizer = *sgd, .batch = 1, .record = options.record_every >= 0, .hit = hit_};
    const std::vector<T> theta(static_cast<std::size_t>(network.parameter_count()));
    online_.emplace(network, online, std::span<const T>(theta));
    if (online_->kind() != engine::PlanKind::online) online_.reset();
  }

  static bool are_for(const FitOptions& options) { return options.engine != Engine::definition; }
  /// Whether gradients and scores are the engine's.
  bool exist() const { return plan_.has_value(); }
  /// Whether many updates in a row are the engine's.
  bool go_online() const { return online_.has_value(); }

  /// Running statistics go on from `state`.
  engine::Tally gradient(std::span<const T> theta, std::span<T> state, const Samples<T>& set,
                         std::span<const Index> rows, std::span<T> gradient, bool record) {
    std::copy(state.begin(), state.end(), plan_->state().begin());
    const engine::Tally tally = (*plan_)(theta, set.x, set.weighted_targets(), rows, gradient, record, hit_);
    std::copy_n(plan_->state().begin(), state.size(), state.begin());
    return tally;
  }
  engine::Tally score(std::span<const T> theta, std::span<const T> state, const Samples<T>& set) {
    std::copy(state.begin(), state.end(), plan_->state().begin());
    return plan_->score(theta, set.x, set.weighted_targets(), hit_);
  }
  void set_masks(std::uint64_t seed, std::uint64_t update) {
    if (plan_) plan_->set_masks(seed, update);
  }
  /// An update for each row in turn.
  engine::Tally online(std::span<T> theta, const Samples<T>& set, std::span<const Index> rows, double learning_rate) {
    online_->set_parameters(theta);
    online_->set_learning_rate(learning_rate);
    const engine::Tally tally = online_->epoch(set.x, set.weighted_targets(), rows);
    online_->parameters(theta);
    return tally;
  }

 private:
  /// Within a pass.
  static bool has_constant_rate(const Schedule& schedule) {
    const double warm_up = std::visit([](const auto& s) { return s.warm_up; }, schedule);
    return warm_up == 0 &&
           (std::holds_alternative<ConstantSchedule>(schedule) || std::holds_alternative<InverseSchedule>(schedule) ||
            std::holds_alternative<AdaptiveSchedule>(schedule));
  }

  Hit hit_;
  std::optional<engine::GradientPlan<T>> plan_;
  std::optional<engine::Trainer<T>> online_;
};
#endif

}  // namespace gradus::detail
