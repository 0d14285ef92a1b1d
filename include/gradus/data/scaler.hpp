// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

#include "gradus/core/matrix.hpp"

namespace gradus {

/// A scaling of features, or of targets, fitted on one set and kept with a model: x' = (x - shift) / scale, column by
/// column. standard: shift = mean, scale = population standard deviation. min_max: shift = minimum, scale = maximum -
/// minimum. log: the standard one of log(1 + x), for numbers above -1. A constant column has scale 1, as in
/// scikit-learn.
struct Scaler {
  enum class Kind { standard, min_max, log };

  Kind kind = Kind::standard;
  std::vector<double> shift;
  std::vector<double> scale;

  /// Throws ValueError if x has no rows, holds a number that is not finite, or one of -1 or below to be scaled by log;
  /// and if the spread of a column is more than a double holds.
  static Scaler fit(Kind kind, ConstMatrixView<double> x);
  /// Throws ShapeError if x has another number of columns.
  Matrix<double> transform(ConstMatrixView<double> x) const;
  Matrix<double> inverse_transform(ConstMatrixView<double> x) const;

  bool operator==(const Scaler&) const = default;
};

/// "standard", "min-max" or "log". Throws ValueError.
Scaler::Kind parse_scaler_kind(std::string_view name);
std::string_view to_text(Scaler::Kind kind);

}  // namespace gradus
