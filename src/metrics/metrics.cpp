// SPDX-License-Identifier: MIT
#include "gradus/metrics/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "gradus/core/elementary.hpp"
#include "gradus/core/shape.hpp"

namespace gradus {
namespace {

void check_pair(std::size_t predicted, std::size_t truth) {
  check_length("metrics", "predictions", static_cast<Index>(predicted), static_cast<Index>(truth));
  if (truth == 0) throw ValueError("[metrics] expected at least one sample, got none");
}

void check_pair(ConstMatrixView<double> predicted, ConstMatrixView<double> truth) {
  check_rows("metrics", "predictions", predicted, truth.rows());
  check_cols("metrics", "predictions", predicted, truth.cols());
  if (truth.empty()) throw ValueError("[metrics] expected at least one sample, got none");
}

}  // namespace

std::vector<int> predicted_classes(ConstMatrixView<double> probabilities) {
  std::vector<int> classes(static_cast<std::size_t>(probabilities.rows()));
  for (Index i = 0; i < probabilities.rows(); ++i) {
    const std::span<const double> row = probabilities.row(i);
    int& chosen = classes[static_cast<std::size_t>(i)];
    if (std::any_of(row.begin(), row.end(), [](double p) { return std::isnan(p); }))
      chosen = -1;
    else if (row.size() == 1)
      chosen = row[0] > 0.5 ? 1 : 0;
    else
      chosen = static_cast<int>(std::max_element(row.begin(), row.end()) - row.begin());
  }
  return classes;
}

double accuracy(std::span<const int> predicted, std::span<const int> truth) {
  check_pair(predicted.size(), truth.size());
  Index hits = 0;
  for (std::size_t i = 0; i < truth.size(); ++i) hits += predicted[i] == truth[i];
  return static_cast<double>(hits) / static_cast<double>(truth.size());
}

double log_loss(ConstMatrixView<double> probabilities, std::span<const int> truth) {
  check_pair(static_cast<std::size_t>(probabilities.rows()), truth.size());
  constexpr double eps = std::numeric_limits<double>::epsilon();
  const Index classes = probabilities.cols() == 1 ? 2 : probabilities.cols();
  double sum = 0;
  for (Index i = 0; i < probabilities.rows(); ++i) {
    const int label = truth[static_cast<std::size_t>(i)];
    if (label < 0 || label >= classes)
      throw ValueError("[metrics] expected labels from 0 to " + std::to_string(classes - 1) + ", got " +
                       std::to_string(label));
    const double p = probabilities.cols() > 1 ? probabilities(i, label)
                     : label == 1             ? probabilities(i, 0)
                                              : 1 - probabilities(i, 0);
    sum -= log(std::clamp(p, eps, 1 - eps));  // clamp lets NaN through
  }
  return sum / static_cast<double>(truth.size());
}

double mean_squared_error(ConstMatrixView<double> predicted, ConstMatrixView<double> truth) {
  check_pair(predicted, truth);
  double sum = 0;
  for (Index i = 0; i < truth.rows(); ++i)
    for (Index j = 0; j < truth.cols(); ++j) {
      const double error = predicted(i, j) - truth(i, j);
      sum += error * error;
    }
  return sum / static_cast<double>(truth.size());
}

double r2_score(ConstMatrixView<double> predicted, ConstMatrixView<double> truth) {
  check_pair(predicted, truth);
  if (truth.rows() < 2) return std::numeric_limits<double>::quiet_NaN();
  double total = 0;
  for (Index j = 0; j < truth.cols(); ++j) {
    double mean = 0;
    for (Index i = 0; i < truth.rows(); ++i) mean += truth(i, j);
    mean /= static_cast<double>(truth.rows());
    double residual = 0;
    double spread = 0;
    for (Index i = 0; i < truth.rows(); ++i) {
      residual += (truth(i, j) - predicted(i, j)) * (truth(i, j) - predicted(i, j));
      spread += (truth(i, j) - mean) * (truth(i, j) - mean);
    }
    if (spread != 0 || std::isnan(residual))
      total += 1 - residual / spread;
    else
      total += residual == 0 ? 1 : 0;
  }
  return total / static_cast<double>(truth.cols());
}

Matrix<Index> confusion_matrix(std::span<const int> predicted, std::span<const int> truth, Index classes) {
  check_pair(predicted.size(), truth.size());
  Matrix<Index> counts(classes, classes);
  for (std::size_t i = 0; i < truth.size(); ++i) {
    for (const int label : {truth[i], predicted[i]})
      if (label < 0 || label >= classes)
        throw ValueError("[metrics] expected labels from 0 to " + std::to_string(classes - 1) + ", got " +
                         std::to_string(label));
    ++counts(truth[i], predicted[i]);
  }
  return counts;
}

}  // namespace gradus
