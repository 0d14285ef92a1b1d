// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <limits>

#include "gradus/core/scalar.hpp"

namespace gradus {

/// -log p for a probability p cut to [eps, 1 - eps], given l = -log p; eps is that of the number type. Scikit-learn
/// reports its cross-entropies so, and so do ours with the option `cut`; the derivative stays that of the uncut ones.
/// Range: from -log(1 - eps), about eps, to -log eps, 36.04 (in float32 15.94). NaN in, NaN out.
template <Number T>
T cut_minus_log(const T& l) {
  using S = Scalar<T>;
  const S least = -log1p(-std::numeric_limits<S>::epsilon());
  const S most = -log(std::numeric_limits<S>::epsilon());
  if (l < least) return T(least);
  if (l > most) return T(most);
  return l;
}

}  // namespace gradus
