// SPDX-License-Identifier: MIT
#include "lab/exchange/header/c_text.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/number.hpp"

namespace gradus::header {
namespace {

/// Stands for a dollar that begins nothing of ours; no line of text has this character.
constexpr std::string_view kDollar = "\x02";

std::string beyond(double number) { return std::isnan(number) ? "NAN" : number > 0 ? "INFINITY" : "-INFINITY"; }

std::string capitals(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  return text;
}

void replace_all(std::string& text, std::string_view from, std::string_view to) {
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

}  // namespace

std::string literal(double number) { return std::isfinite(number) ? fmt::format("{:a}", number) : beyond(number); }
std::string literal(float number) {
  const auto wide = static_cast<double>(number);
  return std::isfinite(wide) ? fmt::format("{:a}f", wide) : beyond(wide);
}

std::string quoted(std::string_view text) {
  std::string c = "\"";
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    if (code < 0x20 || code >= 0x7f || byte == '"' || byte == '\\' || byte == '?' || byte == '$')
      c += fmt::format("\\{:03o}", code);
    else
      c += byte;
  }
  return c + '"';
}

std::string class_table(const std::vector<std::string>& names, HeaderStandard standard) {
  if (names.empty()) return "";
  std::string c = fmt::format("{} $_classes[{}] = {{",
                              standard == HeaderStandard::cpp17 ? "constexpr const char *" : "static const char *const",
                              names.size());
  for (std::size_t k = 0; k < names.size(); ++k) c += (k > 0 ? ", " : "") + quoted(names[k]);
  return c + "};\n";
}

std::string in_comment(std::string_view text) {
  std::string line = one_line(text);
  replace_all(line, "*/", "* /");
  replace_all(line, "/*", "/ *");
  replace_all(line, "$", kDollar);
  return line;
}

std::string Text::literal_of(double number) const {
  return is_double() ? literal(number) : literal(static_cast<float>(number));
}

std::string Text::filled(std::string_view text) const {
  std::string c(text);
  for (const auto& [name, value] : function_constants(is_double())) replace_all(c, "$" + name + "$", value);
  replace_all(c, "$N_", capitals(options_.name) + "_");
  replace_all(c, "$_", options_.name + "_");
  replace_all(c, "$R", is_double() ? "double" : "float");
  replace_all(c, "$U", is_double() ? "uint64_t" : "uint32_t");
  replace_all(c, "$F", is_double() ? "" : "f");
  replace_all(c, kDollar, "$");
  return c;
}

std::string Text::table(std::string name, std::span<const double> numbers, std::string_view where) {
  while (!names_.insert(name).second) name += "_more";
  tables +=
      filled(fmt::format("{} $R $_{}[{}] = {{", options_.standard == HeaderStandard::c99 ? "static const" : "constexpr",
                         name, numbers.size()));
  std::size_t column = 200;
  for (std::size_t k = 0; k < numbers.size(); ++k) {
    const double number = is_double() ? numbers[k] : static_cast<double>(static_cast<float>(numbers[k]));
    if (!std::isfinite(number))
      throw ValueError(fmt::format("[header] expected {} that {} holds as finite numbers, got {}", where,
                                   to_text(options_.precision), number_text(numbers[k])));
    const std::string one = literal_of(number) + (k + 1 < numbers.size() ? "," : "");
    const bool next_line = column + one.size() > 112;
    tables += (next_line ? "\n    " : " ") + one;
    column = next_line ? 4 + one.size() : column + 1 + one.size();
  }
  tables += "\n};\n";
  numbers_in_tables += static_cast<Index>(numbers.size());
  return filled("$_" + name);
}

std::string Text::call(const std::string& function) {
  functions.insert(function);
  return filled("$_" + function);
}

}  // namespace gradus::header
