// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "src/lab/data/table.hpp"

/// The sparse format of LIBSVM (Chang and Lin 2011): `label index:value index:value ...`, indices from 1, ascending.
namespace gradus::table {

/// Whether the first line that is no comment holds a number, then only `index:value`.
bool is_libsvm(std::string_view text);

/// The same as comma-separated values, line for line, the label last and what was left out 0. Throws FileError, with
/// the line, on what is no such row.
std::string libsvm_rows(std::string_view text, const Source& source);

}  // namespace gradus::table
