// SPDX-License-Identifier: MIT
#include "gradus/metrics/ranking.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <numeric>

#include "gradus/core/number.hpp"
#include "gradus/core/shape.hpp"

namespace gradus {
namespace {

/// How many positives and negatives score at least so much, from the highest score down.
struct Step {
  double threshold;
  double positives;
  double negatives;
};

std::vector<Step> steps_of(std::span<const double> scores, std::span<const bool> truth) {
  check_length("metrics", "scores", static_cast<Index>(scores.size()), static_cast<Index>(truth.size()));
  if (truth.empty()) throw ValueError("[metrics] expected at least one sample, got none");
  if (std::any_of(scores.begin(), scores.end(), [](double x) { return std::isnan(x); }))
    throw ValueError("[metrics] expected scores to rank by, got nan");
  std::vector<std::size_t> order(scores.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return scores[a] > scores[b]; });
  std::vector<Step> steps;
  double positives = 0;
  double negatives = 0;
  for (std::size_t k = 0; k < order.size(); ++k) {
    (truth[order[k]] ? positives : negatives) += 1;
    if (k + 1 == order.size() || scores[order[k + 1]] != scores[order[k]])
      steps.push_back({scores[order[k]], positives, negatives});
  }
  return steps;
}

void check_positives(const std::vector<Step>& steps) {
  if (steps.back().positives == 0) throw ValueError("[metrics] expected at least one positive sample, got none");
}

/// Mean over classes of f(scores of the class, which samples are of it).
template <class F>
double mean_over_classes(ConstMatrixView<double> probabilities, std::span<const int> truth, F f) {
  check_length("metrics", "truth", static_cast<Index>(truth.size()), probabilities.rows());
  if (truth.empty()) throw ValueError("[metrics] expected at least one sample, got none");
  const Index columns = probabilities.cols();
  const Index classes = columns == 1 ? 2 : columns;
  for (const int label : truth)
    if (label < 0 || label >= classes)
      throw ValueError("[metrics] expected labels from 0 to " + std::to_string(classes - 1) + ", got " +
                       std::to_string(label));
  std::vector<double> scores(truth.size());
  const auto is_of = std::make_unique<bool[]>(truth.size());
  double sum = 0;
  // Of two classes the second one speaks for both.
  const Index first = classes == 2 ? 1 : 0;
  for (Index k = first; k < classes; ++k) {
    std::size_t count = 0;
    for (std::size_t i = 0; i < truth.size(); ++i) {
      scores[i] = probabilities(static_cast<Index>(i), columns == 1 ? 0 : k);
      is_of[i] = truth[i] == k;
      count += is_of[i];
    }
    if (count == 0 || count == truth.size()) return std::numeric_limits<double>::quiet_NaN();
    sum += f(std::span<const double>(scores), std::span<const bool>(is_of.get(), truth.size()));
  }
  return sum / static_cast<double>(classes - first);
}

}  // namespace

Curve roc_curve(std::span<const double> scores, std::span<const bool> truth) {
  const std::vector<Step> steps = steps_of(scores, truth);
  check_positives(steps);
  const Step& all = steps.back();
  if (all.negatives == 0) throw ValueError("[metrics] expected at least one negative sample, got none");
  Curve curve{{0}, {0}, {std::numeric_limits<double>::infinity()}};
  for (const Step& step : steps) {
    curve.x.push_back(step.negatives / all.negatives);
    curve.y.push_back(step.positives / all.positives);
    curve.thresholds.push_back(step.threshold);
  }
  return curve;
}

double roc_auc(std::span<const double> scores, std::span<const bool> truth) {
  const Curve curve = roc_curve(scores, truth);
  double area = 0;
  for (std::size_t k = 1; k < curve.x.size(); ++k)
    area += (curve.x[k] - curve.x[k - 1]) * (curve.y[k] + curve.y[k - 1]) / 2;
  return area;
}

Curve precision_recall_curve(std::span<const double> scores, std::span<const bool> truth) {
  const std::vector<Step> steps = steps_of(scores, truth);
  check_positives(steps);
  Curve curve;
  for (auto step = steps.rbegin(); step != steps.rend(); ++step) {
    curve.x.push_back(step->positives / steps.back().positives);
    curve.y.push_back(step->positives / (step->positives + step->negatives));
    curve.thresholds.push_back(step->threshold);
  }
  curve.x.push_back(0);
  curve.y.push_back(1);
  return curve;
}

double average_precision(std::span<const double> scores, std::span<const bool> truth) {
  const Curve curve = precision_recall_curve(scores, truth);
  double area = 0;
  for (std::size_t k = 0; k + 1 < curve.x.size(); ++k) area += (curve.x[k] - curve.x[k + 1]) * curve.y[k];
  return area;
}

double roc_auc(ConstMatrixView<double> probabilities, std::span<const int> truth) {
  return mean_over_classes(probabilities, truth, [](auto scores, auto is_of) { return roc_auc(scores, is_of); });
}

double average_precision(ConstMatrixView<double> probabilities, std::span<const int> truth) {
  return mean_over_classes(probabilities, truth,
                           [](auto scores, auto is_of) { return average_precision(scores, is_of); });
}

Calibration calibration_curve(std::span<const double> probabilities, std::span<const bool> truth, Index bins) {
  check_length("metrics", "probabilities", static_cast<Index>(probabilities.size()), static_cast<Index>(truth.size()));
  if (truth.empty()) throw ValueError("[metrics] expected at least one sample, got none");
  if (bins < 1) throw ValueError("[metrics] expected at least 1 bin, got " + std::to_string(bins));
  struct Bin {
    double probability = 0;
    double positives = 0;
    Index samples = 0;
  };
  std::vector<Bin> all(static_cast<std::size_t>(bins));
  std::vector<double> edges;  // between the bins; a bin holds its upper one, as scikit-learn's
  for (Index k = 1; k < bins; ++k) edges.push_back(static_cast<double>(k) * (1 / static_cast<double>(bins)));
  for (std::size_t i = 0; i < truth.size(); ++i) {
    const double p = probabilities[i];
    if (!(p >= 0 && p <= 1)) throw ValueError("[metrics] expected probabilities from 0 to 1, got " + number_text(p));
    Bin& bin = all[static_cast<std::size_t>(std::lower_bound(edges.begin(), edges.end(), p) - edges.begin())];
    bin.probability += p;
    bin.positives += truth[i];
    ++bin.samples;
  }
  Calibration curve;
  for (const Bin& bin : all) {
    if (bin.samples == 0) continue;
    curve.x.push_back(bin.probability / static_cast<double>(bin.samples));
    curve.y.push_back(bin.positives / static_cast<double>(bin.samples));
    curve.samples.push_back(bin.samples);
  }
  return curve;
}

}  // namespace gradus
