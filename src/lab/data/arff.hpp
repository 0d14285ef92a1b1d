// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

#include "gradus/lab/data/dialect.hpp"

/// Weka's attribute-relation file format (Witten and Frank 2005): a list of attributes, then rows as in CSV.
namespace gradus::table {

/// Whether the first line that is no comment is `@relation`.
bool is_arff(std::string_view text);

/// The dialect of the rows under `@data`, and the attributes' names. Throws FileError, with the line in its text, on a
/// header that goes wrong.
Layout arff_layout(std::string_view text);

}  // namespace gradus::table
