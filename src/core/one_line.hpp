// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace gradus {

/// Text out of a file, fit for a message of one line: control characters and everything outside ASCII become '?', and
/// what is longer than `limit` ends in "...".
inline std::string one_line(std::string_view text, std::size_t limit = 60) {
  std::string line(text.substr(0, limit));
  std::replace_if(
      line.begin(), line.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return text.size() > limit ? line + "..." : line;
}

inline std::string in_quotes(std::string_view text) { return "'" + one_line(text) + "'"; }

}  // namespace gradus
