// SPDX-License-Identifier: MIT
#include "gradus/lab/run/live_run.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <vector>

#include "gradus/core/error.hpp"
#include "gradus/core/number.hpp"
#include "gradus/train/timeline.hpp"
#include "lab/experiment/prepared.hpp"
#include "lab/run/adapted.hpp"

namespace gradus {

/// What does not depend on the number type.
class LiveRun::Way {
 public:
  virtual ~Way() = default;
  virtual bool advance(Index updates) = 0;
  virtual void approach(Index update) = 0;
  virtual void change(const Experiment& experiment) = 0;
  virtual void set_parameter(Index entry, double value) = 0;
  virtual std::unique_ptr<Way> branch() const = 0;

  virtual Index updates() const = 0;
  virtual Index furthest() const = 0;
  virtual Index epochs() const = 0;
  virtual Index updates_per_epoch() const = 0;
  virtual double learning_rate() const = 0;
  virtual bool is_over() const = 0;
  virtual StopReason reason() const = 0;
  virtual Divergence divergence() const = 0;
  virtual Index changes() const = 0;

  virtual const Experiment& experiment() const = 0;
  virtual Model model() const = 0;
  virtual std::vector<double> theta() const = 0;
  virtual std::vector<double> running() const = 0;
  virtual const ExperimentResult& subject() const = 0;
};

namespace {

/// Goes on for as long as one likes, and keeps no history; a loss is computed all the same, so that it diverges where
/// any other run does.
FitOptions open_ended(FitOptions options) {
  constexpr Index never = 1 << 30;
  options.epochs = std::numeric_limits<Index>::max();
  options.updates = 0;
  options.record_every = never;
  const EarlyStopping::Metric metric = options.early_stopping.metric;
  if (metric != EarlyStopping::Metric::test_loss && metric != EarlyStopping::Metric::test_accuracy)
    options.test_every = never;
  return options;
}

ExperimentResult begun(const Experiment& experiment, const ExperimentSource& source) {
  check(experiment);
  if (!experiment.start_run.empty())
    throw ValueError("expected an experiment that begins by itself, got one that was branched from another run");
  return before_training(experiment, source);
}

}  // namespace

/// A run in stretches: each is trained by one experiment from a state that was the end of the one before, changed.
template <std::floating_point T>
class LiveRun::WayOf final : public LiveRun::Way {
 public:
  explicit WayOf(ExperimentResult subject) : subject_(std::move(subject)) {
    prepared_ = prepare(Experiment(subject_.experiment));
    stretches_.push_back({subject_.experiment, 0, {}});
    keep();
  }

  bool advance(Index updates) override {
    while (updates > 0 && !is_over()) {
      const bool is_last = at_ + 1 == stretches_.size();
      const Index step = is_last ? updates : std::min(updates, stretches_[at_ + 1].from - this->updates());
      if (step > 0) training().advance(step);
      updates -= step;
      if (is_last || this->updates() < stretches_[at_ + 1].from)
        keep();
      else
        enter(at_ + 1, stretches_[at_ + 1].from);
    }
    furthest_ = std::max(furthest_, this->updates());
    return !is_over();
  }

  void approach(Index update) override {
    if (update < 0) throw ValueError(fmt::format("[live run] expected an update of at least 0, got {}", update));
    const auto after = std::upper_bound(stretches_.begin(), stretches_.end(), update,
                                        [](Index wanted, const Stretch& s) { return wanted < s.from; });
    const auto wanted = static_cast<std::size_t>(after - stretches_.begin()) - 1;
    const Index nearest = stretches_[wanted].timeline.before(update)->position.updates;
    if (wanted == at_ && updates() <= update && nearest <= updates()) return;
    enter(wanted, update);
  }

  void change(const Experiment& experiment) override {
    check(experiment);
    Experiment to = experiment;
    to.fingerprint = this->experiment().fingerprint;
    to.arithmetic = arithmetic_of(to);
    if (const std::string key = foreign_difference(this->experiment(), to); !key.empty())
      throw ValueError(fmt::format("expected a run to be changed in how it trains alone, got another {}", key));
    std::unique_ptr<PreparedTraining<T>> prepared = prepare(to);
    TrainingState<T> state =
        adapted(training().state(), this->experiment(), to, prepared->training().state(), updates_per_epoch());
    prepared->training().set_state(state);
    prepared_ = std::move(prepared);
    begin_stretch(Experiment(subject_.experiment), std::move(state));
  }

  void set_parameter(Index entry, double value) override {
    TrainingState<T> state = training().state();
    const auto count = static_cast<Index>(state.theta.size());
    if (entry < 0 || entry >= count)
      throw ValueError(fmt::format("[live run] expected a parameter from 0 to {}, got {}", count - 1, entry));
    const T number = static_cast<T>(value);
    if (!std::isfinite(number))
      throw ValueError("[live run] expected a finite number for a parameter, got " + number_text(value));
    state.theta[static_cast<std::size_t>(entry)] = number;
    state.online = {};  // what was under way began from the number before
    state.reason = StopReason::finished;
    training().set_state(state);
    begin_stretch(Experiment(experiment()), std::move(state));
  }

  std::unique_ptr<Way> branch() const override { return std::unique_ptr<Way>(new WayOf(*this)); }

