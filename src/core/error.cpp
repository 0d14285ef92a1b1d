// SPDX-License-Identifier: MIT
#include "gradus/core/error.hpp"

#include "core/text.hpp"

namespace gradus {
namespace {

// Here, and not where a name or a text is repeated: nobody who repeats one can forget it.
std::string harmless(const std::string& message) { return one_line(message, message.size() + 1); }

}  // namespace

ParseError::ParseError(const std::string& kind, std::string text, std::size_t position, const std::string& message)
    : Error(harmless(kind + " '" + excerpt(text, position).text + "', character " + std::to_string(position + 1) +
                     ": " + message)),
      text_(std::move(text)),
      position_(position) {}

std::string ParseError::pointer() const {
  const Excerpt shown = excerpt(text_, position_);
  return shown.text + "\n" + std::string(shown.before, ' ') + "^";
}

FileError::FileError(const std::string& path, const std::string& message) : Error(harmless(path + ": " + message)) {}

FileError FileError::at_line(const std::string& path, std::size_t line, const std::string& message) {
  return {path + ":" + std::to_string(line), message};
}

FileError FileError::at_byte(const std::string& path, std::size_t byte, const std::string& message) {
  return {path + ", byte " + std::to_string(byte), message};
}

}  // namespace gradus
