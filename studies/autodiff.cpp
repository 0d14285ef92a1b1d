// SPDX-License-Identifier: MIT
// Gradients of one layer, two layers and any number, by hand and by automatic differentiation; then a classifier of
// irises trained on a gradient that is not the one its document names.
#include <fmt/format.h>

#include "gradus/autodiff/grad.hpp"
#include "gradus/core/elementary.hpp"
#include "gradus/lab/data/real.hpp"
#include "gradus/metrics/metrics.hpp"
#include "gradus/nn/initializer.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/train/fit.hpp"
#include "studies/lesson.hpp"

namespace gradus::studies {
namespace {

template <Number T>
Matrix<T> sigmoid(const Matrix<T>& z) {
  return map(z, [](const T& x) { return activation::Sigmoid::value(x); });
}
template <Number T>
Matrix<T> relu(const Matrix<T>& z) {
  return map(z, [](const T& x) { return activation::Relu::value(x); });
}
template <Number A, Number B>
auto mse(const Matrix<A>& predicted, const Matrix<B>& target) {
  return mean(square(predicted - target));
}

double largest_difference(const Matrix<double>& a, const Matrix<double>& b) {
  double largest = 0;
  for (Index i = 0; i < a.rows(); ++i)
    for (Index j = 0; j < a.cols(); ++j) largest = std::max(largest, std::abs(a(i, j) - b(i, j)));
  return largest;
}

void two_layers(Lesson& lesson) {
  // The document keeps weights as (outputs, inputs) and samples as columns; here they are (inputs, outputs) and rows.
  RandomState random(3);
  const Matrix<double> W1 = transpose(random.standard_normal(3, 2));
  const Matrix<double> b1 = random.standard_normal(1, 3);
  const Matrix<double> W2 = transpose(random.standard_normal(4, 3));
  const Matrix<double> b2 = random.standard_normal(1, 4);
  const Matrix<double> x = random.uniform(0, 1, 1, 2);
  const Matrix<double> target = random.uniform(0, 1, 1, 4);

  // By hand: forward, keeping every z and a, then the chain rule from the cost to the first layer.
  const Matrix<double> z1 = matmul(x, W1) + b1;
  const Matrix<double> a1 = sigmoid(z1);
  const Matrix<double> z2 = matmul(a1, W2) + b2;
  const Matrix<double> a2 = relu(z2);
  const Matrix<double> dz2 = 2.0 / 4 * (a2 - target) * map(z2, [](double z) { return z > 0 ? 1.0 : 0.0; });
  const Matrix<double> dW2 = matmul(transpose(a1), dz2);
  const Matrix<double> dz1 = matmul(dz2, transpose(W2)) * a1 * (1 - a1);
  const Matrix<double> dW1 = matmul(transpose(x), dz1);

  // By the tape: the cost is written once, for a list of layers, and differentiated by the list.
  const auto cost = [](const auto& layers, const auto& input, const auto& t) {
    const auto hidden = sigmoid(matmul(input, layers[0].first) + layers[0].second);
    return mse(relu(matmul(hidden, layers[1].first) + layers[1].second), t);
  };
  const std::vector<std::pair<Matrix<double>, Matrix<double>>> layers{{W1, b1}, {W2, b2}};
  const auto gradient = grad(cost)(layers, x, target);

  lesson.results("003_week43")["sigmoid_relu_mse_seed3"] = {{"x", x.values()},
                                                            {"target", target.values()},
                                                            {"W1", to_json(transpose(W1))},
                                                            {"b1", b1.values()},
                                                            {"W2", to_json(transpose(W2))},
                                                            {"b2", b2.values()},
                                                            {"cost", cost(layers, x, target)},
                                                            {"dW2", to_json(transpose(dW2))},
                                                            {"db2", dz2.values()},
                                                            {"dW1", to_json(transpose(dW1))},
                                                            {"db1", dz1.values()}};

  lesson.section("By hand and by machine");
  lesson.text(
      "Each layer makes $z = x W + b$ from what it is given and passes $a = f(z)$ on. Backwards there are only three "
      "steps, the same for every layer: through the activation, to the layer's own parameters, to its inputs.");
  lesson.formula(
      "\\frac{\\partial C}{\\partial z} = \\frac{\\partial C}{\\partial a} \\odot f'(z), \\qquad \\frac{\\partial "
      "C}{\\partial W} = "
      "x^\\top \\frac{\\partial C}{\\partial z}, \\qquad \\frac{\\partial C}{\\partial x} = \\frac{\\partial "
      "C}{\\partial z}\\, W^\\top");
  lesson.formula(
      "C = \\frac{1}{n} \\sum_k (a_k - t_k)^2, \\qquad \\frac{\\partial C}{\\partial a} = \\frac{2}{n} (a - t), "
      "\\qquad \\sigma' = "
      "\\sigma (1 - \\sigma)");
  lesson.text(
      "The machine's way is to write the cost once, for any kind of number, and run it on numbers that remember how "
      "they were made. `grad(cost)` does that, and returns the derivative in the shape of the argument: here a list of "
      "layers, each a pair of weights and biases.");
  lesson.table(
      {.caption = "A sigmoid layer and a ReLU layer under the mean squared error, seed 3. Three of the four ReLU units "
                  "are off, so three of every four output gradients are exactly zero.",
       .header = {"gradient", "shape", "largest difference, hand against tape"},
       .rows = {{"∂C/∂W₁", "2 x 3", digits(largest_difference(dW1, gradient[0].first), 2)},
                {"∂C/∂b₁", "1 x 3", digits(largest_difference(dz1, gradient[0].second), 2)},
                {"∂C/∂W₂", "3 x 4", digits(largest_difference(dW2, gradient[1].first), 2)},
                {"∂C/∂b₂", "1 x 4", digits(largest_difference(dz2, gradient[1].second), 2)}}});
  const Matrix<double> slopes = elementwise_grad([](const auto& z) { return sigmoid(z); })(z1);
  lesson.text(fmt::format(
      "`elementwise_grad(sigmoid)` gives the derivative of each number by itself: at the three hidden sums it differs "
      "from $\\sigma (1 - \\sigma)$ by at most {}.",
      digits(largest_difference(slopes, a1 * (1 - a1)), 2)));
  lesson.text(
      "Samples travel together as the rows of $x$: the formulas stay as they are, and $x^\\top \\partial C / \\partial "
      "z$ "
      "adds up the samples by itself. Any number of layers is the same three steps in a loop.");
}

struct Irises {
  Matrix<double> x, targets;
  std::vector<int> labels;
};

/// The document's softmax: it subtracts the largest number of each COLUMN, over all samples.
void softmax_as_documented(const Matrix<double>& z, Matrix<double>& p) {
  p.resize(z.rows(), z.cols());
  std::vector<double> column_max(static_cast<std::size_t>(z.cols()), -INFINITY);
  for (Index i = 0; i < z.rows(); ++i)
    for (std::size_t j = 0; j < column_max.size(); ++j)
      column_max[j] = std::max(column_max[j], z(i, static_cast<Index>(j)));
  for (Index i = 0; i < z.rows(); ++i) {
    double sum = 0;
    for (Index j = 0; j < z.cols(); ++j) sum += p(i, j) = exp(z(i, j) - column_max[static_cast<std::size_t>(j)]);
    for (Index j = 0; j < z.cols(); ++j) p(i, j) /= sum;
  }
}

struct Trained {
  std::vector<double> theta;
  std::vector<double> accuracy_every_100;
};

/// Full-batch descent with 2 (p - t) / n in place of the derivative by the sums before the softmax.
Trained train_as_documented(const Irises& iris, Index epochs, double learning_rate) {
  const Network sums = parse_network("4-8sigmoid-3");  // up to the sums; the softmax follows by hand
  RandomState random(0);
  Trained run{initial_parameters(sums, {.kind = Initializer::Kind::standard_normal}, random), {}};
  const Sgd descent{.learning_rate = learning_rate};
  OptimizerState<double> state;
  Trace<double> trace;
  Matrix<double> p;
  Matrix<double> seed(iris.x.rows(), 3);
  std::vector<double> gradient(run.theta.size());
  const auto answer = [&] {
    forward(sums, run.theta, iris.x, trace);
    softmax_as_documented(trace.outputs.back(), p);
  };
  for (Index epoch = 1; epoch <= epochs; ++epoch) {
    answer();
    for (Index i = 0; i < p.rows(); ++i)
      for (Index k = 0; k < 3; ++k) seed(i, k) = 2 * (p(i, k) - iris.targets(i, k)) / static_cast<double>(p.rows());
    backward(sums, run.theta, iris.x, trace, seed, sums.size(), gradient);
    descent.step<double>(run.theta, gradient, state);
    if (epoch % 100 == 0) {
      answer();
      run.accuracy_every_100.push_back(accuracy(predicted_classes(p), iris.labels));
    }
  }
  return run;
}

/// The same descent, on the true gradient of a cost.
Trained train_truly(const Irises& iris, const Loss& loss, Index epochs, double learning_rate) {
  const Network network = parse_network("4-8sigmoid-3softmax");
  RandomState random(0);
  Trained run{initial_parameters(network, {.kind = Initializer::Kind::standard_normal}, random), {}};
  FitOptions options;
  options.loss = loss;
  options.optimizer = Sgd{.learning_rate = learning_rate};
  options.batch = 0;
  options.epochs = epochs;
  options.record_every = -1;
  fit(network, run.theta, {iris.x, iris.targets}, options, random, std::nullopt,
      {.before_step = {}, .after_step = {}, .after_epoch = [&](const EpochEvent<double>& event) {
         if (event.epoch % 100 == 0)
           run.accuracy_every_100.push_back(
               accuracy(predicted_classes(predict(network, run.theta, iris.x)), iris.labels));
         return Signal::go_on;
       }});
  return run;
}

void store(Json& json, const Trained& run) {
  json = {{"W1", to_json(block(run.theta, 0, 4, 8))},  {"b1", to_json(std::span(run.theta).subspan(32, 8))},
          {"W2", to_json(block(run.theta, 40, 8, 3))}, {"b2", to_json(std::span(run.theta).subspan(64, 3))},
          {"accuracy", run.accuracy_every_100.back()}, {"accuracy_every_100", run.accuracy_every_100}};
}

void irises(Lesson& lesson) {
  const Dataset data = load_iris();
  const Irises iris{data.x, one_hot(data.labels, 3), data.labels};
  constexpr Index kEpochs = 5000;
  constexpr double kRate = 0.005;
  const Trained ex7 = train_as_documented(iris, kEpochs, kRate);
  const Trained ex8 = train_as_documented(iris, 4000, 0.01);
  // sum / n, as in the document's derivative: the learning rate carries the 1 / n.
  const Trained squares = train_truly(iris, {MeanSquaredError{}, Reduction::sum}, kEpochs, kRate / 150);
  const Trained entropy = train_truly(iris, {CrossEntropy{}, Reduction::mean}, kEpochs, 2 * kRate);

  Json& json = lesson.results("003_week43");
  constexpr double kPrinted7 = 0.96;
  constexpr double kPrinted8 = 0.9733333333333334;
  store(json["ex7_seed0"], ex7);
  store(json["ex8_seed0"], ex8);
  json["ex8_printed_accuracy"] = kPrinted8;
  json["ex7_printed_accuracy_unseeded"] = kPrinted7;

  lesson.section("Irises, 4-8-3");
  lesson.text(
      "Eight sigmoid units, a softmax over three species, full-batch descent from standard normal weights (seed 0), "
      "all "
      "150 flowers at once.");
  const auto number = [](double value) { return fmt::format("{:.16g}", value); };
  lesson.table({.caption = "Accuracy over all irises after training as documented.",
                .header = {"run", "printed", "ours"},
                .rows = {{"5000 epochs at 0.005", "0.96 (unseeded)", number(ex7.accuracy_every_100.back())},
                         {"4000 epochs at 0.01", number(kPrinted8),
                          against(number(kPrinted8), number(ex8.accuracy_every_100.back()))}}});
  const std::vector<double> epochs = counting(ex7.accuracy_every_100.size(), 100, 100);
  lesson.figure(
      "iris_accuracy",
      {.panels = {{.x = {.label = "epoch"},
                   .y = {.label = "accuracy over all irises (1)", .min = 0.3, .max = 1},
                   .layers = {Line{.x = epochs, .y = ex7.accuracy_every_100, .name = "as documented"},
                              Line{.x = epochs,
                                   .y = entropy.accuracy_every_100,
                                   .name = "cross-entropy",
                                   .color = okabe_ito::green,
                                   .dash = Dash::dotted},
                              Line{.x = epochs,
                                   .y = squares.accuracy_every_100,
                                   .name = "squared error",
                                   .color = okabe_ito::vermillion,
                                   .dash = Dash::dashed}},
                   .names = Names::legend}}},
      "Accuracy every 100 epochs from the same start: the document's rule, and descent on the true gradients of "
      "cross-entropy and of the squared error.");
  lesson.mistake(
      "A gradient of neither cost",
      fmt::format(
          "The document hands the derivative of the squared error, $2 (p - t) / n$, straight through the softmax, "
          "whose "
          "derivative it takes as 1. That is not the gradient of the squared error; the true one multiplies by the "
          "softmax's own derivative and reaches {} in the same 5000 epochs. Nor is it that of the summed cross-entropy "
          "which exercise 8 names. With a correct softmax it would be twice the gradient of the *mean* cross-entropy, "
          "which is why it learns at all; that gradient, with the same factor 2, reaches {}.",
          digits(squares.accuracy_every_100.back(), 4), digits(entropy.accuracy_every_100.back(), 4)));
  lesson.mistake(
      "A softmax that looks at the neighbours",
      "To keep $e^z$ from overflowing, one subtracts the largest sum of each *sample*; that cancels. The document "
      "subtracts the largest of each *class* over the whole batch. That does not cancel: it shifts each class by "
      "another "
      "amount, so a flower's probabilities depend on which other flowers are asked about. The numbers above reproduce "
      "it; the library never does it.");
  lesson.section("The shape of a network object");
  lesson.text(
      "The document ends on advice this project follows: a network object keeps no inputs or outputs, and gradient "
      "methods live outside it and see only the gradients. Here a `Network` is a value that holds shapes; parameters "
      "are one vector, what a pass must remember lies in a `Trace`, and an optimizer sees two flat vectors.");
}

}  // namespace

void autodiff(Lesson& lesson) {
  lesson.chapter("Differentiation by machine");
  two_layers(lesson);
  irises(lesson);
}

}  // namespace gradus::studies
