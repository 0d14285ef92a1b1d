// SPDX-License-Identifier: MIT
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/string.h>

#include <optional>

#include "gradus/random/random_state.hpp"

namespace gradus::python {

namespace nb = nanobind;

/// The argument `random_state`: a seed, which starts a stream of its own, or a RandomState, which is drawn from.
class RandomSource {
 public:
  /// Throws ValueError on a seed outside 0..2^32 - 1, Python's TypeError on anything but the two.
  explicit RandomSource(nb::handle random_state);

  RandomState& stream() { return borrowed_ ? *borrowed_ : *own_; }

 private:
  std::optional<RandomState> own_;
  RandomState* borrowed_ = nullptr;
};

}  // namespace gradus::python
