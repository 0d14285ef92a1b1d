// SPDX-License-Identifier: MIT
// What is due after updates, and at the beginning and the end of an epoch.
#include <algorithm>
#include <cmath>

#include "core/rows.hpp"
#include "gradus/core/number.hpp"
#include "gradus/core/shape.hpp"
#include "train/training_loop.hpp"

namespace gradus {

template <std::floating_point T>
void Training<T>::Loop::begin_epoch() {
  if (batches_.shuffles()) {
    batches_.set_samples(train_.x.rows());
    if (static_cast<Index>(s_.order.size()) != train_.x.rows()) s_.order = batches_.first_order();
    random_->shuffle(s_.order);
  }
  enter_epoch();
}

template <std::floating_point T>
void Training<T>::Loop::enter_epoch() {
  ++s_.position.epochs;
  s_.position.within = true;
  s_.position.batch = 0;
  rate_set_.reset();
}

template <std::floating_point T>
void Training<T>::Loop::begin_epoch(const Samples<T>& set, std::span<const Index> order) {
  if (is_whole() && !is_over()) end_epoch(false);
  if (s_.position.within) throw ValueError("[training] expected no epoch under way, to begin one of other samples");
  if (!batches_.shuffles())
    throw ValueError("[training] expected Order::shuffle and batches, to begin an epoch in an order of its own");
  check_cols("training", "x", set.x, train_.x.cols());
  check_cols("training", "targets", set.targets, train_.targets.cols());
  check_rows("training", "targets", set.targets, set.x.rows());
  if (!set.weights.empty())
    check_length("training", "sample weights", static_cast<Index>(set.weights.size()), set.x.rows());
  if (set.x.rows() == 0 || has_row_outside(order, set.x.rows()))
    throw ValueError("[training] expected samples, and rows of them from 0 to " + std::to_string(set.x.rows() - 1));
  train_ = set;
  batches_.set_samples(set.count(order));
  s_.order.assign(order.begin(), order.end());
  enter_epoch();
}

template <std::floating_point T>
void Training<T>::Loop::scale_learning_rate(double factor) {
  if (!(factor >= 0) || !std::isfinite(factor))
    throw ValueError("[training] expected a finite factor of the learning rate of at least 0, got " +
                     number_text(factor));
  scheduler_.set_state({.factor = factor, .stall = scheduler_.state().stall});
  rate_set_.reset();
}

template <std::floating_point T>
void Training<T>::Loop::count(Index updates) {
  s_.position.updates += updates;
  s_.position.batch += updates;
}

template <std::floating_point T>
void Training<T>::Loop::after_updates(double mean_loss) {
  const Index made = s_.position.updates;
  if (options_.record_every > 0 && made % options_.record_every == 0) write_record();
  if (test_ && options_.test_every > 0 && (made - 1) % options_.test_every == 0) try_test_set();
  if (callbacks_.after_updates)
    obey(callbacks_.after_updates({made, s_.position.epochs - 1, mean_loss, learning_rate(made - 1)}));
}

template <std::floating_point T>
void Training<T>::Loop::end_epoch(bool last) {
  if (options_.record_every == 0 || last) write_record();
  if (test_ && options_.test_every == 0 && s_.reason != StopReason::diverged) try_test_set();
  last_epoch_ = s_.epoch;
  s_.position.within = false;
  s_.position.batch = 0;
  const EpochEvent<T> event{s_.position.epochs, s_.position.updates, theta_, s_.history};
  if (callbacks_.after_epoch) obey(callbacks_.after_epoch(event));
  if (s_.reason != StopReason::diverged) look_at_epoch(event);
}

/// Lets early stopping and the schedule look at the epoch.
template <std::floating_point T>
void Training<T>::Loop::look_at_epoch(const EpochEvent<T>& event) {
  bool stop = s_.epoch.samples > 0 && !scheduler_.end_epoch(s_.epoch.mean().loss);
  if (options_.early_stopping.metric != EarlyStopping::Metric::none) {
    if (s_.early_stopping.look(stall_rule_, metric(event))) {
      s_.best_theta.assign(theta_.begin(), theta_.end());
      s_.best_running = s_.running;
      s_.best_epoch = s_.position.epochs;
      s_.best_metric = s_.early_stopping.best_value(stall_rule_);
    }
    stop = stop || s_.early_stopping.is_over(stall_rule_);
  }
  s_.epoch = {};
  if (stop && s_.reason == StopReason::finished) s_.reason = StopReason::early;
}

/// NaN where it is not known.
template <std::floating_point T>
double Training<T>::Loop::metric(const EpochEvent<T>& event) const {
  const auto last = [](const std::vector<double>& v) { return v.empty() ? std::nan("") : v.back(); };
  switch (options_.early_stopping.metric) {
    case EarlyStopping::Metric::loss: return s_.epoch.mean().loss;
    case EarlyStopping::Metric::accuracy: return s_.epoch.mean().accuracy();
    case EarlyStopping::Metric::test_loss: return last(s_.history.test_loss);
    case EarlyStopping::Metric::test_accuracy: return last(s_.history.test_accuracy);
    case EarlyStopping::Metric::custom: return callbacks_.metric(event);
    case EarlyStopping::Metric::none: break;
  }
  return std::nan("");
}

template <std::floating_point T>
FitResult Training<T>::Loop::finish() {
  if (s_.position.within) end_epoch(true);
  if (options_.early_stopping.restore_best && !s_.best_theta.empty()) {
    std::copy(s_.best_theta.begin(), s_.best_theta.end(), theta_.begin());
    s_.running = s_.best_running;
  }
  FitResult result;
  result.history = std::move(s_.history);
  result.reason = s_.reason;
  result.divergence = s_.divergence;
  result.updates = s_.position.updates;
  result.epochs = s_.position.epochs;
  result.best_epoch = s_.best_epoch;
  result.best_metric = s_.best_metric;
  result.state.assign(s_.running.begin(), s_.running.end());
  return result;
}

template <std::floating_point T>
void Training<T>::Loop::record(const engine::Tally& mean) {
  s_.record.add(mean);
  s_.epoch.add(mean);
}

template <std::floating_point T>
void Training<T>::Loop::write_record() {
  if (s_.record.samples == 0) return;
  s_.history.update.push_back(s_.position.updates);
  const engine::Tally mean = s_.record.mean();
  s_.history.loss.push_back(mean.loss);
  if (hit_ != Hit::none) s_.history.accuracy.push_back(mean.accuracy());
  s_.record = {};
}

template <std::floating_point T>
void Training<T>::Loop::try_test_set() {
  const engine::Tally tally = passes_->score({.theta = theta_, .state = s_.running, .set = *test_});
  const double weight = test_->weighted_targets().count(test_->targets.cols());
  s_.history.test_update.push_back(s_.position.updates);
  s_.history.test_loss.push_back(tally.loss * mean_scale(weight));
  if (hit_ != Hit::none) s_.history.test_accuracy.push_back(tally.accuracy());
}

/// From the loss of samples of this weight, as the options reduce it, to a mean.
template <std::floating_point T>
double Training<T>::Loop::mean_scale(double weight) const {
  if (options_.loss.reduction == Reduction::mean) return 1;
  const double count = weight * static_cast<double>(terms(1));
  const Loss mean{options_.loss.function, Reduction::mean};
  return count != 0 ? mean.scale(1, facts().outputs) / count : 0;
}

template <std::floating_point T>
void Training<T>::Loop::obey(Signal signal) {
  if (signal == Signal::stop) s_.reason = StopReason::callback;
}

template class Training<double>::Loop;
template class Training<float>::Loop;

}  // namespace gradus
