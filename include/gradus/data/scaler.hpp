// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>
#include <vector>

#include "gradus/core/matrix.hpp"

namespace gradus {

/// A scaling of features, fitted on one set and kept with a model: x' = (x - shift) / scale, column by column.
/// standard: shift = mean, scale = population standard deviation. min_max: shift = minimum, scale = maximum - minimum.
/// A constant column has scale 1, as in scikit-learn.
struct Scaler {
  enum class Kind { standard, min_max };

  Kind kind = Kind::standard;
  std::vector<double> shift;
  std::vector<double> scale;

  /// Throws ValueError if x has no rows.
  static Scaler fit(Kind kind, ConstMatrixView<double> x);
  /// Throws ShapeError if x has another number of columns.
  Matrix<double> transform(ConstMatrixView<double> x) const;
  Matrix<double> inverse_transform(ConstMatrixView<double> x) const;

  bool operator==(const Scaler&) const = default;
};

/// "standard" or "min-max". Throws ValueError.
Scaler::Kind parse_scaler_kind(std::string_view name);
std::string_view to_text(Scaler::Kind kind);

}  // namespace gradus
