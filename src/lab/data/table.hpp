// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "gradus/lab/data/table.hpp"

/// What the readers of CSV and .npy share: which column is what, and what to make of the targets.
namespace gradus::table {

/// A file, and how to name a place in it.
struct Source {
  std::string path;
  bool has_lines = true;  ///< else places are rows of an array

  [[noreturn]] void refuse(const std::string& message) const;
  [[noreturn]] void refuse_at(std::size_t place, const std::string& message) const;
};

enum class NumberKind { finite, not_finite, none };

/// The whole text as a number with a point (or a comma) before its fraction, under any locale; a leading + is allowed.
NumberKind parse_number(std::string_view text, double& value, char decimal = '.');
/// Whether a cell stands for a value that is missing: empty, or one of the signs that programs write (NA, NaN, ?, ...).
bool is_gap(std::string_view text);
/// The text in quotes, shortened and on one line, for a message.
std::string shown(std::string_view text);

struct Columns {
  std::vector<Index> features;
  std::optional<Index> target;
  std::optional<Index> weights;
};

/// Which columns are features, which the target, and which the weights; `names` is empty without a header.
Columns choose_columns(const std::vector<std::string>& names, Index width, const TableOptions& options,
                       const Source& source);

/// Collects the target of each row, then makes classes or numbers of them.
class TargetColumn {
 public:
  TargetColumn(std::string name, const TableOptions& options, const Source& source, char decimal = '.')
      : name_(std::move(name)), options_(options), source_(source), decimal_(decimal) {}
  void add(std::string_view text, std::size_t place);
  /// Fills in labels and class names, or targets.
  void finish(Dataset& data) const;

 private:
  struct Label {
    std::string text;
    std::size_t place;  ///< where it first stood
    NumberKind kind;
    bool whole;
    std::int64_t integer;
    double number;
  };
  bool is_classification() const;
  std::vector<std::string> class_texts() const;
  void finish_classes(Dataset& data) const;
  void finish_numbers(Dataset& data) const;
  [[noreturn]] void refuse(const Label& label, const std::string& expected) const;

  std::string name_;
  const TableOptions& options_;
  const Source& source_;
  char decimal_;
  std::unordered_map<std::string, std::size_t> ids_;
  std::vector<Label> labels_;      ///< distinct ones
  std::vector<std::size_t> rows_;  ///< which of them each row has
};

}  // namespace gradus::table
