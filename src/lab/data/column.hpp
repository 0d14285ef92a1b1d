// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "src/lab/data/table.hpp"

namespace gradus::table {

/// A column as it is read, cell by cell: numbers, gaps, and words where there are any.
class Column {
 public:
  /// A cell that is not what was hoped for, and where it stands.
  struct Place {
    std::string text;
    std::size_t place;
  };
  /// A distinct text.
  struct Text {
    std::string text;
    std::size_t place;  ///< where it first stood
    NumberKind kind;
    double number;  ///< if it is one

    bool is_whole() const;
  };
  static constexpr std::uint32_t gap = std::numeric_limits<std::uint32_t>::max();

  /// `keeps_texts`: each distinct text counts, be it a number or not; else numbers that are equal are one text.
  Column(std::string name, char decimal, bool keeps_texts)
      : name_(std::move(name)), decimal_(decimal), keeps_texts_(keeps_texts) {}

  void add(std::string_view cell, std::size_t place);
  void add(double number, std::size_t place);

  const std::string& name() const { return name_; }
  std::size_t size() const { return numbers_.size(); }
  /// One a row: NaN of a word and of a gap.
  const std::vector<double>& numbers() const { return numbers_; }
  double number(std::size_t row) const { return numbers_[row]; }
  bool is_gap(std::size_t row) const;
  bool has_words() const { return first_word_.has_value(); }
  /// Of a column that has words or keeps its texts: which one stands in each row, or `gap`.
  const std::vector<std::uint32_t>& codes() const { return codes_; }
  const std::vector<Text>& texts() const { return texts_; }
  std::size_t gaps() const { return gaps_; }
  std::size_t words() const { return words_; }

  const std::optional<Place>& first_word() const { return first_word_; }
  const std::optional<Place>& first_gap() const { return first_gap_; }
  const std::optional<Place>& first_infinite() const { return first_infinite_; }

  /// The texts as categories, each once: ascending where all are numbers, else in the order of their bytes.
  std::vector<std::string> categories();

 private:
  void note(std::optional<Place>& first, std::string_view text, std::size_t place);
  std::uint32_t code_of(std::string_view text, std::size_t place);
  void begin_codes();

  std::string name_;
  char decimal_;
  bool keeps_texts_;
  std::vector<double> numbers_;
  std::vector<std::uint32_t> codes_;
  std::vector<Text> texts_;
  std::unordered_map<std::string, std::uint32_t> ids_;
  std::size_t gaps_ = 0;
  std::size_t words_ = 0;
  std::optional<Place> first_word_;
  std::optional<Place> first_gap_;
  std::optional<Place> first_infinite_;
};

}  // namespace gradus::table
