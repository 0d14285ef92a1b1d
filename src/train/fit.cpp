// SPDX-License-Identifier: MIT
#include "gradus/train/fit.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "gradus/core/number.hpp"
#include "gradus/nn/pass.hpp"

namespace gradus {
namespace {

/// True unless a number is NaN or infinite: 0 * x is 0 for the finite ones only, and a sum keeps a NaN.
template <std::floating_point T>
bool all_finite(std::span<const T> values) {
  T sum = 0;
  for (const T value : values) sum += 0 * value;
  return sum == 0;
}

Hit hit_of(const FitOptions& options) {
  if (options.hit != Hit::by_loss) return options.hit;
  if (std::holds_alternative<CrossEntropy>(options.loss.function)) return Hit::argmax;
  if (std::holds_alternative<MeanSquaredError>(options.loss.function)) return Hit::none;
  return Hit::threshold;
}

template <std::floating_point T>
bool is_hit(Hit hit, std::span<const T> p, std::span<const T> t) {
  if (hit == Hit::argmax)
    return std::max_element(p.begin(), p.end()) - p.begin() == std::max_element(t.begin(), t.end()) - t.begin();
  for (std::size_t k = 0; k < p.size(); ++k)
    if ((p[k] > T(0.5)) != (t[k] > T(0.5))) return false;
  return true;
}

template <std::floating_point T>
Index count_hits(Hit hit, ConstMatrixView<T> p, ConstMatrixView<T> targets) {
  if (hit == Hit::none) return 0;
  Index hits = 0;
  for (Index i = 0; i < p.rows(); ++i) hits += is_hit<T>(hit, p.row(i), targets.row(i));
  return hits;
}

/// Hands out the samples of each batch, and draws from the stream what that needs.
class Batches {
 public:
  Batches(const FitOptions& options, Index samples, RandomState& random)
      : options_(options), samples_(samples), random_(random) {
    if (options.order == Order::shuffle && options.batch > 0) {
      order_.resize(static_cast<std::size_t>(samples));
      std::iota(order_.begin(), order_.end(), Index{0});
    }
  }

  /// Samples an update, but for a short last batch of a pass.
  Index size() const { return options_.batch == 0 ? samples_ : options_.batch; }
  Index updates_per_epoch() const { return (samples_ + size() - 1) / size(); }

  /// The rows of batch number `k` of a pass; to be called in turn.
  std::span<const Index> next(Index k) {
    const Index first = k * size();
    const Index count = std::min(size(), samples_ - first);
    if (options_.order == Order::shuffle) {
      if (k == 0) random_.shuffle(order_);
      return std::span<const Index>(order_).subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count));
    }
    rows_.resize(static_cast<std::size_t>(count));
    for (Index& row : rows_) {
      if (options_.order == Order::draws) {
        row = static_cast<Index>(random_.interval(static_cast<std::uint64_t>(samples_ - 1)));
      } else {
        row = options_.given[given_];
        given_ = (given_ + 1) % options_.given.size();
      }
    }
    return rows_;
  }

 private:
  const FitOptions& options_;
  Index samples_;
  RandomState& random_;
  std::vector<Index> order_;
  std::vector<Index> rows_;
  std::size_t given_ = 0;
};

/// Sums up updates until a record is due.
class Recorder {
 public:
  Recorder(Hit hit, History& history) : hit_(hit), history_(history) {}

  void add(double mean_loss, Index hits, Index samples) {
    loss_ += mean_loss * static_cast<double>(samples);
    hits_ += hits;
    samples_ += samples;
  }

  void write(Index updates) {
    if (samples_ == 0) return;
    history_.update.push_back(updates);
    history_.loss.push_back(loss_ / static_cast<double>(samples_));
    if (hit_ != Hit::none) history_.accuracy.push_back(static_cast<double>(hits_) / static_cast<double>(samples_));
    loss_ = 0;
    hits_ = samples_ = 0;
  }

 private:
  Hit hit_;
  History& history_;
  double loss_ = 0;
  Index hits_ = 0;
  Index samples_ = 0;
};

