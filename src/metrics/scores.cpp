// SPDX-License-Identifier: MIT
#include "gradus/metrics/scores.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string>

#include "gradus/core/error.hpp"
#include "gradus/core/number.hpp"

namespace gradus {
namespace {

constexpr double kTwoSided = 1.959963984540054;  // of a normal distribution, 95 % lie so many deviations about its mean

constexpr std::array<ScoreField, 12> kFields{{
    {"accuracy", "accuracy", &Scores::accuracy, true},
    {"balanced_accuracy", "balanced accuracy", &Scores::balanced_accuracy, true},
    {"f1", "F1", &Scores::f1, true},
    {"roc_auc", "ROC area", &Scores::roc_auc, true},
    {"average_precision", "average precision", &Scores::average_precision, true},
    {"log_loss", "log loss", &Scores::log_loss, false},
    {"r2", "R2", &Scores::r2, true},
    {"mse", "MSE", &Scores::mse, false},
    {"mae", "mean absolute error", &Scores::mae, false},
    {"median_error", "median absolute error", &Scores::median_error, false},
    {"mse_deviation", "standard error of MSE", &Scores::mse_deviation, false},
    {"r2_deviation", "standard error of R2", &Scores::r2_deviation, false},
}};
constexpr std::size_t kDeviations = 2;  // the last ones

}  // namespace

std::span<const ScoreField> score_fields() { return std::span(kFields).first(kFields.size() - kDeviations); }
std::span<const ScoreField> stored_score_fields() { return kFields; }

const ScoreField* main_score(const Scores& scores) {
  for (const ScoreField& field : kFields)
    if ((field.value == &Scores::accuracy || field.value == &Scores::r2) && scores.*field.value) return &field;
  return nullptr;
}

Interval wilson_interval(double share, Index samples) {
  if (samples < 1 || !(share >= 0 && share <= 1))
    throw ValueError("[scores] expected a share from 0 to 1 of at least one sample, got " + number_text(share) +
                     " of " + std::to_string(samples));
  const double n = static_cast<double>(samples);
  const double z2 = kTwoSided * kTwoSided;
  const double middle = (share + z2 / (2 * n)) / (1 + z2 / n);
  const double half = kTwoSided / (1 + z2 / n) * std::sqrt(share * (1 - share) / n + z2 / (4 * n * n));
  return {std::max(0.0, middle - half), std::min(1.0, middle + half)};
}

std::optional<Interval> interval_of(const Scores& scores, const ScoreField& field) {
  const std::optional<double>& value = scores.*field.value;
  if (!value || std::isnan(*value)) return std::nullopt;
  if (field.value == &Scores::accuracy) return wilson_interval(*value, scores.samples);
  const auto about = [&](std::optional<double> deviation, double low, double high) -> std::optional<Interval> {
    if (!deviation || !std::isfinite(*deviation)) return std::nullopt;
    return Interval{std::max(low, *value - kTwoSided * *deviation), std::min(high, *value + kTwoSided * *deviation)};
  };
  constexpr double infinity = std::numeric_limits<double>::infinity();
  if (field.value == &Scores::mse) return about(scores.mse_deviation, 0, infinity);
  if (field.value == &Scores::r2) return about(scores.r2_deviation, -infinity, 1);
  return std::nullopt;
}

}  // namespace gradus
