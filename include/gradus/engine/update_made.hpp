// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/engine/tally.hpp"

namespace gradus::engine {

/// A whole update, pass and step in one, as it was made.
template <class T>
struct UpdateMade {
  Tally tally;         ///< of the batch before it, without penalties
  double penalty = 0;  ///< of the parameters before it
  T largest = 0;       ///< max |g| of the gradient with its penalty
};

}  // namespace gradus::engine
