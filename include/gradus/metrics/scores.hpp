// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "gradus/core/matrix.hpp"

namespace gradus {

/// How well a model does on data whose answers are known. What does not apply is absent.
struct Scores {
  Index samples = 0;
  double loss = 0;                            ///< the model's own, as a mean, of targets as scaled for training
  std::optional<double> accuracy;             ///< of classes
  std::optional<double> log_loss;             ///< of classes, where the outputs are probabilities, in nats
  std::optional<double> mse;                  ///< of a regression, in the targets' own units
  std::optional<double> r2;                   ///< of a regression
  std::optional<double> balanced_accuracy{};  ///< of classes: the mean share met of each
  std::optional<double> f1{};                 ///< of classes: the mean of each one's F1
  std::optional<double> roc_auc{};            ///< of probabilities: each class against the rest, their mean
  std::optional<double> average_precision{};  ///< of probabilities, likewise
  std::optional<double> mae{};                ///< of a regression: mean absolute error, in the targets' own units
  std::optional<double> median_error{};       ///< of a regression: median absolute error
  std::optional<double> mse_deviation{};      ///< standard error of `mse`, over samples
  std::optional<double> r2_deviation{};       ///< standard error of `r2`, over samples

  bool operator==(const Scores&) const = default;
};

/// One of them, under the name that files and programs know it by and the one that people read.
struct ScoreField {
  std::string_view name;   ///< "r2"
  std::string_view label;  ///< "R2"
  std::optional<double> Scores::*value;
  bool higher_is_better;
};
/// Those that are scores, in the order in which they are told.
std::span<const ScoreField> score_fields();
/// Those, and the standard errors: all of a `Scores` but `samples` and `loss`.
std::span<const ScoreField> stored_score_fields();

/// What a score is judged by: accuracy of classes, R2 of a regression; none if there is neither.
const ScoreField* main_score(const Scores& scores);

struct Interval {
  double low = 0;
  double high = 0;
  bool operator==(const Interval&) const = default;
};

/// An interval of 95 % for a share seen among `samples` (Wilson, 1927: "Probable inference, the law of succession, and
/// statistical inference"), in [0, 1] and of some width even at 0 and 1. Throws ValueError for no samples or what is no
/// share.
Interval wilson_interval(double share, Index samples);

/// An interval of 95 % for a score as other samples of the same source would give it: Wilson's of the accuracy; of
/// mse and r2 1.96 standard errors to each side. Nothing for the others, or for a score that is absent.
std::optional<Interval> interval_of(const Scores& scores, const ScoreField& field);

}  // namespace gradus
