// SPDX-License-Identifier: MIT
// Two clouds and one logistic neuron, trained in mini-batches.
#include <fmt/format.h>

#include "gradus/data/makers.hpp"
#include "gradus/data/split.hpp"
#include "gradus/metrics/metrics.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/train/fit.hpp"
#include "studies/lesson.hpp"

namespace gradus::studies {

void classification(Lesson& lesson) {
  Json& json = lesson.results("004_cs109a");
  RandomState blobs_random(0);
  const Dataset blobs = make_blobs({.samples = 500, .centers = Index{2}}, blobs_random);
  RandomState split_random(42);
  const TrainTest sides = split(blobs, 0.2, split_random);
  const Dataset& train = sides.train;
  const Dataset& test = sides.test;
  json["blobs"] = {
      {"X", to_json(blobs.x)}, {"y", blobs.labels}, {"X_test_head", to_json(head(test.x, 5))}, {"y_test", test.labels}};

  const Network neuron = parse_network("2-1sigmoid");
  const auto test_accuracy = [&](const std::vector<double>& theta) {
    return accuracy(predicted_classes(predict(neuron, theta, test.x)), test.labels);
  };
  const std::vector<double> start{1, 1, 1};
  const double untrained = test_accuracy(start);

  std::vector<double> theta = start;
  FitOptions options;
  options.loss = {BinaryCrossEntropy{}, Reduction::sum};
  options.optimizer = Sgd{.learning_rate = 0.01};
  options.batch = 10;
  options.epochs = 10'000;
  options.record_every = -1;
  RandomState random(0);
  fit(neuron, theta, {train.x, network_targets(train, 1)}, options, random);
  const double trained = test_accuracy(theta);

  json["untrained_accuracy"] = untrained;
  json["untrained_printed"] = 0.45;
  json["trained_seed0"] = {
      {"w", to_json(std::span<const double>(theta).first(2))}, {"b", {theta[2]}}, {"accuracy", trained}};
  json["trained_printed"] = 0.95;

  lesson.chapter("Classifying two clouds");
  lesson.text(
      "A logistic neuron again, but now taught in mini-batches: before each of 10 000 passes the 400 training points "
      "are "
      "put into a new random order and then taken ten at a time, their gradients added up.");
  lesson.formula("w \\leftarrow w - \\eta \\sum_{i \\in B} (\\sigma(w^\\top x_i + b) - y_i)\\, x_i");
  lesson.table({.caption = "The two clouds overlap: no line does much better.",
                .header = {"accuracy over 100 test points", "printed", "ours"},
                .rows = {{"before training", "0.45", against("0.45", digits(untrained, 4))},
                         {"after 10 000 passes", "0.95", against("0.95", digits(trained, 4))}}});
  lesson.figure("two_clouds",
                panels({decision_regions([&](ConstMatrixView<double> x) { return predict(neuron, start, x); }, test.x,
                                         test.labels, {.title = "before"}),
                        decision_regions([&](ConstMatrixView<double> x) { return predict(neuron, theta, x); }, test.x,
                                         test.labels, {.title = "after"})},
                       2),
                "The neuron's answer before and after training, with the test points.");
}

}  // namespace gradus::studies
