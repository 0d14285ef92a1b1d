// SPDX-License-Identifier: MIT
#include "gradus/data/scaler.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "gradus/core/elementary.hpp"
#include "gradus/core/number.hpp"
#include "gradus/core/shape.hpp"

namespace gradus {
namespace {

constexpr double kEpsilon = std::numeric_limits<double>::epsilon();

/// NumPy adds a contiguous run pairwise: halves down to 128 numbers, those in eight running sums.
double pairwise_sum(const double* values, std::size_t n) {
  if (n < 8) {
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) sum += values[i];
    return sum;
  }
  if (n <= 128) {
    double r[8];
    std::copy_n(values, 8, r);
    std::size_t i = 8;
    for (; i + 8 <= n; i += 8)
      for (std::size_t k = 0; k < 8; ++k) r[k] += values[i + k];
    double sum = ((r[0] + r[1]) + (r[2] + r[3])) + ((r[4] + r[5]) + (r[6] + r[7]));
    for (; i < n; ++i) sum += values[i];
    return sum;
  }
  const std::size_t half = n / 2 - n / 2 % 8;
  return pairwise_sum(values, half) + pairwise_sum(values + half, n - half);
}

/// The sum of one column in the order in which NumPy's `sum(axis=0)` adds: a matrix of one column is one run of
/// memory and summed pairwise, any other row after row.
double numpy_sum(const std::vector<double>& column, bool only_column) {
  if (only_column) return pairwise_sum(column.data(), column.size());
  double sum = 0;
  for (const double value : column) sum += value;
  return sum;
}

struct ShiftScale {
  double shift;
  double scale;
};

/// The two-pass variance with the correction of Chan, Golub and LeVeque (1983), and their bound on what rounding alone
/// makes of a constant column.
ShiftScale standard(std::vector<double> column, bool only_column) {
  const double n = static_cast<double>(column.size());
  const double mean = numpy_sum(column, only_column) / n;
  for (double& value : column) value -= mean;
  const double correction = numpy_sum(column, only_column);
  for (double& value : column) value *= value;
  const double variance = (numpy_sum(column, only_column) - correction * correction / n) / n;
  const double rounding = n * kEpsilon * variance + (n * mean * kEpsilon) * (n * mean * kEpsilon);
  return {mean, variance <= rounding ? 1.0 : std::sqrt(variance)};
}

ShiftScale min_max(const std::vector<double>& column) {
  const auto [low, high] = std::minmax_element(column.begin(), column.end());
  const double range = *high - *low;
  return {*low, range < 10 * kEpsilon ? 1.0 : range};
}

}  // namespace

Scaler Scaler::fit(Kind kind, ConstMatrixView<double> x) {
  if (x.rows() == 0) throw ValueError("[scaler] expected at least one sample to fit on, got none");
  Scaler scaler{kind, {}, {}};
  std::vector<double> column(static_cast<std::size_t>(x.rows()));
  for (Index j = 0; j < x.cols(); ++j) {
    for (Index i = 0; i < x.rows(); ++i) {
      if (!std::isfinite(x(i, j)))
        throw ValueError("[scaler] expected finite numbers, got " + std::to_string(x(i, j)) + " (sample " +
                         std::to_string(i) + ", feature " + std::to_string(j) + ")");
      if (kind == Kind::log && !(x(i, j) > -1))
        throw ValueError("[scaler] expected numbers above -1 for the scaling log, got " + number_text(x(i, j)) +
                         " (sample " + std::to_string(i) + ", column " + std::to_string(j) + ")");
      column[static_cast<std::size_t>(i)] = kind == Kind::log ? log1p(x(i, j)) : x(i, j);
    }
    const auto [shift, scale] = kind == Kind::min_max ? min_max(column) : standard(column, x.cols() == 1);
    if (!std::isfinite(shift) || !std::isfinite(scale))
      throw ValueError("[scaler] expected columns whose spread a double holds, got numbers as far apart as " +
                       number_text(*std::min_element(column.begin(), column.end())) + " and " +
                       number_text(*std::max_element(column.begin(), column.end())) + " in column " +
                       std::to_string(j));
    scaler.shift.push_back(shift);
    scaler.scale.push_back(scale);
  }
  return scaler;
}

Matrix<double> Scaler::transform(ConstMatrixView<double> x) const {
  check_cols("scaler", "x", x, static_cast<Index>(shift.size()));
  Matrix<double> scaled(x);
  for (Index i = 0; i < x.rows(); ++i)
    for (Index j = 0; j < x.cols(); ++j)
      scaled(i, j) = ((kind == Kind::log ? log1p(x(i, j)) : x(i, j)) - shift[static_cast<std::size_t>(j)]) /
                     scale[static_cast<std::size_t>(j)];
  return scaled;
}

Matrix<double> Scaler::inverse_transform(ConstMatrixView<double> x) const {
  check_cols("scaler", "x", x, static_cast<Index>(shift.size()));
  Matrix<double> original(x);
  for (Index i = 0; i < x.rows(); ++i)
    for (Index j = 0; j < x.cols(); ++j) {
      original(i, j) = x(i, j) * scale[static_cast<std::size_t>(j)] + shift[static_cast<std::size_t>(j)];
      if (kind == Kind::log) original(i, j) = expm1(original(i, j));
    }
  return original;
}

Scaler::Kind parse_scaler_kind(std::string_view name) {
  if (name == "standard") return Scaler::Kind::standard;
  if (name == "min-max") return Scaler::Kind::min_max;
  if (name == "log") return Scaler::Kind::log;
  throw ValueError("[scaler] expected standard, min-max or log, got '" + std::string(name) + "'");
}

std::string_view to_text(Scaler::Kind kind) {
  return kind == Scaler::Kind::standard ? "standard" : kind == Scaler::Kind::min_max ? "min-max" : "log";
}

}  // namespace gradus
