// SPDX-License-Identifier: MIT
#include "gradus/lab/experiment/scores.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "gradus/lab/data/source.hpp"
#include "gradus/metrics/metrics.hpp"
#include "gradus/metrics/ranking.hpp"
#include "gradus/nn/pass.hpp"

namespace gradus {
namespace {

/// "3 classes (setosa, versicolor, virginica)"; long lists are cut.
std::string counted(Index count, std::string_view one, std::string_view many, const std::vector<std::string>& names) {
  constexpr std::size_t most = 4;
  std::string list;
  for (std::size_t i = 0; i < std::min(names.size(), most); ++i) list += (i ? ", " : "") + names[i];
  if (names.size() > most) list += ", ...";
  return fmt::format("{} {}{}", count, count == 1 ? one : many, list.empty() ? "" : " (" + list + ")");
}

/// Where classes came from, if from a table, and what would make something else of it.
std::string from_column(const Dataset& data) {
  if (data.label_name.empty()) return "";
  return fmt::format(" in its column {} (--target names another column, --task regression takes numbers as such)",
                     in_quotes(data.label_name));
}

bool gives_probabilities(const Network& network) {
  const Answers answers = network.answers();
  if (network.outputs() > 1) return answers.kind == Answers::Kind::distribution;
  return answers == between(0, 1) || answers == from_to(0, 1);
}

/// What may be no number says nothing: an area without a sample of one side, R2 of one sample.
std::optional<double> if_known(double value) { return std::isnan(value) ? std::nullopt : std::optional(value); }

void score_classes(const Network& network, const Matrix<double>& p, const Dataset& data, Scores& scores) {
  const std::vector<int> predicted = predicted_classes(p);
  scores.accuracy = accuracy(predicted, data.labels);
  const bool known = std::find(predicted.begin(), predicted.end(), -1) == predicted.end();
  if (known) {
    scores.balanced_accuracy = balanced_accuracy(predicted, data.labels);
    scores.f1 = f1_score(predicted, data.labels, data.classes());
  }
  if (!gives_probabilities(network)) return;
  scores.log_loss = log_loss(p, data.labels);
  if (!known) return;
  scores.roc_auc = if_known(roc_auc(p, data.labels));
  scores.average_precision = if_known(average_precision(p, data.labels));
}

void score_numbers(const Matrix<double>& answers, const Matrix<double>& truth, Scores& scores) {
  scores.mse = mean_squared_error(answers, truth);
  scores.r2 = r2_score(answers, truth);
  scores.mae = mean_absolute_error(answers, truth);
  scores.median_error = if_known(median_absolute_error(answers, truth));
  scores.mse_deviation = if_known(mean_squared_error_deviation(answers, truth));
  scores.r2_deviation = if_known(r2_score_deviation(answers, truth));
}

}  // namespace

void check_fits(const Network& shape, const std::string& network, const Dataset& data, const std::string& name) {
  const bool fits = shape.takes_sequences() ? data.features() > 0 && data.features() % shape.inputs() == 0
                                            : data.features() == shape.inputs();
  if (!fits)
    throw ShapeError(fmt::format("{} takes {}{}, but {} has {}{}", network,
                                 counted(shape.inputs(), "input", "inputs", {}),
                                 shape.takes_sequences() ? " a time step" : "", name,
                                 counted(data.features(), "feature", "features", data.feature_names),
                                 is_file(name) ? "; --features, --drop and --target choose columns" : ""));
  const Index outputs = shape.output_cols(data.features());
  const auto refuse = [&](const std::string& what) {
    throw ShapeError(
        fmt::format("{} has {}, but {} has {}", network, counted(outputs, "output", "outputs", {}), name, what));
  };
  if (data.is_classification()) {
    if (outputs != data.classes() && !(outputs == 1 && data.classes() == 2))
      refuse(counted(data.classes(), "class", "classes", data.class_names) + (is_file(name) ? from_column(data) : ""));
  } else if (!data.targets.empty() && outputs != data.targets.cols()) {
    refuse(counted(data.targets.cols(), "target", "targets", data.target_names) +
           (is_file(name) ? " (--target names another column, --task classification takes numbers for classes)" : ""));
  }
}

void use_classes(Dataset& data, const std::vector<std::string>& class_names, const std::string& name) {
  if (data.class_names == class_names) return;
  if (class_names.empty())
    throw ValueError(fmt::format("expected numbers to predict, but {} has {}", name,
                                 counted(data.classes(), "class", "classes", data.class_names)));
  if (!data.is_classification())
    throw ValueError(fmt::format("expected classes ({}), but {} has numbers to predict",
                                 counted(static_cast<Index>(class_names.size()), "class", "classes", class_names),
                                 name));
  std::vector<int> number(data.class_names.size(), -1);
  for (std::size_t c = 0; c < number.size(); ++c) {
    const auto found = std::find(class_names.begin(), class_names.end(), data.class_names[c]);
    if (found != class_names.end()) number[c] = static_cast<int>(found - class_names.begin());
  }
  for (std::size_t i = 0; i < data.labels.size(); ++i) {
    int& label = data.labels[i];
    if (number[static_cast<std::size_t>(label)] < 0)
      throw ValueError(fmt::format("{}, sample {}: the label '{}' was never seen in training (known: {})", name, i + 1,
                                   data.class_names[static_cast<std::size_t>(label)], fmt::join(class_names, ", ")));
    label = number[static_cast<std::size_t>(label)];
  }
  data.class_names = class_names;
}

std::optional<Hit> hit_of(const Network& network, const Dataset& data) {
  if (!data.is_classification()) return std::nullopt;
  return network.outputs() == 1 ? Hit::threshold : Hit::argmax;
}

Scores score(const Model& model, const Dataset& data) {
  if (data.size() == 0) throw ValueError("[score] expected at least one sample, got none");
  check_fits(model.network, "the network " + to_text(model.network), data, "the data");
  const Matrix<double> x = model.scaled(data.x);
  Trace<double> trace;
  trace.state = model.state;
  const Matrix<double> p(forward(model.network, model.theta, x, trace));
  Scores scores;
  scores.samples = data.size();
  const Matrix<double> towards = model.scaled_targets(data);
  scores.loss = loss_of_trace(model.network, Loss{model.loss.function, Reduction::mean}, trace, towards);
  if (data.is_classification())
    score_classes(model.network, p, data, scores);
  else
    score_numbers(model.in_own_units(p), data.targets, scores);
  return scores;
}

}  // namespace gradus
