// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "gradus/engine/math.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/train/autopsy.hpp"
#include "gradus/train/batch.hpp"
#include "gradus/train/batches.hpp"
#include "gradus/train/check_run.hpp"
#include "gradus/train/fast_passes.hpp"
#include "gradus/train/fit.hpp"
#include "gradus/train/mover.hpp"

/// How `fit` works, for networks with layers of your own: include this where you call it. For `Network` the library
/// holds it compiled, and train/fit.hpp is enough.
namespace gradus {
namespace detail {

/// The largest magnitude; NaN or infinite if any number is.
template <std::floating_point T>
T largest_or_not_finite(std::span<const T> values) {
#ifdef GRADUS_CORE_ONLY
  T largest = 0;
  T spoiled = 0;  // 0 * x is 0 for the finite ones only, and a sum keeps a NaN
  for (const T value : values) {
    spoiled += 0 * value;
    largest = std::max(largest, std::abs(value));
  }
  return spoiled + largest;
#else
  return engine::largest_magnitude(values);
#endif
}

template <std::floating_point T, class L>
class Training {
 public:
  Training(const BasicNetwork<L>& network, std::span<T> theta, const Samples<T>& train, const FitOptions& options,
           RandomState& random, const std::optional<Samples<T>>& test, const Callbacks<T>& callbacks)
      : network_(network),
        theta_(theta),
        train_(train),
        options_(as_meant(options)),
        test_(test),
        callbacks_(callbacks),
        batches_(options_, train.x.rows(), random),
        blocks_(network.parameter_blocks()),
        mover_(options_, blocks_, network.parameter_count(), batches_.updates_per_epoch(), train.x.rows(),
               FastPasses<T, L>::are_for(options_) ? Steps::kernels : Steps::definition),
        patience_(options_.early_stopping),
        hit_(hit_of(options)),
        fast_(network, options_, std::min(batches_.size(), train.x.rows()), hit_, one_by_one()),
        recorder_(hit_, result_.history),
        gradient_(theta.size()),
        batch_(train) {
    check_sets(network, static_cast<Index>(theta.size()), train, test, options);
    check_fit_options(options_, train.x.rows());
    check_early_stopping(options_, test.has_value(), callbacks.metric != nullptr, mover_.listens());
    if (options.min_change >= 0) previous_.resize(theta.size());
    trace_.mode = Mode::training;
    trace_.seed = options.mask_seed.value_or(0);
    if (network.uses_masks() && !options.mask_seed) trace_.seed = random.interval(0xffffffff);
    trace_.state.assign(options.state.begin(), options.state.end());
    if (options.state.empty()) trace_.state = network.template initial_state<T>();
    if (fast_.go_online()) moved_.resize(theta.size());
  }

  FitResult run() {
    bool going = true;
    while (going && !done()) {
      ++result_.epochs;
      for (Index k = 0; going && k < batches_.updates_per_epoch() && !done_updates();) {
        // The first update is made alone, for its loss.
        const Index n = fast_.go_online() && result_.updates > 0 ? at_once(k) : 0;
        going = n > 0 ? updates(k, n) : update(k);
        k += std::max<Index>(1, n);
      }
      going = end_epoch() && going;
    }
    if (options_.early_stopping.restore_best && !best_theta_.empty()) {
      std::copy(best_theta_.begin(), best_theta_.end(), theta_.begin());
      trace_.state = best_state_;
    }
    result_.state.assign(trace_.state.begin(), trace_.state.end());
    return std::move(result_);
  }

 private:
  /// A method that minimises takes the full batch, in the order given.
  static FitOptions as_meant(FitOptions options) {
    if (!stepping_method(options.optimizer)) options.batch = 0;
    return options;
  }

  bool recording() const { return options_.record_every >= 0; }
  bool done_updates() const { return options_.updates > 0 && result_.updates >= options_.updates; }
  bool done() const { return done_updates() || (options_.updates == 0 && result_.epochs >= options_.epochs); }

  /// Whether somebody wants to see the samples of each update.
  bool shows_batches() const { return callbacks_.before_step || callbacks_.after_step; }
  bool one_by_one() const { return shows_batches() || options_.keep_gradients || options_.min_change >= 0; }

  /// How many online updates from the k-th of the pass on are made at once: as many as until something is due.
  Index at_once(Index k) const {
    Index n = std::min<Index>(1000, batches_.updates_per_epoch() - k);
    const auto stop_at = [&](Index every, Index made) { n = std::min(n, every - made % every); };
    if (options_.updates > 0) n = std::min(n, options_.updates - result_.updates);
    if (options_.record_every > 0) stop_at(options_.record_every, result_.updates);
    if (test_ && options_.test_every > 0) stop_at(options_.test_every, result_.updates + options_.test_every - 1);
    return n;
  }

