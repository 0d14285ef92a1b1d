// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "gradus/check/given_gradient.hpp"

namespace gradus::cli {

/// A gradient from a .npy file (float64 or float32), or from numbers in text: one row a line, separated by commas,
/// semicolons or blanks, each known to half a unit of its last digit. A block's numbers keep their shape. Throws
/// FileError that names the line and the word that is no number.
GivenGradient read_gradient(const std::string& path, const std::string& block);

}  // namespace gradus::cli
