// SPDX-License-Identifier: MIT
#pragma once

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/lab/data/dialect.hpp"
#include "src/lab/data/table.hpp"

namespace gradus::table {

/// Takes a text apart into rows of cells (RFC 4180, with another separator and quote where the dialect has them).
class RowReader {
 public:
  RowReader(std::string_view text, const Layout& layout, const Source& source)
      : text_(text), dialect_(layout.dialect), source_(source), position_(layout.start), line_(layout.line) {}

  /// The cells of the next row that is neither blank nor a comment; false at the end. Cells live until the next call.
  /// Throws FileError on a quote that goes wrong.
  bool next(std::vector<std::string_view>& cells);
  /// The line on which the row last read began.
  std::size_t line() const { return row_line_; }

 private:
  bool at_end() const { return position_ == text_.size(); }
  bool at_line_end() const { return text_[position_] == '\n' || text_[position_] == '\r'; }
  bool at_separator() const;
  bool is_blank(char c) const { return c == ' ' || (c == '\t' && dialect_.separator != '\t'); }
  void skip_blanks();
  void skip_line();
  void end_line();
  std::string_view read_cell();
  std::string_view read_quoted();

  std::string_view text_;
  Dialect dialect_;
  const Source& source_;
  std::size_t position_;
  std::size_t line_;
  std::size_t row_line_ = 1;
  std::deque<std::string> unescaped_;
};

}  // namespace gradus::table
