// SPDX-License-Identifier: MIT
// One node, two nodes, and a bell curve: how sums of sigmoids become a function.
#include <fmt/format.h>

#include "gradus/core/algebra.hpp"
#include "gradus/core/elementary.hpp"
#include "gradus/data/makers.hpp"
#include "gradus/metrics/metrics.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/train/fit.hpp"
#include "studies/lesson.hpp"

namespace gradus::studies {
namespace {

std::vector<double> node(const std::vector<double>& x, double w, double b) {
  std::vector<double> h;
  for (const double value : x) h.push_back(activation::Sigmoid::value(w * value + b));
  return h;
}

std::vector<double> weighted_sum(const std::vector<double>& h1, const std::vector<double>& h2, double w1, double w2,
                                 double b) {
  std::vector<double> y;
  for (std::size_t i = 0; i < h1.size(); ++i) y.push_back(w1 * h1[i] + w2 * h2[i] + b);
  return y;
}

double mse(const std::vector<double>& a, const std::vector<double>& b) {
  const auto column = [](const std::vector<double>& v) {
    return ConstMatrixView<double>(v.data(), static_cast<Index>(v.size()), 1);
  };
  return mean_squared_error(column(a), column(b));
}

/// theta of a 1-2-1 network under the document's names.
Json parameters(const std::vector<double>& theta) {
  const std::span<const double> t = theta;
  return {{"w1", to_json(t.subspan(0, 2))},
          {"b1", to_json(t.subspan(2, 2))},
          {"w2", to_json(t.subspan(4, 2))},
          {"b2", to_json(t.subspan(6, 1))}};
}

const std::vector<double> kStart{1, -1, 1, 1, 1, -1, 1};

}  // namespace

void fitting(Lesson& lesson) {
  Json& json = lesson.results("004_cs109a");
  RandomState unused(0);
  const Dataset bell = make_gaussian({.samples = 500}, unused);
  const std::vector<double>& x = bell.x.values();
  const std::vector<double>& f = bell.targets.values();
  const Series target{"exp(-x²)", x, f};
  json["linspace_head"] = std::vector<double>(x.begin(), x.begin() + 5);

  lesson.chapter("Fitting a function");
  lesson.text("The target is a bell, $f(x) = e^{-x^2}$, on 500 points from -5 to 5. The means are sigmoids.");
  lesson.section("Two squashing functions");
  lesson.figure(
      "sigmoid_and_tanh",
      activation_gallery({{"sigmoid", [](double z) { return activation::Sigmoid::value(z); },
                           [](double z) { return activation::Sigmoid::derivative(z, activation::Sigmoid::value(z)); }},
                          {"tanh", [](double z) { return activation::Tanh::value(z); },
                           [](double z) { return activation::Tanh::derivative(z, activation::Tanh::value(z)); }}}),
      "The sigmoid runs from 0 to 1, the hyperbolic tangent from -1 to 1 and four times as steeply through 0.");

  lesson.section("One node");
  lesson.text(
      "A single node $\\sigma(w x + b)$ is a soft step: it turns where $w x + b = 0$, at $x = -b / w$, and the sign "
      "and "
      "size of $w$ say in which direction and how sharply. No choice of the two makes a bell of it.");
  std::vector<Series> nodes;
  for (const auto& [w, b] : {std::pair{-2.5, 1.0}, {-5.0, 0.0}, {0.1, -1.0}, {5.0, 1.0}})
    nodes.push_back({fmt::format("w = {}, b = {}", w, b), x, node(x, w, b)});
  lesson.figure("one_node", function_fit(target, nodes, {.y_label = "y"}), "One node for several weights and biases.");

  lesson.section("Two nodes side by side");
  const std::vector<double> h1 = node(x, 3.5, 3.5);
  const std::vector<double> h2 = node(x, -3.5, 3.5);
  const std::vector<double> plain = weighted_sum(h1, h2, 1, 1, 0);
  const std::vector<double> weighted = weighted_sum(h1, h2, -1.5, -1.5, 1.5);
  json["two_nodes_by_hand_mse_plain_sum"] = mse(plain, f);
  json["two_nodes_by_hand_mse_weighted"] = mse(weighted, f);
  lesson.text(
      "Two soft steps in opposite directions make a bump. Added as they are, the bump stands on a plateau of 1; "
      "weighted, it can be turned over and shifted, and begins to look like something one might fit.");
  lesson.figure("two_nodes",
                panels({function_fit(target, {{"first node", x, h1}, {"second node", x, h2}}, {.title = "the nodes"}),
                        function_fit(target, {{"h₁ + h₂", x, plain}, {"-1.5 h₁ - 1.5 h₂ + 1.5", x, weighted}},
                                     {.title = "their sums"})},
                       2),
                "Left: two nodes with weights ±3.5 and biases 3.5. Right: their plain and their weighted sum.");
  lesson.table(
      {.caption = "Chosen by hand, neither is close.",
       .header = {"combination", "mean squared error"},
       .rows = {{"h₁ + h₂", digits(mse(plain, f), 10)}, {"-1.5 h₁ - 1.5 h₂ + 1.5", digits(mse(weighted, f), 10)}}});

  lesson.section("One step of back-propagation");
  const Network network = parse_network("1-2sigmoid-1");
  const Loss squared{MeanSquaredError{}};
  const Matrix<double> one{{1}};
  const Matrix<double> actual{{exp(-1.0)}};
  FitOptions step;
  step.loss = squared;
  step.optimizer = Sgd{.learning_rate = 1};
  step.batch = 1;
  step.updates = 1;
  std::vector<double> stepped = kStart;
  const double before = predict(network, stepped, one)(0, 0);
  fit(network, stepped, {one, actual}, step, unused);
  const double after = predict(network, stepped, one)(0, 0);
  json["one_step"] = {{"actual", actual(0, 0)}, {"out_before", before}};
  json["one_step"].update(parameters(stepped));
  json["one_step"]["out_after"] = after;
  lesson.text(fmt::format(
      "Two hidden nodes, a linear output, the squared error, and one sample at $x = 1$. The output should be {}; it is "
      "{}. One step against the gradient with a learning rate of 1 takes it to {}: the direction was right, the step "
      "far "
      "too long. Gradients promise a descent for small steps only.",
      digits(actual(0, 0), 4), digits(before, 4), digits(after, 4)));
  lesson.formula("y = w_2^\\top h + b_2, \\qquad h = \\sigma(w_1 x + b_1), \\qquad L = (y - f)^2");
  lesson.formula(
      "\\frac{\\partial L}{\\partial w_2} = 2 (y - f)\\, h, \\qquad "
      "\\frac{\\partial L}{\\partial w_1} = 2 (y - f)\\, w_2 \\odot h \\odot (1 - h)\\, x");

  lesson.section("Fifty thousand steps");
  std::vector<double> theta = kStart;
  FitOptions options;
  options.loss = squared;
  options.optimizer = Sgd{.learning_rate = 0.01};
  options.batch = 1;
  options.order = Order::draws;
  options.updates = 50'000;
  options.record_every = 100;
  RandomState random(0);
  const FitResult result = fit(network, theta, {bell.x, bell.targets}, options, random);
  const std::vector<double> fitted = predict(network, theta, bell.x).values();
  Json& fit_json = json["gaussian_fit_seed0"] = parameters(theta);
  fit_json["mse"] = mse(fitted, f);
  lesson.text(fmt::format(
      "With steps of 0.01 on single random points, 50 000 of them, the same two nodes settle on the bell to a mean "
      "squared error of {}.",
      digits(mse(fitted, f), 6)));
  lesson.figure("gaussian_fit",
                panels({function_fit(target, {{"1-2-1 network", x, fitted}}, {.title = "after 50 000 updates"}),
                        loss_figure(result.history.loss, {.title = "on the way",
                                                          .window = 1,
                                                          .log = true,
                                                          .x_label = "updates / 100",
                                                          .y_label = "mean squared error"})},
                       2),
                "Two sigmoids fitted to the bell, and the error on the way (means over 100 updates).");
}

}  // namespace gradus::studies
