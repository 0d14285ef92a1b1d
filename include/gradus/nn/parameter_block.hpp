// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "gradus/core/matrix.hpp"
#include "gradus/core/scalar.hpp"

namespace gradus {

/// Where one named array of parameters (or of a layer's untrained state) lies in a flat vector: rows x cols numbers,
/// row by row, from `offset` on.
struct ParameterBlock {
  std::string name;  ///< "weights", "bias", "recurrent weights", ...
  Index rows = 0;
  Index cols = 0;
  Index offset = 0;      ///< From the start of the layer's numbers; in a network, from the start of the flat vector.
  bool is_bias = false;  ///< One row of numbers that are free of regularisation: biases, the scale of a norm, ...
  int number = 0;        ///< In a network: the number of the layer it belongs to, from 1.
  /// What every number starts at, whatever the initialiser; none: the initialiser decides.
  std::optional<double> start{};
  Index fan_in = 0;               ///< Inputs that reach one output through the block; 0: `rows`.
  Index fan_out = 0;              ///< Outputs that one input reaches through the block; 0: `cols`.
  std::string_view derivative{};  ///< Its formula, in the layer's letters, for who reads a pass number by number.

  Index size() const { return rows * cols; }
  /// "layer 2 weights"
  std::string label() const { return "layer " + std::to_string(number) + " " + name; }
};

}  // namespace gradus
