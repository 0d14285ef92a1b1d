// SPDX-License-Identifier: MIT
#include "gradus/train/training.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "gradus/nn/initializer.hpp"

/// A training is stopped at every update, made again from its state, and goes on to the same bits; and each part of the
/// state is needed for that.
namespace gradus {
namespace {

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

constexpr Index kSamples = 11;

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

std::vector<Plan> plans() {
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

template <class T>
void check_every_stop(const Plan& run) {
  SCOPED_TRACE(run.name + (sizeof(T) == 4 ? " (float)" : " (double)"));
  const Outcome<T> expected = Bench<T>(run).finish();
  Bench<T> original(run);
  for (Index made = 0;; ++made) {
    const TrainingState<T> state = original.training->state();
    Bench<T> again(run, 99);  // another stream, other first parameters
    again.training->set_state(state);
    ASSERT_EQ(again.training->state().position, state.position);
    const Outcome<T> outcome = again.finish();
    ASSERT_TRUE(outcome == expected) << "made again after " << made << " stops";
    if (!original.training->advance(1)) break;
  }
  const Outcome<T> outcome = original.finish();
  EXPECT_TRUE(outcome == expected) << "in steps of one update";
}

TEST(Training, MadeAgainFromItsStateAfterAnyUpdateItGoesOnToTheSameBits) {
  for (const Plan& run : plans()) {
    check_every_stop<double>(run);
    check_every_stop<float>(run);
  }
}

TEST(Training, IsFitWithoutAStop) {
  for (const Plan& run : plans()) {
    if (run.scored) continue;
    Bench<double> bench(run);
    const Outcome<double> outcome = bench.finish();
    Data<double> data(run);
    RandomState random(3);
    std::vector<double> theta = initial_parameters(bench.network, parse_initializer("glorot"), random);
    const FitResult result = fit(bench.network, theta, data.samples(), run.options, random,
                                 run.test ? std::optional(data.samples()) : std::nullopt);
    const Outcome<double> expected{theta, result, random.state()};
    EXPECT_TRUE(outcome == expected) << run.name;
  }
}

/// The state with one part as it is in a training that has not begun.
template <class T>
TrainingState<T> without(const TrainingState<T>& state, TrainingState<T> fresh, const std::string& part) {
  TrainingState<T> result = state;
  for_each_part(result, [&]<class Part>(const std::string& name, Part& to) {
    if (name != part) return;
    for_each_part(fresh, [&]<class Other>(const std::string& other, Other& from) {
      if constexpr (std::is_same_v<Part, Other>)
        if (other == name) to = from;
    });
  });
  return result;
}

TEST(Training, ALeftOutPartOfTheStateIsNoticed) {
  std::set<std::string> parts;
  TrainingState<double> any;
  for_each_part(any, [&](const std::string& name, auto&) { parts.insert(name); });
  EXPECT_GT(parts.size(), 20u);
  std::set<std::string> noticed;
  for (const Plan& run : plans()) {
    const Outcome<double> expected = Bench<double>(run).finish();
    Bench<double> original(run);
    while (original.training->advance(1)) {
      const TrainingState<double> state = original.training->state();
      for (const std::string& part : parts) {
        if (noticed.contains(part)) continue;
        Bench<double> again(run, 99);
        try {
          again.training->set_state(without(state, Bench<double>(run, 99).training->state(), part));
          if (!(again.finish() == expected)) noticed.insert(part);
        } catch (const ShapeError&) {
          noticed.insert(part);
        }
      }
    }
    // What stops a training is part of its state too.
    const TrainingState<double> last = original.training->state();
    for (const char* part : {"reason", "divergence"}) {
      Bench<double> again(run, 99);
      again.training->set_state(without(last, Bench<double>(run, 99).training->state(), part));
      if (!(again.finish() == expected)) noticed.insert(part);
    }
  }
  for (const std::string& part : parts) EXPECT_TRUE(noticed.contains(part)) << "nothing depends on: " << part;
}

TEST(Training, ALongerRunGoesOnFromTheStateOfAShorterOne) {
  for (Plan run : plans()) {
    if (run.options.updates > 0 || run.options.early_stopping.metric != EarlyStopping::Metric::none) continue;
    Plan longer = run;
    longer.options.epochs += 2;
    const Outcome<double> expected = Bench<double>(longer).finish();
    Bench<double> shorter(run);
    shorter.training->advance_to_end();
    Bench<double> again(longer, 99);
    again.training->set_state(shorter.training->state());
    EXPECT_TRUE(again.finish() == expected) << run.name;
  }
}

/// Passes of two halves of each batch, as two machines would make them, put together by how much each half counts.
class Halves final : public Passes<double> {
 public:
  explicit Halves(std::unique_ptr<Passes<double>> whole)
      : Passes<double>(whole->facts()), whole_(std::move(whole)), half_(static_cast<std::size_t>(facts().parameters)) {}

  engine::Tally gradient(const PassRequest<double>& request, std::span<double> gradient) override {
    std::fill(gradient.begin(), gradient.end(), 0);
    engine::Tally sum;
    const std::size_t first = (request.rows.size() + 1) / 2;
    for (const auto& rows : {request.rows.first(first), request.rows.subspan(first)}) {
      if (rows.empty()) continue;
      PassRequest<double> part = request;
      part.rows = rows;
      const engine::Tally tally = whole_->gradient(part, half_);
      const double share = static_cast<double>(rows.size()) / static_cast<double>(request.rows.size());
      for (std::size_t k = 0; k < half_.size(); ++k) gradient[k] += share * half_[k];
      sum.loss += share * tally.loss;
      sum.hits += tally.hits;
      sum.samples += tally.samples;
    }
    return sum;
  }
  engine::Tally score(const PassRequest<double>& request) override { return whole_->score(request); }

 private:
  std::unique_ptr<Passes<double>> whole_;
  std::vector<double> half_;
};

TEST(Training, TakesPassesOfYourOwn) {
  const Plan run("adam", [](Plan& r) {
    r.options.optimizer = Adam{.learning_rate = 0.01}, r.options.engine = Engine::definition;
  });
  const Outcome<double> expected = Bench<double>(run).finish();
  Bench<double> bench(run);
  Training<double> training(std::make_unique<Halves>(make_passes(bench.network, run.options, bench.data.samples())),
                            std::span<double>(bench.theta), bench.data.samples(), run.options, bench.random);
  const FitResult result = training.run();
  EXPECT_EQ(result.history.accuracy, expected.result.history.accuracy);
  // The halves' sums are rounded otherwise: a few units in the last place of gradients of about 1, in 9 steps of 0.01.
  for (std::size_t k = 0; k < bench.theta.size(); ++k) EXPECT_NEAR(bench.theta[k], expected.theta[k], 1e-12);
  // Passes that cannot tell where a number went non-finite still end the training.
  const Plan spoilt("spoilt", [](Plan& r) { r.spoil = std::nan(""); });
  Bench<double> bad(spoilt);
  Training<double> diverging(std::make_unique<Halves>(make_passes(bad.network, spoilt.options, bad.data.samples())),
                             std::span<double>(bad.theta), bad.data.samples(), spoilt.options, bad.random);
  const FitResult diverged = diverging.run();
  EXPECT_EQ(diverged.reason, StopReason::diverged);
  EXPECT_EQ(diverged.divergence.where, "the gradient");
  for (const double value : bad.theta) EXPECT_TRUE(std::isfinite(value));
}

TEST(Training, GoesBackToAStateOfItsOwn) {
  const Plan run("adam", [](Plan& r) { r.options.optimizer = Adam{}, r.options.epochs = 4; });
  Bench<double> bench(run);
  bench.training->advance(5);
  const TrainingState<double> state = bench.training->state();
  const Outcome<double> first = bench.finish();
  bench.training->set_state(state);
  EXPECT_EQ(bench.training->updates(), 5);
  EXPECT_EQ(bench.theta, state.theta);
  EXPECT_TRUE(bench.finish() == first);
}

TEST(Training, ACallbackThatStoppedItCanLetItGoOn) {
  const Plan run("plain", [](Plan&) {});
  const Outcome<double> expected = Bench<double>(run).finish();
  Bench<double> bench(run);
  Index calls = 0;
  Callbacks<double> callbacks;
  callbacks.after_updates = [&](const UpdatesEvent&) { return ++calls == 4 ? Signal::stop : Signal::go_on; };
  Training<double> training(bench.network, std::span<double>(bench.theta), bench.data.samples(), run.options,
                            bench.random, std::nullopt, callbacks);
  training.advance_to_end();
  EXPECT_EQ(training.reason(), StopReason::callback);
  EXPECT_EQ(training.updates(), 4);
  Bench<double> again(run, 99);
  again.training->set_state(training.state());
  EXPECT_TRUE(again.finish() == expected);
}

TEST(Training, TellsHowFarItHasCome) {
  const Plan run("plain", [](Plan&) {});
  Bench<double> bench(run);
  EXPECT_EQ(bench.training->updates_per_epoch(), 3);
  EXPECT_FALSE(bench.training->is_over());
  EXPECT_EQ(bench.training->epochs(), 0);
  EXPECT_TRUE(bench.training->advance(0));
  EXPECT_EQ(bench.training->updates(), 0);
  EXPECT_TRUE(bench.training->advance(4));
  EXPECT_EQ(bench.training->updates(), 4);
  EXPECT_EQ(bench.training->epochs(), 2);
  EXPECT_EQ(bench.training->history().loss.size(), 1u);
  EXPECT_FALSE(bench.training->advance(1000));
  EXPECT_TRUE(bench.training->is_over());
  EXPECT_EQ(bench.training->finish().updates, 9);
}

TEST(Training, AnEpochGoesOverTheSamplesItIsGiven) {
  // Given the orders that it would have drawn, it is the same training.
  const Plan run(
      "adam", [](Plan& r) { r.options.optimizer = Adam{}, r.options.regularisation.l2 = 0.1, r.options.epochs = 9; });
  Bench<double> drawn(run);
  Bench<double> given(run);
  std::vector<Index> order(kSamples);
  std::iota(order.begin(), order.end(), Index{0});
  RandomState stream = drawn.random;
  for (int epoch = 0; epoch < 2; ++epoch) {
    drawn.training->advance(3);
    stream.shuffle(order);
    given.training->begin_epoch(given.data.samples(), order);
    given.training->advance(3);
    EXPECT_EQ(drawn.theta, given.theta);
    EXPECT_EQ(drawn.training->last_epoch(), given.training->last_epoch());
    EXPECT_GT(given.training->last_epoch().mean_penalty(), 0);
  }
  // Some rows, and other samples; stopped within, it goes on to the same bits.
  Matrix<double> x(3, 3, 0.5), t(3, 2, 0.5);
  const std::vector<Index> some{2, 0, 0, 1, 2, 2, 1};
  given.training->begin_epoch({x, t, {}}, some);
  EXPECT_EQ(given.training->updates_per_epoch(), 2);
  given.training->advance(1);
  const TrainingState<double> state = given.training->state();
  EXPECT_THROW(given.training->begin_epoch({x, t, {}}), ValueError);
  given.training->advance(1);
  EXPECT_EQ(given.training->last_epoch().samples, 7);
  const std::vector<double> theta = given.theta;
  given.training->set_state(state);
  given.training->advance(1);
  EXPECT_EQ(given.theta, theta);

  EXPECT_THROW(given.training->begin_epoch({x, given.data.t, {}}), ShapeError);
  EXPECT_THROW(given.training->begin_epoch({x, t, {}}, std::vector<Index>{3}), ValueError);
  EXPECT_THROW(given.training->begin_epoch({Matrix<double>(0, 3), Matrix<double>(0, 2), {}}), ValueError);
  const Plan draws("draws", [](Plan& r) { r.options.order = Order::draws; });
  Bench<double> other(draws);
  EXPECT_THROW(other.training->begin_epoch(other.data.samples()), ValueError);
}

TEST(Training, ItsLearningRateCanBeScaledFromAnyUpdateOn) {
  const Plan whole("whole", [](Plan& r) { r.options.optimizer = Sgd{.learning_rate = 0.05}; });
  const Plan twice("twice", [](Plan& r) { r.options.optimizer = Sgd{.learning_rate = 0.1}; });
  Bench<double> a(whole);
  Bench<double> b(twice);
  b.training->scale_learning_rate(0.5);
  EXPECT_EQ(b.training->learning_rate(), 0.05);
  a.training->advance(4);
  b.training->advance(4);
  EXPECT_EQ(a.theta, b.theta);
  Bench<double> again(twice, 99);  // the factor is part of the state
  again.training->set_state(b.training->state());
  EXPECT_TRUE(again.finish().theta == a.finish().theta);
  EXPECT_THROW(b.training->scale_learning_rate(-1), ValueError);
}

TEST(Training, AStateThatDoesNotFitIsRefused) {
  const Plan run("plain", [](Plan& r) { r.options.optimizer = Adam{}; });
  const TrainingState<double> good = Bench<double>(run).training->state();
  const auto refused = [&](const std::function<void(TrainingState<double>&)>& spoil) {
    TrainingState<double> state = good;
    spoil(state);
    Bench<double> bench(run);
    EXPECT_THROW(bench.training->set_state(state), ShapeError);
  };
  refused([](auto& s) { s.theta.pop_back(); });
  refused([](auto& s) { s.running.push_back(1); });
  refused([](auto& s) { s.order.clear(); });
  refused([](auto& s) { s.order[3] = kSamples; });
  refused([](auto& s) { s.order[3] = -1; });
  refused([](auto& s) { s.optimizer.slots.pop_back(); });
  refused([](auto& s) { s.best_theta.push_back(1); });
  refused([](auto& s) { s.position.batch = 99; });
  refused([](auto& s) { s.given = 7; });
  refused([](auto& s) { s.online.rows = {-1}; });
  refused([](auto& s) { s.online.start = {1}; });
}

}  // namespace
}  // namespace gradus