  /// Online updates by the engine; false if training ends with them. Where they spoil the parameters they are made
  /// again one by one, to see where.
  bool updates(Index k, Index n) {
    several_.clear();
    for (Index i = 0; i < n; ++i) several_.push_back(next_rows(k + i).front());
    std::copy(theta_.begin(), theta_.end(), moved_.begin());
    const double rate = mover_.learning_rate(result_.updates);
    const engine::Tally tally = fast_.online(moved_, train_, several_, rate);
    const bool good = std::isfinite(largest_or_not_finite<T>(moved_)) && std::isfinite(tally.loss);
    if (!good) return repeat(k);
    std::copy(moved_.begin(), moved_.end(), theta_.begin());
    last_row_ = several_.back();
    last_loss_ = tally.loss;
    if (recording()) record(last_loss_ * mean_scale(1), tally.hits, n);
    return made(n, recording() ? last_loss_ * mean_scale(1) : std::nan(""));
  }

  bool repeat(Index k) {
    if (last_row_ >= 0) {  // what the update before left
      batch_.take({&last_row_, 1});
      last_loss_ = static_cast<double>(by_engine().loss);
      largest_gradient_ = static_cast<double>(largest_or_not_finite<T>(gradient_));
    }
    for (std::size_t i = 0; i < several_.size(); ++i) {
      batch_.take(std::span<const Index>(several_).subspan(i, 1));
      if (!update_on_rows(k + static_cast<Index>(i))) return false;
    }
    return true;
  }

  /// One update; false if training ends with it.
  bool update(Index k) {
    batch_.take(next_rows(k));
    return update_on_rows(k);
  }

  bool update_on_rows(Index k) {
    const bool shows = !fast_.exist() || !mover_.steps() || shows_batches();
    Samples<T> batch = shows ? batch_.gathered() : Samples<T>();
    trace_.update = static_cast<std::uint64_t>(result_.updates);
    last_state_ = trace_.state;
    Passed now = fast_.exist() ? by_engine() : by_definition(batch);
    if (fast_.exist() && !is_good(now)) {  // the definition can tell why
      trace_.state = last_state_;
      now = by_definition(batch = batch_.gathered());
    }
    if (!is_good(now)) return diverged(batch, now.loss, k);
    largest_gradient_ = static_cast<double>(now.largest);
    last_loss_ = static_cast<double>(now.loss);
    if (result_.updates == 0) first_loss_ = last_loss_;
    const double mean = last_loss_ * mean_scale(batch_.weight());
    if (recording()) record(mean, now.hits, terms(batch_.size()));
    if (options_.keep_gradients) result_.history.gradients.emplace_back(gradient_.begin(), gradient_.end());
    const UpdateEvent<T> event{.update = result_.updates,
                               .epoch = result_.epochs - 1,
                               .loss = now.loss,
                               .theta = theta_,
                               .gradient = gradient_,
                               .x = batch.x,
                               .targets = batch.targets,
                               .learning_rate = mover_.learning_rate(result_.updates),
                               .weights = batch.weights};
    bool going = tell(callbacks_.before_step, event);
    std::copy(theta_.begin(), theta_.begin() + static_cast<Index>(previous_.size()), previous_.begin());
    const bool moved = move(batch, now.loss);
    going = made(1, mean) && going;
    going = tell(callbacks_.after_step, event) && going;
    if (!moved) result_.reason = StopReason::converged;
    return moved && !converged() && going;
  }

  /// Counts updates and does what is due after them; false if a callback stops.
  bool made(Index n, double mean_loss) {
    result_.updates += n;
    if (options_.record_every > 0 && result_.updates % options_.record_every == 0) recorder_.write(result_.updates);
    if (test_ && options_.test_every > 0 && (result_.updates - 1) % options_.test_every == 0) try_test_set();
    if (!callbacks_.after_updates) return true;
    const double rate = mover_.learning_rate(result_.updates - 1);
    return obey(callbacks_.after_updates({result_.updates, result_.epochs - 1, mean_loss, rate}));
  }

  /// What is known of a batch after its passes; the gradient lies in gradient_.
  struct Passed {
    T loss;  // with its penalties; NaN if it is not wanted
    Index hits;
    T largest;  // of the gradient; not finite if any number of it is
  };
  bool is_good(const Passed& now) const {
    return std::isfinite(now.largest) && (!recording() || std::isfinite(now.loss));
  }

  Passed passed(T loss, Index hits) {
    loss += mover_.add_penalty(theta_, gradient_, batch_.weight());
    return {loss, hits, largest_or_not_finite<T>(gradient_)};
  }