template <std::floating_point T>
class Training {
 public:
  Training(const Network& network, std::span<T> theta, const Samples<T>& train, const FitOptions& options,
           RandomState& random, const std::optional<Samples<T>>& test, const Callbacks<T>& callbacks)
      : network_(network),
        theta_(theta),
        train_(train),
        options_(options),
        test_(test),
        callbacks_(callbacks),
        batches_(options, train.x.rows(), random),
        optimizer_(options.optimizer, static_cast<Index>(theta.size())),
        hit_(hit_of(options)),
        recorder_(hit_, result_.history),
        gradient_(theta.size()) {
    check();
    if (options.min_change >= 0) previous_.resize(theta.size());
  }

  FitResult run() {
    bool going = true;
    while (going && !done()) {
      ++result_.epochs;
      for (Index k = 0; going && k < batches_.updates_per_epoch() && !done_updates(); ++k) going = update(k);
      going = end_epoch() && going;
    }
    return std::move(result_);
  }

 private:
  void check() const {
    const auto check_set = [&](const Samples<T>& set, const char* where) {
      check_cols(where, "x", set.x, network_.inputs());
      check_rows(where, "targets", set.targets, set.x.rows());
      check_cols(where, "targets", set.targets, network_.outputs());
    };
    check_set(train_, "fit");
    if (test_) check_set(*test_, "fit, test set");
    check_length("fit", "theta", static_cast<Index>(theta_.size()), network_.parameter_count());
    if (train_.x.rows() == 0) throw ValueError("[fit] expected at least one sample, got none");
    const auto check_count = [](Index value, const char* what) {
      if (value < 0) throw ValueError(std::string("[fit] expected ") + what + " >= 0, got " + std::to_string(value));
    };
    check_count(options_.batch, "a batch size");
    check_count(options_.epochs, "a number of epochs");
    check_count(options_.updates, "a number of updates");
    check_count(options_.test_every, "test_every");
    if (options_.order != Order::given) return;
    if (options_.given.empty()) throw ValueError("[fit] expected sample indices with Order::given, got none");
    for (const Index i : options_.given)
      if (i < 0 || i >= train_.x.rows())
        throw ValueError("[fit] expected given sample indices from 0 to " + std::to_string(train_.x.rows() - 1) +
                         ", got " + std::to_string(i));
  }

  bool recording() const { return options_.record_every >= 0; }
  bool done_updates() const { return options_.updates > 0 && result_.updates >= options_.updates; }
  bool done() const { return done_updates() || (options_.updates == 0 && result_.epochs >= options_.epochs); }

  /// One update; false if training ends with it.
  bool update(Index k) {
    const Samples<T> batch = next_batch(k);
    forward(network_, theta_, batch.x, trace_);
    T loss = std::numeric_limits<T>::quiet_NaN();
    if (recording()) loss = loss_of_trace(network_, options_.loss, trace_, batch.targets);
    gradient_of_trace(network_, options_.loss, theta_, batch.x, batch.targets, trace_, std::span<T>(gradient_));
    if ((recording() && !std::isfinite(loss)) || !all_finite<T>(gradient_)) return diverged(loss);
    last_loss_ = static_cast<double>(loss);
    if (recording())
      recorder_.add(last_loss_ * mean_scale(batch.x.rows()),
                    count_hits<T>(hit_, trace_.outputs.back(), batch.targets), batch.x.rows());
    if (options_.keep_gradients) result_.history.gradients.emplace_back(gradient_.begin(), gradient_.end());
    const UpdateEvent<T> event{result_.updates, result_.epochs - 1, loss, theta_, gradient_, batch.x, batch.targets};
    bool going = tell(callbacks_.before_step, event);
    std::copy(theta_.begin(), theta_.begin() + static_cast<Index>(previous_.size()), previous_.begin());
    optimizer_.step(theta_, gradient_);
    ++result_.updates;
    if (options_.record_every > 0 && result_.updates % options_.record_every == 0) recorder_.write(result_.updates);
    if (test_ && options_.test_every > 0 && (result_.updates - 1) % options_.test_every == 0) try_test_set();
    going = tell(callbacks_.after_step, event) && going;
    return !converged() && going;
  }

