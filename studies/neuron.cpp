// SPDX-License-Identifier: MIT
// One artificial neuron: what it computes, the functions it may end in, and two ways to teach it.
#include <fmt/format.h>

#include "gradus/lab/data/real.hpp"
#include "gradus/metrics/metrics.hpp"
#include "gradus/nn/activation.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/train/fit.hpp"
#include "studies/lesson.hpp"

namespace gradus::studies {
namespace {

template <class F>
ActivationCurve curve_of() {
  return {std::string(F::name), [](double z) { return F::value(z); },
          [](double z) { return F::derivative(z, F::value(z)); }};
}

/// Sepal length and width and a column of ones that carries the bias; setosa against the rest.
struct Irises {
  Matrix<double> x{150, 3};
  Matrix<double> targets{150, 1};
  std::vector<int> labels;
};

Irises setosa_against_the_rest() {
  const Dataset iris = load_iris();
  Irises set;
  for (Index i = 0; i < iris.size(); ++i) {
    set.x(i, 0) = iris.x(i, 0);
    set.x(i, 1) = iris.x(i, 1);
    set.x(i, 2) = 1;
    set.labels.push_back(iris.labels[static_cast<std::size_t>(i)] == 0 ? 0 : 1);
    set.targets(i, 0) = set.labels.back();
  }
  return set;
}

/// A neuron on (x0, x1) from one on (x0, x1, 1).
Predictor on_the_plane(const Network& neuron, const std::vector<double>& theta) {
  return [&](ConstMatrixView<double> points) {
    Matrix<double> x(points.rows(), 3, 1.0);
    for (Index i = 0; i < points.rows(); ++i) {
      x(i, 0) = points(i, 0);
      x(i, 1) = points(i, 1);
    }
    return predict(neuron, theta, x);
  };
}

Figure iris_regions(const Predictor& neuron, const Irises& set, const std::string& title) {
  Matrix<double> points(set.x.rows(), 2);
  for (Index i = 0; i < points.rows(); ++i)
    for (Index j = 0; j < 2; ++j) points(i, j) = set.x(i, j);
  return decision_regions(neuron, points, set.labels,
                          {.title = title,
                           .x_label = "sepal length (cm)",
                           .y_label = "sepal width (cm)",
                           .class_names = {"setosa", "not setosa"},
                           .area = Area{3.3, 8.9, 1.0, 5.4},
                           .step = 0.02});
}

}  // namespace

void neuron(Lesson& lesson) {
  lesson.chapter("The neuron");
  lesson.text(
      "A neuron weighs its inputs, adds them up and passes the sum through a function. Which function decides what it "
      "is: with a step it is Rosenblatt's perceptron of 1958, with the logistic function it is logistic regression.");
  lesson.formula("f(x) = \\sigma(\\theta^\\top x), \\qquad \\sigma(z) = \\frac{1}{1 + e^{-z}}");
  lesson.section("Four activation functions");
  lesson.figure(
      "activations",
      activation_gallery({curve_of<activation::Step>(), curve_of<activation::Sigmoid>(), curve_of<activation::Tanh>(),
                          curve_of<activation::Relu>()}),
      "Each function with its derivative. The step has a derivative of zero wherever it has one, which is why "
      "it cannot be trained by descent; the sigmoid and the tangent flatten at both ends; ReLU passes the "
      "derivative whole or not at all.");

  lesson.section("The perceptron rule");
  const Irises set = setosa_against_the_rest();
  const Network perceptron = parse_network("3-1step:nobias");
  std::vector<double> weights{0, 0, 0};
  FitOptions rule;
  rule.loss = {PerceptronCriterion{}};
  rule.optimizer = Sgd{.learning_rate = 1};
  rule.batch = 1;
  rule.epochs = 1000;
  RandomState random(0);
  const FitResult taught =
      fit(perceptron, weights, {set.x, set.targets}, rule, random, std::nullopt,
          {.before_step = {}, .after_step = {}, .after_epoch = [](const EpochEvent<double>& event) {
             return event.history.accuracy.back() == 1 ? Signal::stop : Signal::go_on;
           }});
  lesson.text(
      "A step gives no derivative to descend along, but a mistake still says which way to move: towards a point that "
      "was missed, away from one that was wrongly claimed. That is descent on the perceptron criterion, which is zero "
      "for a point on its right side and $|z|$ for one that is not.");
  lesson.formula("L = (\\hat y - y)\\, z, \\qquad \\theta \\leftarrow \\theta - (\\hat y - y)\\, x");
  lesson.text(fmt::format(
      "On the irises' sepals, setosa against the rest, it makes its last mistake in pass {} over the 150 flowers. It "
      "stops at the first line that separates, however close that line runs to a flower.",
      taught.epochs - 1));

  lesson.section("The logistic neuron");
  const Network logistic = parse_network("3-1sigmoid:nobias");
  std::vector<double> theta{1, 1, 1};
  FitOptions descent;
  descent.loss = {BinaryCrossEntropy{}};
  descent.optimizer = Sgd{.learning_rate = 0.1};
  descent.batch = 0;
  descent.epochs = 1'000'000;
  descent.min_change = 5e-5;
  descent.record_every = -1;
  const FitResult result = fit(logistic, theta, {set.x, set.targets}, descent, random);
  const double reached = accuracy(predicted_classes(predict(logistic, theta, set.x)), set.labels);
  lesson.results("002_lecture18")["iris_neuron"] = {
      {"theta", theta}, {"iterations", result.updates}, {"accuracy", reached}};

  lesson.text(
      "The logistic neuron has a likelihood, and its gradient is the mean of (truth minus answer) times input. From "
      "$\\theta = (1, 1, 1)$ steps of 0.1 up that gradient go on until one moves $\\theta$ by no more than $5 \\cdot "
      "10^{-5}$.");
  lesson.formula(
      "\\nabla J(\\theta) = \\frac{1}{n} \\sum_{i=1}^{n} \\left(y_i - \\sigma(\\theta^\\top x_i)\\right) x_i");
  lesson.table({.caption = "The logistic neuron at rest.",
                .header = {"quantity", "value"},
                .rows = {{"steps", std::to_string(result.updates)},
                         {"weight of sepal length", digits(theta[0], 10)},
                         {"weight of sepal width", digits(theta[1], 10)},
                         {"bias", digits(theta[2], 10)},
                         {"accuracy", digits(reached, 4)}}});
  lesson.text(
      "The flowers can be separated, so the likelihood has no maximum: the weights would grow for ever, ever more "
      "slowly. The threshold on the step, not the data, decides where they stop.");
  lesson.figure("iris_neuron",
                panels({iris_regions(on_the_plane(perceptron, weights), set, "perceptron"),
                        iris_regions(on_the_plane(logistic, theta), set, "logistic neuron")},
                       2),
                "The same flowers, two neurons: the perceptron is certain everywhere, the logistic neuron says how "
                "certain it is.");
}

}  // namespace gradus::studies
