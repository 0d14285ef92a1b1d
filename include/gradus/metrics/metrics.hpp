// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "gradus/core/matrix.hpp"

/// How well predictions meet the truth. All of them throw ShapeError if the two do not fit together, and ValueError for
/// no samples.
namespace gradus {

/// The class of each row of probabilities: the first largest column; with a single column, 1 where it is above 1/2.
/// A row that holds NaN has class -1.
std::vector<int> predicted_classes(ConstMatrixView<double> probabilities);

/// The share of equal entries, in [0, 1].
double accuracy(std::span<const int> predicted, std::span<const int> truth);

/// The mean, over the classes that the truth holds, of the share of each that was met, as in scikit-learn.
double balanced_accuracy(std::span<const int> predicted, std::span<const int> truth);

/// F1 of each class, 2 hits / (predicted + true), in [0, 1]; NaN of a class that is neither predicted nor true.
std::vector<double> f1_scores(std::span<const int> predicted, std::span<const int> truth, Index classes);
/// Their mean over the classes that are predicted or true: scikit-learn's `f1_score(average="macro")`.
double f1_score(std::span<const int> predicted, std::span<const int> truth, Index classes);

/// Mean over samples of -log p of the true class, in nats; p is clipped to [eps, 1 - eps], eps = 2^-52, as in
/// scikit-learn. Probabilities are (samples, classes), or (samples, 1) holding P(class 1).
double log_loss(ConstMatrixView<double> probabilities, std::span<const int> truth);

/// Mean of (p - t)^2 over all numbers.
double mean_squared_error(ConstMatrixView<double> predicted, ConstMatrixView<double> truth);

/// Mean of |p - t| over all numbers.
double mean_absolute_error(ConstMatrixView<double> predicted, ConstMatrixView<double> truth);

/// Median of |p - t|, averaged over columns, as in scikit-learn: robust against a few wild errors. NaN if one is NaN.
double median_absolute_error(ConstMatrixView<double> predicted, ConstMatrixView<double> truth);

/// Coefficient of determination R^2 = 1 - sum (t - p)^2 / sum (t - mean t)^2, averaged over columns. At most 1. For a
/// column that is constant: 1 if met exactly, else 0, as in scikit-learn. NaN for fewer than two samples.
double r2_score(ConstMatrixView<double> predicted, ConstMatrixView<double> truth);

/// How far the mean squared error and R^2 may lie from those of all samples that might have been drawn: their standard
/// errors over samples, those of R^2 as of a ratio (the delta method: Casella and Berger, Statistical Inference, 2002,
/// 5.5.4). NaN for fewer than two samples, and of R^2 for a column that is constant.
double mean_squared_error_deviation(ConstMatrixView<double> predicted, ConstMatrixView<double> truth);
double r2_score_deviation(ConstMatrixView<double> predicted, ConstMatrixView<double> truth);

/// (classes, classes): entry (i, j) counts the samples of class i predicted as class j. Predictions outside
/// 0..classes-1 are refused with ValueError.
Matrix<Index> confusion_matrix(std::span<const int> predicted, std::span<const int> truth, Index classes);

}  // namespace gradus
