// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "gradus/check/objective.hpp"
#include "gradus/check/ridders.hpp"

/// The derivatives of a function of which nothing is known but its values.
namespace gradus::detail {

struct ValueSlope {
  double value = 0;
  double error = 0;      ///< estimated, rounding included; infinite where values cannot tell
  bool is_kink = false;  ///< the slopes on the two sides differ: from `low` to `high`
  double low = 0;
  double high = 0;
};

class ValueSlopes {
 public:
  /// `gradient` is what is to be checked: where it is contradicted, the derivative is taken again with more care.
  ValueSlopes(const ScalarFunction& f, std::span<const double> theta, double value, std::span<const double> gradient);

  const std::vector<ValueSlope>& slopes() const { return slopes_; }
  /// Of the gradient, 0 if it is not finite.
  double norm() const { return norm_; }

 private:
  double at(std::size_t k, double w);
  double step(std::size_t k) const;
  void measure_noise(double value, std::span<const double> gradient);
  double noise_along(double sign);
  ValueSlope estimate(std::size_t k, double size);
  ValueSlope review(std::size_t k, double gradient, const ValueSlope& first);
  double second_derivative(std::size_t k);
  void add_curvature();

  const ScalarFunction& f_;
  std::span<const double> theta_;
  std::vector<double> moved_;
  double middle_;
  double norm_;          // of the gradient
  double rounding_ = 0;  // of a value
  double relative_ = 0;  // of a value, in units of the largest that is met
  double largest_ = 0;   // value met since it was last set to 0
  std::vector<ValueSlope> slopes_;
};

}  // namespace gradus::detail
