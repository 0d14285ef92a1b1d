// SPDX-License-Identifier: MIT
// Perceptrons with one and two layers on blobs, moons and circles, trained one sample at a time. Every random number
// comes from one stream: it makes the data, each training run reseeds it, and the next data set goes on from there.
#include <fmt/format.h>

#include <cmath>
#include <numeric>

#include "gradus/check/gradient_check.hpp"
#include "gradus/data/makers.hpp"
#include "gradus/data/split.hpp"
#include "gradus/engine/bank.hpp"
#include "gradus/lab/figure/spread.hpp"
#include "gradus/metrics/metrics.hpp"
#include "gradus/nn/initializer.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/train/fit.hpp"
#include "studies/lesson.hpp"

namespace gradus::studies {
namespace {

constexpr Index kUpdates = 1000;
constexpr Index kTestEvery = 10;
constexpr double kStep = 1e-4;  // h of the forward differences

/// Inputs and one-hot targets of the two sides of a data set.
struct Sets {
  Dataset train, test;
  Matrix<double> train_targets, test_targets;
};

Sets split_as_documented(const Dataset& data) {
  RandomState random(42);
  auto [train, test] = split(data, 0.4, random);
  const Matrix<double> train_targets = one_hot(train.labels, data.classes());
  const Matrix<double> test_targets = one_hot(test.labels, data.classes());
  return {std::move(train), std::move(test), train_targets, test_targets};
}

/// A trained network with what was measured on the way, one number an update unless said otherwise.
struct Run {
  Network network;
  std::vector<double> theta;
  History history;
  std::vector<std::int64_t> indexes;           // of the samples, in the order they were used
  std::vector<double> test_acc_as_documented;  // over the first training points, every 10th update
  std::vector<double> error;                   // of the gradient: hand-written against forward differences
  std::vector<double> error_as_documented;     // the same, differences taken after the step
  std::vector<double> squared_as_documented;
};

double squared_distance(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t k = 0; k < a.size(); ++k) sum += (a[k] - b[k]) * (a[k] - b[k]);
  return sum;
}

double relative_error(std::span<const double> a, std::span<const double> b) {
  const double size = detail::norm_of(a) + detail::norm_of(b);
  return std::sqrt(squared_distance(a, b)) / size;
}

/// 1000 updates on single samples from standard normal weights, exactly as the documents draw them: biases before
/// weights, then all sample indexes at once.
Run train(const std::string& network_text, const Sets& sets, double learning_rate, RandomState& random,
          bool check_gradient = false) {
  Run run{.network = parse_network(network_text),
          .theta = {},
          .history = {},
          .indexes = {},
          .test_acc_as_documented = {},
          .error = {},
          .error_as_documented = {},
          .squared_as_documented = {}};
  random.seed(42);
  run.theta =
      initial_parameters(run.network, {.kind = Initializer::Kind::standard_normal, .biases_first = true}, random);
  run.indexes = random.randint(0, sets.train.size(), kUpdates);

  FitOptions options;
  options.loss = {CrossEntropy{}};
  options.optimizer = Sgd{.learning_rate = learning_rate};
  options.batch = 1;
  options.order = Order::given;
  options.given.assign(run.indexes.begin(), run.indexes.end());
  options.updates = kUpdates;
  options.record_every = 1;
  options.test_every = kTestEvery;

  // The documents compare the gradient by the first weight matrix only.
  const auto weights = static_cast<std::size_t>(run.network.parameter_blocks().front().size());
  const auto differences = [&](const UpdateEvent<double>& event) {
    auto all = difference_gradient(run.network, options.loss, {event.theta.begin(), event.theta.end()}, event.x,
                                   event.targets, kStep, 0);
    all.resize(weights);
    return all;
  };
  Callbacks<double> callbacks;
  if (check_gradient)
    callbacks.before_step = [&](const UpdateEvent<double>& event) {
      run.error.push_back(relative_error(event.gradient.first(weights), differences(event)));
      return Signal::go_on;
    };
  callbacks.after_step = [&](const UpdateEvent<double>& event) {
    if (check_gradient) {
      const std::vector<double> moved = differences(event);
      run.error_as_documented.push_back(relative_error(event.gradient.first(weights), moved));
      run.squared_as_documented.push_back(squared_distance(event.gradient.first(weights), moved));
    }
    if (event.update % kTestEvery == 0) {
      const Index count = sets.test.size();
      const Matrix<double> p = predict(run.network, run.theta, sets.train.x.view().middle_rows(0, count));
      Index hits = 0;
      const std::vector<int> classes = predicted_classes(p);
      for (Index i = 0; i < count; ++i)
        hits += classes[static_cast<std::size_t>(i)] == sets.train.labels[static_cast<std::size_t>(i)];
      run.test_acc_as_documented.push_back(static_cast<double>(hits) / static_cast<double>(count));
    }
    return Signal::go_on;
  };
  run.history = fit(run.network, run.theta, {sets.train.x, sets.train_targets}, options, random,
                    Samples<double>{sets.test.x, sets.test_targets}, callbacks)
                    .history;
  return run;
}

/// Weights and biases under the documents' names: W and b, or Wh, bh, Wo, bo. Biases are columns there.
void store_parameters(Json& json, const Run& run) {
  const auto blocks = run.network.parameter_blocks();
  const std::vector<std::string> names =
      blocks.size() == 2 ? std::vector<std::string>{"W", "b"} : std::vector<std::string>{"Wh", "bh", "Wo", "bo"};
  for (std::size_t b = 0; b < blocks.size(); ++b) {
    const bool bias = blocks[b].is_bias;
    json[names[b]] =
        to_json(block(run.theta, blocks[b].offset, bias ? blocks[b].cols : blocks[b].rows, bias ? 1 : blocks[b].cols));
  }
}

void store_curves(Json& json, const Run& run) {
  json["loss"] = run.history.loss;
  json["acc"] = std::vector<int>(run.history.accuracy.begin(), run.history.accuracy.end());
  json["test_acc_as_documented"] = run.test_acc_as_documented;
  json["test_acc"] = run.history.test_accuracy;
}

void store_gradient_errors(Json& json, const Run& run) {
  json["grad_rel_err"] = run.error;
  json["grad_rel_err_as_documented"] = run.error_as_documented;
  json["grad_sq_err_as_documented"] = run.squared_as_documented;
  json["indexes"] = run.indexes;
}

/// The rows of both, one under the other.
Matrix<double> stacked(const Matrix<double>& above, const Matrix<double>& below) {
  std::vector<double> values = above.values();
  values.insert(values.end(), below.values().begin(), below.values().end());
  return {above.rows() + below.rows(), above.cols(), std::move(values)};
}

double mean_of(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

std::string percent(double share) { return fmt::format("{:.1f} %", 100 * share); }

double largest_gap(const std::vector<double>& a, const std::vector<double>& b) {
  double gap = 0;
  for (std::size_t k = 0; k < a.size(); ++k) gap = std::max(gap, std::abs(a[k] - b[k]));
  return gap;
}

Figure regions(const Run& run, const Sets& sets, const std::string& title = "") {
  return decision_regions([&](ConstMatrixView<double> x) { return predict(run.network, run.theta, x); }, sets.test.x,
                          sets.test.labels, {.title = title});
}

Figure loss_and_accuracy(const Run& run) {
  return panels({loss_figure(run.history.loss, {.window = 10}),
                 accuracy_figure(run.history.accuracy, run.history.test_accuracy, {.test_every = kTestEvery})},
                2);
}

void one_layer_on_blobs(Lesson& lesson, RandomState& random) {
  Json& json = lesson.results("000_001_perceptrons");
  const Dataset blobs = make_blobs({.samples = 500}, random);
  const Sets sets = split_as_documented(blobs);
  json["blobs"] = {{"X", to_json(blobs.x)},
                   {"y", blobs.labels},
                   {"X_train_head", to_json(head(sets.train.x, 5))},
                   {"X_test_head", to_json(head(sets.test.x, 5))}};
  const Run run = train("2-3softmax", sets, 0.01, random, true);
  Json& out = json["blobs_one_layer"];
  store_parameters(out, run);
  store_curves(out, run);
  store_gradient_errors(out, run);

  lesson.section("One layer, three clouds");
  lesson.text(
      "Three clouds of points, 500 in all, and one layer of three units: each unit weighs the two coordinates, adds a "
      "bias, and softmax turns the three sums into probabilities. A point is penalised by the negative logarithm of "
      "the probability that its own class receives.");
  lesson.formula("p = \\operatorname{softmax}(W^\\top x + b), \\qquad L = -\\log p_y");
  lesson.text(
      "Writing the loss as $\\log \\sum_k e^{z_k} - z_y$ makes its derivatives short enough to read aloud: the "
      "derivative by the sums is what the network said minus what is true, and everything else is the chain rule.");
  lesson.formula(
      "\\frac{\\partial L}{\\partial z} = p - y, \\qquad \\frac{\\partial L}{\\partial W} = x\\,(p - y)^\\top, \\qquad "
      "\\frac{\\partial L}{\\partial b} = p - y");
  lesson.text(
      "Training takes one random point at a time and steps against its gradient, 1000 times, with a learning rate of "
      "0.01. The first weights are standard normal.");
  lesson.figure("blobs_one_layer_curves", loss_and_accuracy(run),
                "Left: cross-entropy of the point of each update before the step, and its mean over 10 updates. Right: "
                "share of training points met so far, and accuracy over the 200 test points after every 10th update.");
  lesson.figure("blobs_one_layer_regions", regions(run, sets),
                "What the trained layer says about every point of the plane, with the test points. One layer can only "
                "cut the plane with straight lines; three clouds need no more.");
  lesson.text(
      "Is the gradient right? Nudge one weight by $h = 10^{-4}$ and see how the loss changes: that is the derivative "
      "up to an error proportional to $h$.");
  lesson.formula(
      "g'_{ij} = \\frac{L(W_{ij} + h) - L(W_{ij})}{h}, \\qquad \\text{error} = \\frac{\\|g - g'\\|}{\\|g\\| + "
      "\\|g'\\|}");
  const auto x = counting(run.error.size());
  lesson.figure("blobs_one_layer_gradient_error",
                gradient_error_figure({{"same weights", x, run.error}, {"after the step", x, run.error_as_documented}}),
                "Relative error between the derived gradient and forward differences. Lower curve: both at the same "
                "weights. Upper curve: the difference taken after the weights have moved, as in the document.");
  lesson.mistake(
      "The gradient error is measured after the step",
      fmt::format("The document updates the weights first and takes the finite difference afterwards, so it compares "
                  "the gradients of two different points. Its mean error is {}; measured at the same weights it is {}.",
                  digits(mean_of(run.error_as_documented), 2), digits(mean_of(run.error), 2)));
  lesson.mistake(
      "The test accuracy is not measured on the test set",
      fmt::format(
          "Both documents loop over as many points as the test set has, but take them from the training set. On "
          "the way of this run the two differ by up to {} of the points. All curves here use the test set; the "
          "other numbers are kept in `results.json` as `test_acc_as_documented`.",
          percent(largest_gap(run.test_acc_as_documented, run.history.test_accuracy))));
  lesson.mistake(
      "Softmax without a net",
      "$e^{z}$ overflows beyond $z \\approx 709$, and a probability that rounds to zero makes the loss infinite. The "
      "library subtracts the largest sum first, which changes nothing in exact arithmetic, and takes the "
      "loss from the sums rather than from the probabilities: finite for every finite $z$.");
}

void moons(Lesson& lesson, RandomState& random) {
  Json& json = lesson.results("000_001_perceptrons");
  const Dataset data = make_moons({.samples = 500, .noise = 0.2}, random);
  const Sets sets = split_as_documented(data);
  json["moons"] = {{"X", to_json(data.x)}, {"y", data.labels}};
  const Run line = train("2-2softmax", sets, 0.001, random, true);
  Json& line_out = json["moons_one_layer"];
  store_parameters(line_out, line);
  store_curves(line_out, line);
  store_gradient_errors(line_out, line);
  const Run bent = train("2-16relu-2softmax", sets, 0.1, random);
  Json& bent_out = json["moons_two_layer_relu_16"];
  store_parameters(bent_out, bent);
  store_curves(bent_out, bent);

  lesson.section("Two moons, and why one layer is not enough");
  lesson.text(
      "Two half circles hold on to each other. The same layer, now with two units, can do nothing but draw a line "
      "between them.");
  lesson.figure("moons_one_layer_curves", loss_and_accuracy(line),
                "One layer on the moons, learning rate 0.001: the loss settles, far from zero.");
  lesson.text(
      "Put a layer of 16 units in front, each passing on its sum where it is positive and nothing where it is not, and "
      "the line may bend wherever one of the 16 switches on.");
  lesson.formula("h = \\max(0, W_h^\\top x + b_h), \\qquad p = \\operatorname{softmax}(W_o^\\top h + b_o)");
  lesson.text(
      "Backwards, the derivative passes through the output weights and then only through the units that were on. At "
      "exactly zero, where the unit has a kink, we take the derivative as zero.");
  lesson.formula(
      "\\frac{\\partial L}{\\partial h} = W_o\\,(p - y), \\qquad \\frac{\\partial L}{\\partial W_h} = x "
      "\\left(\\frac{\\partial "
      "L}{\\partial h} \\odot 1[h > 0]\\right)^\\top");
  lesson.figure("moons_two_layer_relu_16_curves", loss_and_accuracy(bent),
                "Two layers with 16 hidden units, learning rate 0.1.");
  lesson.figure("moons_regions",
                panels({regions(line, sets, "one layer"), regions(bent, sets, "16 hidden units, ReLU")}, 2),
                "The moons seen by one layer and by two: a straight boundary, and one that bends.");
  lesson.text(fmt::format("On the test points the line reaches {}, the two layers {} (after update 991 of 1000).",
                          percent(line.history.test_accuracy.back()), percent(bent.history.test_accuracy.back())));
}

/// Test accuracies of networks that differ in their seed alone, each trained as `train` trains: weights first, then
/// every index of a sample, from one stream. All of them together, in one bank.
std::vector<double> accuracies_over_seeds(const std::string& network_text, const Sets& sets, double learning_rate,
                                          Index seeds) {
  const Network network = parse_network(network_text);
  std::vector<std::vector<double>> thetas;
  std::vector<engine::BankLane<double>> lanes;
  for (Index seed = 0; seed < seeds; ++seed) {
    RandomState random(static_cast<std::uint32_t>(seed));
    thetas.push_back(
        initial_parameters(network, {.kind = Initializer::Kind::standard_normal, .biases_first = true}, random));
    lanes.push_back({.theta = {}, .random = random, .learning_rate = learning_rate});
  }
  for (std::size_t k = 0; k < lanes.size(); ++k) lanes[k].theta = thetas[k];
  std::vector<Index> train_rows(static_cast<std::size_t>(sets.train.size()));
  std::iota(train_rows.begin(), train_rows.end(), Index{0});
  std::vector<Index> test_rows(static_cast<std::size_t>(sets.test.size()));
  std::iota(test_rows.begin(), test_rows.end(), sets.train.size());
  for (engine::BankLane<double>& lane : lanes) lane.rows = train_rows;
  engine::Bank<double> bank(network, stacked(sets.train.x, sets.test.x), stacked(sets.train_targets, sets.test_targets),
                            {.loss = {CrossEntropy{}}, .batch = 1, .draws = true}, lanes);
  bank.train(kUpdates);
  const std::vector<std::span<const Index>> rows(lanes.size(), test_rows);
  std::vector<double> accuracies;
  for (const engine::Tally& tally : bank.score(rows, Hit::argmax)) accuracies.push_back(tally.accuracy());
  return accuracies;
}

struct Spread {
  double mean = 0;
  double deviation = 0;
};
Spread spread_of(const std::vector<double>& values) {
  Spread spread{mean_of(values), 0};
  for (const double v : values) spread.deviation += (v - spread.mean) * (v - spread.mean);
  spread.deviation = std::sqrt(spread.deviation / static_cast<double>(values.size() - 1));
  return spread;
}

void width_over_seeds(Lesson& lesson, const Sets& sets) {
  constexpr Index seeds = 1000;
  Json& json = lesson.results("width_over_seeds");
  Table table{.caption = fmt::format("Mean and standard deviation of the test accuracy over {} seeds.", seeds),
              .header = {"hidden units", "ReLU", "±", "tanh", "±"},
              .rows = {}};
  for (const int units : {2, 5, 10, 15, 20, 50}) table.rows.push_back({std::to_string(units)});
  std::vector<Figure> figures;
  for (const std::string function : {"relu", "tanh"}) {
    std::vector<SpreadGroup> groups;
    for (std::vector<Cell>& row : table.rows) {
      const std::string& units = row.front().text;
      SpreadGroup& group = groups.emplace_back(
          SpreadGroup{units, accuracies_over_seeds(fmt::format("2-{}{}-2softmax", units, function), sets, 0.1, seeds)});
      const Spread spread = spread_of(group.results);
      json[function][units] = {{"mean", spread.mean}, {"deviation", spread.deviation}, {"seed_42", group.results[42]}};
      row.emplace_back(percent(spread.mean));
      row.emplace_back(percent(spread.deviation));
    }
    figures.push_back(spread_figure(groups, {.title = function == "relu" ? "ReLU" : "tanh",
                                             .x_label = "hidden units",
                                             .y_label = "test accuracy (share of points)"}));
    for (Panel& panel : figures.back().panels) {
      panel.y.min = 0.3;
      panel.y.max = 1.0;
    }
  }

  lesson.section("The same question, asked a thousand times");
  lesson.text(
      "One run is an anecdote: other first weights and another order of the points give another accuracy. So here is "
      "every width a thousand times, on the same 300 training and 200 test points, with 1000 updates at the same "
      "learning rate of 0.1; seed 42 among them is the run above. The networks of one width differ in nothing but "
      "their numbers, so they are trained side by side, one in each lane of the processor's vectors.");
  lesson.figure("circles_width_over_seeds", panels(figures, 2),
                fmt::format("Test accuracy against the number of hidden units, {} seeds each: the mean, one standard "
                            "deviation about it, and an even choice of the seeds.",
                            seeds));
  lesson.table(table);
  const auto number = [&](const char* function, const char* units, const char* what) {
    return json[function][units][what].get<double>();
  };
  lesson.text(fmt::format(
      "Two units leave the circle open whatever the seed. Five close it for some seeds and not for others: with ReLU "
      "the "
      "accuracy spreads by {} there, and by {} at 20 units. From ten on more width buys little; fifty units of tanh "
      "are "
      "on average even worse than twenty ({} against {}), for standard normal weights make the sums grow with the "
      "width, "
      "and 1000 steps at this rate do not tame all of them. A difference between two single runs that is smaller than "
      "these spreads says nothing.",
      percent(number("relu", "5", "deviation")), percent(number("relu", "20", "deviation")),
      percent(number("tanh", "50", "mean")), percent(number("tanh", "20", "mean"))));
}

void circles(Lesson& lesson, RandomState& random) {
  Json& json = lesson.results("000_001_perceptrons");
  const Dataset data = make_circles({.samples = 500, .noise = 0.2, .factor = 0.4}, random);
  const Sets sets = split_as_documented(data);
  json["circles"] = {{"X", to_json(data.x)}, {"y", data.labels}};
  const Run relu = train("2-16relu-2softmax", sets, 0.1, random);
  store_parameters(json["circles_two_layer_relu_16"], relu);
  store_curves(json["circles_two_layer_relu_16"], relu);
  const Run tanh = train("2-16tanh-2softmax", sets, 0.1, random);
  store_parameters(json["circles_two_layer_tanh_16"], tanh);
  store_curves(json["circles_two_layer_tanh_16"], tanh);

  std::vector<Figure> widths;
  Table table{
      .caption = "Width against accuracy.", .header = {"hidden units", "parameters", "test accuracy"}, .rows = {}};
  for (const int units : {2, 5, 10, 15, 20, 50}) {
    const Run run = train(fmt::format("2-{}relu-2softmax", units), sets, 0.1, random);
    json["circles_units_sweep_relu"][std::to_string(units)] = {{"loss", run.history.loss},
                                                               {"test_acc", run.history.test_accuracy}};
    widths.push_back(regions(run, sets, fmt::format("{} units", units)));
    table.rows.push_back({std::to_string(units), std::to_string(run.network.parameter_count()),
                          percent(run.history.test_accuracy.back())});
  }

  lesson.section("A circle in a circle: what width does");
  lesson.text(
      "Now one class surrounds the other. With ReLU units the boundary is a polygon, and every unit can contribute one "
      "edge: two units cannot close a curve, five barely can, fifty make it look round.");
  lesson.figure("circles_two_layer_relu_16_curves", loss_and_accuracy(relu),
                "16 ReLU units on the circles, learning rate 0.1.");
  lesson.figure("circles_units_sweep_relu", panels(widths, 3),
                "The same 1000 updates with 2 to 50 hidden units. All runs use the same points in the same order.");
  lesson.table(table);
  lesson.text(
      "A smooth boundary needs a smooth unit. The hyperbolic tangent has no kink, and its derivative is cheap once its "
      "value is known.");
  lesson.formula("h = \\tanh(W_h^\\top x + b_h), \\qquad \\frac{\\partial h}{\\partial z} = 1 - h^2");
  lesson.figure("circles_relu_and_tanh",
                panels({regions(relu, sets, "16 ReLU units"), regions(tanh, sets, "16 tanh units")}, 2),
                "Kinks against curves: the same network with two activation functions.");
  lesson.figure("circles_two_layer_tanh_16_curves", loss_and_accuracy(tanh), "16 tanh units on the circles.");
  width_over_seeds(lesson, sets);
}

}  // namespace

void perceptrons(Lesson& lesson) {
  lesson.chapter("Perceptrons");
  lesson.text(
      "How far does a single layer of weighted sums reach, and what does a second one add? Three data sets answer, "
      "each "
      "harder than the one before. The numbers are those of two course notebooks, drawn from the same random stream "
      "(`seed(7)` for the data, `42` for every split and training run).");
  RandomState random(7);
  one_layer_on_blobs(lesson, random);
  moons(lesson, random);
  circles(lesson, random);
}

}  // namespace gradus::studies
