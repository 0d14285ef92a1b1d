// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "gradus/nn/layer.hpp"

namespace gradus::exchange {

/// An array of a layer as another framework has it.
struct Slot {
  std::string name;
  std::vector<Index> shape;
  /// Of each of its numbers, row by row: its place among the layer's parameters, or its running statistics. Places that
  /// several numbers name hold their sum.
  std::vector<Index> places;
  bool is_state = false;
  bool may_be_one = false;  ///< one number there may stand for all
  bool is_counter = false;  ///< a whole number that says nothing about the network; may be missing
};

/// The arrays of a layer in PyTorch's module of the same kind; none of a layer without parameters.
std::vector<Slot> torch_slots(const Layer& layer);

}  // namespace gradus::exchange
