// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "gradus/lab/data/table.hpp"

/// What the readers of CSV and .npy share: how a place in a file is named, and what a cell holds.
namespace gradus::table {

/// A file, and how to name a place in it.
struct Source {
  std::string path;
  bool has_lines = true;  ///< else places are rows of an array

  [[noreturn]] void refuse(const std::string& message) const;
  [[noreturn]] void refuse_at(std::size_t place, const std::string& message) const;
};

enum class NumberKind { finite, not_finite, none };

/// The whole text as a number with a point (or a comma) before its fraction, under any locale; a leading + is allowed.
NumberKind parse_number(std::string_view text, double& value, char decimal = '.');
/// Whether a cell stands for a value that is missing: empty, or one of the signs that programs write (NA, NaN, ?, ...).
bool is_gap(std::string_view text);
/// The text in quotes, shortened and on one line, for a message.
std::string shown(std::string_view text);

}  // namespace gradus::table
