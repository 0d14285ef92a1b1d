// SPDX-License-Identifier: MIT
#include "page/core/session.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>

#include "gradus/lab/model/model_file.hpp"

namespace gradus::page {
namespace {

using Clock = std::chrono::steady_clock;

double milliseconds_since(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();

/// JSON has no infinity.
Json number(std::optional<double> value) { return value && std::isfinite(*value) ? Json(*value) : Json(); }

std::string word(StopReason reason) {
  switch (reason) {
    case StopReason::converged: return "converged";
    case StopReason::early: return "stopped early";
    case StopReason::diverged: return "diverged";
    default: return "";
  }
}

}  // namespace

void Curve::add(const Point& point) {
  const auto at = std::lower_bound(points_.begin(), points_.end(), point.update,
                                   [](const Point& p, Index update) { return p.update < update; });
  if (at != points_.end() && at->update == point.update) return;
  points_.insert(at, point);
  if (points_.size() < kMost) return;
  std::vector<Point> kept;
  for (std::size_t k = 0; k < points_.size(); ++k)
    if (k % 2 == 0 || k + 1 == points_.size()) kept.push_back(points_[k]);
  points_ = std::move(kept);
}

void Curve::forget_after(Index update) {
  std::erase_if(points_, [&](const Point& point) { return point.update > update; });
}

void Curve::write(Bytes& bytes) const {
  std::vector<double> numbers;
  for (const Point& p : points_)
    numbers.insert(numbers.end(), {static_cast<double>(p.update), p.loss, p.accuracy, p.test_loss, p.test_accuracy});
  bytes.resize(numbers.size() * sizeof(double));
  if (!bytes.empty()) std::memcpy(bytes.data(), numbers.data(), bytes.size());
}

Session::Session(LiveRun run) : run_(std::move(run)), model_(run_.model()) { look(); }

const Model& Session::model() {
  if (shown_ != run_.updates()) look();
  return model_;
}

void Session::look() {
  model_.theta = run_.theta();
  model_.state = run_.running();
  shown_ = run_.updates();
  train_scores_ = score(model_, run_.train());
  if (run_.test().size() > 0) test_scores_ = score(model_, run_.test());
  const auto shown = [](const Scores& s) { return s.accuracy.value_or(s.r2.value_or(kNone)); };
  curve_.add({shown_, train_scores_.loss, shown(train_scores_), test_scores_ ? test_scores_->loss : kNone,
              test_scores_ ? shown(*test_scores_) : kNone});
}

void Session::changed() {
  curve_.forget_after(run_.updates() - 1);
  look();
}

Session Session::branch() const {
  Session other(run_.branch());
  other.frame = frame;
  for (const Curve::Point& point : curve_.points())
    if (point.update <= run_.updates()) other.curve_.add(point);
  return other;
}

void Session::advance(double milliseconds, Index updates) {
  const Clock::time_point start = Clock::now();
  for (double spent = 0; updates > 0 && spent < milliseconds && !run_.is_over(); spent = milliseconds_since(start)) {
    // Half of what the time is good for, so that it ends in time.
    const double fit = std::clamp(updates_a_millisecond_ * (milliseconds - spent) / 2, 1.0, 1e8);
    const Index piece = std::min(updates, static_cast<Index>(fit));
    const Index before = run_.updates();
    const Clock::time_point began = Clock::now();
    run_.advance(piece);
    updates -= piece;
    const double took = std::max(milliseconds_since(began), 0.05);  // a browser's clock is coarse
    updates_a_millisecond_ = std::max(0.01, static_cast<double>(run_.updates() - before) / took);
  }
  if (shown_ != run_.updates()) look();
}

bool Session::approach(Index update, double milliseconds) {
  run_.approach(update);
  advance(milliseconds, update - run_.updates());
  return run_.updates() == update || run_.is_over();
}

Json Session::standing() {
  if (shown_ != run_.updates()) look();
  const bool diverged = run_.is_over() && run_.reason() == StopReason::diverged;
  return {{"update", run_.updates()},
          {"furthest", run_.furthest()},
          {"epoch", run_.epochs()},
          {"updates_per_epoch", run_.updates_per_epoch()},
          {"changes", run_.changes()},
          {"rate", run_.learning_rate()},
          {"loss", number(train_scores_.loss)},
          {"accuracy", number(train_scores_.accuracy)},
          {"r2", number(train_scores_.r2)},
          {"test_loss", test_scores_ ? number(test_scores_->loss) : Json()},
          {"test_accuracy", test_scores_ ? number(test_scores_->accuracy) : Json()},
          {"test_r2", test_scores_ ? number(test_scores_->r2) : Json()},
          {"stopped", run_.is_over() ? word(run_.reason()) : ""},
          {"message", diverged ? run_.divergence().message() : ""}};
}

Json Session::description() const {
  const Dataset& train = run_.train();
  const Model& model = model_;
  return {{"keys", keys_of(run_.experiment())},
          {"network", to_text(model.network)},
          {"loss", to_text(model.loss)},
          {"loss_unit", model.loss.unit()},
          {"parameters", model.network.parameter_count()},
          {"inputs", model.network.inputs()},
          {"outputs", model.network.outputs()},
          {"classes", train.class_names},
          {"features", train.feature_names},
          {"targets", train.target_names},
          {"samples", train.size()},
          {"test_samples", run_.test().size()},
          {"blocks", blocks_of(model)}};
}

}  // namespace gradus::page
