// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/core/options.hpp"

namespace gradus {

/// Nonlinear conjugate gradients (Nocedal and Wright, 2006, section 5.2): d <- -g + beta d with beta of Polak and
/// Ribiere (1969), cut at 0, and a line search that meets the strong Wolfe conditions with constants c1 and c2. Starts
/// afresh along -g where d does not point downhill. Full batch; the steps need no learning rate.
struct ConjugateGradient {
  static constexpr std::string_view name = "cg";

  double c1 = 1e-4;
  double c2 = 0.1;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("c1", c1, Range::above_0_below_1);
    visit("c2", c2, Range::above_0_below_1);
  }
  /// Throws ValueError unless 0 < c1 < c2 < 1.
  void check() const;

  bool operator==(const ConjugateGradient&) const = default;
};

}  // namespace gradus
