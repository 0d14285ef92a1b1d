// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <vector>

#include "gradus/engine/tally.hpp"
#include "gradus/optim/minimize.hpp"
#include "gradus/optim/optimizer_state.hpp"
#include "gradus/optim/schedule.hpp"
#include "gradus/optim/stall.hpp"
#include "gradus/random/random_state.hpp"
#include "gradus/train/history.hpp"
#include "gradus/train/passes.hpp"

namespace gradus {

/// Where in its epochs a training stands.
struct RunPosition {
  Index epochs = 0;     ///< epochs begun
  Index updates = 0;    ///< made
  Index batch = 0;      ///< batches of the epoch under way that have been taken
  bool within = false;  ///< whether an epoch is under way

  bool operator==(const RunPosition&) const = default;
};

/// Online updates that are under way at once: as many as until something is due.
template <std::floating_point T>
struct OnlineRun {
  Index count = 0;          ///< of all of them; 0: none are under way
  std::vector<Index> rows;  ///< as drawn; none: the samples from `first` on
  Index first = 0;
  Index made = 0;
  OnlineSums sums;          ///< of those made
  std::vector<T> start;     ///< theta before the first: where one goes non-finite, they are made again one by one
  bool one_by_one = false;  ///< that is so

  /// Of the update after `k` others.
  Index row(Index k) const { return rows.empty() ? first + k : rows[static_cast<std::size_t>(k)]; }

  bool operator==(const OnlineRun&) const = default;
};

/// All that a training needs to go on, and to the same bits: what a checkpoint saves.
template <std::floating_point T>
struct TrainingState {
  std::vector<T> theta;
  std::vector<T> running;  ///< the network's running statistics
  RunPosition position;
  RandomState::State random;
  std::uint64_t mask_seed = 0;  ///< of dropout
  std::vector<Index> order;     ///< of the samples in the epoch under way, which the next one shuffles on
  Index given = 0;              ///< of FitOptions::given, what comes next

  OptimizerState<T> optimizer;   ///< of a method that steps
  DescentState<T> descent;       ///< of one that descends along lines
  LeastSquaresState<T> squares;  ///< of Levenberg and Marquardt
  ScheduleState schedule;
  Stall early_stopping;
  std::vector<T> best_theta;  ///< where early stopping's metric was best; empty before
  std::vector<T> best_running;
  Index best_epoch = 0;
  double best_metric = 0;

  RunSums record;  ///< since the last entry of the history
  RunSums epoch;   ///< of the epoch under way
  OnlineRun<T> online;
  double first_loss = 0;  ///< of the first update; and of the last, with its gradient's largest magnitude and, online,
  double last_loss = 0;   ///< its sample: of what a diverged training tells
  double largest_gradient = 0;
  Index last_row = -1;

  StopReason reason = StopReason::finished;
  Divergence divergence;
  History history;
};

/// Calls visit(name, part) for every part of a state: for files of states, and for tests that leave one out.
template <class State, class Visitor>
void for_each_part(State& s, Visitor&& visit) {
  visit("theta", s.theta);
  visit("running statistics", s.running);
  visit("position", s.position);
  visit("random", s.random);
  visit("mask seed", s.mask_seed);
  visit("order", s.order);
  visit("given", s.given);
  visit("optimizer", s.optimizer);
  visit("descent", s.descent);
  visit("least squares", s.squares);
  visit("schedule", s.schedule);
  visit("early stopping", s.early_stopping);
  visit("best theta", s.best_theta);
  visit("best running statistics", s.best_running);
  visit("best epoch", s.best_epoch);
  visit("best metric", s.best_metric);
  visit("record", s.record);
  visit("epoch", s.epoch);
  visit("online run", s.online);
  visit("first loss", s.first_loss);
  visit("last loss", s.last_loss);
  visit("largest gradient", s.largest_gradient);
  visit("last row", s.last_row);
  visit("reason", s.reason);
  visit("divergence", s.divergence);
  visit("history", s.history);
}

}  // namespace gradus
