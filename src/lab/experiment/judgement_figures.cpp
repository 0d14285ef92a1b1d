// SPDX-License-Identifier: MIT
#include "lab/experiment/judgement_figures.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "gradus/lab/figure/plots.hpp"
#include "gradus/metrics/ranking.hpp"

namespace gradus {
namespace {

constexpr Index kMostPanels = 6;
constexpr Index kBins = 10;

/// What a model says of one class, and which samples are of it.
class OneClass {
 public:
  OneClass(const Matrix<double>& p, const Dataset& data, Index k)
      : truth_(std::make_unique<bool[]>(data.labels.size())) {
    for (Index i = 0; i < p.rows(); ++i) {
      scores_.push_back(p(i, p.cols() == 1 ? 0 : k));
      truth_[static_cast<std::size_t>(i)] = data.labels[static_cast<std::size_t>(i)] == k;
      positives_ += truth_[static_cast<std::size_t>(i)];
    }
  }
  std::span<const double> scores() const { return scores_; }
  std::span<const bool> truth() const { return {truth_.get(), scores_.size()}; }
  bool has_both() const { return positives_ > 0 && positives_ < scores_.size(); }

 private:
  std::vector<double> scores_;
  std::unique_ptr<bool[]> truth_;
  std::size_t positives_ = 0;
};

/// A panel with a line for each class that `curve(class, name)` gives; of two classes the second speaks for both.
template <class MakeCurve>
Figure of_each_class(const Model& model, const Dataset& data, Panel panel, MakeCurve make_curve) {
  const Matrix<double> p = model.predict(data.x);
  const Index classes = data.classes();
  for (Index k = classes == 2 ? 1 : 0; k < classes; ++k) {
    const OneClass one(p, data, k);
    if (!one.has_both()) continue;
    Line line = make_curve(one, one_line(data.class_names[static_cast<std::size_t>(k)], 30));
    line.color = series_color(classes == 2 ? 0 : k);
    line.dash = series_dash(classes == 2 ? 0 : k);
    panel.layers.push_back(std::move(line));
  }
  const bool any = std::any_of(panel.layers.begin(), panel.layers.end(), [](const PlotLayer& layer) {
    const auto* line = std::get_if<Line>(&layer);
    return line && !line->name.empty();
  });
  if (!any) throw ValueError("[figure] expected samples of a class and samples that are not, got only one side");
  Figure figure{.width = 480};
  figure.panels.push_back(std::move(panel));
  return figure;
}

/// A square panel over shares from 0 to 1.
Panel square(const std::string& title, const std::string& x, const std::string& y) {
  constexpr std::size_t room = 48;  // characters above a panel so narrow
  Panel panel{
      .title = one_line(title, room), .x = {.label = x, .min = 0, .max = 1}, .y = {.label = y, .min = 0, .max = 1}};
  panel.shape = 1;
  return panel;
}

Line diagonal(double low, double high) {
  return {.x = {low, high}, .y = {low, high}, .color = grey, .width = 1, .dash = Dash::dotted};
}

/// Of each target, as far as there is room.
template <class MakePanel>
Figure of_each_target(const Model& model, const Dataset& data, const std::string& title, MakePanel make_panel) {
  const Matrix<double> answers = model.predict(data.x);
  const Index shown = std::min(data.targets.cols(), kMostPanels);
  std::vector<Figure> figures;
  for (Index k = 0; k < shown; ++k) {
    std::vector<double> truth;
    std::vector<double> predicted;
    for (Index i = 0; i < data.size(); ++i) {
      truth.push_back(data.targets(i, k));
      predicted.push_back(answers(i, k));
    }
    const auto number = static_cast<std::size_t>(k);
    const std::string name = number < data.target_names.size() ? one_line(data.target_names[number], 30) : "y";
    Figure figure{.width = 480};
    figure.panels.push_back(make_panel(name, truth, predicted));
    figure.panels.back().title = shown == 1 ? title : name;
    figures.push_back(std::move(figure));
  }
  return shown == 1 ? figures.front() : panels(figures, std::min<Index>(shown, 2));
}

std::pair<double, double> range_of(const std::vector<double>& a, const std::vector<double>& b) {
  const auto [low_a, high_a] = std::minmax_element(a.begin(), a.end());
  const auto [low_b, high_b] = std::minmax_element(b.begin(), b.end());
  return {std::min(*low_a, *low_b), std::max(*high_a, *high_b)};
}

}  // namespace

Figure roc_figure(const Model& model, const Dataset& data, const std::string& title) {
  Panel panel = square(title, "false positives (share of negatives)", "true positives (share of positives)");
  panel.layers.push_back(diagonal(0, 1));
  return of_each_class(model, data, panel, [](const OneClass& one, const std::string& name) {
    const Curve curve = roc_curve(one.scores(), one.truth());
    return Line{
        .x = curve.x, .y = curve.y, .name = fmt::format("{}, area {:.3f}", name, roc_auc(one.scores(), one.truth()))};
  });
}

Figure precision_recall_figure(const Model& model, const Dataset& data, const std::string& title) {
  return of_each_class(
      model, data, square(title, "recall (share of positives found)", "precision (share of finds right)"),
      [](const OneClass& one, const std::string& name) {
        // From the highest threshold on: a step keeps the precision of its lower end.
        const Curve curve = precision_recall_curve(one.scores(), one.truth());
        Line line{.name =
                      fmt::format("{}, average precision {:.3f}", name, average_precision(one.scores(), one.truth()))};
        for (std::size_t k = curve.x.size() - 1; k-- > 0;) {
          line.x.push_back(curve.x[k + 1]);
          line.y.push_back(curve.y[k]);
          line.x.push_back(curve.x[k]);
          line.y.push_back(curve.y[k]);
        }
        return line;
      });
}

Figure calibration_figure(const Model& model, const Dataset& data, const std::string& title) {
  Panel panel = square(title, "probability (mean of a bin)", "share of them that is of the class");
  panel.layers.push_back(diagonal(0, 1));
  Figure figure = of_each_class(model, data, panel, [](const OneClass& one, const std::string& name) {
    const Calibration curve = calibration_curve(one.scores(), one.truth(), kBins);
    return Line{.x = curve.x, .y = curve.y, .name = name};
  });
  // The bins themselves, on their lines.
  std::vector<PlotLayer>& layers = figure.panels.front().layers;
  Index number = 0;
  for (std::size_t k = 0, lines = layers.size(); k < lines; ++k) {
    const Line line = std::get<Line>(layers[k]);
    if (line.name.empty()) continue;
    layers.push_back(
        Points{.x = line.x, .y = line.y, .color = line.color, .marker = class_marker(number++), .size = 0.9});
  }
  return figure;
}

Figure predicted_figure(const Model& model, const Dataset& data, const std::string& title) {
  return of_each_target(model, data, title,
                        [](const std::string& name, const std::vector<double>& truth, const std::vector<double>& said) {
                          Panel panel{.x = {.label = name + ", true"}, .y = {.label = name + ", predicted"}};
                          const auto [low, high] = range_of(truth, said);
                          panel.shape = 1;
                          panel.layers.push_back(diagonal(low, high));
                          panel.layers.push_back(Points{.x = truth, .y = said, .size = 0.8});
                          return panel;
                        });
}

Figure residuals_figure(const Model& model, const Dataset& data, const std::string& title) {
  return of_each_target(
      model, data, title,
      [](const std::string& name, const std::vector<double>& truth, const std::vector<double>& said) {
        Panel panel{.x = {.label = name + ", predicted"}, .y = {.label = "true less predicted"}};
        std::vector<double> left;
        for (std::size_t i = 0; i < truth.size(); ++i) left.push_back(truth[i] - said[i]);
        const auto [low, high] = std::minmax_element(said.begin(), said.end());
        panel.layers.push_back(Line{.x = {*low, *high}, .y = {0, 0}, .color = grey, .width = 1, .dash = Dash::dotted});
        panel.layers.push_back(Points{.x = said, .y = left, .size = 0.8});
        return panel;
      });
}

}  // namespace gradus
