// SPDX-License-Identifier: MIT
// What the setters and getters of an experiment's keys have in common: numbers, flags, texts and words of a choice.
#pragma once

#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "gradus/lab/experiment/keys.hpp"
#include "src/core/text.hpp"

namespace gradus::keys {

/// Thrown by a setter that leaves the words to `set_key`, which knows what the key expects.
struct Refused {};

using Value = KeyValue;
using Maybe = std::optional<KeyValue>;

inline constexpr Index kManyUpdates = Index{1} << (sizeof(Index) < 8 ? 30 : 53);

inline double number(const Value& value, bool (*good)(double)) {
  double x = std::numeric_limits<double>::quiet_NaN();
  if (const auto* whole = std::get_if<std::int64_t>(&value)) x = static_cast<double>(*whole);
  if (const auto* real = std::get_if<double>(&value)) x = *real;
  if (!std::isfinite(x) || !good(x)) throw Refused{};
  return x;
}

inline Index whole(const Value& value, Index low, Index high = kManyUpdates) {
  const double x = number(value, [](double n) { return n == std::floor(n); });
  if (x < static_cast<double>(low) || x > static_cast<double>(high)) throw Refused{};
  return static_cast<Index>(x);
}

inline bool flag(const Value& value) {
  if (!std::holds_alternative<bool>(value)) throw Refused{};
  return std::get<bool>(value);
}

inline const std::string& text(const Value& value) {
  if (!std::holds_alternative<std::string>(value) || !is_plain_text(std::get<std::string>(value))) throw Refused{};
  return std::get<std::string>(value);
}

inline const std::string& text_unless_empty(const Value& value) {
  if (text(value).empty()) throw Refused{};
  return text(value);
}

inline Maybe unless_empty(const std::string& value) { return value.empty() ? Maybe{} : Maybe{value}; }

template <class T, std::size_t N>
using Choices = std::array<std::pair<std::string_view, T>, N>;

template <class T, std::size_t N>
T choice(const Value& value, const Choices<T, N>& choices) {
  for (const auto& [name, chosen] : choices)
    if (text(value) == name) return chosen;
  throw Refused{};
}

template <class T, std::size_t N>
Maybe choice_name(T value, const Choices<T, N>& choices) {
  for (const auto& [name, chosen] : choices)
    if (value == chosen) return std::string(name);
  return {};
}

}  // namespace gradus::keys
