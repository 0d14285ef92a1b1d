// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "gradus/check/detail/diagnosis.hpp"

namespace gradus::detail {

inline double largest(const std::vector<double>& values) {
  double most = 0;
  for (const double value : values) most = std::isnan(value) ? most : std::max(most, std::abs(value));
  return most;
}

/// Compares what was observed with what a slip would have given.
class Comparison {
 public:
  explicit Comparison(const DiagnosisCase& c) : c_(c) {
    if (c.tolerances.empty()) {
      base_ = 1e-9 * std::max(largest(c.reference), largest(c.observed)) + c.rounding;
      return;
    }
    // A slip's numbers are made of others', which are known to about as many digits as most are.
    std::vector<double> digits;
    for (std::size_t k = 0; k < c.reference.size(); ++k)
      if (c.reference[k] != 0) digits.push_back(c.tolerances[k] / std::abs(c.reference[k]));
    std::sort(digits.begin(), digits.end());
    relative_ = 1e-9 + (digits.empty() ? 0 : 4 * digits[digits.size() / 2]);
  }

  /// Whether a and b, both in place k, are the same.
  bool close(std::size_t k, double a, double b) const {
    if (c_.tolerances.empty()) return std::abs(a - b) <= base_;
    return std::abs(a - b) <= 2 * c_.tolerances[k] + relative_ * std::max(std::abs(a), std::abs(b));
  }
  bool matches(const std::vector<double>& slip) const {
    for (std::size_t k = 0; k < slip.size(); ++k)
      if (!close(k, c_.observed[k], slip[k])) return false;
    return true;
  }
  /// Whether the slip would show at all.
  bool shows(const std::vector<double>& slip) const {
    for (std::size_t k = 0; k < slip.size(); ++k)
      if (!close(k, c_.reference[k], slip[k])) return true;
    return false;
  }
  bool is_right(std::size_t k) const {
    if (c_.tolerances.empty()) return close(k, c_.observed[k], c_.reference[k]);
    return std::abs(c_.observed[k] - c_.reference[k]) <= c_.tolerances[k];
  }
  /// Whether numbers are known so well that those of a fit can be told from chance.
  bool is_fine() const { return base_ <= 1e-3 * largest(c_.reference) && relative_ <= 1e-3; }

 private:
  const DiagnosisCase& c_;
  double base_ = 0;      // without tolerances of the numbers
  double relative_ = 0;  // with them
};

}  // namespace gradus::detail
