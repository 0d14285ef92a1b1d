// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "gradus/nn/pass.hpp"
#include "gradus/train/autopsy.hpp"
#include "gradus/train/batches.hpp"
#include "gradus/train/fit.hpp"
#include "gradus/train/mover.hpp"

/// How `fit` works, for networks with layers of your own: include this where you call it. For `Network` the library
/// holds it compiled, and train/fit.hpp is enough.
namespace gradus {
namespace detail {

/// The largest magnitude; NaN or infinite if any number is. Eight at a time, so that the additions do not wait for
/// each other.
template <std::floating_point T>
T largest_or_not_finite(std::span<const T> values) {
  constexpr std::size_t lanes = 8;
  std::array<T, lanes> sum{};  // 0 * x is 0 for the finite ones only, and a sum keeps a NaN
  std::array<T, lanes> most{};
  std::size_t k = 0;
  for (; k + lanes <= values.size(); k += lanes)
    for (std::size_t i = 0; i < lanes; ++i) {
      sum[i] += 0 * values[k + i];
      most[i] = std::max(most[i], std::abs(values[k + i]));
    }
  for (; k < values.size(); ++k) {
    sum[0] += 0 * values[k];
    most[0] = std::max(most[0], std::abs(values[k]));
  }
  for (std::size_t i = 1; i < lanes; ++i) {
    sum[0] += sum[i];
    most[0] = std::max(most[0], most[i]);
  }
  return sum[0] + most[0];
}

template <std::floating_point T>
bool is_hit(Hit hit, std::span<const T> p, std::span<const T> t) {
  if (hit == Hit::argmax)
    return std::max_element(p.begin(), p.end()) - p.begin() == std::max_element(t.begin(), t.end()) - t.begin();
  for (std::size_t k = 0; k < p.size(); ++k)
    if ((p[k] > T(0.5)) != (t[k] > T(0.5))) return false;
  return true;
}

/// Of outputs (batch, outputs), or in a sequence (batch, steps * width).
template <std::floating_point T>
Index count_hits(Hit hit, ConstMatrixView<T> outputs, ConstMatrixView<T> targets, Index width) {
  if (hit == Hit::none) return 0;
  const ConstMatrixView<T> p = rows_of(outputs, width);
  Index hits = 0;
  for (Index i = 0; i < p.rows(); ++i) hits += is_hit<T>(hit, p.row(i), step_row(targets, i, width));
  return hits;
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
        mover_(options_, blocks_, static_cast<Index>(theta.size()), batches_.updates_per_epoch(), train.x.rows()),
        patience_(options_.early_stopping),
        hit_(hit_of(options)),
        recorder_(hit_, result_.history),
        gradient_(theta.size()) {
    check();
    if (options.min_change >= 0) previous_.resize(theta.size());
    trace_.mode = Mode::training;
    trace_.seed = options.mask_seed.value_or(0);
    if (network.uses_masks() && !options.mask_seed) trace_.seed = random.interval(0xffffffff);
    trace_.state.assign(options.state.begin(), options.state.end());
    if (options.state.empty()) trace_.state = network.template initial_state<T>();
  }

  FitResult run() {
    bool going = true;
    while (going && !done()) {
      ++result_.epochs;
      for (Index k = 0; going && k < batches_.updates_per_epoch() && !done_updates(); ++k) going = update(k);
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

  void check() const {
    const auto check_set = [&](const Samples<T>& set, const char* where) {
      network_.check_input(where, set.x.rows(), set.x.cols());
      check_rows(where, "targets", set.targets, set.x.rows());
      check_cols(where, "targets", set.targets, network_.output_cols(set.x.cols()));
      check_weights(where, set);
    };
    check_set(train_, "fit");
    if (test_) check_set(*test_, "fit, test set");
    check_length("fit", "theta", static_cast<Index>(theta_.size()), network_.parameter_count());
    if (!options_.state.empty())
      check_length("fit", "state", static_cast<Index>(options_.state.size()), network_.state_count());
    if (train_.x.rows() == 0) throw ValueError("[fit] expected at least one sample, got none");
    const auto check_count = [](Index value, const char* what) {
      if (value < 0) throw ValueError(std::string("[fit] expected ") + what + " >= 0, got " + std::to_string(value));
    };
    check_count(options_.batch, "a batch size");
    check_count(options_.epochs, "a number of epochs");
    check_count(options_.updates, "a number of updates");
    check_count(options_.test_every, "test_every");
    check_early_stopping();
    if (!mover_.steps() && options_.order != Order::shuffle)
      throw ValueError("[fit] expected Order::shuffle with " + std::string(name(options_.optimizer)) +
                       ", which takes all samples at once");
    if (options_.order != Order::given) return;
    if (options_.given.empty()) throw ValueError("[fit] expected sample indices with Order::given, got none");
    for (const Index i : options_.given)
      if (i < 0 || i >= train_.x.rows())
        throw ValueError("[fit] expected given sample indices from 0 to " + std::to_string(train_.x.rows() - 1) +
                         ", got " + std::to_string(i));
  }

  static void check_weights(const std::string& where, const Samples<T>& set) {
    if (set.weights.empty()) return;
    check_length(where, "sample weights", static_cast<Index>(set.weights.size()), set.x.rows());
    const auto bad = std::find_if(set.weights.begin(), set.weights.end(),
                                  [](T w) { return !(w >= 0 && w <= std::numeric_limits<T>::max()); });
    if (bad != set.weights.end())
      throw ValueError("[" + where + "] expected sample weights that are finite and at least 0, got " +
                       std::to_string(*bad) + " (sample " + std::to_string(bad - set.weights.begin()) + ")");
    if (std::all_of(set.weights.begin(), set.weights.end(), [](T w) { return w == 0; }))
      throw ValueError("[" + where + "] expected a sample weight above 0, got none");
  }

  void check_early_stopping() const {
    using Metric = EarlyStopping::Metric;
    const EarlyStopping& early = options_.early_stopping;
    const auto expect = [](bool good, const char* what) {
      if (!good) throw ValueError(std::string("[fit] expected ") + what);
    };
    expect(early.patience >= 0 && early.min_delta >= 0, "early stopping with a patience and min_delta of at least 0");
    const bool of_test = early.metric == Metric::test_loss || early.metric == Metric::test_accuracy;
    const bool of_hits = early.metric == Metric::accuracy || early.metric == Metric::test_accuracy;
    expect(!of_test || test_, "a test set, on which early stopping is to look");
    expect(!of_hits || hit_ != Hit::none, "a loss that knows hits, for early stopping by accuracy");
    expect(early.metric != Metric::custom || callbacks_.metric, "a callback that gives the metric for early stopping");
    expect(recording() || (early.metric != Metric::loss && early.metric != Metric::accuracy && !mover_.listens()),
           "a loss on record (record_every of at least 0) for early stopping or the adaptive schedule");
  }

  bool recording() const { return options_.record_every >= 0; }
  bool done_updates() const { return options_.updates > 0 && result_.updates >= options_.updates; }
  bool done() const { return done_updates() || (options_.updates == 0 && result_.epochs >= options_.epochs); }

  /// One update; false if training ends with it.
  bool update(Index k) {
    const Samples<T> batch = next_batch(k);
    trace_.update = static_cast<std::uint64_t>(result_.updates);
    last_state_ = trace_.state;
    forward(network_, theta_, batch.x, trace_);
    T loss = std::numeric_limits<T>::quiet_NaN();
    if (recording() || !mover_.steps()) loss = loss_of_trace(network_, options_.loss, trace_, batch.weighted_targets());
    gradient_of_trace(network_, options_.loss, theta_, batch.x, batch.weighted_targets(), trace_,
                      std::span<T>(gradient_));
    loss += mover_.add_penalty(theta_, gradient_, samples_in(batch));
    const T largest = largest_or_not_finite<T>(gradient_);
    if ((recording() && !std::isfinite(loss)) || !std::isfinite(largest)) return diverged(batch, loss, k);
    largest_gradient_ = static_cast<double>(largest);
    last_loss_ = static_cast<double>(loss);
    if (result_.updates == 0) first_loss_ = last_loss_;
    if (recording()) record(batch);
    if (options_.keep_gradients) result_.history.gradients.emplace_back(gradient_.begin(), gradient_.end());
    const UpdateEvent<T> event{.update = result_.updates,
                               .epoch = result_.epochs - 1,
                               .loss = loss,
                               .theta = theta_,
                               .gradient = gradient_,
                               .x = batch.x,
                               .targets = batch.targets,
                               .learning_rate = mover_.learning_rate(result_.updates),
                               .weights = batch.weights};
    bool going = tell(callbacks_.before_step, event);
    std::copy(theta_.begin(), theta_.begin() + static_cast<Index>(previous_.size()), previous_.begin());
    const bool moved = move(batch, loss);
    ++result_.updates;
    if (options_.record_every > 0 && result_.updates % options_.record_every == 0) recorder_.write(result_.updates);
    if (test_ && options_.test_every > 0 && (result_.updates - 1) % options_.test_every == 0) try_test_set();
    going = tell(callbacks_.after_step, event) && going;
    if (!moved) result_.reason = StopReason::converged;
    return moved && !converged() && going;
  }

  void record(const Samples<T>& batch) {
    const double mean = last_loss_ * mean_scale(batch.weighted_targets());
    const Index hits = count_hits<T>(hit_, trace_.outputs.back(), batch.targets, network_.outputs());
    recorder_.add(mean, hits, terms(batch));
    pass_loss_ += mean * static_cast<double>(terms(batch));
    pass_hits_ += hits;
    pass_terms_ += terms(batch);
  }

  /// False if no step leads further down.
  bool move(const Samples<T>& batch, T loss) {
    if (mover_.steps()) {
      mover_.step(theta_, gradient_, result_.updates);
      return true;
    }
    if (std::holds_alternative<LevenbergMarquardt>(options_.optimizer))
      return mover_.reduce(theta_, network_residuals(network_, options_.loss, batch.x, batch.weighted_targets(),
                                                     trace_, options_.regularisation, blocks_));
    const Objective<T> objective = [&](std::span<const T> theta, std::span<T> gradient) {
      trace_.state = last_state_;
      forward(network_, theta, batch.x, trace_);
      const T value = loss_of_trace(network_, options_.loss, trace_, batch.weighted_targets());
      gradient_of_trace(network_, options_.loss, theta, batch.x, batch.weighted_targets(), trace_, gradient);
      return value + mover_.add_penalty(theta, gradient, samples_in(batch));
    };
    return mover_.descend(theta_, loss, gradient_, objective);
  }

  /// The full batch is the set itself; another is copied together.
  Samples<T> next_batch(Index k) {
    if (options_.batch == 0 && options_.order == Order::shuffle) return train_;
    const std::span<const Index> rows = rows_ = batches_.next(k);
    const auto gather = [&](ConstMatrixView<T> from, Matrix<T>& to) {
      to.resize(static_cast<Index>(rows.size()), from.cols());
      for (std::size_t i = 0; i < rows.size(); ++i)
        std::copy_n(from.row(rows[i]).begin(), from.cols(), to.row(static_cast<Index>(i)).begin());
    };
    gather(train_.x, x_);
    gather(train_.targets, targets_);
    weights_.clear();
    for (const Index row : rows)
      if (!train_.weights.empty()) weights_.push_back(train_.weights[static_cast<std::size_t>(row)]);
    return {x_, targets_, weights_};
  }

  /// Samples, or in a sequence with outputs at every step their steps: what a mean is over.
  Index terms(const Samples<T>& set) const { return set.x.rows() * (set.targets.cols() / network_.outputs()); }

  /// How much the samples of a batch count together.
  static double samples_in(const Samples<T>& batch) { return batch.weighted_targets().count(batch.targets.cols()); }

  /// From the loss as the options reduce it to a mean.
  double mean_scale(const Targets<T>& targets) const {
    if (options_.loss.reduction == Reduction::mean) return 1;
    return Loss{options_.loss.function, Reduction::mean}.scale(targets, network_.outputs());
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
    test_trace_.state = trace_.state;
    forward(network_, theta_, test_->x, test_trace_);
    const Loss mean{options_.loss.function, Reduction::mean};
    result_.history.test_update.push_back(result_.updates);
    result_.history.test_loss.push_back(
        static_cast<double>(loss_of_trace(network_, mean, test_trace_, test_->weighted_targets())));
    if (hit_ != Hit::none)
      result_.history.test_accuracy.push_back(
          static_cast<double>(
              count_hits<T>(hit_, test_trace_.outputs.back(), test_->targets, network_.outputs())) /
          static_cast<double>(terms(*test_)));
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
    if (found.sample >= 0 && !rows_.empty()) found.sample = rows_[static_cast<std::size_t>(found.sample)];
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
  FitResult result_;
  Recorder recorder_;
  std::vector<T> gradient_;
  std::vector<T> previous_;  // theta before the step, where min_change asks for it
  Matrix<T> x_;              // the batch
  Matrix<T> targets_;
  std::vector<T> weights_;
  Trace<T> trace_;
  Trace<T> test_trace_;
  std::vector<T> last_state_;  // before the update
  std::span<const Index> rows_;  // of the training set, in the batch; empty: all of it
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
