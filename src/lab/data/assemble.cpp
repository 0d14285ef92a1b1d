// SPDX-License-Identifier: MIT
#include "src/lab/data/assemble.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

#include "src/lab/data/answers.hpp"

namespace gradus::table {
namespace {

using Place = Column::Place;
using Names = std::vector<std::string>;
using Missing = ReadingOptions::Missing;

/// Of words that nobody named: more are hardly categories, and each would make an input.
constexpr std::size_t kMostCategories = 100;
constexpr std::int64_t kMostNumbers = std::int64_t{1} << 31;

std::string listed(const Names& names, std::string_view between = ", ") {
  return fmt::format("{}", fmt::join(names, between));
}

// -------------------------------------------------------------------------------------------------- encoding

/// What `--encode` asks: `one-hot` of every column with words, or a list of `NAME` and `NAME:small<middle<large`.
class Encoding {
 public:
  Encoding(const std::string& text, const std::vector<Column>& columns, const Source& source) {
    for (std::size_t at = 0; at <= text.size() && !text.empty();) {
      const std::size_t end = std::min(text.find(',', at), text.size());
      add(text.substr(at, end - at), columns, source);
      at = end + 1;
    }
  }

  bool takes(const Column& column) const { return named_.contains(column.name()) || (all_ && column.has_words()); }
  bool names(const Column& column) const { return named_.contains(column.name()); }

  InputColumn of(Column& column, const Source& source) const {
    InputColumn input{column.name(), column.categories()};
    const auto named = named_.find(column.name());
    if (named == named_.end() || named->second.empty()) return input;
    for (const std::string& category : input.categories)
      if (std::find(named->second.begin(), named->second.end(), category) == named->second.end())
        source.refuse(fmt::format("column {}: expected one of {}, got {}", shown(column.name()),
                                  listed(named->second, " < "), shown(category)));
    input.categories = named->second;
    input.ordered = true;
    return input;
  }

 private:
  void add(const std::string& piece, const std::vector<Column>& columns, const Source& source) {
    if (piece == "one-hot") {
      all_ = true;
      return;
    }
    const std::size_t colon = piece.rfind(':');
    const std::string name = piece.substr(0, colon);
    if (std::none_of(columns.begin(), columns.end(), [&](auto& c) { return c.name() == name; })) {
      Names known;
      for (const Column& column : columns) known.push_back(column.name());
      source.refuse(fmt::format("expected a feature to encode, got {} (features: {})", shown(name), listed(known)));
    }
    Names order;
    if (colon != std::string::npos)
      for (std::size_t at = colon + 1; at <= piece.size();) {
        const std::size_t end = std::min(piece.find('<', at), piece.size());
        order.push_back(piece.substr(at, end - at));
        at = end + 1;
      }
    named_[name] = order;
  }

  bool all_ = false;
  std::map<std::string, Names> named_;  ///< and the order of their categories, if there is one
};

// -------------------------------------------------------------------------------------------------- refusing

/// What cannot be used in a table, to be told in one line that begins with the first such cell.
class Problems {
 public:
  void add(const Column& column, const Place& place, std::string_view expected) {
    if (first_ && first_->place <= place.place) return;
    first_ = place;
    message_ = fmt::format("column {}: expected {}, got {}", shown(column.name()), expected,
                           place.text.empty() ? "an empty cell" : shown(place.text));
  }
  void propose(const std::string& remedy) { remedies_ += (remedies_.empty() ? "" : "; ") + remedy; }
  void refuse_any(const Source& source) const {
    if (first_) source.refuse_at(first_->place, message_ + (remedies_.empty() ? "" : " (" + remedies_ + ")"));
  }

 private:
  std::optional<Place> first_;
  std::string message_;
  std::string remedies_;
};

std::size_t rows_with_gaps(const std::vector<const Column*>& columns, std::size_t rows) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < rows; ++i)
    count += std::any_of(columns.begin(), columns.end(), [&](auto* column) { return column->is_gap(i); });
  return count;
}

std::string gap_remedy(const std::vector<const Column*>& columns, std::size_t rows) {
  const std::size_t gaps = rows_with_gaps(columns, rows);
  const bool few = 2 * gaps <= rows;
  return fmt::format("gaps in {} of {} rows: {}", gaps, rows,
                     few ? "--missing drop leaves them out, mean or median fills them"
                         : "--missing median or mean fills them, drop leaves them out");
}

// -------------------------------------------------------------------------------------------------- steps

