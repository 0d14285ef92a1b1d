// SPDX-License-Identifier: MIT
#include "gradus/core/number.hpp"

#include <fmt/format.h>

#include <charconv>
#ifdef __EMSCRIPTEN__
#include <cmath>
#include <cstdlib>
#endif

namespace gradus {

#ifdef __EMSCRIPTEN__
// Emscripten's libc++ has no std::from_chars for doubles; its strtod knows one locale only, rounds correctly, and takes
// more than std::from_chars does: what that is, is refused first.
std::optional<double> parse_number(std::string_view text) {
  if (text.empty() || std::string_view(" \t\n\v\f\r+").find(text[0]) != std::string_view::npos) return std::nullopt;
  if (text.find_first_of("xX(") != std::string_view::npos) return std::nullopt;
  const std::string copy(text);
  char* end = nullptr;
  const double value = std::strtod(copy.c_str(), &end);
  if (end != copy.c_str() + copy.size()) return std::nullopt;
  const std::string_view mantissa = text.substr(0, text.find_first_of("eE"));
  const bool is_nonzero = mantissa.find_first_of("123456789") != std::string_view::npos;
  if (is_nonzero && (std::isinf(value) || value == 0)) return std::nullopt;
  return value;
}
#else
std::optional<double> parse_number(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}
#endif

std::string number_text(double value) { return fmt::format("{}", value); }

}  // namespace gradus
