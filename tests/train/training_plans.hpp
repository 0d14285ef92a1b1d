// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "gradus/nn/initializer.hpp"
#include "gradus/train/training.hpp"

/// Small runs over all that a training can be asked for, of which every number is to be repeated.
namespace gradus::training_plans {

/// A small run of which every number is to be repeated.
struct Plan {
  std::string name;
  std::string network = "3-4tanh-2softmax";
  FitOptions options;
  bool test = false;
  double spoil = 0;     ///< put into the first feature of sample 5
  bool scored = false;  ///< by a metric of the run's own

  Plan(std::string given, const std::function<void(Plan&)>& set) : name(std::move(given)) {
    options.epochs = 3;
    options.batch = 4;
    options.optimizer = Sgd{.learning_rate = 0.1};
    set(*this);
  }
};

inline constexpr Index kSamples = 11;

template <class T>
struct Data {
  Matrix<T> x, t;
  explicit Data(const Plan& run) : x(kSamples, 3), t(kSamples, parse_network(run.network).outputs(), T(0)) {
    RandomState random(4);
    for (Index i = 0; i < kSamples; ++i) {
      for (T& value : x.row(i)) value = static_cast<T>(random.normal());
      for (T& value : t.row(i)) value = T(0);
      t(i, x(i, 0) > 0 ? 0 : t.cols() - 1) = 1;
    }
    if (run.spoil != 0) x(5, 0) = static_cast<T>(run.spoil);
  }
  Samples<T> samples() const { return {x, t, {}}; }
};

/// All that a run leaves behind.
template <class T>
struct Outcome {
  std::vector<T> theta;
  FitResult result;
  RandomState::State random;

  bool operator==(const Outcome& other) const {
    const auto same = [](const auto& a, const auto& b) {  // NaN is the same as NaN
      return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                        [](auto x, auto y) { return x == y || (std::isnan(x) && std::isnan(y)); });
    };
    const History& h = result.history;
    const History& o = other.result.history;
    return same(theta, other.theta) && random == other.random && result.reason == other.result.reason &&
           result.updates == other.result.updates && result.epochs == other.result.epochs &&
           result.best_epoch == other.result.best_epoch && result.best_metric == other.result.best_metric &&
           same(result.state, other.result.state) && h.update == o.update && same(h.loss, o.loss) &&
           same(h.accuracy, o.accuracy) && h.test_update == o.test_update && same(h.test_loss, o.test_loss) &&
           same(h.test_accuracy, o.test_accuracy) && h.gradients == o.gradients &&
           (result.reason != StopReason::diverged || result.divergence.message() == other.result.divergence.message());
  }
};

/// A training with what it needs beside its state.
template <class T>
struct Bench {
  explicit Bench(const Plan& run, std::uint32_t seed = 3)
      : data(run), network(parse_network(run.network)), random(seed) {
    theta = initial_parameters<T>(network, parse_initializer("glorot"), random);
    Callbacks<T> callbacks;
    // A metric that goes up and down.
    if (run.scored)
      callbacks.metric = [](const EpochEvent<T>& e) {
        return e.epoch % 3 == 1 ? 3.0 - static_cast<double>(e.epoch) / 9 : 1;
      };
    training.emplace(network, std::span<T>(theta), data.samples(), run.options, random,
                     run.test ? std::optional(data.samples()) : std::nullopt, callbacks);
  }
  Outcome<T> finish() {
    training->advance_to_end();
    FitResult result = training->finish();
    return {theta, std::move(result), random.state()};
  }

  Data<T> data;
  Network network;
  RandomState random;
  std::vector<T> theta;
  std::optional<Training<T>> training;
};

