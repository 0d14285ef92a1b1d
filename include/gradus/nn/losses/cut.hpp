// SPDX-License-Identifier: MIT
#pragma once

#include <cmath>
#include <limits>
#include <type_traits>

#include "gradus/core/scalar.hpp"

namespace gradus {

namespace detail {

/// -log(1 - eps) and -log eps. Of floats and doubles they are written down: every sample asks, and the first lies so
/// near the middle between two doubles that `log1p` takes microseconds to tell.
template <class S>
S least_cut_loss() {
  if constexpr (std::is_same_v<S, double>) return 0x1.0000000000001p-52;
  if constexpr (std::is_same_v<S, float>) return 0x1.000002p-23F;
  return -log1p(-std::numeric_limits<S>::epsilon());
}
template <class S>
S most_cut_loss() {
  if constexpr (std::is_same_v<S, double>) return 0x1.205966f2b4f12p+5;
  if constexpr (std::is_same_v<S, float>) return 0x1.fe2804p+3F;
  return -log(std::numeric_limits<S>::epsilon());
}

}  // namespace detail

/// -log p for a probability p cut to [eps, 1 - eps], given l = -log p; eps is that of the number type. Scikit-learn
/// reports its cross-entropies so, and so do ours with the option `cut`; the derivative stays that of the uncut ones.
/// Range: from -log(1 - eps), about eps, to -log eps, 36.04 (in float32 15.94). NaN in, NaN out.
template <Number T>
T cut_minus_log(const T& l) {
  using S = Scalar<T>;
  const S least = detail::least_cut_loss<S>();
  const S most = detail::most_cut_loss<S>();
  if (l < least) return T(least);
  if (l > most) return T(most);
  return l;
}

}  // namespace gradus
