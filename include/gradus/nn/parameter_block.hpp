// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "gradus/core/matrix.hpp"
#include "gradus/core/scalar.hpp"

namespace gradus {

/// Where one named array of parameters lies in a flat vector: rows x cols numbers, row by row, from `offset` on.
struct ParameterBlock {
  std::string name;  ///< "weights", "bias", ...
  Index rows = 0;
  Index cols = 0;
  Index offset = 0;      ///< From the start of the layer's parameters; in a network, from the start of theta.
  bool is_bias = false;  ///< Biases are free of regularisation.
  int number = 0;        ///< In a network: the number of the layer it belongs to, from 1.

  Index size() const { return rows * cols; }
  /// "layer 2 weights"
  std::string label() const { return "layer " + std::to_string(number) + " " + name; }
};

}  // namespace gradus
