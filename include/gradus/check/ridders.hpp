// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cmath>
#include <limits>

namespace gradus {

/// A derivative with an estimate of its error.
struct Estimate {
  double value = std::numeric_limits<double>::quiet_NaN();
  double error = std::numeric_limits<double>::infinity();
  double step = 0;  ///< the smallest that was taken
};

/// The derivative of f at w from values of f alone: central differences at steps h, h/2, h/4, ..., extrapolated to step
/// 0 by Neville's scheme in h^2, which removes one power of h^2 of the error after the other (Ridders, 1982; Press et
/// al., Numerical Recipes, 5.7). The error is estimated by how much the last extrapolation changed the result. Stops
/// when that is below `target`, or when it grows: then rounding has taken over.
template <class F>
Estimate ridders(F&& f, double w, double h, double target) {
  constexpr std::size_t rows = 6;
  std::array<double, rows> last{};
  std::array<double, rows> row{};
  Estimate best;
  for (std::size_t i = 0; i < rows; ++i, h /= 2) {
    const double above = w + h;
    const double below = w - h;
    row[0] = (f(above) - f(below)) / (above - below);
    double power = 1;
    for (std::size_t k = 1; k <= i; ++k) {
      power *= 4;
      row[k] = (power * row[k - 1] - last[k - 1]) / (power - 1);
      const double change = std::max(std::abs(row[k] - row[k - 1]), std::abs(row[k] - last[k - 1]));
      if (change <= best.error) best = {row[k], change, h};
    }
    if (best.error <= target) break;
    if (i > 0 && std::abs(row[i] - last[i - 1]) >= 2 * best.error) break;
    last = row;
  }
  return best;
}

}  // namespace gradus
