// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "gradus/lab/data/table.hpp"

namespace gradus {

/// Reads a table written as text: comma-separated values (RFC 4180), with other separators, comments, decimal commas,
/// a header or none, as said or recognised (data/dialect.hpp); Weka's ARFF; packed by gzip or not. LF, CRLF or CR end a
/// line. Blank lines and blanks around a cell are passed over. Numbers mean the same under any locale. Throws
/// FileError, naming the line and the column, on a file that is no such text, a row of another width than the first, a
/// cell that is empty or no finite number, an unterminated quote, a target column that is not there, an unknown label,
/// or a file without rows.
///
/// Classes are the distinct labels, in ascending order if all are whole numbers, else in the order of their bytes.
Reading read_table(const std::string& path, const TableOptions& options = {});
/// The same of a text; `name` stands for the path in errors.
Reading parse_table(std::string_view text, const TableOptions& options = {}, const std::string& name = "csv");

/// The same, without words.
Dataset read_csv(const std::string& path, const TableOptions& options = {});
Dataset parse_csv(std::string_view text, const TableOptions& options = {}, const std::string& name = "csv");

/// A header and one row a sample: the features, then the class under `label`, or the targets under their names. Numbers
/// have 17 significant digits, so that reading gives back the same bits; whole targets of a regression end in .0, so
/// that they are not read as classes.
std::string to_csv(const Dataset& data);
/// Throws FileError if the file cannot be written.
void write_csv(const Dataset& data, const std::string& path);

}  // namespace gradus
