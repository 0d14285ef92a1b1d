// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <vector>

#include "gradus/core/matrix.hpp"

namespace gradus {

/// A column of a table as a network is given it: its numbers as they are, or what its categories are coded as.
struct InputColumn {
  std::string name;
  std::vector<std::string> categories{};  ///< empty: the column holds numbers
  bool ordered = false;  ///< whether the one input is the category's place, from 0; else each category has an input, 1
                         ///< where it is the sample's and else 0
  /// How many inputs of the network the column makes.
  Index inputs() const { return categories.empty() || ordered ? 1 : static_cast<Index>(categories.size()); }
  /// What they are called: `height`, or `color=red`, `color=blue`.
  std::vector<std::string> input_names() const;

  bool operator==(const InputColumn&) const = default;
};

/// The inputs that all of the columns make together.
Index inputs_of(std::span<const InputColumn> columns);
std::vector<std::string> input_names(std::span<const InputColumn> columns);

/// How a column's gaps are filled, from the numbers that are there.
enum class Filling { mean, median };

/// A number for each column of x, from its rows without a gap (NaN) there; 0 of a column with nothing but gaps.
std::vector<double> filling_of(Filling filling, ConstMatrixView<double> x);

/// x with its gaps (NaN) filled by a number for each column. Throws ShapeError if there is not one for each.
Matrix<double> filled(ConstMatrixView<double> x, std::span<const double> filling);

}  // namespace gradus
