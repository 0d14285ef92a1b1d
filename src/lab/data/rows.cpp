// SPDX-License-Identifier: MIT
#include "src/lab/data/rows.hpp"

#include <fmt/format.h>

namespace gradus::table {

bool RowReader::at_separator() const {
  const char c = text_[position_];
  return dialect_.separator == ' ' ? is_blank(c) : c == dialect_.separator;
}

void RowReader::skip_blanks() {
  while (!at_end() && is_blank(text_[position_])) ++position_;
}

void RowReader::skip_line() {
  while (!at_end() && !at_line_end()) ++position_;
}

/// CRLF, LF and CR each end one line.
void RowReader::end_line() {
  if (text_[position_] == '\r' && position_ + 1 < text_.size() && text_[position_ + 1] == '\n') ++position_;
  ++position_;
  ++line_;
}

bool RowReader::next(std::vector<std::string_view>& cells) {
  cells.clear();
  unescaped_.clear();
  while (true) {
    skip_blanks();
    if (!at_end() && dialect_.comment != '\0' && text_[position_] == dialect_.comment) skip_line();
    if (at_end()) return false;
    if (!at_line_end()) break;
    end_line();
  }
  row_line_ = line_;
  while (true) {
    cells.push_back(read_cell());
    if (dialect_.separator == ' ') skip_blanks();  // those at a line's end separate nothing
    if (at_end()) return true;
    if (at_line_end()) {
      end_line();
      return true;
    }
    if (dialect_.separator != ' ') ++position_;
  }
}

std::string_view RowReader::read_cell() {
  skip_blanks();
  if (!at_end() && text_[position_] == dialect_.quote) return read_quoted();
  const std::size_t start = position_;
  while (!at_end() && !at_separator() && !at_line_end()) ++position_;
  std::size_t end = position_;
  while (end > start && is_blank(text_[end - 1])) --end;
  return text_.substr(start, end - start);
}

std::string_view RowReader::read_quoted() {
  const std::size_t opening_line = line_;
  std::string& cell = unescaped_.emplace_back();
  ++position_;
  while (true) {
    if (at_end()) source_.refuse_at(opening_line, "expected a closing quote, got the end of the file");
    const char c = text_[position_];
    if (c == dialect_.quote && position_ + 1 < text_.size() && text_[position_ + 1] == c) {
      cell += c;
      position_ += 2;
    } else if (c == dialect_.quote) {
      break;
    } else if (at_line_end()) {
      cell += '\n';
      end_line();
    } else {
      cell += c;
      ++position_;
    }
  }
  ++position_;
  if (dialect_.separator != ' ') skip_blanks();
  if (!at_end() && !at_separator() && !at_line_end())
    source_.refuse_at(line_, fmt::format("expected a {} after a closing quote, got {}",
                                         separator_name(dialect_.separator), shown(text_.substr(position_, 1))));
  return cell;
}

}  // namespace gradus::table
