// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "gradus/core/matrix.hpp"
#include "gradus/lab/data/table.hpp"

namespace gradus {

/// An array of a .npy file.
struct NpyArray {
  Matrix<double> values;  ///< an array of one axis is a column
  int axes = 2;           ///< 1 or 2
};

/// Reads NumPy's .npy format, versions 1 to 3: booleans, integers of 1 to 8 bytes and floats of 4 and 8, of either byte
/// order, in C or Fortran order, with one axis or two. Throws FileError, naming the byte, on anything else, on a size
/// that the file does not hold, and on integers beyond 2^53 that a double cannot hold.
NpyArray read_npy(const std::string& path);
/// The same of bytes; `name` stands for the path in errors.
NpyArray parse_npy(std::string_view bytes, const std::string& name = "npy");

/// A .npy array of two axes, or of one, in C order.
std::string to_npy(ConstMatrixView<double> x);
std::string to_npy(ConstMatrixView<float> x);
std::string to_npy(std::span<const double> x);
std::string to_npy(std::span<const float> x);
/// The samples as one array, the class or the targets in the last columns.
std::string to_npy(const Dataset& data);
/// Whether a file that begins so was written by `to_npy`, which leaves more blanks behind the header than others do.
bool is_npy_of_ours(std::string_view bytes);

/// A data set from an array of two axes whose last column is the target; see TableOptions. Throws FileError as above,
/// and on numbers that are not finite.
Dataset read_npy_dataset(const std::string& path, const TableOptions& options = {});
Dataset parse_npy_dataset(std::string_view bytes, const TableOptions& options = {}, const std::string& name = "npy");

}  // namespace gradus
