// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <stdexcept>
#include <string>

namespace gradus {

/// Base of everything the library throws on purpose. `what()` is one line: what was expected, what came, and where.
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Two arrays, or an array and a network, do not fit together.
class ShapeError : public Error {
 public:
  using Error::Error;
};

/// A number or a choice outside what the callee accepts (a negative learning rate, a label never seen, ...).
class ValueError : public Error {
 public:
  using Error::Error;
};

/// A description (a network, a data maker, an experiment) that cannot be read.
class ParseError : public Error {
 public:
  /// `message` says what is wrong; `position` is the 0-based character of `text` it is wrong at.
  ParseError(const std::string& kind, std::string text, std::size_t position, const std::string& message);

  const std::string& text() const { return text_; }
  std::size_t position() const { return position_; }
  /// The text with a caret under the offending character, on two lines, for a terminal.
  std::string pointer() const;

 private:
  std::string text_;
  std::size_t position_;
};

/// A file that cannot be read or written. The message opens with the path and, where known, the line or the byte.
class FileError : public Error {
 public:
  FileError(const std::string& path, const std::string& message);
  static FileError at_line(const std::string& path, std::size_t line, const std::string& message);
  static FileError at_byte(const std::string& path, std::size_t byte, const std::string& message);
};

/// A program the library calls (gnuplot) is not installed, or failed.
class ToolError : public Error {
 public:
  using Error::Error;
};

}  // namespace gradus