inline std::vector<Plan> plans() {
  std::vector<Plan> all;
  const auto add = [&](const std::string& name, const std::function<void(Plan&)>& set) { all.emplace_back(name, set); };
  for (const std::string& method : variant_names<TrainingMethod>())
    add(method, [&](Plan& r) {
      r.options.optimizer = parse_training_method(method);
      r.options.loss = {MeanSquaredError{}};
      r.network = "3-4tanh-2";
      r.options.epochs = stepping_method(r.options.optimizer) ? 3 : 8;
    });
  add("momentum", [](Plan& r) { r.options.optimizer = Sgd{.learning_rate = 0.1, .momentum = 0.9, .nesterov = true}; });
  for (const std::string& schedule : variant_names<Schedule>())
    add("schedule " + schedule, [&](Plan& r) { r.options.schedule = parse_schedule(schedule + ":warm-up=1"); });
  add("stalling schedule", [](Plan& r) {
    r.options.epochs = 12;
    r.options.schedule = AdaptiveSchedule{.by = 5, .patience = 1, .tolerance = 0.5, .floor = 0.05};
  });
  add("draws", [](Plan& r) { r.options.order = Order::draws; });
  add("given", [](Plan& r) {
    r.options.order = Order::given;
    r.options.given = {0, 3, 1, 10, 2, 7, 5};
  });
  add("full batch", [](Plan& r) { r.options.batch = 0, r.options.epochs = 6; });
  add("updates", [](Plan& r) { r.options.updates = 7; });
  add("regularised", [](Plan& r) {
    r.options.regularisation = {.l1 = 0.01, .l2 = 0.1, .clip_norm = 0.5, .weight_decay = 0.1, .max_norm = 1};
  });
  add("records", [](Plan& r) { r.options.record_every = 2, r.options.test_every = 2, r.test = true; });
  add("gradients", [](Plan& r) { r.options.keep_gradients = true; });
  add("no records", [](Plan& r) { r.options.record_every = -1; });
  add("smallest change", [](Plan& r) { r.options.min_change = 1e-2, r.options.epochs = 40; });
  add("early by loss", [](Plan& r) {
    r.options.epochs = 30;
    r.options.early_stopping = {.metric = EarlyStopping::Metric::loss, .patience = 2, .min_delta = 0.02};
  });
  add("early by a score", [](Plan& r) {
    r.options.epochs = 20, r.scored = true;
    r.options.early_stopping = {.metric = EarlyStopping::Metric::custom, .patience = 4};
  });
  add("early by a score, with statistics", [](Plan& r) {
    r.options.epochs = 20, r.scored = true;
    r.network = "3-4-batchnorm-tanh-2softmax";
    r.options.early_stopping = {.metric = EarlyStopping::Metric::custom, .patience = 4};
  });
  add("dropout", [](Plan& r) { r.network = "3-8relu-dropout0.3-2softmax"; });
  add("dropout online", [](Plan& r) { r.network = "3-8relu-dropout0.3-2softmax", r.options.batch = 1; });
  add("batch norm", [](Plan& r) { r.network = "3-4-batchnorm-tanh-2softmax"; });
  add("batch norm by lbfgs", [](Plan& r) {
    r.network = "3-4-batchnorm-tanh-2softmax";
    r.options.optimizer = Lbfgs{};
  });
  add("recurrent", [](Plan& r) { r.network = "seq1-3gru-2softmax"; });
  add("wide, as products", [](Plan& r) { r.network = "3-70relu-70relu-2softmax"; });
  add("frozen", [](Plan& r) {
    r.options.frozen = {1}, r.options.regularisation = {.weight_decay = 0.1, .max_norm = 0.5};
    r.options.optimizer = Sgd{.learning_rate = 0.1, .momentum = 0.9};
  });
  add("frozen, with statistics", [](Plan& r) { r.network = "3-4-batchnorm-tanh-2softmax", r.options.frozen = {1, 2}; });
  add("frozen by lbfgs", [](Plan& r) { r.options.frozen = {2}, r.options.optimizer = Lbfgs{}; });
  add("frozen, online", [](Plan& r) { r.options.frozen = {2}, r.options.batch = 1; });
  add("online", [](Plan& r) { r.options.batch = 1; });
  add("online with records", [](Plan& r) { r.options.batch = 1, r.options.record_every = 5, r.options.epochs = 2; });
  add("online sums", [](Plan& r) {
    r.options.batch = 1;
    r.options.loss.reduction = Reduction::sum;
    r.options.early_stopping = {.metric = EarlyStopping::Metric::accuracy, .patience = 2};
  });
  add("online, draws", [](Plan& r) { r.options.batch = 1, r.options.order = Order::draws; });
  add("by definition", [](Plan& r) { r.options.engine = Engine::definition, r.options.optimizer = Adam{}; });
  add("by definition, online", [](Plan& r) { r.options.engine = Engine::definition, r.options.batch = 1; });
  // A sample of such numbers in the third batch: an exponential overflows though no weight has grown.
  add("diverging", [](Plan& r) {
    r.network = "3-4exponential-2", r.spoil = 1e4;
    r.options.loss = {MeanSquaredError{}}, r.options.optimizer = Sgd{.learning_rate = 1e-3};
    r.options.order = Order::given, r.options.given = {0, 1, 2, 3, 4, 6, 7, 8, 9, 10, 5};
  });
  // In the middle of the updates that are made at once, and at the first of them.
  for (const double rate : {0.7, 0.8})
    add("diverging online", [&](Plan& r) {
      r.network = "3-4relu-2", r.options.batch = 1;
      r.options.loss = {MeanSquaredError{}}, r.options.optimizer = Sgd{.learning_rate = rate};
      r.options.epochs = 200;
    });
  return all;
}

}  // namespace gradus::training_plans
