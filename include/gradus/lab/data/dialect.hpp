// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace gradus {

/// How a text file writes a table.
struct Dialect {
  char separator = ',';  ///< between cells; ' ' stands for any run of blanks and tabs
  char decimal = '.';    ///< before the fraction of a number: a point or a comma
  char comment = '\0';   ///< a line that begins with it is passed over; '\0': none is
  char quote = '"';      ///< around a cell that holds separators; doubled within
  bool header = false;   ///< whether the first row names the columns

  bool operator==(const Dialect&) const = default;
};

/// What a person may have said of a dialect; the rest is recognised from the file.
struct DialectOptions {
  std::optional<char> separator = {};
  std::optional<char> decimal = {};
  std::optional<char> comment = {};
  std::optional<bool> header = {};

  bool operator==(const DialectOptions&) const = default;
};

/// A file's dialect, and where its rows begin.
struct Layout {
  Dialect dialect;
  std::size_t start = 0;             ///< byte
  std::size_t line = 1;              ///< of that byte
  std::vector<std::string> names{};  ///< of columns, where the file says them otherwise than in a row (ARFF)
};

/// What the first 64 KiB of a text say of its dialect.
///
/// The separator is the one that cuts most rows to one width, of several the one that leaves most numbers. A decimal
/// comma needs numbers that are none with a point. The first row is a header if one of its words stands above numbers,
/// if it holds no number and none of its words again below it, or if it counts (0, 1, 2, ... or years) above fractions.
/// Excel's line `sep=;` is heard; a file that begins with @relation is Weka's ARFF.
Layout recognise(std::string_view text, const DialectOptions& options = {});

/// "semicolon, decimal comma, comments after #, no header": what is unusual in a dialect; empty if nothing is.
std::string to_text(const Dialect& dialect);

/// "comma", "semicolon", "tab", "bar", "blank", or the character itself.
std::string separator_name(char separator);
/// The separator that a person means: its name, or the character. Throws ValueError.
char parse_separator(std::string_view text);

}  // namespace gradus
