// SPDX-License-Identifier: MIT
#include "src/lab/data/column.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "gradus/core/number.hpp"

namespace gradus::table {
namespace {

constexpr double kNone = std::numeric_limits<double>::quiet_NaN();
/// The largest whole number up to which a double holds every one.
constexpr double kLargestWhole = 9007199254740992.0;

}  // namespace

bool Column::Text::is_whole() const {
  return kind == NumberKind::finite && number == std::floor(number) && std::abs(number) <= kLargestWhole;
}

void Column::note(std::optional<Place>& first, std::string_view text, std::size_t place) {
  if (!first) first = {std::string(text), place};
}

std::uint32_t Column::code_of(std::string_view text, std::size_t place) {
  const auto [found, added] = ids_.try_emplace(std::string(text), static_cast<std::uint32_t>(texts_.size()));
  if (added) {
    Text& entry = texts_.emplace_back(Text{std::string(text), place, NumberKind::none, kNone});
    entry.kind = parse_number(text, entry.number, keeps_texts_ ? decimal_ : '.');
  }
  return found->second;
}

/// From the first word on each row has a code; those before it hold numbers and gaps.
void Column::begin_codes() {
  codes_.reserve(numbers_.capacity());
  for (const double number : numbers_)
    codes_.push_back(std::isnan(number) ? gap : code_of(number_text(number), first_word_->place));
}

void Column::add(std::string_view cell, std::size_t place) {
  double number = kNone;
  const NumberKind kind = parse_number(cell, number, decimal_);
  const bool is_gap = kind != NumberKind::finite && table::is_gap(cell);
  if (kind == NumberKind::none || is_gap) number = kNone;
  if (is_gap) {
    ++gaps_;
    note(first_gap_, cell, place);
  } else if (kind == NumberKind::none) {
    ++words_;
    const bool first = !first_word_;
    note(first_word_, cell, place);
    if (first && !keeps_texts_) begin_codes();
  } else if (kind == NumberKind::not_finite) {
    note(first_infinite_, cell, place);
  }
  if (keeps_texts_ || first_word_)
    codes_.push_back(is_gap                                     ? gap
                     : keeps_texts_ || kind == NumberKind::none ? code_of(cell, place)
                                                                : code_of(number_text(number), place));
  numbers_.push_back(number);
}

void Column::add(double number, std::size_t place) {
  if (keeps_texts_) {
    const bool whole = number == std::floor(number) && std::abs(number) <= kLargestWhole;
    add(whole ? std::to_string(static_cast<std::int64_t>(number)) : number_text(number), place);
  } else if (std::isnan(number)) {
    add(std::string_view("nan"), place);
  } else {
    if (std::isinf(number)) note(first_infinite_, number_text(number), place);
    numbers_.push_back(number);
  }
}

bool Column::is_gap(std::size_t row) const { return codes_.empty() ? std::isnan(numbers_[row]) : codes_[row] == gap; }

std::vector<std::string> Column::categories() {
  if (codes_.empty()) {  // of numbers alone, taken for categories because someone asked
    first_word_ = first_word_.value_or(Place{"", 1});
    begin_codes();
  }
  const bool numbers = std::all_of(texts_.begin(), texts_.end(), [](auto& t) { return t.kind == NumberKind::finite; });
  std::vector<std::size_t> order(texts_.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return numbers ? texts_[a].number < texts_[b].number : texts_[a].text < texts_[b].text;
  });
  std::vector<std::string> names;
  names.reserve(order.size());
  for (const std::size_t k : order) names.push_back(texts_[k].text);
  return names;
}

}  // namespace gradus::table