  Passed by_engine() {
    fast_.set_masks(trace_.seed, trace_.update);
    const bool wanted = recording() || !mover_.steps();
    const engine::Tally tally = fast_.gradient(theta_, trace_.state, train_, batch_.rows(), gradient_, wanted);
    return passed(wanted ? static_cast<T>(tally.loss) : std::numeric_limits<T>::quiet_NaN(), tally.hits);
  }

  Passed by_definition(const Samples<T>& batch) {
    forward(network_, theta_, batch.x, trace_);
    T loss = std::numeric_limits<T>::quiet_NaN();
    if (recording() || !mover_.steps()) loss = loss_of_trace(network_, options_.loss, trace_, batch.weighted_targets());
    gradient_of_trace(network_, options_.loss, theta_, batch.x, batch.weighted_targets(), trace_,
                      std::span<T>(gradient_));
    const bool counts = recording() && hit_ != Hit::none;
    return passed(loss, counts ? count_hits<T>(hit_, trace_.outputs.back(), batch.targets, network_.outputs()) : 0);
  }

  void record(double mean, Index hits, Index terms) {
    recorder_.add(mean, hits, terms);
    pass_loss_ += mean * static_cast<double>(terms);
    pass_hits_ += hits;
    pass_terms_ += terms;
  }

  /// False if no step leads further down.
  bool move(const Samples<T>& batch, T loss) {
    if (mover_.steps()) {
      mover_.step(theta_, gradient_, result_.updates);
      return true;
    }
    if (std::holds_alternative<LevenbergMarquardt>(options_.optimizer))
      return mover_.reduce(theta_, network_residuals(network_, options_.loss, batch.x, batch.weighted_targets(), trace_,
                                                     options_.regularisation, blocks_));
    const Objective<T> objective = [&](std::span<const T> theta, std::span<T> gradient) {
      trace_.state = last_state_;
      if (fast_.exist()) {
        const T value = static_cast<T>(fast_.gradient(theta, trace_.state, train_, batch_.rows(), gradient, true).loss);
        return value + mover_.add_penalty(theta, gradient, batch_.weight());
      }
      forward(network_, theta, batch.x, trace_);
      const T value = loss_of_trace(network_, options_.loss, trace_, batch.weighted_targets());
      gradient_of_trace(network_, options_.loss, theta, batch.x, batch.weighted_targets(), trace_, gradient);
      return value + mover_.add_penalty(theta, gradient, batch_.weight());
    };
    return mover_.descend(theta_, loss, gradient_, objective);
  }

  /// The rows of the next batch; none for the full batch, in the order given.
  std::span<const Index> next_rows(Index k) {
    if (options_.batch == 0 && options_.order == Order::shuffle) return {};
    return batches_.next(k);
  }

  /// Of samples; in a sequence with outputs at every step their steps: what a mean is over.
  Index terms(Index samples) const { return samples * (train_.targets.cols() / network_.outputs()); }

  /// From the loss of samples of this weight, as the options reduce it, to a mean.
  double mean_scale(double weight) const {
    if (options_.loss.reduction == Reduction::mean) return 1;
    const double count = weight * static_cast<double>(terms(1));
    const Loss mean{options_.loss.function, Reduction::mean};
    return count > 0 ? mean.scale(1, network_.outputs()) / count : 0;
  }

  bool tell(const std::function<Signal(const UpdateEvent<T>&)>& callback, const UpdateEvent<T>& event) {
    return !callback || obey(callback(event));
  }

  bool obey(Signal signal) {
    if (signal == Signal::stop) result_.reason = StopReason::callback;
    return signal == Signal::go_on;
  }

  bool converged() {
    if (options_.min_change < 0) return false;
    double squares = 0;
    for (std::size_t k = 0; k < previous_.size(); ++k) {
      const double change = static_cast<double>(theta_[k] - previous_[k]);
      squares += change * change;
    }
    if (std::sqrt(squares) > options_.min_change) return false;
    result_.reason = StopReason::converged;
    return true;
  }

  void try_test_set() {
    const engine::Tally tally = fast_.exist() ? fast_.score(theta_, trace_.state, *test_) : score_test_set();
    const double weight = test_->weighted_targets().count(test_->targets.cols());
    result_.history.test_update.push_back(result_.updates);
    result_.history.test_loss.push_back(tally.loss * mean_scale(weight));
    if (hit_ != Hit::none)
      result_.history.test_accuracy.push_back(static_cast<double>(tally.hits) / static_cast<double>(tally.samples));
  }

  /// By the definition.
  engine::Tally score_test_set() {
    test_trace_.state = trace_.state;
    forward(network_, theta_, test_->x, test_trace_);
    const T loss = loss_of_trace(network_, options_.loss, test_trace_, test_->weighted_targets());
    const Index hits = count_hits<T>(hit_, test_trace_.outputs.back(), test_->targets, network_.outputs());
    return {static_cast<double>(loss), hits, test_->x.rows() * (test_->targets.cols() / network_.outputs())};
  }