  Index updates() const override { return training().updates(); }
  Index furthest() const override { return furthest_; }
  Index epochs() const override { return training().epochs(); }
  Index updates_per_epoch() const override { return training().updates_per_epoch(); }
  double learning_rate() const override { return training().learning_rate(); }
  bool is_over() const override { return training().is_over(); }
  StopReason reason() const override { return training().reason(); }
  Divergence divergence() const override { return training().state().divergence; }
  Index changes() const override { return static_cast<Index>(at_); }
  const Experiment& experiment() const override { return stretches_[at_].experiment; }
  const ExperimentResult& subject() const override { return subject_; }
  std::vector<double> theta() const override { return {training().theta().begin(), training().theta().end()}; }
  std::vector<double> running() const override { return {training().running().begin(), training().running().end()}; }

  Model model() const override {
    Model model = subject_.model;
    model.theta = theta();
    model.state = running();
    model.interrupted = true;
    if (at_ > 0 || updates() == 0) return model;
    Experiment repeated = experiment();
    repeated.model.clear();
    repeated.figures.clear();
    repeated.updates = updates();
    model.experiment = to_toml(repeated);
    return model;
  }

 private:
  struct Stretch {
    Experiment experiment;
    Index from = 0;
    Timeline<T> timeline;
  };

  WayOf(const WayOf& other)
      : subject_(other.subject_),
        stretches_(other.stretches_.begin(), other.stretches_.begin() + static_cast<std::ptrdiff_t>(other.at_) + 1),
        at_(other.at_),
        furthest_(other.updates()) {
    stretches_.back().timeline.forget_after(furthest_);
    prepared_ = prepare(experiment());
    training().set_state(other.training().state());
    keep();
  }

  Training<T>& training() { return prepared_->training(); }
  const Training<T>& training() const { return prepared_->training(); }

  std::unique_ptr<PreparedTraining<T>> prepare(const Experiment& experiment) {
    subject_.experiment = experiment;
    return std::make_unique<PreparedTraining<T>>(subject_, open_ended(options_of_run(subject_)), Callbacks<T>{}, true);
  }

  void keep() { stretches_[at_].timeline.keep(training().state()); }

  /// Goes to the last state that a stretch has kept at most at this update.
  void enter(std::size_t stretch, Index update) {
    if (stretch != at_) prepared_ = prepare(stretches_[stretch].experiment);
    at_ = stretch;
    training().set_state(*stretches_[at_].timeline.before(update));
  }

  void begin_stretch(Experiment experiment, TrainingState<T> state) {
    const Index from = state.position.updates;
    stretches_.resize(at_ + 1);
    stretches_.back().timeline.forget_after(from);
    stretches_.push_back({std::move(experiment), from, {}});
    stretches_.back().timeline.keep(std::move(state));
    ++at_;
    furthest_ = from;
  }

  ExperimentResult subject_;
  std::vector<Stretch> stretches_;
  std::size_t at_ = 0;  // the stretch that it is in
  std::unique_ptr<PreparedTraining<T>> prepared_;
  Index furthest_ = 0;
};

LiveRun::LiveRun(std::unique_ptr<Way> way) : way_(std::move(way)) {}
LiveRun::LiveRun(const Experiment& experiment) : LiveRun(experiment, load_source(experiment)) {}
LiveRun::LiveRun(const Experiment& experiment, const ExperimentSource& source) {
  ExperimentResult subject = begun(experiment, source);
  if (experiment.precision == Precision::float32)
    way_ = std::make_unique<WayOf<float>>(std::move(subject));
  else
    way_ = std::make_unique<WayOf<double>>(std::move(subject));
}
LiveRun::~LiveRun() = default;
LiveRun::LiveRun(LiveRun&&) noexcept = default;
LiveRun& LiveRun::operator=(LiveRun&&) noexcept = default;

bool LiveRun::advance(Index updates) { return way_->advance(updates); }
void LiveRun::approach(Index update) { way_->approach(update); }
void LiveRun::seek(Index update) {
  way_->approach(update);
  way_->advance(update - way_->updates());
  if (way_->updates() < update)
    throw ValueError(fmt::format("[live run] expected at most update {}, where the training stops, got {}",
                                 way_->updates(), update));
}
void LiveRun::change(const Experiment& experiment) { way_->change(experiment); }
void LiveRun::set_parameter(Index entry, double value) { way_->set_parameter(entry, value); }
LiveRun LiveRun::branch() const { return LiveRun(way_->branch()); }

Index LiveRun::updates() const { return way_->updates(); }
Index LiveRun::furthest() const { return way_->furthest(); }
Index LiveRun::epochs() const { return way_->epochs(); }
Index LiveRun::updates_per_epoch() const { return way_->updates_per_epoch(); }
double LiveRun::learning_rate() const { return way_->learning_rate(); }
bool LiveRun::is_over() const { return way_->is_over(); }
StopReason LiveRun::reason() const { return way_->reason(); }
Divergence LiveRun::divergence() const { return way_->divergence(); }
Index LiveRun::changes() const { return way_->changes(); }
const Experiment& LiveRun::experiment() const { return way_->experiment(); }
Model LiveRun::model() const { return way_->model(); }
std::vector<double> LiveRun::theta() const { return way_->theta(); }
std::vector<double> LiveRun::running() const { return way_->running(); }
const Dataset& LiveRun::train() const { return way_->subject().train; }
const Dataset& LiveRun::test() const { return way_->subject().test; }

}  // namespace gradus
