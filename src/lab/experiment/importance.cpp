// SPDX-License-Identifier: MIT
#include "gradus/lab/experiment/importance.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "gradus/lab/experiment/scores.hpp"
#include "gradus/metrics/metrics.hpp"
#include "gradus/nn/pass.hpp"
#include "gradus/random/random_state.hpp"
#include "spread.hpp"

namespace gradus {
namespace {

/// The columns of a table, each with the inputs it makes.
std::vector<FeatureImportance> features_of(const Model& model, const Dataset& data) {
  std::vector<FeatureImportance> features;
  Index input = 0;
  for (const InputColumn& column : model.columns) {
    FeatureImportance& feature = features.emplace_back();
    feature.name = column.name;
    for (Index k = 0; k < column.inputs(); ++k) feature.inputs.push_back(input++);
  }
  for (; input < data.features(); ++input) {
    const auto number = static_cast<std::size_t>(input);
    FeatureImportance& feature = features.emplace_back();
    feature.name = number < data.feature_names.size() ? data.feature_names[number] : fmt::format("x{}", input);
    feature.inputs = {input};
  }
  return features;
}

/// Accuracy, or R2.
double main_score_of(const Model& model, const Dataset& data, ConstMatrixView<double> x) {
  const Matrix<double> answers = model.predict(x);
  return data.is_classification() ? accuracy(predicted_classes(answers), data.labels) : r2_score(answers, data.targets);
}

/// |d answer / d input| of each sample, averaged over samples and answers.
std::vector<double> mean_slopes(const Model& model, const Dataset& data) {
  const Matrix<double> x = model.scaled(data.x);
  Trace<double> trace;
  trace.state = model.state;
  const Index outputs = forward(model.network, model.theta, x, trace).cols();
  std::vector<double> unused(model.theta.size());
  std::vector<double> slopes(static_cast<std::size_t>(x.cols()));
  Matrix<double> dx(x.rows(), x.cols());
  for (Index k = 0; k < outputs; ++k) {
    Matrix<double> seed(x.rows(), outputs);
    for (Index i = 0; i < x.rows(); ++i) seed(i, k) = 1;
    backward(model.network, model.theta, x, trace, seed, model.network.size(), unused, dx.view());
    const double unit = model.target_scaler && model.target_scaler->kind != Scaler::Kind::log
                            ? model.target_scaler->scale[static_cast<std::size_t>(k)]
                            : 1;
    for (Index i = 0; i < x.rows(); ++i)
      for (Index j = 0; j < x.cols(); ++j)
        slopes[static_cast<std::size_t>(j)] += std::abs(dx(i, j)) * unit / static_cast<double>(x.rows() * outputs);
  }
  if (model.scaler)
    for (std::size_t j = 0; j < slopes.size(); ++j) slopes[j] /= model.scaler->scale[j];
  return slopes;
}

void check(const Model& model, const Dataset& data, Index repeats) {
  check_fits(model.network, "the network " + to_text(model.network), data, "the data");
  if (data.size() < 2) throw ValueError(fmt::format("[importance] expected at least 2 samples, got {}", data.size()));
  if (repeats < 1) throw ValueError(fmt::format("[importance] expected at least 1 repeat, got {}", repeats));
  if (data.is_classification() ? data.labels.empty() : data.targets.empty())
    throw ValueError("[importance] expected data with its answers (labels or targets), got features only");
  if (model.network.takes_sequences())
    throw ValueError("[importance] expected a network of single samples, got one of sequences");
}

}  // namespace

Importance importance(const Model& model, const Dataset& data, Index repeats, std::uint32_t seed) {
  check(model, data, repeats);
  Importance result;
  result.score = data.is_classification() ? "accuracy" : "r2";
  result.base = main_score_of(model, data, data.x);
  result.features = features_of(model, data);
  const std::vector<double> slopes = mean_slopes(model, data);
  // One draw is the seed of each feature's shuffles, which go on from repeat to repeat, as scikit-learn's do.
  const auto own_seed = static_cast<std::uint32_t>(RandomState(seed).interval(0x7fffffff));
  for (FeatureImportance& feature : result.features) {
    RandomState random(own_seed);
    Matrix<double> x = data.x;
    std::vector<Index> order(static_cast<std::size_t>(data.size()));
    std::iota(order.begin(), order.end(), Index{0});
    for (Index r = 0; r < repeats; ++r) {
      random.shuffle(order);
      const Matrix<double> before = x;
      for (Index i = 0; i < x.rows(); ++i)
        for (const Index j : feature.inputs) x(i, j) = before(order[static_cast<std::size_t>(i)], j);
      feature.losses.push_back(result.base - main_score_of(model, data, x));
    }
    for (const double loss : feature.losses) feature.mean += loss / static_cast<double>(repeats);
    double squares = 0;
    for (const double loss : feature.losses) squares += (loss - feature.mean) * (loss - feature.mean);
    if (repeats > 1) feature.deviation = std::sqrt(squares / static_cast<double>(repeats - 1));
    for (const Index j : feature.inputs)
      feature.saliency += slopes[static_cast<std::size_t>(j)] * spread_of(data.x, j).deviation;
  }
  return result;
}

Figure importance_figure(const Importance& importance, const std::string& title) {
  constexpr std::size_t most = 20;
  std::vector<const FeatureImportance*> ranked;
  for (const FeatureImportance& feature : importance.features) ranked.push_back(&feature);
  std::stable_sort(ranked.begin(), ranked.end(), [](auto* a, auto* b) { return a->mean > b->mean; });
  if (ranked.size() > most) ranked.resize(most);
  const double bottom = static_cast<double>(ranked.size()) - 0.3;
  Panel panel{.title = title,
              .x = {.label = fmt::format("{} lost by shuffling", importance.score == "r2" ? "R2" : importance.score)},
              .y = {.label = "feature", .min = -0.7, .max = bottom, .reversed = true, .show_label = false}};
  panel.grid = false;
  panel.shape = std::max(0.25, 0.06 * static_cast<double>(ranked.size() + 2));
  panel.layers.reserve(ranked.size() + 2);
  double low = 0;
  double high = 0;
  for (const FeatureImportance* feature : ranked) {
    low = std::min(low, feature->mean - feature->deviation);
    high = std::max(high, feature->mean + feature->deviation);
  }
  if (high > low) {
    panel.x.min = low - 0.05 * (high - low);
    panel.x.max = high + 0.05 * (high - low);
  }
  const Line zero{.x = {0, 0}, .y = {-0.7, bottom}, .color = grey, .width = 1, .dash = Dash::dotted};
  panel.layers.emplace_back(zero);
  Points points{.size = 1.1};
  for (std::size_t k = 0; k < ranked.size(); ++k) {
    const FeatureImportance& feature = *ranked[k];
    const double height = static_cast<double>(k);
    panel.y.ticks.emplace_back(height, one_line(feature.name, 24));
    const Line spread{
        .x = {feature.mean - feature.deviation, feature.mean + feature.deviation}, .y = {height, height}, .width = 1.4};
    panel.layers.emplace_back(spread);
    points.x.push_back(feature.mean);
    points.y.push_back(height);
  }
  panel.layers.emplace_back(points);
  Figure figure{.width = 560};
  figure.panels.push_back(std::move(panel));
  return figure;
}

}  // namespace gradus
