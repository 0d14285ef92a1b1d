// SPDX-License-Identifier: MIT
#include "core/text.hpp"

#include <algorithm>

namespace gradus {
namespace {

bool is_control(std::uint32_t code) { return code < 0x20 || (code >= 0x7F && code < 0xA0); }

/// Characters that turn the order of those after them (Unicode, annex 9), or end a line outside ASCII.
bool is_layout(std::uint32_t code) {
  return code == 0x200E || code == 0x200F || (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069);
}

std::string shown(std::string_view text, std::size_t limit, bool keep_lines) {
  std::string out;
  for (std::size_t count = 0; !text.empty(); ++count) {
    if (count == limit) return out + "...";
    const Character c = first_character(text);
    const bool line = keep_lines && (text[0] == '\n' || text[0] == '\t');
    if (c.bytes == 0 || (!line && (is_control(c.code) || is_layout(c.code))))
      out += '?';
    else
      out += text.substr(0, c.bytes);
    text.remove_prefix(std::max<std::size_t>(c.bytes, 1));
  }
  return out;
}

bool continues(char byte) { return static_cast<unsigned char>(byte) >> 6 == 2; }

}  // namespace

Character first_character(std::string_view text) {
  // An overlong form is below; of what begins no character everything is.
  constexpr std::uint32_t smallest[] = {0, 0x80, 0x800, 0x10000, ~std::uint32_t{0}};
  if (text.empty()) return {};
  const auto lead = static_cast<unsigned char>(text[0]);
  const std::size_t more = lead < 0x80 ? 0 : lead >> 5 == 6 ? 1 : lead >> 4 == 14 ? 2 : lead >> 3 == 30 ? 3 : 4;
  if (text.size() <= more) return {};
  std::uint32_t code = more == 0 ? lead : lead & (0x3Fu >> more);
  for (std::size_t k = 1; k <= more; ++k) {
    if (!continues(text[k])) return {};
    code = code << 6 | (static_cast<unsigned char>(text[k]) & 0x3Fu);
  }
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  if (code < smallest[more] || surrogate || code > 0x10FFFF) return {};
  return {code, more + 1};
}

bool is_plain_text(std::string_view text) {
  while (!text.empty()) {
    const Character c = first_character(text);
    const bool control = (c.code < 0x20 && c.code != '\t' && c.code != '\n') || c.code == 0x7F;
    if (c.bytes == 0 || control) return false;
    text.remove_prefix(c.bytes);
  }
  return true;
}

std::string one_line(std::string_view text, std::size_t limit) { return shown(text, limit, false); }

std::string printable(std::string_view text) { return shown(text, text.size() + 1, true); }

std::string in_quotes(std::string_view text, std::size_t limit) { return "'" + one_line(text, limit) + "'"; }

Excerpt excerpt(std::string_view text, std::size_t byte) {
  constexpr std::size_t around = 40;  // characters on each side
  byte = std::min(byte, text.size());
  const auto characters = [](std::string_view part) {
    return static_cast<std::size_t>(std::count_if(part.begin(), part.end(), [](char c) { return !continues(c); }));
  };
  std::size_t begin = byte, end = byte;
  while (begin > 0 && characters(text.substr(begin, byte - begin)) < around) --begin;  // the last counted begins there
  while (end < text.size() && (characters(text.substr(byte, end - byte)) < around || continues(text[end]))) ++end;
  // A few characters more are no longer than the dots that would stand for them.
  if (begin <= 3) begin = 0;
  if (text.size() - end <= 3) end = text.size();
  const std::string dots = "...";
  return {(begin > 0 ? dots : "") + one_line(text.substr(begin, end - begin)) + (end < text.size() ? dots : ""),
          (begin > 0 ? dots.size() : 0) + characters(text.substr(begin, byte - begin))};
}

}  // namespace gradus