  bool end_epoch() {
    const bool last = result_.reason != StopReason::finished || done();
    if (options_.record_every == 0 || last) recorder_.write(result_.updates);
    if (test_ && options_.test_every == 0 && result_.reason != StopReason::diverged) try_test_set();
    const EpochEvent<T> event{result_.epochs, result_.updates, theta_, result_.history};
    const bool going = !callbacks_.after_epoch || obey(callbacks_.after_epoch(event));
    return !stops_early(event) && going;
  }

  /// Lets early stopping and the schedule look at the pass.
  bool stops_early(const EpochEvent<T>& event) {
    if (result_.reason == StopReason::diverged) return false;
    const double pass_loss = pass_loss_ / static_cast<double>(pass_terms_);
    bool stop = pass_terms_ > 0 && !mover_.end_epoch(pass_loss);
    if (options_.early_stopping.metric != EarlyStopping::Metric::none) {
      if (patience_.improves(metric(event, pass_loss))) {
        best_theta_.assign(theta_.begin(), theta_.end());
        best_state_ = trace_.state;
        result_.best_epoch = result_.epochs;
        result_.best_metric = patience_.best();
      }
      stop = stop || patience_.is_over();
    }
    pass_loss_ = 0;
    pass_hits_ = pass_terms_ = 0;
    if (stop && result_.reason == StopReason::finished) result_.reason = StopReason::early;
    return stop;
  }

  /// NaN where it is not known.
  double metric(const EpochEvent<T>& event, double pass_loss) const {
    const History& history = result_.history;
    const auto last = [](const std::vector<double>& v) { return v.empty() ? std::nan("") : v.back(); };
    switch (options_.early_stopping.metric) {
      case EarlyStopping::Metric::loss: return pass_loss;
      case EarlyStopping::Metric::accuracy: return static_cast<double>(pass_hits_) / static_cast<double>(pass_terms_);
      case EarlyStopping::Metric::test_loss: return last(history.test_loss);
      case EarlyStopping::Metric::test_accuracy: return last(history.test_accuracy);
      case EarlyStopping::Metric::custom: return callbacks_.metric(event);
      case EarlyStopping::Metric::none: break;
    }
    return std::nan("");
  }

  bool diverged(const Samples<T>& batch, T loss, Index k) {
    result_.reason = StopReason::diverged;
    trace_.state = last_state_;
    Divergence& found = result_.divergence;
    found = find_divergence<T>(network_, options_.loss,
                               {.theta = theta_,
                                .gradient = gradient_,
                                .x = batch.x,
                                .targets = batch.targets,
                                .loss = loss,
                                .recorded = recording(),
                                .first_loss = first_loss_,
                                .last_loss = last_loss_,
                                .largest_gradient = largest_gradient_},
                               trace_);
    found.epoch = result_.epochs;
    found.batch = k + 1;
    found.update = result_.updates + 1;
    // From the row of the batch to that of the training set.
    if (found.sample >= 0 && !batch_.rows().empty())
      found.sample = batch_.rows()[static_cast<std::size_t>(found.sample)];
    return false;
  }

  const BasicNetwork<L>& network_;
  std::span<T> theta_;
  const Samples<T>& train_;
  const FitOptions options_;
  const std::optional<Samples<T>>& test_;
  const Callbacks<T>& callbacks_;
  Batches batches_;
  std::vector<ParameterBlock> blocks_;
  Mover<T> mover_;
  Patience patience_;
  Hit hit_;
  FastPasses<T, L> fast_;
  FitResult result_;
  Recorder recorder_;
  std::vector<T> gradient_;
  std::vector<T> previous_;  // theta before the step, where min_change asks for it
  std::vector<T> moved_;     // theta after updates made at once
  Batch<T> batch_;
  Trace<T> trace_;
  Trace<T> test_trace_;
  std::vector<T> last_state_;   // before the update
  std::vector<Index> several_;  // rows of updates made at once
  Index last_row_ = -1;         // of the last of them
  double first_loss_ = 0;
  double last_loss_ = 0;
  double pass_loss_ = 0;  // sums over the pass
  Index pass_hits_ = 0;
  Index pass_terms_ = 0;
  std::vector<T> best_theta_, best_state_;  // when early stopping's metric was best
  double largest_gradient_ = 0;
};

}  // namespace detail

template <std::floating_point T, class L>
FitResult fit(const BasicNetwork<L>& network, std::span<T> theta, const Samples<T>& train, const FitOptions& options,
              RandomState& random, const std::optional<Samples<T>>& test, const Callbacks<T>& callbacks) {
  return detail::Training<T, L>(network, theta, train, options, random, test, callbacks).run();
}

}  // namespace gradus
