// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <variant>

#include "gradus/core/options.hpp"
#include "gradus/optim/stall.hpp"

/// Schedules: what the learning rate is multiplied with as training goes on. e is the number of epochs made, counted
/// after the warm-up, with its fraction where a schedule is smooth; every factor lies between 0 and 1.
namespace gradus {

/// When a schedule is asked.
struct ScheduleTime {
  double epoch = 0;   ///< epochs made, with the fraction of the one under way
  Index samples = 0;  ///< in an epoch
};

/// factor = 1
struct ConstantSchedule {
  static constexpr std::string_view name = "constant";
  double warm_up = 0;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("warm-up", warm_up, Range::from_0);
  }
  double factor(const ScheduleTime& time) const;
  bool operator==(const ConstantSchedule&) const = default;
};

/// factor = by^floor(e / every)
struct StepSchedule {
  static constexpr std::string_view name = "step";
  double every = 10;
  double by = 0.1;
  double warm_up = 0;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("every", every, Range::above_0);
    visit("by", by, Range::from_0_to_1);
    visit("warm-up", warm_up, Range::from_0);
  }
  double factor(const ScheduleTime& time) const;
  bool operator==(const StepSchedule&) const = default;
};

/// factor = decay^e
struct ExponentialSchedule {
  static constexpr std::string_view name = "exponential";
  double decay = 0.95;
  double warm_up = 0;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("decay", decay, Range::from_0_to_1);
    visit("warm-up", warm_up, Range::from_0);
  }
  double factor(const ScheduleTime& time) const;
  bool operator==(const ExponentialSchedule&) const = default;
};

/// factor = floor + (1 - floor) (1 + cos(pi min(e / epochs, 1))) / 2 (Loshchilov and Hutter, 2017, without restarts)
struct CosineSchedule {
  static constexpr std::string_view name = "cosine";
  double epochs = 100;
  double floor = 0;
  double warm_up = 0;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("epochs", epochs, Range::above_0);
    visit("floor", floor, Range::from_0_to_1);
    visit("warm-up", warm_up, Range::from_0);
  }
  double factor(const ScheduleTime& time) const;
  bool operator==(const CosineSchedule&) const = default;
};

/// factor = 1 / (1 + t)^power, where t counts the samples seen in the epochs before: scikit-learn's `invscaling`
struct InverseSchedule {
  static constexpr std::string_view name = "inverse";
  double power = 0.5;
  double warm_up = 0;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("power", power, Range::from_0);
    visit("warm-up", warm_up, Range::from_0);
  }
  double factor(const ScheduleTime& time) const;
  bool operator==(const InverseSchedule&) const = default;
};

/// The factor is divided by `by` whenever the loss has not fallen by more than `tolerance` below its best for more than
/// `patience` epochs in a row; training ends once it would fall below `floor`. scikit-learn's `adaptive`, whose
/// learning rate ends at 1e-6.
struct AdaptiveSchedule {
  static constexpr std::string_view name = "adaptive";
  double by = 5;
  Index patience = 10;
  double tolerance = 1e-4;
  double floor = 1e-3;
  double warm_up = 0;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("by", by, Range::above_1);
    visit("patience", patience, Range::from_0);
    visit("tolerance", tolerance, Range::from_0);
    visit("floor", floor, Range::from_0_to_1);
    visit("warm-up", warm_up, Range::from_0);
  }
  /// Of what time alone decides: 1.
  double factor(const ScheduleTime& time) const;
  bool operator==(const AdaptiveSchedule&) const = default;
};

/// Up from `start` to 1 over the share `rise` of the epochs, then down to `end`, both along half a cosine (Smith and
/// Topin, 2019). The learning rate given to the optimizer is the highest.
struct OneCycleSchedule {
  static constexpr std::string_view name = "one-cycle";
  double epochs = 100;
  double rise = 0.3;
  double start = 0.04;
  double end = 4e-6;
  double warm_up = 0;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("epochs", epochs, Range::above_0);
    visit("rise", rise, Range::above_0_below_1);
    visit("start", start, Range::from_0_to_1);
    visit("end", end, Range::from_0_to_1);
    visit("warm-up", warm_up, Range::from_0);
  }
  double factor(const ScheduleTime& time) const;
  bool operator==(const OneCycleSchedule&) const = default;
};

/// Each schedule may begin with a warm-up: over its first `warm_up` epochs the factor rises from 0 on a straight line
/// to the schedule's own beginning, and the schedule counts its epochs from there.
using Schedule = std::variant<ConstantSchedule, StepSchedule, ExponentialSchedule, CosineSchedule, InverseSchedule,
                              AdaptiveSchedule, OneCycleSchedule>;

/// Reads `constant`, `step:every=30,by=0.1`, `exponential:decay=0.95`, `cosine:epochs=100,floor=0.01,warm-up=5`,
/// `inverse:power=0.5`, `adaptive:by=5,patience=10`, `one-cycle:epochs=100`. Throws ParseError.
Schedule parse_schedule(std::string_view text);
std::string to_text(const Schedule& schedule);

/// What a schedule remembers of the epochs made; only the adaptive one does.
struct ScheduleState {
  double factor = 1;
  Stall stall;

  bool operator==(const ScheduleState&) const = default;
};

/// A schedule at work.
class Scheduler {
 public:
  /// `updates` and `samples` of one pass. Throws ValueError if the schedule's own numbers are out of range.
  Scheduler(const Schedule& schedule, Index updates, Index samples);

  /// Of the update that follows `updates` others. In a warm-up the first update already moves: it is counted in.
  double factor(Index updates) const;
  /// Tells the epoch's mean loss; only the adaptive schedule listens. False once training is to end.
  bool end_epoch(double loss);
  /// Whether `end_epoch` needs a loss.
  bool listens() const { return std::holds_alternative<AdaptiveSchedule>(schedule_); }
  /// Whether the factor is the same for all updates of a pass.
  bool is_constant_in_pass() const;
  const ScheduleState& state() const { return state_; }
  void set_state(const ScheduleState& state) { state_ = state; }

 private:
  Schedule schedule_;
  Index updates_;
  Index samples_;
  ScheduleState state_;
};

}  // namespace gradus
