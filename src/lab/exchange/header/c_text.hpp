// SPDX-License-Identifier: MIT
#pragma once

#include <concepts>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/core/matrix.hpp"
#include "gradus/lab/exchange/header.hpp"

/// The parts that a header is put together from. Texts of C are templates: $R is the type of numbers, $U the integer of
/// as many bits, $_ the header's name and an underscore, $N_ the same in capitals; and for the functions' constants
/// (functions.cpp) a $ before their names.
namespace gradus::header {

/// A number exactly: 0x1.8p+0f. Infinities and NaN are <math.h>'s.
std::string literal(float number);
std::string literal(double number);

/// A text as a literal of C, whatever is in it.
std::string quoted(std::string_view text);

/// The template of a table of names; empty without any.
std::string class_table(const std::vector<std::string>& names, HeaderStandard standard);

/// A text that ends no comment, for a template.
std::string in_comment(std::string_view text);

/// What is known of one header while it is written.
class Text {
 public:
  Text(const HeaderOptions& options) : options_(options) {}

  bool is_double() const { return options_.precision == Precision::float64; }
  std::string literal_of(double number) const;
  /// The template with everything filled in.
  std::string filled(std::string_view text) const;

  /// A table of numbers, rounded to the header's precision; gives its name. Throws ValueError, with `where`, if one of
  /// them is not finite then.
  std::string table(std::string name, std::span<const double> numbers, std::string_view where);
  /// Says that a function is called, and gives its name.
  std::string call(const std::string& function);

  std::string tables;
  std::string windows;              ///< constants of a type that the functions declare
  std::set<std::string> functions;  ///< called, without those they call themselves
  Index numbers_in_tables = 0;

 private:
  const HeaderOptions& options_;
  std::set<std::string> names_;  // of tables
};

/// The functions of these names and those they call, each before it is called. Throws std::logic_error for a name that
/// there is not.
std::string functions_text(const Text& text, const std::set<std::string>& names);
/// What $NAME of a constant of the functions stands for, in this precision.
std::vector<std::pair<std::string, std::string>> function_constants(bool is_double);

}  // namespace gradus::header
