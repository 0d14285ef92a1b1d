// SPDX-License-Identifier: MIT
#pragma once

#include <charconv>
#include <optional>
#include <string>
#include <string_view>

#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/matrix.hpp"
#include "gradus/core/number.hpp"

namespace gradus::detail {

inline bool is_digit(char c) { return '0' <= c && c <= '9'; }
inline bool is_letter(char c) { return 'a' <= c && c <= 'z'; }

/// The characters of a network's text, read from left to right: words, numbers and options.
class TextReader {
 public:
  explicit TextReader(std::string_view text) : text_(text) {}

 protected:
  /// Widths above this are a slip of the keyboard, and would overflow a parameter count.
  static constexpr Index kMaxWidth = 1'000'000;

  struct Count {
    const char* what;
    Index least = 1;
    Index most = kMaxWidth;
  };
  struct Word {
    std::string_view text;
    std::size_t position;
  };

  [[noreturn]] void fail(std::size_t position, const std::string& message) const {
    throw ParseError("network", std::string(text_), position, message);
  }
  bool at_end() const { return position_ == text_.size(); }
  char peek(std::size_t ahead = 0) const { return position_ + ahead < text_.size() ? text_[position_ + ahead] : '\0'; }
  bool take(std::string_view word) {
    if (text_.substr(position_, word.size()) != word) return false;
    position_ += word.size();
    return true;
  }

  /// Everything up to the next separator: what a person meant as one word.
  std::string_view word() {
    const std::size_t start = position_;
    while (!at_end() && peek() != '-' && peek() != ':' && peek() != ']') ++position_;
    return text_.substr(start, position_ - start);
  }

  Index number(Count count) {
    const std::size_t start = position_;
    const std::string what = count.what;
    Index value = 0;
    const auto [end, error] = std::from_chars(text_.data() + start, text_.data() + text_.size(), value);
    if (end == text_.data() + start || text_[start] == '-') fail(start, "expected " + what + ", a whole number");
    if (error != std::errc{} || value > count.most)
      fail(start, "expected " + what + " to be at most " + std::to_string(count.most));
    if (value < count.least)
      fail(start, "expected " + what + " to be at least " + std::to_string(count.least) + ", got 0");
    position_ = static_cast<std::size_t>(end - text_.data());
    return value;
  }

  /// 0.2, 1e-05
  double decimal(const std::string& what) {
    const std::size_t start = position_;
    while (is_digit(peek()) || peek() == '.') ++position_;
    if (peek() == 'e' && (is_digit(peek(1)) || (peek(1) == '-' && is_digit(peek(2))))) {
      position_ += 2;
      while (is_digit(peek())) ++position_;
    }
    const std::optional<double> value = parse_number(text_.substr(start, position_ - start));
    if (!value) fail(start, "expected " + what + ", a number such as 0.2");
    return *value;
  }

  /// `:name` again and again; take(name) says whether it knows the name, and reads what belongs to it.
  template <class F>
  void options(const std::string& known, F take_option) {
    while (peek() == ':') {
      const std::size_t start = ++position_;
      while (is_letter(peek())) ++position_;
      if (take_option(text_.substr(start, position_ - start))) continue;
      position_ = start;
      fail(start, "unknown option " + in_quotes(word()) + " (known: " + known + ")");
    }
  }

  std::string_view text_;
  std::size_t position_ = 0;
};

}  // namespace gradus::detail
