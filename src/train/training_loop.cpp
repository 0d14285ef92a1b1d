// SPDX-License-Identifier: MIT
// One update after another.
#include "train/training_loop.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "core/flush_denormals.hpp"
#include "gradus/engine/math.hpp"

namespace gradus {
namespace {

constexpr Index kMostAtOnce = 1000;  // online updates: a callback that stops a training is to be heard

/// The largest magnitude; NaN or infinite if any number is.
template <std::floating_point T>
T largest_or_not_finite(std::span<const T> values) {
  return engine::largest_magnitude(values);
}

}  // namespace

template <std::floating_point T>
bool Training<T>::Loop::made_all() const {
  const RunPosition& at = s_.position;
  if (options_.updates > 0) return at.updates >= options_.updates;
  return at.epochs >= options_.epochs && (!at.within || is_whole());
}

template <std::floating_point T>
void Training<T>::Loop::advance(Index updates) {
  const bool flushes = steps() && passes_->flushes_denormals() && !calls_back();
  const FlushDenormals flush(flushes || FlushDenormals::is_on());
  RunPosition& at = s_.position;
  const bool online = goes_online();
  const Index end = at.updates + std::min(updates, std::numeric_limits<Index>::max() - at.updates);
  // The last epoch is ended by `finish`, and so not yet if a training is given more of them later.
  if (is_whole() && !is_over()) end_epoch(false);
  while (!is_over() && at.updates < end) {
    if (!at.within) begin_epoch();
    if (online)
      update_online(end - at.updates);
    else
      update();
    if (is_whole() && !is_over()) end_epoch(false);
  }
}

/// In one piece: in a small network's update calls took a tenth of the time.
template <std::floating_point T>
[[gnu::flatten]] void Training<T>::Loop::update() {
  const Index k = s_.position.batch;
  if (batches_.in_turn(s_.order)) {
    const auto [first, count] = batches_.stretch(k);
    batch_ = train_.middle_rows(first, count);
    rows_ = {};
    first_ = first;
  } else {
    take_rows(batches_.next(k, 1, *random_, s_.order, s_.given));
  }
  update_on_batch();
}

template <std::floating_point T>
void Training<T>::Loop::take_rows(std::span<const Index> rows) {
  batch_ = train_;
  rows_ = rows;
}

template <std::floating_point T>
double Training<T>::Loop::keep(const Passed& passed) {
  s_.largest_gradient = static_cast<double>(passed.largest);
  s_.last_loss = static_cast<double>(passed.loss);
  if (s_.position.updates == 0) s_.first_loss = s_.last_loss;
  double mean = s_.last_loss;
  if (recording()) {
    const double scale = mean_scale(batch_.weight(rows_));
    mean *= scale;
    record({.loss = mean,
            .hits = passed.hits,
            .samples = terms(batch_.count(rows_)),
            .penalty = static_cast<double>(passed.penalty) * scale});
  }
  return mean;
}

template <std::floating_point T>
bool Training<T>::Loop::makes_whole() const {
  const bool is_seen = shows_batches() || options_.keep_gradients || options_.min_change >= 0;
  return !is_seen && frozen_.empty() && updater_ && passes_->makes_updates(*updater_);
}

template <std::floating_point T>
[[gnu::noinline]] bool Training<T>::Loop::update_whole() {
  set_learning_rate();
  const std::optional<engine::UpdateMade<T>> made = passes_->update(request(), theta_, *updater_);
  if (!made) return false;
  const T loss = recording() ? static_cast<T>(made->tally.loss) : std::numeric_limits<T>::quiet_NaN();
  const T penalty = static_cast<T>(made->penalty);
  const Passed passed{loss + penalty, penalty, made->tally.hits, made->largest};
  if (!is_good(passed)) {  // by its penalty: the parameters have moved, but there are none to go on from
    diverge(passed);
    return true;
  }
  const double mean = keep(passed);
  count(1);
  after_updates(mean);
  return true;
}

template <std::floating_point T>
void Training<T>::Loop::update_on_batch() {
  if (whole_updates_) {
    if (update_whole()) return;
    gradient_.resize(theta_.size());
  }
  if (!s_.running.empty()) last_running_ = s_.running;
  Passed passed = pass_on_batch(*passes_);
  if (!is_good(passed) && &passes_->definition() != passes_.get()) {  // the definition can tell why
    s_.running = last_running_;
    passed = pass_on_batch(passes_->definition());
  }
  if (!is_good(passed)) return diverge(passed);
  const double mean = keep(passed);
  if (options_.keep_gradients) s_.history.gradients.emplace_back(gradient_.begin(), gradient_.end());
  const double rate = set_learning_rate();
  if (callbacks_.before_step) obey(callbacks_.before_step(event(passed, s_.position.updates, rate)));
  std::copy_n(theta_.begin(), previous_.size(), previous_.begin());
  const bool moved = move(passed.loss);
  count(1);
  after_updates(mean);
  if (callbacks_.after_step) obey(callbacks_.after_step(event(passed, s_.position.updates - 1, rate)));
  if (!moved || has_converged()) s_.reason = StopReason::converged;
}

template <std::floating_point T>
UpdateEvent<T> Training<T>::Loop::event(const Passed& passed, Index update, double rate) {
  const Samples<T> batch = gathered_(batch_, rows_);
  return {.update = update,
          .epoch = s_.position.epochs - 1,
          .loss = passed.loss,
          .theta = theta_,
          .gradient = gradient_,
          .x = batch.x,
          .targets = batch.targets,
          .learning_rate = rate,
          .weights = batch.weights};
}

/// Of the update under way, which the updater is told.
template <std::floating_point T>
double Training<T>::Loop::set_learning_rate() {
  if (is_steady_ && rate_set_) return *rate_set_;
  const double rate = learning_rate(s_.position.updates);
  if (updater_ && rate != rate_set_) updater_->set_learning_rate(rate);
  return *(rate_set_ = rate);
}

// -------------------------------------------------------------------------------------------------- passes and steps

template <std::floating_point T>
PassRequest<T> Training<T>::Loop::request() {
  return {.theta = theta_,
          .state = s_.running,
          .set = batch_,
          .rows = rows_,
          .mask_seed = s_.mask_seed,
          .update = static_cast<std::uint64_t>(s_.position.updates),
          .record = recording() || !steps()};
}

template <std::floating_point T>
typename Training<T>::Loop::Passed Training<T>::Loop::pass(Passes<T>& passes, const PassRequest<T>& request) {
  const engine::Tally tally = passes.gradient(request, gradient_);
  const T loss = request.record ? static_cast<T>(tally.loss) : std::numeric_limits<T>::quiet_NaN();
  const T penalty = add_penalty(theta_, gradient_);
  if (!frozen_.empty()) {
    keep_frozen_state();
    still(gradient_);
  }
  return {loss + penalty, penalty, tally.hits, largest_or_not_finite<T>(gradient_)};
}

template <std::floating_point T>
bool Training<T>::Loop::is_good(const Passed& passed) const {
  return std::isfinite(passed.largest) && (!recording() || std::isfinite(passed.loss));
}

template <std::floating_point T>
T Training<T>::Loop::add_penalty(std::span<const T> theta, std::span<T> gradient) const {
  const double weight = batch_.weight(rows_);
  if (updater_) return static_cast<T>(updater_->add_penalty(theta, gradient, weight));
  return minimiser_->add_penalty(facts().blocks, weight, theta, gradient);
}

template <std::floating_point T>
bool Training<T>::Loop::move_all(T loss) {
  if (updater_) {
    updater_->step(theta_, gradient_, passes_->workshop());
    return true;
  }
  if (minimiser_->takes_residuals())
    return minimiser_->reduce(theta_, passes_->residuals(request(), options_.regularisation));
  const Objective<T> objective = [&](std::span<const T> theta, std::span<T> gradient) {
    s_.running = last_running_;
    PassRequest<T> asked = request();
    asked.theta = theta;
    const T value = static_cast<T>(passes_->gradient(asked, gradient).loss);
    keep_frozen_state();
    const T penalty = add_penalty(theta, gradient);
    still(gradient);
    return value + penalty;
  };
  return minimiser_->descend(theta_, loss, gradient_, objective);
}

template <std::floating_point T>
bool Training<T>::Loop::has_converged() const {
  if (options_.min_change < 0) return false;
  double squares = 0;
  for (std::size_t k = 0; k < previous_.size(); ++k) {
    const double change = static_cast<double>(theta_[k] - previous_[k]);
    squares += change * change;
  }
  return std::sqrt(squares) <= options_.min_change;
}

template <std::floating_point T>
void Training<T>::Loop::diverge(const Passed& passed) {
  s_.reason = StopReason::diverged;
  s_.running = last_running_;
  Divergence& found = s_.divergence;
  found = passes_->definition().find_divergence({.theta = theta_,
                                                 .gradient = gradient_,
                                                 .x = {},
                                                 .targets = {},
                                                 .loss = passed.loss,
                                                 .recorded = recording(),
                                                 .first_loss = s_.first_loss,
                                                 .last_loss = s_.last_loss,
                                                 .largest_gradient = s_.largest_gradient});
  found.epoch = s_.position.epochs;
  found.batch = s_.position.batch + 1;
  found.update = s_.position.updates + 1;
  // From the row of the batch to that of the training set.
  if (found.sample >= 0)
    found.sample = rows_.empty() ? first_ + found.sample : rows_[static_cast<std::size_t>(found.sample)];
}

// ---------------------------------------------------------------------------------------------------------- online

template <std::floating_point T>
bool Training<T>::Loop::goes_online() const {
  // A record has each sample's loss once, and the sums of the kernel's have it by its weight.
  const bool unweighs = recording() && options_.loss.reduction == Reduction::sum && !train_.weights.empty();
  const bool sees_each = shows_batches() || options_.keep_gradients || options_.min_change >= 0 || unweighs;
  return options_.batch == 1 && frozen_.empty() && !sees_each && passes_->goes_online() && updater_ &&
         updater_->is_plain_descent() && scheduler_.is_constant_in_pass();
}

/// How many updates from here on can be made at once: as many as until something is due.
template <std::floating_point T>
Index Training<T>::Loop::due_in() const {
  const RunPosition& at = s_.position;
  Index n = std::min(kMostAtOnce, batches_.per_epoch() - at.batch);
  const auto stop_at = [&](Index every, Index made) { n = std::min(n, every - made % every); };
  if (at.updates == 0) n = 1;  // alone, for its loss
  if (options_.updates > 0) n = std::min(n, options_.updates - at.updates);
  if (options_.record_every > 0) stop_at(options_.record_every, at.updates);
  if (test_ && options_.test_every > 0) stop_at(options_.test_every, at.updates + options_.test_every - 1);
  return n;
}

template <std::floating_point T>
void Training<T>::Loop::begin_online() {
  OnlineRun<T>& run = s_.online;
  const Index n = due_in();
  std::tie(run.first, run.count) = batches_.stretch(s_.position.batch, n);
  run.rows.clear();
  if (!batches_.in_turn(s_.order)) {
    const std::span<const Index> rows = batches_.next(s_.position.batch, n, *random_, s_.order, s_.given);
    run.rows.assign(rows.begin(), rows.end());
    run.first = 0;
  }
  run.start.assign(theta_.begin(), theta_.end());
}

/// At most so many of the run that is under way, or is begun. Where they spoil the parameters the run is made again one
/// by one, to see where.
template <std::floating_point T>
void Training<T>::Loop::update_online(Index most) {
  OnlineRun<T>& run = s_.online;
  if (run.count == 0) begin_online();
  if (run.one_by_one) {
    ++run.made;
    row_ = run.row(run.made - 1);
    take_rows({&row_, 1});
    update_on_batch();
    if (run.made == run.count) run = {};
    return;
  }
  const Index n = std::min(most, run.count - run.made);
  const double rate = learning_rate(s_.position.updates - run.made);
  moved_.assign(theta_.begin(), theta_.end());
  if (run.rows.empty()) {
    passes_->online(moved_, train_.middle_rows(run.first + run.made, n), {}, rate, recording(), run.sums);
  } else {
    const auto left = std::span<const Index>(run.rows).subspan(static_cast<std::size_t>(run.made));
    passes_->online(moved_, train_, left.first(static_cast<std::size_t>(n)), rate, recording(), run.sums);
  }
  if (!std::isfinite(largest_or_not_finite<T>(moved_)) || !std::isfinite(run.sums.loss)) return redo_one_by_one();
  std::copy(moved_.begin(), moved_.end(), theta_.begin());
  updater_->count_steps(n);
  run.made += n;
  count(n);
  if (run.made < run.count) return;
  s_.last_row = run.row(run.count - 1);
  s_.last_loss = passes_->online_loss(run.sums, run.count);
  if (s_.position.updates == 1) s_.first_loss = recording() ? s_.last_loss : std::nan("");
  const double mean = s_.last_loss * mean_scale(1);
  if (recording()) record({.loss = mean, .hits = run.sums.hits, .samples = run.count});
  run.rows.clear();
  run.count = run.made = 0;
  run.sums = {};
  after_updates(recording() ? mean : std::nan(""));
}

template <std::floating_point T>
void Training<T>::Loop::redo_one_by_one() {
  OnlineRun<T>& run = s_.online;
  std::copy(run.start.begin(), run.start.end(), theta_.begin());
  updater_->count_steps(-run.made);
  count(-run.made);
  run.made = 0;
  run.sums = {};
  run.one_by_one = true;
  if (s_.last_row < 0) return;
  row_ = s_.last_row;  // what the update before left
  take_rows({&row_, 1});
  const Passed before = pass_on_batch(*passes_);
  s_.last_loss = static_cast<double>(before.loss);
  s_.largest_gradient = static_cast<double>(before.largest);
}

template class Training<double>::Loop;
template class Training<float>::Loop;

}  // namespace gradus
