// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>
#include <vector>

#include "gradus/core/matrix.hpp"

/// Small structs of numbers and switches as text, and back: `adam:lr=0.001,beta1=0.9`, `sgd:momentum=0.9,nesterov`.
///
/// A struct has a `name`, defaults, and one function that visits its options in order:
///
///     template <class Visitor>
///     void visit_options(Visitor&& visit) {
///       visit("lr", learning_rate, Range::above_0);
///       visit("nesterov", nesterov);
///     }
///
/// From it come the parser, the printer and the check of ranges, for each member of a variant of such structs.
namespace gradus {

/// What a number may be; finite in any case.
enum class Range { any, above_0, from_0, from_0_to_1, from_0_below_1, above_0_below_1, above_1, at_least_1 };

struct Option {
  std::string_view name;
  std::variant<double*, Index*, bool*> value;
  Range range = Range::any;
};

template <class S>
std::vector<Option> options_of(S& s) {
  std::vector<Option> options;
  s.visit_options([&](std::string_view name, auto& value, Range range = Range::any) {
    options.push_back({name, &value, range});
  });
  return options;
}

/// Throws ValueError `[adam] expected beta1 to be a number from 0 to below 1, got 2` if a number is out of range.
void check_options(std::string_view name, std::span<const Option> options);
template <class S>
void check_options(S s) {
  check_options(S::name, options_of(s));
}

namespace detail {

/// Reads what follows the name, from `position` on. Throws ParseError(kind, text, ...).
void read_options(std::string_view kind, std::string_view text, std::size_t position, std::span<const Option> options);
/// `:beta1=0.8,nesterov`: what differs from the defaults.
std::string options_text(std::span<const Option> options, std::span<const Option> defaults);
/// The part of the text before its options.
std::string_view option_name(std::string_view text);
[[noreturn]] void fail_unknown_name(std::string_view kind, std::string_view text,
                                    const std::vector<std::string>& known);

template <class Variant, std::size_t... I>
std::vector<std::string> variant_names(std::index_sequence<I...>) {
  return {std::string(std::variant_alternative_t<I, Variant>::name)...};
}

template <class Variant, std::size_t I = 0>
Variant read_variant(std::string_view kind, std::string_view text) {
  if constexpr (I < std::variant_size_v<Variant>) {
    using S = std::variant_alternative_t<I, Variant>;
    if (S::name != option_name(text)) return read_variant<Variant, I + 1>(kind, text);
    S s;
    read_options(kind, text, S::name.size(), options_of(s));
    return s;
  } else {
    fail_unknown_name(kind, text, variant_names<Variant>(std::make_index_sequence<std::variant_size_v<Variant>>{}));
  }
}

}  // namespace detail

/// The names of a variant's structs, in order.
template <class Variant>
std::vector<std::string> variant_names() {
  return detail::variant_names<Variant>(std::make_index_sequence<std::variant_size_v<Variant>>{});
}

/// The struct that `text` describes: its name, then its options if any differ from their defaults. Throws ParseError
/// that lists the names, or the options, and gives the nearest to an unknown one. `kind` is what to call it.
template <class Variant>
Variant parse_variant(std::string_view kind, std::string_view text) {
  return detail::read_variant<Variant>(kind, text);
}

/// The text that `parse_variant` turns back into an equal struct.
template <class S>
std::string named_options_text(S s) {
  S defaults;
  return std::string(S::name) + detail::options_text(options_of(s), options_of(defaults));
}
template <class... S>
std::string named_options_text(const std::variant<S...>& variant) {
  return std::visit([](const auto& s) { return named_options_text(s); }, variant);
}

}  // namespace gradus
