// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "gradus/core/matrix.hpp"

namespace gradus {

/// Two numbers of a picture: down and across. A signal (1-D) has height 1.
struct Extent {
  Index height = 1;
  Index width = 1;

  Index size() const { return height * width; }
  bool operator==(const Extent&) const = default;
};

/// The outputs a ..< b for which one cell of the window lies inside the picture.
struct CellRange {
  Index first = 0;
  Index last = 0;
};

/// A window that slides over `channels` pictures of `size`, and the grid of places where it stops:
///
///     places = (size + 2 padding - dilation (kernel - 1) - 1) / stride + 1,   rounded down, in each direction
///
/// Cell k of the window at place p covers input p * stride + k * dilation - padding. Pictures lie in a row of numbers
/// channel by channel, each row by row.
struct Window {
  Index channels = 1;
  Extent size{};
  Extent kernel{};
  Extent stride{};
  Extent padding{0, 0};
  Extent dilation{};

  Index inputs() const { return channels * size.size(); }
  Extent places() const {
    return {places(size.height, kernel.height, stride.height, padding.height, dilation.height),
            places(size.width, kernel.width, stride.width, padding.width, dilation.width)};
  }

  /// Throws ValueError `[conv2d] ...` if the window has an extent below 1 or finds no place.
  void check(std::string_view where) const;

  /// Row of the input under cell `ky` at place `py`; outside the picture it is negative or too large.
  Index input_row(Index py, Index ky) const { return py * stride.height + ky * dilation.height - padding.height; }
  Index input_col(Index px, Index kx) const { return px * stride.width + kx * dilation.width - padding.width; }
  /// The places at which cell ky (kx) of the window lies inside the picture.
  CellRange rows_under(Index ky) const { return range(size.height, places().height, input_row(0, ky), stride.height); }
  CellRange cols_under(Index kx) const { return range(size.width, places().width, input_col(0, kx), stride.width); }

  bool operator==(const Window&) const = default;

 private:
  static Index places(Index size, Index kernel, Index stride, Index padding, Index dilation) {
    const Index span = size + 2 * padding - dilation * (kernel - 1) - 1;
    return span < 0 || stride < 1 ? 0 : span / stride + 1;
  }
  static CellRange range(Index size, Index places, Index at_first, Index stride) {
    const Index first = at_first >= 0 ? 0 : (-at_first + stride - 1) / stride;
    const Index last = at_first >= size ? 0 : (size - 1 - at_first) / stride + 1;
    return {std::min(first, places), std::clamp(last, std::min(first, places), places)};
  }
};

}  // namespace gradus
