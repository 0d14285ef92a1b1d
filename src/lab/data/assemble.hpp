// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "src/lab/data/column.hpp"

namespace gradus::table {

/// The columns of a table that matter, in the order of the roles.
struct Content {
  std::vector<Column> features;
  std::vector<Column> targets;
  std::optional<Column> weights{};
  bool named = false;                ///< whether a header named them; else features are x0, x1, ... and the target is y
  std::vector<std::string> words{};  ///< on how it was read
};

/// The data set that columns make: rows with gaps left out, categories coded, as the options say or as a model learned.
/// Throws FileError that names the first cell that cannot be used, and what would make use of it.
Reading assemble(Content content, const TableOptions& options, const Source& source);

}  // namespace gradus::table
