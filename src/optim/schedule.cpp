// SPDX-License-Identifier: MIT
#include "gradus/optim/schedule.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "gradus/core/elementary.hpp"

namespace gradus {
namespace {

/// From 1 at x = 0 to 0 at x = 1 along half a cosine.
double falling(double x) { return (1 + cos(std::numbers::pi * std::clamp(x, 0.0, 1.0))) / 2; }

}  // namespace

double ConstantSchedule::factor(const ScheduleTime&) const { return 1; }

double StepSchedule::factor(const ScheduleTime& time) const { return pow(by, std::floor(time.epoch / every)); }

double ExponentialSchedule::factor(const ScheduleTime& time) const { return pow(decay, time.epoch); }

double CosineSchedule::factor(const ScheduleTime& time) const {
  return floor + (1 - floor) * falling(time.epoch / epochs);
}

double InverseSchedule::factor(const ScheduleTime& time) const {
  return 1 / pow(1 + std::floor(time.epoch) * static_cast<double>(time.samples), power);
}

double AdaptiveSchedule::factor(const ScheduleTime&) const { return 1; }

double OneCycleSchedule::factor(const ScheduleTime& time) const {
  const double x = time.epoch / epochs;
  if (x < rise) return 1 - (1 - start) * falling(x / rise);
  return end + (1 - end) * falling((x - rise) / (1 - rise));
}

Schedule parse_schedule(std::string_view text) { return parse_variant<Schedule>("schedule", text); }

std::string to_text(const Schedule& schedule) { return named_options_text(schedule); }

Scheduler::Scheduler(const Schedule& schedule, Index updates, Index samples)
    : schedule_(schedule), updates_(updates), samples_(samples) {
  std::visit([](const auto& s) { check_options(s); }, schedule_);
}

double Scheduler::factor(Index updates) const {
  const auto of_schedule = [&](const auto& s) {
    const double epoch = static_cast<double>(updates) / static_cast<double>(updates_);
    const double after = epoch - s.warm_up;
    if (after >= 0) return s.factor({after, samples_});
    const double share = static_cast<double>(updates + 1) / (s.warm_up * static_cast<double>(updates_));
    return s.factor({0, samples_}) * std::min(1.0, share);
  };
  return state_.factor * std::visit(of_schedule, schedule_);
}

bool Scheduler::end_epoch(double loss) {
  const auto* adaptive = std::get_if<AdaptiveSchedule>(&schedule_);
  if (!adaptive) return true;
  const StallRule rule{.best = StallRule::Best::lowest,
                       .patience = static_cast<double>(adaptive->patience),
                       .tolerance = adaptive->tolerance};
  state_.stall.look(rule, loss);
  if (!state_.stall.is_over(rule)) return true;
  if (state_.factor <= adaptive->floor) return false;
  state_.factor /= adaptive->by;
  state_.stall.bad = 0;
  return true;
}

bool Scheduler::is_constant_in_pass() const {
  const double warm_up = std::visit([](const auto& s) { return s.warm_up; }, schedule_);
  return warm_up == 0 &&
         (std::holds_alternative<ConstantSchedule>(schedule_) || std::holds_alternative<InverseSchedule>(schedule_) ||
          std::holds_alternative<AdaptiveSchedule>(schedule_));
}

}  // namespace gradus
