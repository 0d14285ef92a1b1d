// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "src/lab/data/column.hpp"

namespace gradus::table {

/// Fills in labels and class names, or targets, from the target columns and those of their rows that are kept. Where
/// `options.answers_are_optional`, an answer that is missing or of no known class is label -1 or target NaN, and told
/// in `words`; else it throws FileError.
void set_answers(Dataset& data, const std::vector<Column>& targets, const std::vector<std::size_t>& rows,
                 const TableOptions& options, const Source& source, std::vector<std::string>& words);

}  // namespace gradus::table
