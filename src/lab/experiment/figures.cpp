// SPDX-License-Identifier: MIT
#include "gradus/lab/experiment/figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "gradus/lab/figure/plots.hpp"
#include "gradus/metrics/metrics.hpp"
#include "lab/experiment/judgement_figures.hpp"

namespace gradus {
namespace {

constexpr std::array<std::string_view, 10> kKinds{"loss", "accuracy",         "regions",     "fit",       "confusion",
                                                  "roc",  "precision-recall", "calibration", "predicted", "residuals"};

std::string name_or(const std::vector<std::string>& names, std::size_t k, const std::string& otherwise) {
  return k < names.size() ? names[k] : otherwise;
}

Figure regions(const Model& model, const Dataset& data, const std::string& title) {
  DecisionOptions options;
  options.title = title;
  options.x_label = name_or(data.feature_names, 0, "x0");
  options.y_label = name_or(data.feature_names, 1, "x1");
  options.class_names = data.class_names;
  return decision_regions([&](ConstMatrixView<double> x) { return model.predict(x); }, data.x, data.labels, options);
}

Figure fit_figure(const Model& model, const Dataset& data, const std::string& title) {
  std::vector<Index> order(static_cast<std::size_t>(data.size()));
  std::iota(order.begin(), order.end(), Index{0});
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return data.x(a, 0) < data.x(b, 0); });
  Series target{name_or(data.target_names, 0, "y"), {}, {}};
  for (const Index i : order) {
    target.x.push_back(data.x(i, 0));
    target.y.push_back(data.targets(i, 0));
  }
  constexpr Index points = 400;  // finer than a screen shows of a curve
  Matrix<double> x(points, 1);
  for (Index k = 0; k < points; ++k)
    x(k, 0) = target.x.front() + (target.x.back() - target.x.front()) * static_cast<double>(k) / (points - 1);
  const Matrix<double> y = model.predict(x);
  FunctionFitOptions options;
  options.title = title;
  options.x_label = name_or(data.feature_names, 0, "x");
  options.y_label = target.name;
  return function_fit(target, {{"network", x.values(), y.values()}}, options);
}

Figure confusion(const Model& model, const Dataset& data, const std::string& title) {
  const Matrix<Index> counts = confusion_matrix(model.classify(data.x), data.labels, data.classes());
  const Matrix<double> numbers(counts.rows(), counts.cols(),
                               std::vector<double>(counts.values().begin(), counts.values().end()));
  return confusion_figure(numbers, data.class_names, title);
}

std::vector<double> as_doubles(const std::vector<Index>& values) { return {values.begin(), values.end()}; }

/// A curve over the updates made, whatever their distances.
Figure history_figure(const std::vector<Series>& curves, const std::string& title, const std::string& y_label) {
  Panel panel{.title = title, .x = {.label = "update"}, .y = {.label = y_label}};
  for (std::size_t k = 0; k < curves.size(); ++k)
    panel.layers.push_back(Line{.x = curves[k].x,
                                .y = curves[k].y,
                                .name = curves.size() > 1 ? curves[k].name : "",
                                .color = series_color(static_cast<Index>(k)),
                                .dash = series_dash(static_cast<Index>(k))});
  Figure figure;
  figure.panels.push_back(panel);
  return figure;
}

Figure loss_curve(const History& history, const Loss& loss, const std::string& title) {
  std::vector<Series> curves{{"training", as_doubles(history.update), history.loss}};
  if (!history.test_loss.empty()) curves.push_back({"test", as_doubles(history.test_update), history.test_loss});
  const std::string label =
      loss.unit().empty() ? std::string(loss.name()) : fmt::format("{} ({})", loss.name(), loss.unit());
  return history_figure(curves, title, label);
}

Figure accuracy_curve(const History& history, const std::string& title) {
  if (history.accuracy.empty())
    throw ValueError("[figure] expected a run with classes for the kind accuracy, got a regression");
  std::vector<Series> curves{{"training", as_doubles(history.update), history.accuracy}};
  if (!history.test_accuracy.empty())
    curves.push_back({"test", as_doubles(history.test_update), history.test_accuracy});
  return history_figure(curves, title, "accuracy (share)");
}

}  // namespace

std::span<const std::string_view> figure_kinds() { return kKinds; }

void check_figure(const FigureRequest& figure) {
  if (std::find(kKinds.begin(), kKinds.end(), figure.kind) == kKinds.end())
    throw ValueError(fmt::format("figure.kind: expected one of {}, got '{}'", fmt::join(kKinds, ", "), figure.kind));
  const std::string_view file = figure.file;
  if (!file.ends_with(".svg") && !file.ends_with(".png") && !file.ends_with(".pdf"))
    throw ValueError(fmt::format("figure.file: expected a name that ends in .svg, .png or .pdf, got '{}'", file));
}

std::string_view fitting_kind(const Model& model, const Dataset& data) {
  if (data.is_classification()) return data.features() == 2 ? "regions" : "confusion";
  return model.network.inputs() == 1 && model.network.outputs() == 1 ? "fit" : "predicted";
}

Figure model_figure(std::string_view kind, const Model& model, const Dataset& data, const std::string& title) {
  const auto expect = [&](bool good, const char* what) {
    if (!good) throw ValueError(fmt::format("[figure] expected {} for the kind {}", what, kind));
  };
  if (std::find(kKinds.begin(), kKinds.end(), kind) == kKinds.end())
    throw ValueError(fmt::format("[figure] expected one of {}, got '{}'", fmt::join(kKinds, ", "), kind));
  if (data.size() == 0) throw ValueError("[figure] expected at least one sample, got none");
  check_fits(model.network, "the network " + to_text(model.network), data, "the data");
  if (kind == "regions") {
    expect(data.is_classification() && data.features() == 2, "classes and two features");
    return regions(model, data, title);
  }
  if (kind == "fit") {
    expect(!data.targets.empty() && data.features() == 1 && model.network.outputs() == 1,
           "a regression of one feature with known targets");
    return fit_figure(model, data, title);
  }
  if (kind == "loss" || kind == "accuracy") {
    expect(model.record.has_value(), "a model that keeps the history of its training");
    const History& history = model.record->history;
    return kind == "loss" ? loss_curve(history, model.loss, title) : accuracy_curve(history, title);
  }
  if (kind == "predicted" || kind == "residuals") {
    expect(!data.targets.empty(), "a regression with known targets");
    return kind == "predicted" ? predicted_figure(model, data, title) : residuals_figure(model, data, title);
  }
  expect(data.is_classification(), "classes");
  if (kind == "confusion") return confusion(model, data, title);
  expect(score(model, data).log_loss.has_value(), "a network that ends in probabilities");
  if (kind == "roc") return roc_figure(model, data, title);
  return kind == "calibration" ? calibration_figure(model, data, title) : precision_recall_figure(model, data, title);
}

Figure result_figure(std::string_view kind, const ExperimentResult& result) {
  const std::string title = to_text(result.model.network) + " on " + result.experiment.data;
  if (kind == "loss") return loss_curve(result.fit.history, result.model.loss, title);
  if (kind == "accuracy") return accuracy_curve(result.fit.history, title);
  return model_figure(kind, result.model, result.test.size() > 0 ? result.test : result.train, title);
}

}  // namespace gradus
