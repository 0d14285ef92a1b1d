// SPDX-License-Identifier: MIT
// Back-propagation through a small network by hand, number by number, and then by the library.
#include <fmt/format.h>

#include "gradus/autodiff/grad.hpp"
#include "gradus/core/elementary.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/train/fit.hpp"
#include "studies/lesson.hpp"

namespace gradus::studies {
namespace {

template <Number T>
Matrix<T> sigmoid(const Matrix<T>& z) {
  return map(z, [](const T& x) { return activation::Sigmoid::value(x); });
}

/// What the document prints, with its digits.
struct Printed {
  double loss = 0.52699227;
  Matrix<double> dw{{-3.42057777e-06, -2.01341432e-01, 1.25838681e-06},
                    {-2.05234666e-06, -1.20804859e-01, 7.55032084e-07}};
  std::vector<double> dv{-0.40961516, -0.29945768, -0.40961948};
};

}  // namespace

void backprop(Lesson& lesson) {
  Json& json = lesson.results("002_lecture18");

  lesson.chapter("Back-propagation by hand");
  lesson.text(
      "A network is a composition of layers, $f_L \\circ \\dots \\circ f_1$, and its derivative a product of theirs. "
      "Multiplying from the output backwards means that each factor is used for its own layer's weights and then "
      "handed "
      "on, once. Here that is done with a calculator's patience: two inputs, three hidden units, one output, all "
      "logistic, no biases.");
  lesson.formula("h = \\sigma(W^\\top x), \\qquad y = \\sigma(V^\\top h), \\qquad J = -\\log y");

  // Forward.
  const Matrix<double> x{{5, 3}};
  const Matrix<double> W{{1, -1, 3}, {2, 2, -1}};
  const Matrix<double> V{{0.1}, {0.5}, {-0.1}};
  const Matrix<double> h = sigmoid(matmul(x, W));
  const double y = sigmoid(matmul(h, V))(0, 0);
  const double J = -log(y);

  // Backward, each line one application of the chain rule. The logistic function's derivative is y (1 - y).
  const double dJ_dy = -1 / y;
  const double dJ_dz = dJ_dy * y * (1 - y);
  const Matrix<double> dV = transpose(h) * dJ_dz;
  const Matrix<double> dJ_dh = transpose(V) * dJ_dz;
  const Matrix<double> dW = matmul(transpose(x), dJ_dh * h * (1 - h));

  const Printed printed;
  json["by_hand"] = {{"h", to_json(h)},
                     {"y", y},
                     {"J", J},
                     {"dJ_dy", dJ_dy},
                     {"dJ_dh", to_json(dJ_dh)},
                     {"dW", to_json(dW)},
                     {"dV", to_json(dV)},
                     {"printed",
                      {{"loss", printed.loss},
                       {"W_grad", to_json(printed.dw)},
                       {"V_grad", to_json(Matrix<double>(3, 1, printed.dv))}}}};

  lesson.section("Forward, then backward");
  lesson.text("The input is $x = (5, 3)$ and belongs to class 1. Backward, one factor at a time:");
  lesson.formula(
      "\\frac{\\partial J}{\\partial y} = -\\frac{1}{y}, \\qquad \\frac{\\partial J}{\\partial V} = \\frac{\\partial "
      "J}{\\partial y}\\, y (1 "
      "- y)\\, h, \\qquad \\frac{\\partial J}{\\partial h} = \\frac{\\partial J}{\\partial y}\\, y (1 - y)\\, V");
  lesson.formula(
      "\\frac{\\partial J}{\\partial W} = x \\left(\\frac{\\partial J}{\\partial h} \\odot h \\odot (1 - "
      "h)\\right)^\\top");

  // The same by the library's backward pass and by its tape.
  const Network network = parse_network("2-3sigmoid:nobias-1sigmoid:nobias");
  std::vector<double> theta = W.values();
  theta.insert(theta.end(), V.values().begin(), V.values().end());
  const Matrix<double> label{{1}};
  Trace<double> trace;
  std::vector<double> gradient(theta.size());
  const double loss = value_and_gradient(network, {BinaryCrossEntropy{}}, theta, x, label, trace, gradient);
  const auto cost = [](const auto& w, const auto& v, const auto& input) {
    return -sum(log(sigmoid(matmul(sigmoid(matmul(input, w)), v))));
  };
  const auto [tape_dw, tape_dv] = grad<0, 1>(cost)(W, V, x);

  Table table{.caption = "The document's printed digits beside three ways to the same numbers.",
              .header = {"quantity", "printed", "by hand", "library", "tape"},
              .rows = {}};
  // The document prints 8 or 9 significant digits; ours are rounded to as many. A tick stands for the same text.
  const auto row = [&](const std::string& name, int count, double theirs, double by_hand, double library, double tape) {
    const std::string text = digits(theirs, count);
    const auto ticked = [&](double ours) {
      const Cell cell = against(text, digits(ours, count));
      return cell.mark == Mark::equal ? Cell("", Mark::equal) : cell;
    };
    table.rows.push_back({name, text, against(text, digits(by_hand, count)), ticked(library), ticked(tape)});
  };
  row("J", 8, printed.loss, J, loss, cost(W, V, x));
  for (Index i = 0; i < 2; ++i)
    for (Index j = 0; j < 3; ++j)
      row(fmt::format("∂J/∂W[{}, {}]", i, j), 9, printed.dw(i, j), dW(i, j),
          gradient[static_cast<std::size_t>(3 * i + j)], tape_dw(i, j));
  for (Index i = 0; i < 3; ++i)
    row(fmt::format("∂J/∂V[{}]", i), 8, printed.dv[static_cast<std::size_t>(i)], dV(i, 0),
        gradient[static_cast<std::size_t>(6 + i)], tape_dv(i, 0));
  lesson.table(table);
  lesson.text(
      "The weights into $h_2$ receive a gradient tens of thousands of times larger than the others: $h_1$ and $h_3$ "
      "are "
      "within $2 \\cdot 10^{-5}$ of 1, where the logistic function is flat. A saturated unit learns next to nothing.");

  // Descent on this one sample.
  std::vector<double> scores;
  FitOptions options;
  options.loss = {BinaryCrossEntropy{}};
  options.optimizer = Sgd{.learning_rate = 0.1};
  options.batch = 1;
  options.updates = 100;
  options.record_every = 1;
  RandomState random(0);  // nothing is drawn: there is one sample
  const FitResult descent = fit(network, theta, {x, label}, options, random, std::nullopt,
                                {.before_step =
                                     [&](const UpdateEvent<double>& event) {
                                       scores.push_back(predict(network, theta, event.x)(0, 0));
                                       return Signal::go_on;
                                     },
                                 .after_step = {},
                                 .after_epoch = {}});
  json["single_sample_descent"] = {{"loss", descent.history.loss}, {"score", scores}};

  lesson.section("A hundred steps on one sample");
  lesson.text("A quick sanity check of any gradient: following it must bring the loss of the sample towards zero.");
  const std::vector<double> updates = counting(scores.size());
  Figure curves;
  curves.panels.push_back(
      {.x = {.label = "update"},
       .y = {.label = "loss (nats), score (1)", .min = 0, .max = 1},
       .layers =
           {Line{.x = updates, .y = descent.history.loss, .name = "loss"},
            Line{.x = updates, .y = scores, .name = "score", .color = okabe_ito::vermillion, .dash = Dash::dashed}},
       .names = Names::direct});
  lesson.figure("single_sample_descent", curves,
                "Loss and score (the probability of class 1) over 100 steps at a learning rate of 0.1.");
  lesson.section("Kinds of layers");
  lesson.text(
      "Besides the *dense* layer, in which every unit sees every input, two others are named by the document: the "
      "*convolutional* layer, whose units look at a small window and share their weights, and the *recurrent* layer, "
      "whose units see their own last output. The chain rule above serves all three.");
}

}  // namespace gradus::studies
