// SPDX-License-Identifier: MIT
#include "src/lab/data/answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <optional>

namespace gradus::table {
namespace {

using Text = Column::Text;
using Task = TableOptions::Task;

[[noreturn]] void refuse(const Column& column, const Text& text, const std::string& expected, const Source& source,
                         const std::string& remedy = "") {
  source.refuse_at(text.place, fmt::format("column {}: expected {}, got {}{}", shown(column.name()), expected,
                                           shown(text.text), remedy));
}

bool is_plain_whole(const Text& text) {  // 3, not 3.0
  return text.is_whole() && text.text.find_first_not_of("+-0123456789") == std::string::npos;
}

/// Whether whole numbers are more likely classes than counts: there are few of them for so many rows, and of more than
/// five none is far rarer than the rest, as a count's largest are.
bool are_few(const Column& column, std::size_t rows) {
  std::vector<std::size_t> times(column.texts().size());
  for (const std::uint32_t code : column.codes())
    if (code != Column::gap) ++times[code];
  const std::size_t kinds = times.size();
  if (kinds <= 5) return true;
  const std::size_t rarest = *std::min_element(times.begin(), times.end());
  return (kinds <= 10 || rows >= 5 * kinds) && 10 * rarest * kinds >= rows;
}

/// Classes or numbers, where nobody says it.
bool look_like_classes(const Column& column, const TableOptions& options, const Source& source) {
  const std::vector<Text>& texts = column.texts();
  const auto word = std::find_if(texts.begin(), texts.end(), [](auto& t) { return t.kind == NumberKind::none; });
  const bool whole = std::all_of(texts.begin(), texts.end(), [](auto& t) { return is_plain_whole(t); });
  if (word != texts.end()) {
    const bool fractions =
        std::any_of(texts.begin(), texts.end(), [](auto& t) { return t.kind == NumberKind::finite && !t.is_whole(); });
    if (fractions)
      refuse(column, *word, "a number as in other rows", source, " (--task classification takes each for a class)");
    return true;
  }
  const bool zero_and_one = texts.size() == 2 && std::all_of(texts.begin(), texts.end(),
                                                             [](auto& t) { return t.number == 0 || t.number == 1; });
  if (zero_and_one) return true;
  if (!whole) return false;
  if (options.outputs == 0) return are_few(column, column.size());
  // A network of one output tells two classes apart, or answers with numbers; one of several has one for each class.
  return options.outputs > 1 || texts.size() == 2 || options.bounded_outputs;
}

bool is_classification(const Column& column, const TableOptions& options, const Source& source) {
  if (options.task == Task::regression) return false;
  if (options.task == Task::classification || !options.class_names.empty()) return true;
  return look_like_classes(column, options, source);
}

/// What each distinct label is called. 1, +1, 01 and 1.0 are one class where all labels are whole numbers.
std::vector<std::string> class_texts(const std::vector<Text>& texts) {
  const bool whole = std::all_of(texts.begin(), texts.end(), [](auto& t) { return t.is_whole(); });
  std::vector<std::string> called;
  called.reserve(texts.size());
  for (const Text& text : texts)
    called.push_back(whole ? fmt::format("{}", static_cast<std::int64_t>(text.number)) : text.text);
  return called;
}

std::vector<std::string> class_names(const std::vector<Text>& texts, const std::vector<std::string>& called) {
  const bool whole = std::all_of(texts.begin(), texts.end(), [](auto& t) { return t.is_whole(); });
  std::vector<std::size_t> order(texts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return whole ? texts[a].number < texts[b].number : called[a] < called[b];
  });
  std::vector<std::string> names;
  for (const std::size_t i : order)
    if (names.empty() || names.back() != called[i]) names.push_back(called[i]);
  return names;
}

void refuse_fractions(const Column& column, const TableOptions& options, const Source& source) {
  if (options.because.empty()) return;  // a person says that they are classes
  for (const Text& text : column.texts())
    if (text.kind == NumberKind::finite && !text.is_whole())
      refuse(column, text, "a class", source,
             fmt::format(" ({}; --target names another column, --task classification takes each number for a class)",
                         options.because));
}

std::string more(std::size_t rows, std::string_view what) { return fmt::format("{} {}", rows, what); }

void set_labels(Dataset& data, const Column& column, const std::vector<std::size_t>& rows, const TableOptions& options,
                const Source& source, std::vector<std::string>& words) {
  refuse_fractions(column, options, source);
  const std::vector<Text>& texts = column.texts();
  const std::vector<std::string> called = class_texts(texts);
  data.class_names = options.class_names.empty() ? class_names(texts, called) : options.class_names;
  std::map<std::string_view, int> number_of;
  for (const std::string& name : data.class_names) number_of.emplace(name, static_cast<int>(number_of.size()));
  std::vector<int> class_of;
  std::string unseen;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    auto found = number_of.find(texts[i].text);
    if (found == number_of.end()) found = number_of.find(called[i]);
    if (found == number_of.end() && !options.answers_are_optional)
      refuse(column, texts[i], fmt::format("one of the known classes ({})", fmt::join(data.class_names, ", ")), source);
    if (found == number_of.end() && unseen.empty()) unseen = texts[i].text;
    class_of.push_back(found == number_of.end() ? -1 : found->second);
  }
  std::size_t gaps = 0;
  std::size_t strangers = 0;
  for (const std::size_t row : rows) {
    const std::uint32_t code = column.codes()[row];
    data.labels.push_back(code == Column::gap ? -1 : class_of[code]);
    gaps += code == Column::gap;
    strangers += code != Column::gap && class_of[code] < 0;
  }
  if (gaps > 0) words.push_back(more(gaps, "rows without an answer, left out of the scores"));
  if (strangers > 0)
    words.push_back(more(
        strangers, fmt::format("rows of a class never seen in training ({}), left out of the scores", shown(unseen))));
  if (gaps + strangers == rows.size()) data.labels.clear();
}

