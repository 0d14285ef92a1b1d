// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/lab/data/table.hpp"

namespace gradus::table {

/// Which columns of a table are what.
struct Roles {
  std::vector<Index> features;
  std::vector<Index> targets;  ///< none, one, or several numbers to predict
  std::optional<Index> weights;
  std::vector<std::string> words;  ///< on columns that were left out unasked
};

/// `names` is empty without a header. Throws FileError where a column that is named is not there, or too few are left.
Roles choose_roles(const std::vector<std::string>& names, Index width, const TableOptions& options,
                   const Source& source);

/// How a message calls a column: by its name, or by its number from 1.
std::string column_name(const std::vector<std::string>& names, Index column);

}  // namespace gradus::table
