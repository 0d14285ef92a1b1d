// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "gradus/core/matrix.hpp"

/// How well scores rank samples, whatever the threshold, and how far probabilities mean what they say. The numbers are
/// scikit-learn's. All of them throw ShapeError if scores and truth do not fit together, ValueError for no samples, for
/// a score that is NaN and, where a curve has two axes that count different samples, for a truth of one side alone.
namespace gradus {

/// (x, y) of a curve, and the threshold of each point: what scores at least so much is taken for positive.
struct Curve {
  std::vector<double> x;
  std::vector<double> y;
  std::vector<double> thresholds;
};

/// Receiver operating characteristic: the share of negatives (x) and of positives (y) that are taken for positive, from
/// (0, 0), at an infinite threshold, to (1, 1); a point for each different score, none dropped.
Curve roc_curve(std::span<const double> scores, std::span<const bool> truth);
/// The area under it: the chance that a positive scores above a negative, ties counting half.
double roc_auc(std::span<const double> scores, std::span<const bool> truth);

/// Recall (x, the share of positives that are found) and precision (y, the share of positives among what is found),
/// from the lowest threshold on; it ends in (0, 1) without a threshold. Throws ValueError where the truth has no
/// positive.
Curve precision_recall_curve(std::span<const double> scores, std::span<const bool> truth);
/// The area under its steps, sum of (R_n - R_{n-1}) P_n.
double average_precision(std::span<const double> scores, std::span<const bool> truth);

/// Mean over classes of the area of each against the rest, from (samples, classes), or (samples, 1) holding P(class 1):
/// scikit-learn's `roc_auc_score(multi_class="ovr")` and `average_precision_score` of one-hot truth. NaN where a class
/// has no sample, or all.
double roc_auc(ConstMatrixView<double> probabilities, std::span<const int> truth);
double average_precision(ConstMatrixView<double> probabilities, std::span<const int> truth);

/// Samples by their probability in bins of one width over [0, 1]: the mean probability (x) and the share that is
/// positive (y) of each bin that holds any, and how many it holds. Throws ValueError for what is no probability.
struct Calibration {
  std::vector<double> x;
  std::vector<double> y;
  std::vector<Index> samples;
};
Calibration calibration_curve(std::span<const double> probabilities, std::span<const bool> truth, Index bins = 5);

}  // namespace gradus