class Assembly {
 public:
  Assembly(Content content, const TableOptions& options, const Source& source)
      : content_(std::move(content)), options_(options), source_(source) {
    reading_.words = std::move(content_.words);
  }

  Reading reading() {
    rows_ = content_.features.front().size();
    if (options_.inputs.empty())
      choose_inputs();
    else
      inputs_ = options_.inputs;
    refuse_what_cannot_be_used();
    keep_rows();
    Dataset& data = reading_.data;
    data.x = inputs();
    data.feature_names = input_names(inputs_);
    if (std::any_of(inputs_.begin(), inputs_.end(), [](auto& input) { return !input.categories.empty(); }))
      data.columns = inputs_;
    set_answers(data, content_.targets, kept_, options_, source_, reading_.words);
    if (!content_.named) name_answers(data);
    set_weights();
    return std::move(reading_);
  }

 private:
  std::vector<const Column*> features() const {
    std::vector<const Column*> columns;
    for (const Column& column : content_.features) columns.push_back(&column);
    return columns;
  }
  std::vector<const Column*> all() const {
    std::vector<const Column*> columns = features();
    for (const Column& column : content_.targets) columns.push_back(&column);
    return columns;
  }
  bool learns() const { return options_.inputs.empty(); }
  bool keeps_gaps() const {
    return options_.reading.missing == Missing::mean || options_.reading.missing == Missing::median;
  }

  std::string input_name(const Column& column) const {
    return content_.named ? column.name() : fmt::format("x{}", inputs_.size());
  }

  void choose_inputs() {
    const Encoding encoding(options_.reading.encode, content_.features, source_);
    std::vector<Column> used;
    for (Column& column : content_.features) {
      if (column.gaps() == rows_ && options_.reading.missing != Missing::refuse) {
        reading_.words.push_back(fmt::format("left out: {}, without any value", column.name()));
        continue;
      }
      if (!encoding.takes(column)) {
        inputs_.push_back({input_name(column)});
      } else {
        InputColumn input = encoding.of(column, source_);
        input.name = input_name(column);
        const std::size_t kinds = input.categories.size();
        if (!encoding.names(column) && (kinds > kMostCategories || (kinds > 20 && 2 * kinds > rows_))) {
          reading_.words.push_back(fmt::format("left out: {}, {} different words in {} rows (--encode {} takes them)",
                                               column.name(), kinds, rows_, column.name()));
          continue;
        }
        if (!input.ordered)
          reading_.words.push_back(fmt::format("encoded one-hot: {}, {} categories", column.name(), kinds));
        inputs_.push_back(std::move(input));
      }
      used.push_back(std::move(column));
    }
    content_.features = std::move(used);
    if (inputs_.empty()) source_.refuse("expected a feature, got only columns that are left out");
  }

  /// Whether a gap in a column is told by its categories, of which it is none.
  bool is_none_of_its_categories(const Column& column) const {
    for (std::size_t k = 0; k < inputs_.size(); ++k)
      if (&content_.features[k] == &column) return !learns() && !inputs_[k].categories.empty() && !inputs_[k].ordered;
    return false;
  }

  void refuse_what_cannot_be_used() const {
    Problems problems;
    Names words;
    for (std::size_t k = 0; k < inputs_.size(); ++k) {
      const Column& column = content_.features[k];
      if (column.first_infinite()) problems.add(column, *column.first_infinite(), "a finite number");
      if (!inputs_[k].categories.empty() || !column.has_words()) continue;
      problems.add(column, *column.first_word(), learns() ? "a number" : "a number as in training");
      words.push_back(column.name());
    }
    if (!words.empty() && learns()) {
      problems.propose(fmt::format("words in {}: --encode one-hot takes them as categories, --drop {} leaves {} out",
                                   words.size() > 4 ? fmt::format("{} columns", words.size()) : listed(words),
                                   listed(words, ","), words.size() == 1 ? "the column" : "them"));
    }
    bool gaps = false;
    if (!keeps_gaps() && options_.reading.missing == Missing::refuse) {
      for (const Column* column : options_.answers_are_optional ? features() : all())
        if (column->first_gap() && !is_none_of_its_categories(*column)) {
          const bool target =
              std::any_of(content_.targets.begin(), content_.targets.end(), [&](auto& t) { return &t == column; });
          problems.add(*column, *column->first_gap(), target ? "an answer" : "a number");
          gaps = true;
        }
    }
    if (gaps && learns()) problems.propose(gap_remedy(all(), rows_));
    if (gaps && !learns())
      problems.propose("the model was not told how to fill gaps: train it with --missing mean or median");
    problems.refuse_any(source_);
  }

