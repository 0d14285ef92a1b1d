// SPDX-License-Identifier: MIT
#include "gradus/metrics/metrics.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

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

/// Of the mean of these numbers.
double standard_error(const std::vector<double>& values) {
  const double count = static_cast<double>(values.size());
  if (values.size() < 2) return std::numeric_limits<double>::quiet_NaN();
  double mean = 0;
  for (const double value : values) mean += value / count;
  double squares = 0;
  for (const double value : values) squares += (value - mean) * (value - mean);
  return std::sqrt(squares / (count - 1) / count);
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

double balanced_accuracy(std::span<const int> predicted, std::span<const int> truth) {
  check_pair(predicted.size(), truth.size());
  std::map<int, std::pair<Index, Index>> classes;  // hits, samples
  for (std::size_t i = 0; i < truth.size(); ++i) {
    auto& [hits, samples] = classes[truth[i]];
    hits += predicted[i] == truth[i];
    ++samples;
  }
  double sum = 0;
  for (const auto& [label, counts] : classes)
    sum += static_cast<double>(counts.first) / static_cast<double>(counts.second);
  return sum / static_cast<double>(classes.size());
}

std::vector<double> f1_scores(std::span<const int> predicted, std::span<const int> truth, Index classes) {
  const Matrix<Index> counts = confusion_matrix(predicted, truth, classes);
  std::vector<double> scores;
  for (Index k = 0; k < classes; ++k) {
    Index both = 0;
    for (Index j = 0; j < classes; ++j) both += counts(k, j) + counts(j, k);
    scores.push_back(both == 0 ? std::numeric_limits<double>::quiet_NaN()
                               : 2 * static_cast<double>(counts(k, k)) / static_cast<double>(both));
  }
  return scores;
}

double f1_score(std::span<const int> predicted, std::span<const int> truth, Index classes) {
  double sum = 0;
  double count = 0;
  for (const double score : f1_scores(predicted, truth, classes))
    if (!std::isnan(score)) sum += score, ++count;
  return sum / count;
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

double mean_absolute_error(ConstMatrixView<double> predicted, ConstMatrixView<double> truth) {
  check_pair(predicted, truth);
  double sum = 0;
  for (Index i = 0; i < truth.rows(); ++i)
    for (Index j = 0; j < truth.cols(); ++j) sum += std::abs(predicted(i, j) - truth(i, j));
  return sum / static_cast<double>(truth.size());
}

double median_absolute_error(ConstMatrixView<double> predicted, ConstMatrixView<double> truth) {
  check_pair(predicted, truth);
  double sum = 0;
  std::vector<double> errors(static_cast<std::size_t>(truth.rows()));
  for (Index j = 0; j < truth.cols(); ++j) {
    for (Index i = 0; i < truth.rows(); ++i) {
      errors[static_cast<std::size_t>(i)] = std::abs(predicted(i, j) - truth(i, j));
      if (std::isnan(errors[static_cast<std::size_t>(i)])) return std::numeric_limits<double>::quiet_NaN();
    }
    std::sort(errors.begin(), errors.end());
    const std::size_t half = errors.size() / 2;
    sum += errors.size() % 2 == 1 ? errors[half] : (errors[half - 1] + errors[half]) / 2;
  }
  return sum / static_cast<double>(truth.cols());
}

double mean_squared_error_deviation(ConstMatrixView<double> predicted, ConstMatrixView<double> truth) {
  check_pair(predicted, truth);
  std::vector<double> squares(static_cast<std::size_t>(truth.rows()));
  for (Index i = 0; i < truth.rows(); ++i)
    for (Index j = 0; j < truth.cols(); ++j)
      squares[static_cast<std::size_t>(i)] +=
          (predicted(i, j) - truth(i, j)) * (predicted(i, j) - truth(i, j)) / static_cast<double>(truth.cols());
  return standard_error(squares);
}

double r2_score_deviation(ConstMatrixView<double> predicted, ConstMatrixView<double> truth) {
  check_pair(predicted, truth);
  const double count = static_cast<double>(truth.rows());
  // R^2 of a column is 1 - a / b of two means; the error of such a ratio is that of the mean of (a_i - (a / b) b_i) /
  // b.
  std::vector<double> shares(static_cast<std::size_t>(truth.rows()));
  for (Index j = 0; j < truth.cols(); ++j) {
    double mean = 0;
    for (Index i = 0; i < truth.rows(); ++i) mean += truth(i, j) / count;
    double residual = 0;
    double spread = 0;
    const auto squared = [](double x) { return x * x; };
    for (Index i = 0; i < truth.rows(); ++i) {
      residual += squared(truth(i, j) - predicted(i, j)) / count;
      spread += squared(truth(i, j) - mean) / count;
    }
    if (spread == 0) return std::numeric_limits<double>::quiet_NaN();
    for (Index i = 0; i < truth.rows(); ++i)
      shares[static_cast<std::size_t>(i)] +=
          (squared(truth(i, j) - predicted(i, j)) - residual / spread * squared(truth(i, j) - mean)) / spread /
          static_cast<double>(truth.cols());
  }
  return standard_error(shares);
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
