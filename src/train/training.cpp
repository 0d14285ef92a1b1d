// SPDX-License-Identifier: MIT
// How a training begins, and its state.
#include "gradus/train/training.hpp"

#include <algorithm>
#include <limits>

#include "gradus/train/check_run.hpp"
#include "train/training_loop.hpp"

namespace gradus {
namespace {

Index length(const auto& values) { return static_cast<Index>(values.size()); }

/// Throws ShapeError unless there are so many values, or none.
void check_length_or_none(const char* what, const auto& values, Index expected) {
  if (!values.empty()) check_length("training", what, length(values), expected);
}

void check_below(const char* what, const std::vector<Index>& indices, Index count) {
  if (!std::all_of(indices.begin(), indices.end(), [&](Index i) { return i >= 0 && i < count; }))
    throw ShapeError(std::string("[training] expected ") + what + " of a state below " + std::to_string(count));
}

}  // namespace

// ------------------------------------------------------------------------------------------------------ the beginning

template <std::floating_point T>
Training<T>::Loop::Loop(std::unique_ptr<Passes<T>> passes, std::span<T> theta, const Samples<T>& train,
                        const FitOptions& options, RandomState& random, const std::optional<Samples<T>>& test,
                        const Callbacks<T>& callbacks)
    : passes_(std::move(passes)),
      theta_(theta),
      train_(train),
      options_(as_meant(options)),
      random_(&random),
      test_(test),
      callbacks_(callbacks),
      hit_(hit_of_run<T>(options, train.targets, facts().outputs)),
      stall_rule_(stall_rule(options.early_stopping)),
      batches_(options_, train.x.rows()),
      scheduler_(options.schedule, batches_.per_epoch(), train.x.rows()),
      is_steady_(scheduler_.is_constant_in_pass() && !std::holds_alternative<InverseSchedule>(options.schedule)) {
  if (const std::optional<OptimizerMethod> method = stepping_method(options.optimizer)) {
    const bool defined = &passes_->definition() == passes_.get();
    rate_ = gradus::learning_rate(*method);
    updater_.emplace(*method, options.regularisation, facts().blocks, facts().parameters,
                     defined ? Steps::definition : Steps::kernels, options.arithmetic);
  } else {
    minimiser_.emplace(options_);
  }
  check();
  find_frozen();
  whole_updates_ = makes_whole();
  if (!whole_updates_) gradient_.resize(theta_.size());
  if (options.min_change >= 0) previous_.resize(theta.size());
  s_.order = batches_.first_order();
  s_.running = options.state.empty() ? facts().state : std::vector<T>(options.state.begin(), options.state.end());
  s_.mask_seed = options.mask_seed.value_or(0);
  if (facts().uses_masks && !options.mask_seed) s_.mask_seed = random.interval(0xffffffff);
}

/// A method that minimises takes the full batch, in the order given.
template <std::floating_point T>
FitOptions Training<T>::Loop::as_meant(FitOptions options) {
  if (!stepping_method(options.optimizer)) options.batch = 0;
  return options;
}

template <std::floating_point T>
void Training<T>::Loop::check() const {
  check_length("fit", "theta", length(theta_), facts().parameters);
  check_length_or_none("state", options_.state, length(facts().state));
  detail::check_fit_options(options_, train_.x.rows());
  detail::check_early_stopping(options_, test_.has_value(), callbacks_.metric != nullptr, scheduler_.listens(),
                               hit_ != Hit::none);
}

// ---------------------------------------------------------------------------------------------------------- the state

template <std::floating_point T>
TrainingState<T> Training<T>::Loop::state() const {
  TrainingState<T> state = s_;
  // Of an epoch of its own, in turn, nothing is left to shuffle on.
  if (!state.position.within && state.order.empty()) state.order = batches_.first_order();
  state.theta.assign(theta_.begin(), theta_.end());
  state.random = random_->state();
  state.schedule = scheduler_.state();
  if (updater_) state.optimizer = updater_->state();
  if (minimiser_) minimiser_->write_state(state);
  return state;
}

template <std::floating_point T>
void Training<T>::Loop::set_state(TrainingState<T> state) {
  check_state(state);
  random_->set_state(state.random);
  scheduler_.set_state(state.schedule);
  rate_set_.reset();
  if (updater_) updater_->set_state(std::move(state.optimizer));
  if (minimiser_) minimiser_->read_state(state);
  std::copy(state.theta.begin(), state.theta.end(), theta_.begin());
  s_ = std::move(state);
  if (batches_.shuffles()) batches_.set_samples(s_.order.empty() ? train_.x.rows() : length(s_.order));
  if (s_.reason == StopReason::callback) s_.reason = StopReason::finished;
}

template <std::floating_point T>
void Training<T>::Loop::check_state(const TrainingState<T>& state) const {
  const Index parameters = facts().parameters;
  const Index samples = train_.x.rows();
  check_length("training", "theta of a state", length(state.theta), parameters);
  check_length("training", "running statistics of a state", length(state.running), length(facts().state));
  if (!state.position.within || !batches_.shuffles())  // within an epoch it may be one of its own
    check_length("training", "order of a state", length(state.order), batches_.shuffles() ? samples : 0);
  check_length_or_none("best theta of a state", state.best_theta, parameters);
  check_length_or_none("best running statistics of a state", state.best_running, length(facts().state));
  check_length_or_none("theta before the online updates of a state", state.online.start, parameters);
  check_below("an order", state.order, samples);
  check_length_or_none("rows of online updates", state.online.rows, state.online.count);
  check_below("rows of online updates", state.online.rows, samples);
  if (state.online.rows.empty())
    check_below("the end of online updates", {state.online.first + state.online.count}, samples + 1);
  check_below("online updates made", {state.online.made}, state.online.count + 1);
  check_below("a place among the indices given", {state.given}, std::max<Index>(length(options_.given), 1));
  const Index in_pass = state.order.empty() ? samples : length(state.order);
  check_below("a batch", {state.position.batch}, batches_.per_epoch(in_pass) + 1);
}

// ----------------------------------------------------------------------------------------------------------- the face

namespace {

template <std::floating_point T>
std::unique_ptr<Passes<T>> checked_passes(const Network& network, Index parameters, const Samples<T>& train,
                                          const FitOptions& options, const std::optional<Samples<T>>& test) {
  check_sets(network, parameters, train, test, options);
  return make_passes(network, options, train);
}

}  // namespace

template <std::floating_point T>
Training<T>::Training(const Network& network, std::span<T> theta, const Samples<T>& train, const FitOptions& options,
                      RandomState& random, const std::optional<Samples<T>>& test, const Callbacks<T>& callbacks)
    : Training(checked_passes(network, length(theta), train, options, test), theta, train, options, random, test,
               callbacks) {}

template <std::floating_point T>
Training<T>::Training(std::unique_ptr<Passes<T>> passes, std::span<T> theta, const Samples<T>& train,
                      const FitOptions& options, RandomState& random, const std::optional<Samples<T>>& test,
                      const Callbacks<T>& callbacks)
    : loop_(std::make_unique<Loop>(std::move(passes), theta, train, options, random, test, callbacks)) {}

template <std::floating_point T>
Training<T>::~Training() = default;
template <std::floating_point T>
Training<T>::Training(Training&&) noexcept = default;
template <std::floating_point T>
Training<T>& Training<T>::operator=(Training&&) noexcept = default;

template <std::floating_point T>
bool Training<T>::advance(Index updates) {
  loop_->advance(updates);
  return !loop_->is_over();
}
template <std::floating_point T>
void Training<T>::advance_to_end() {
  loop_->advance(std::numeric_limits<Index>::max());
}
template <std::floating_point T>
bool Training<T>::is_over() const {
  return loop_->is_over();
}
template <std::floating_point T>
void Training<T>::begin_epoch(const Samples<T>& set, std::span<const Index> order) {
  loop_->begin_epoch(set, order);
}
template <std::floating_point T>
const RunSums& Training<T>::last_epoch() const {
  return loop_->last_epoch();
}
template <std::floating_point T>
void Training<T>::scale_learning_rate(double factor) {
  loop_->scale_learning_rate(factor);
}
template <std::floating_point T>
FitResult Training<T>::finish() {
  return loop_->finish();
}

template <std::floating_point T>
Index Training<T>::updates() const {
  return loop_->standing().position.updates;
}
template <std::floating_point T>
Index Training<T>::epochs() const {
  return loop_->standing().position.epochs;
}
template <std::floating_point T>
Index Training<T>::updates_per_epoch() const {
  return loop_->updates_per_epoch();
}
template <std::floating_point T>
double Training<T>::learning_rate() const {
  return loop_->learning_rate(updates());
}
template <std::floating_point T>
std::span<const T> Training<T>::theta() const {
  return loop_->theta();
}
template <std::floating_point T>
std::span<const T> Training<T>::running() const {
  return loop_->standing().running;
}
template <std::floating_point T>
const History& Training<T>::history() const {
  return loop_->standing().history;
}
template <std::floating_point T>
StopReason Training<T>::reason() const {
  return loop_->standing().reason;
}

template <std::floating_point T>
TrainingState<T> Training<T>::state() const {
  return loop_->state();
}
template <std::floating_point T>
void Training<T>::set_state(TrainingState<T> state) {
  loop_->set_state(std::move(state));
}

template class Training<double>;
template class Training<float>;

}  // namespace gradus
