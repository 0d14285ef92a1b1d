// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

/// Texts that others wrote (names in a file, a file's own name, words of a command line), as they may be shown.
namespace gradus {

/// A character of UTF-8 (RFC 3629: no overlong form, no surrogate) and how many bytes it takes.
struct Character {
  std::uint32_t code = 0;
  std::size_t bytes = 0;  ///< 0: the text begins with none
};
Character first_character(std::string_view text);

/// Whether a text is UTF-8 without control characters but tab and line feed.
bool is_plain_text(std::string_view text);

/// The text as one line of a message or a table: what is no UTF-8, and what would move a terminal's cursor or turn the
/// direction of its writing (control characters, line ends, overrides), becomes '?'. What has more than `limit`
/// characters is cut between two of them, and ends in "...".
std::string one_line(std::string_view text, std::size_t limit = std::numeric_limits<std::size_t>::max());

/// The same with its lines and tabs kept, whole.
std::string printable(std::string_view text);

/// One line of at most 60 characters, in quotes.
std::string in_quotes(std::string_view text, std::size_t limit = 60);

/// The characters of a text around a byte of it, about 80 in all, with dots where some are left out; and how many of
/// those shown stand before the byte.
struct Excerpt {
  std::string text;
  std::size_t before = 0;
};
Excerpt excerpt(std::string_view text, std::size_t byte);

}  // namespace gradus
