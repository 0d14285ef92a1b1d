// SPDX-License-Identifier: MIT
#include "lab/run/adapted.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gradus/core/error.hpp"
#include "gradus/lab/experiment/keys.hpp"

namespace gradus {

std::string foreign_difference(const Experiment& a, const Experiment& b) {
  constexpr std::string_view free[] = {"optimizer", "regularisation", "early_stopping", "training", "start", "output"};
  for (const ExperimentKey& key : experiment_keys())
    if (std::find(std::begin(free), std::end(free), key.section) == std::end(free) && key.get(a) != key.get(b))
      return key.path();
  return "";
}

template <std::floating_point T>
TrainingState<T> adapted(TrainingState<T> state, const Experiment& from, const Experiment& to, TrainingState<T> fresh,
                         Index updates_per_epoch) {
  if (from.batch != to.batch) {
    const bool at_end = state.position.batch == updates_per_epoch || !state.position.within;
    if (!at_end)
      throw ValueError(
          fmt::format("expected an update at the end of an epoch to go on from in other batches, got {}, which "
                      "is {} updates into one of {}",
                      state.position.updates, state.position.batch, updates_per_epoch));
    state.position.within = false;
    state.position.batch = 0;
  }
  const bool same_memory =
      from.optimizer.index() == to.optimizer.index() && state.optimizer.slots.size() == fresh.optimizer.slots.size();
  if (!same_memory) {
    state.optimizer = std::move(fresh.optimizer);
    state.descent = std::move(fresh.descent);
    state.squares = std::move(fresh.squares);
  }
  if (!(from.schedule == to.schedule)) state.schedule = fresh.schedule;
  if (from.early_stopping.metric != to.early_stopping.metric) {
    state.early_stopping = fresh.early_stopping;
    state.best_theta.clear();
    state.best_running.clear();
    state.best_epoch = 0;
  }
  state.online = {};
  state.reason = StopReason::finished;
  return state;
}

template TrainingState<float> adapted(TrainingState<float>, const Experiment&, const Experiment&, TrainingState<float>,
                                      Index);
template TrainingState<double> adapted(TrainingState<double>, const Experiment&, const Experiment&,
                                       TrainingState<double>, Index);

}  // namespace gradus
