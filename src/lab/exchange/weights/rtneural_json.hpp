// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/core/matrix.hpp"

namespace gradus::exchange {

/// One of a layer's arrays, (rows, cols): row by row in the numbers of the file.
struct RtneuralArray {
  std::size_t first = 0;
  Index rows = 0;
  Index cols = 0;
  int depth = 1;  ///< dimensions that it has in the file
};

struct RtneuralLayer {
  std::string type;
  std::string activation;
  double units = 0;  ///< the last number of `shape`
  std::optional<double> epsilon;
  std::vector<RtneuralArray> arrays;
};

/// What a file says, before it is known whether it makes sense.
struct RtneuralFile {
  double inputs = 0;  ///< the last number of `in_shape`
  std::vector<RtneuralLayer> layers;
  std::vector<double> numbers;

  std::span<const double> of(const RtneuralArray& array) const {
    return {numbers.data() + array.first, static_cast<std::size_t>(array.rows * array.cols)};
  }
};

/// Reads RTNeural's JSON event by event: no tree is built, however deep or long the text is. Throws FileError.
RtneuralFile parse_rtneural(std::string_view text, const std::string& path);

}  // namespace gradus::exchange
