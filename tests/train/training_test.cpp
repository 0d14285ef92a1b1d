// SPDX-License-Identifier: MIT
#include "gradus/train/training.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <numeric>
#include <set>
#include <string>
#include <vector>

#include "tests/train/training_plans.hpp"

/// A training is stopped at every update, made again from its state, and goes on to the same bits; and each part of the
/// state is needed for that.
namespace gradus {
namespace {

using namespace training_plans;

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
    EXPECT_GT(given.training->last_epoch().mean().penalty, 0);
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

  Bench<double> within(whole);  // an epoch, whose next update is made by the new rate already
  within.training->advance(1);
  within.training->scale_learning_rate(2);
  Bench<double> restored(whole, 99);
  restored.training->set_state(within.training->state());
  EXPECT_TRUE(within.finish().theta == restored.finish().theta);
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
