// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <numeric>
#include <string>
#include <vector>

#include "gradus/nn/layer.hpp"

namespace gradus::exchange {

/// An array of a layer as another framework has it. It holds no numbers and no place of one, however large the layer.
struct Slot {
  std::string name;
  std::vector<Index> shape;
  Index offset = 0;         ///< where it begins among the layer's parameters, or its running statistics
  Index rows = 1;           ///< ours is (rows, cols), theirs (cols, rows)
  Index moved_from = -1;    ///< numbers from here on, if there are, ...
  Index moved_by = 0;       ///< ... lie so much further behind
  bool is_state = false;    ///< of running statistics
  bool may_be_one = false;  ///< one number there may stand for all
  bool is_counter = false;  ///< a whole number that says nothing about the network; may be missing

  Index size() const { return std::accumulate(shape.begin(), shape.end(), Index{1}, std::multiplies<>()); }
  /// Of its number i, row by row: its place here. A place that several numbers name holds their sum.
  Index place(Index i) const {
    const Index turned = i % rows * (size() / rows) + i / rows;
    return offset + turned + (moved_from >= 0 && i >= moved_from ? moved_by : 0);
  }
};

/// The arrays of a layer in PyTorch's module of the same kind; none of a layer without parameters.
std::vector<Slot> torch_slots(const Layer& layer);

}  // namespace gradus::exchange