  /// The full batch is the set itself; another is copied together.
  Samples<T> next_batch(Index k) {
    if (options_.batch == 0 && options_.order == Order::shuffle) return train_;
    const std::span<const Index> rows = batches_.next(k);
    const auto gather = [&](ConstMatrixView<T> from, Matrix<T>& to) {
      to.resize(static_cast<Index>(rows.size()), from.cols());
      for (std::size_t i = 0; i < rows.size(); ++i)
        std::copy_n(from.row(rows[i]).begin(), from.cols(), to.row(static_cast<Index>(i)).begin());
    };
    gather(train_.x, x_);
    gather(train_.targets, targets_);
    return {x_, targets_};
  }

  /// From the loss as the options reduce it to a mean.
  double mean_scale(Index batch) const {
    const Loss mean{options_.loss.function, Reduction::mean};
    return mean.scale(batch, network_.outputs()) / options_.loss.scale(batch, network_.outputs());
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
    forward(network_, theta_, test_->x, test_trace_);
    const Loss mean{options_.loss.function, Reduction::mean};
    result_.history.test_update.push_back(result_.updates);
    result_.history.test_loss.push_back(
        static_cast<double>(loss_of_trace(network_, mean, test_trace_, test_->targets)));
    if (hit_ != Hit::none)
      result_.history.test_accuracy.push_back(
          static_cast<double>(count_hits<T>(hit_, test_trace_.outputs.back(), test_->targets)) /
          static_cast<double>(test_->x.rows()));
  }

  bool end_epoch() {
    const bool last = result_.reason != StopReason::finished || done();
    if (options_.record_every == 0 || last) recorder_.write(result_.updates);
    if (test_ && options_.test_every == 0 && result_.reason != StopReason::diverged) try_test_set();
    if (!callbacks_.after_epoch) return true;
    return obey(callbacks_.after_epoch({result_.epochs, result_.updates, theta_, result_.history}));
  }

  bool diverged(T loss) {
    result_.reason = StopReason::diverged;
    result_.divergence = {culprit(loss), result_.epochs, result_.updates + 1, last_loss_};
    return false;
  }

  /// The first place, in the order of computation, that holds a non-finite number.
  std::string culprit(T loss) const {
    for (std::size_t l = 0; l < network_.size(); ++l)
      if (!all_finite<T>(trace_.outputs[l].values())) return network_.label(l) + " outputs";
    if (recording() && !std::isfinite(loss)) return "the loss";
    const std::vector<ParameterBlock> blocks = network_.parameter_blocks();
    for (auto block = blocks.rbegin(); block != blocks.rend(); ++block)
      if (!all_finite<T>(std::span<const T>(gradient_).subspan(static_cast<std::size_t>(block->offset),
                                                               static_cast<std::size_t>(block->size()))))
        return "the gradient of " + block->label();
    return "the gradient";
  }

  const Network& network_;
  std::span<T> theta_;
  const Samples<T>& train_;
  const FitOptions& options_;
  const std::optional<Samples<T>>& test_;
  const Callbacks<T>& callbacks_;
  Batches batches_;
  Optimizer<T> optimizer_;
  Hit hit_;
  FitResult result_;
  Recorder recorder_;
  std::vector<T> gradient_;
  std::vector<T> previous_;  // theta before the step, where min_change asks for it
  Matrix<T> x_;              // the batch
  Matrix<T> targets_;
  Trace<T> trace_;
  Trace<T> test_trace_;
  double last_loss_ = 0;
};

}  // namespace

std::string Divergence::message() const {
  return where + " went non-finite in epoch " + std::to_string(epoch) + ", update " + std::to_string(update) +
         " (last finite loss " + number_text(last_finite_loss) + ")";
}

template <std::floating_point T>
FitResult fit(const Network& network, std::span<T> theta, const Samples<T>& train, const FitOptions& options,
              RandomState& random, const std::optional<Samples<T>>& test, const Callbacks<T>& callbacks) {
  return Training<T>(network, theta, train, options, random, test, callbacks).run();
}

template FitResult fit(const Network&, std::span<double>, const Samples<double>&, const FitOptions&, RandomState&,
                       const std::optional<Samples<double>>&, const Callbacks<double>&);
template FitResult fit(const Network&, std::span<float>, const Samples<float>&, const FitOptions&, RandomState&,
                       const std::optional<Samples<float>>&, const Callbacks<float>&);

}  // namespace gradus
