// SPDX-License-Identifier: MIT
// An accuracy is one number, wherever it stands.
#include <gtest/gtest.h>

#include <optional>

#include "gradus/lab/data/source.hpp"
#include "gradus/lab/experiment/figures.hpp"
#include "gradus/lab/experiment/run.hpp"
#include "gradus/lab/sweep/sweep.hpp"
#include "gradus/nn/fitting.hpp"
#include "gradus/nn/pass.hpp"

namespace gradus {
namespace {

bool fits(const Network& network, const LossFunction& loss, const Matrix<double>& targets) {
  try {
    check_fitting<double>("fit", network, loss, targets);
    return true;
  } catch (const ValueError&) {
    return false;
  }
}

/// Calls f with the text of every last layer there is for `outputs` numbers, and every loss.
template <class F>
void for_each_pair(Index outputs, const F& f) {
  const auto with_last = [&](std::string_view name) {
    for (const std::string& loss : variant_names<LossFunction>()) f(std::to_string(outputs) + std::string(name), loss);
  };
  with_last("");
  with_last(Softmax::name);
  with_last(LogSoftmax::name);
  Activations::for_each([&](const auto& a) { with_last(a.name); });
}

/// Two passes that change nothing to speak of: before and after them the accuracy is the same.
Experiment standstill(const std::string& data, const std::string& network, const std::string& loss) {
  Experiment e;
  e.data = data;
  e.test = 0.4;
  e.network = network;
  e.loss = loss;
  e.seed = 3;
  e.epochs = 2;
  e.batch = 16;
  e.optimizer = Sgd{.learning_rate = 1e-300};
  return e;
}

/// The last point of a figure's curve.
double end_of_curve(const Figure& figure, std::size_t curve) {
  return std::get<Line>(figure.panels.at(0).layers.at(curve)).y.back();
}

double by_hand(const Model& model, const Dataset& data) {
  const std::vector<int> classes = model.classify(data.x);
  double hits = 0;
  for (std::size_t i = 0; i < classes.size(); ++i) hits += classes[i] == data.labels[i];
  return hits / static_cast<double>(classes.size());
}

std::optional<RunResult> in_a_sweep(const Experiment& e, const ExperimentSource& source) {
  SweepRequest request;
  request.base = e;
  for (const ExperimentKey& key : experiment_keys())
    if (key.flag == "lr") request.grid.set(key, "1e-300", "--lr");
  return run_sweep(plan_sweep(request, source), source, {}).results.at(0);
}

void expect_one_accuracy(const Experiment& e, const ExperimentSource& source) {
  std::optional<double> told, told_test;
  Experiment stopping = e;
  stopping.early_stopping.metric = EarlyStopping::Metric::test_accuracy;
  const ExperimentResult result = run_experiment(stopping, source, [&](const Progress& progress) {
    told = progress.accuracy;
    told_test = progress.test_accuracy;
    return Signal::go_on;
  });
  const double train = by_hand(result.model, result.train);
  const double test = by_hand(result.model, result.test);
  EXPECT_EQ(told, train) << "progress";
  EXPECT_EQ(told_test, test) << "progress";
  EXPECT_EQ(result.fit.history.accuracy.back(), train) << "history";
  EXPECT_EQ(result.fit.history.test_accuracy.back(), test) << "history";
  const Figure figure = result_figure("accuracy", result);
  EXPECT_EQ(end_of_curve(figure, 0), train) << "figure";
  EXPECT_EQ(end_of_curve(figure, 1), test) << "figure";
  EXPECT_EQ(result.fit.best_metric, test) << "early stopping";
  EXPECT_EQ(result.train_scores.accuracy, train) << "summary";
  EXPECT_EQ(result.test_scores->accuracy, test) << "summary";
  for (const Engine engine : {Engine::automatic, Engine::definition}) {  // in banks and singly
    Experiment swept = e;
    swept.engine = engine;
    const std::optional<RunResult> run = in_a_sweep(swept, source);
    ASSERT_TRUE(run && !run->diverged);
    EXPECT_EQ(run->train_accuracy, train) << "sweep";
    EXPECT_EQ(run->test_accuracy, test) << "sweep";
  }
}

TEST(Accuracy, IsOneNumberUnderEveryLossAfterEveryLastLayer) {
  int pairs = 0;
  for (const auto& [data, inputs, outputs] :
       {std::tuple{"iris", 4, Index{3}}, {"circles:samples=50,noise=0.2,seed=1", 2, Index{1}}}) {
    const ExperimentSource source = load_source(standstill(data, "2-1", "auto"));
    const Matrix<double> targets = network_targets(source.data, outputs);
    for_each_pair(outputs, [&](const std::string& last, const std::string& loss) {
      const std::string network = std::to_string(inputs) + "-5tanh-" + last;
      if (!fits(parse_network(network), parse_loss(loss).function, targets)) return;
      SCOPED_TRACE(network + " " + loss);
      expect_one_accuracy(standstill(data, network, loss), source);
      ++pairs;
    });
  }
  EXPECT_GT(pairs, 100);
}

TEST(Accuracy, OfSeveralSigmoidsIsNotThatOfExactMatches) {  // the fault that the test above is there for
  const Experiment e = standstill("iris", "4-8tanh-3sigmoid", "binary-cross-entropy");
  const ExperimentResult result = run_experiment(e);
  const Matrix<double> p = result.model.predict(result.train.x);
  const Matrix<double> targets = network_targets(result.train, 3);
  EXPECT_NE(count_hits<double>(Hit::threshold, p, targets, 3), count_hits<double>(Hit::argmax, p, targets, 3));
}

TEST(Accuracy, OfLabelsThatAreNoClassesIsThatOfExactMatches) {
  RandomState random(5);
  const Network network = parse_network("2-3sigmoid");
  const Matrix<double> x = random.standard_normal(40, 2);
  Matrix<double> targets(40, 3);
  for (double& t : targets.values()) t = static_cast<double>(random.randint(0, 2));
  std::vector<double> theta = random.standard_normal(network.parameter_count());
  FitOptions options;
  options.loss = {MultiLabelCrossEntropy{}};
  options.optimizer = Sgd{.learning_rate = 1e-300};
  options.epochs = 1;
  const FitResult result = fit(network, theta, {x, targets}, options, random);
  EXPECT_EQ(result.history.accuracy.back() * 40,
            static_cast<double>(count_hits<double>(Hit::threshold, predict(network, theta, x), targets, 3)));
  EXPECT_EQ(hit_of<double>(LossFunction{CrossEntropy{}}, targets, 3), Hit::argmax);
  EXPECT_EQ(hit_of<double>(LossFunction{MeanSquaredError{}}, targets, 3), Hit::none);
}

}  // namespace
}  // namespace gradus
