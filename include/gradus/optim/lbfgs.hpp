// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/core/options.hpp"

namespace gradus {

/// Limited-memory BFGS: a quasi-Newton direction from the last `memory` steps and changes of the gradient (Nocedal and
/// Wright, 2006, algorithms 7.4 and 7.5), along which a line search meets the strong Wolfe conditions with constants c1
/// and c2. Full batch; the steps need no learning rate.
struct Lbfgs {
  static constexpr std::string_view name = "lbfgs";

  Index memory = 10;
  double c1 = 1e-4;
  double c2 = 0.9;

  template <class Visitor>
  void visit_options(Visitor&& visit) {
    visit("memory", memory, Range::at_least_1);
    visit("c1", c1, Range::above_0_below_1);
    visit("c2", c2, Range::above_0_below_1);
  }
  /// Throws ValueError unless memory >= 1 and 0 < c1 < c2 < 1.
  void check() const;

  bool operator==(const Lbfgs&) const = default;
};

}  // namespace gradus