void set_numbers(Dataset& data, const std::vector<Column>& columns, const std::vector<std::size_t>& rows,
                 const TableOptions& options, const Source& source, std::vector<std::string>& words) {
  const Index outputs = std::ssize(columns);
  data.targets = Matrix<double>(std::ssize(rows), outputs);
  std::size_t gaps = 0;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    bool whole = true;
    for (Index k = 0; k < outputs; ++k) {
      const double number = columns[static_cast<std::size_t>(k)].number(rows[i]);
      data.targets(static_cast<Index>(i), k) = number;
      whole = whole && std::isfinite(number);
    }
    gaps += !whole;
  }
  for (const Column& column : columns) {
    if (!options.answers_are_optional && column.first_word())
      source.refuse_at(column.first_word()->place,
                       fmt::format("column {}: expected a finite number, got {} (--task classification takes each "
                                   "for a class, --target names another column)",
                                   shown(column.name()), shown(column.first_word()->text)));
    data.target_names.push_back(column.name());
  }
  if (gaps > 0) words.push_back(more(gaps, "rows without an answer, left out of the scores"));
  if (gaps == rows.size()) data.targets = {};
}

}  // namespace

void set_answers(Dataset& data, const std::vector<Column>& targets, const std::vector<std::size_t>& rows,
                 const TableOptions& options, const Source& source, std::vector<std::string>& words) {
  if (targets.empty()) return;
  for (const Column& column : targets)
    if (column.first_infinite() && !options.answers_are_optional)
      source.refuse_at(column.first_infinite()->place,
                       fmt::format("column {}: expected a finite number, got {}", shown(column.name()),
                                   shown(column.first_infinite()->text)));
  if (targets.size() > 1 && options.task == Task::classification && options.because.empty())
    source.refuse(fmt::format("expected one column of classes, got {} targets", targets.size()));
  if (targets.size() == 1 && is_classification(targets[0], options, source)) {
    set_labels(data, targets[0], rows, options, source, words);
    if (targets[0].name() != "label") data.label_name = targets[0].name();  // as a column without a name is called
  } else {
    set_numbers(data, targets, rows, options, source, words);
  }
}

}  // namespace gradus::table