  static void name_answers(Dataset& data) {
    data.label_name.clear();
    for (std::size_t k = 0; k < data.target_names.size(); ++k)
      data.target_names[k] = data.target_names.size() == 1 ? "y" : fmt::format("y{}", k);
  }

  /// Rows without a gap, or, where gaps are filled, those whose answer is there.
  void keep_rows() {
    const std::vector<const Column*> needed = [&] {
      std::vector<const Column*> columns;
      if (options_.reading.missing == Missing::drop) columns = features();
      if (!options_.answers_are_optional)
        for (const Column& column : content_.targets) columns.push_back(&column);
      return columns;
    }();
    for (std::size_t i = 0; i < rows_; ++i)
      if (std::none_of(needed.begin(), needed.end(), [&](auto* column) { return column->is_gap(i); }))
        kept_.push_back(i);
    if (kept_.empty())
      source_.refuse(
          fmt::format("expected rows without a gap, got none among {} (--missing median or mean fills gaps)", rows_));
    if (kept_.size() < rows_)
      reading_.words.push_back(fmt::format("{} of {} rows left out for their gaps", rows_ - kept_.size(), rows_));
  }

  Matrix<double> inputs() {
    const Index width = inputs_of(inputs_);  // one at least
    if (std::ssize(kept_) > kMostNumbers / width)
      source_.refuse(fmt::format("expected at most {} numbers, got {} rows of {}", kMostNumbers, kept_.size(), width));
    Matrix<double> x(std::ssize(kept_), width);
    Index first = 0;
    for (std::size_t k = 0; k < inputs_.size(); ++k) {
      Column column = std::move(content_.features[k]);  // not to hold a large table twice
      if (inputs_[k].categories.empty()) {
        for (Index i = 0; i < x.rows(); ++i) x(i, first) = column.number(kept_[static_cast<std::size_t>(i)]);
      } else {
        encode(inputs_[k], column, first, x);
      }
      first += inputs_[k].inputs();
    }
    return x;
  }

  /// A gap, and a category never seen in training, is none of the categories: all of their inputs are 0, or the one
  /// input of an order is a gap.
  void encode(const InputColumn& input, Column& column, Index first, Matrix<double>& x) {
    column.categories();  // so that there are codes
    std::vector<Index> category;
    for (const Column::Text& text : column.texts()) {
      const auto found = std::find(input.categories.begin(), input.categories.end(), text.text);
      category.push_back(found == input.categories.end() ? -1 : found - input.categories.begin());
    }
    std::size_t strangers = 0;
    for (Index i = 0; i < x.rows(); ++i) {
      const std::uint32_t code = column.codes()[kept_[static_cast<std::size_t>(i)]];
      const Index at = code == Column::gap ? -1 : category[code];
      strangers += code != Column::gap && at < 0;
      if (input.ordered)
        x(i, first) = at < 0 ? std::numeric_limits<double>::quiet_NaN() : static_cast<double>(at);
      else if (at >= 0)
        x(i, first + at) = 1;
    }
    if (strangers > 0)
      reading_.words.push_back(
          fmt::format("{}: {} rows of a category never seen in training", column.name(), strangers));
  }

  void set_weights() {
    if (!content_.weights) return;
    const Column& column = *content_.weights;
    Problems problems;
    for (const auto* place : {&column.first_word(), &column.first_infinite(), &column.first_gap()})
      if (*place) problems.add(column, **place, place == &column.first_infinite() ? "a finite number" : "a number");
    problems.refuse_any(source_);
    for (const std::size_t row : kept_) {
      if (column.number(row) < 0)
        source_.refuse(fmt::format("column {}: expected a weight of at least 0, got {} (row {})", shown(column.name()),
                                   column.number(row), row + 1));
      reading_.data.weights.push_back(column.number(row));
    }
  }

  Content content_;
  const TableOptions& options_;
  const Source& source_;
  Reading reading_;
  std::vector<InputColumn> inputs_;
  std::vector<std::size_t> kept_;
  std::size_t rows_ = 0;
};

}  // namespace

Reading assemble(Content content, const TableOptions& options, const Source& source) {
  return Assembly(std::move(content), options, source).reading();
}

}  // namespace gradus::table
