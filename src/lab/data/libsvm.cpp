// SPDX-License-Identifier: MIT
#include "src/lab/data/libsvm.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

namespace gradus::table {
namespace {

/// More columns than any table of small networks has; an index may claim any number of them.
constexpr std::size_t kMostColumns = 100'000;
constexpr std::size_t kMostCells = std::size_t{1} << 30;

struct Entry {
  std::size_t index;
  std::string_view value;
};

std::vector<std::string_view> words_of(std::string_view line) {
  line = line.substr(0, line.find('#'));
  std::vector<std::string_view> words;
  for (std::size_t at = 0; (at = line.find_first_not_of(" \t\r", at)) != std::string_view::npos;) {
    const std::size_t end = std::min(line.find_first_of(" \t\r", at), line.size());
    words.push_back(line.substr(at, end - at));
    at = end;
  }
  return words;
}

std::optional<Entry> entry_of(std::string_view word) {
  Entry entry{0, {}};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), entry.index);
  if (error != std::errc{} || end == word.data() + word.size() || *end != ':' || entry.index == 0) return {};
  entry.value = word.substr(static_cast<std::size_t>(end - word.data()) + 1);
  double number;
  return parse_number(entry.value, number) == NumberKind::finite ? std::optional(entry) : std::nullopt;
}

template <class F>
void for_each_line(std::string_view text, F f) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    f(words_of(text.substr(at, end - at)));
    at = end + 1;
  }
}

}  // namespace

bool is_libsvm(std::string_view text) {
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::vector<std::string_view> words = words_of(text.substr(at, end - at));
    double label;
    if (!words.empty())
      return words.size() > 1 && parse_number(words[0], label) == NumberKind::finite &&
             std::all_of(words.begin() + 1, words.end(), [](auto word) { return entry_of(word).has_value(); });
    at = end + 1;
  }
  return false;
}

std::string libsvm_rows(std::string_view text, const Source& source) {
  std::size_t columns = 0;
  std::size_t rows = 0;
  std::size_t line = 0;
  for_each_line(text, [&](const std::vector<std::string_view>& words) {
    ++line;
    rows += !words.empty();
    std::size_t last = 0;
    for (std::size_t k = 1; k < words.size(); ++k) {
      const std::optional<Entry> entry = entry_of(words[k]);
      if (!entry || entry->index <= last)
        source.refuse_at(line, fmt::format("expected ascending index:value, indices from 1, got {}", shown(words[k])));
      last = entry->index;
    }
    columns = std::max(columns, last);
  });
  if (columns > kMostColumns || columns * rows > kMostCells)
    source.refuse(fmt::format("expected a sparse table of at most {} columns and {} cells, got {} columns of {} rows",
                              kMostColumns, kMostCells, columns, rows));
  std::string csv;
  for_each_line(text, [&](const std::vector<std::string_view>& words) {
    std::size_t column = 0;
    for (std::size_t k = 1; k < words.size(); ++k) {
      const Entry entry = *entry_of(words[k]);
      for (++column; column < entry.index; ++column) csv += "0,";
      csv.append(entry.value) += ',';
    }
    for (; !words.empty() && column < columns; ++column) csv += "0,";
    if (!words.empty()) csv.append(words[0]);
    csv += '\n';
  });
  return csv;
}

}  // namespace gradus::table
