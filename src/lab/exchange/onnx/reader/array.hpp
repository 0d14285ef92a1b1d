// SPDX-License-Identifier: MIT
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "gradus/core/matrix.hpp"
#include "lab/exchange/onnx/message.hpp"

namespace gradus::onnx {

/// What a dimension that is known only when the graph runs stands for, in a shape that is computed from an input's.
inline constexpr double kBatch = -1e9;
inline constexpr double kTime = -2e9;

/// Numbers or texts that do not depend on the graph's inputs, row by row. Whole numbers beyond 2^53, which only ends of
/// slices have, are rounded.
struct Array {
  ElementType type = ElementType::float32;
  std::vector<Index> dims{};
  std::vector<double> numbers{};
  std::vector<std::string> texts{};

  Index rank() const { return static_cast<Index>(dims.size()); }
  bool is_text() const { return type == ElementType::text; }
  /// As whole numbers. Throws ValueError if they are not.
  std::vector<Index> integers() const;
};

/// How many numbers have these dimensions. Throws ValueError if one is below 0 or they are more than `most`.
Index count_of(const std::vector<Index>& dims, Index most);

/// The place of an axis among `rank` dimensions, counted from the end where it is below 0. Throws ValueError.
Index place_of(Index axis, Index rank);

/// Where numbers lie that a tensor says are in another file: their bytes.
using External = std::function<std::string_view(const Tensor&)>;

/// A tensor's content. Throws ValueError unless it has its numbers in one place, exactly as many as its shape says.
Array to_array(const Tensor& tensor, const External& external);

}  // namespace gradus::onnx
