// SPDX-License-Identifier: MIT
#include "apps/gradus/file_kinds.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gradus/check/explain.hpp"
#include "gradus/core/number.hpp"
#include "gradus/lab/data/csv.hpp"
#include "gradus/lab/data/npy.hpp"
#include "gradus/lab/data/source.hpp"
#include "gradus/lab/experiment/experiment.hpp"
#include "gradus/lab/experiment/figures.hpp"
#include "gradus/lab/figure/report.hpp"
#include "gradus/lab/model/model_file.hpp"

namespace gradus::cli {
namespace {

bool has(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

/// Rows of a CSV file as our commands write it: no blank, plain line ends.
class Rows {
 public:
  explicit Rows(const FileSample& file) : text_(file.head) {
    if (!file.whole) text_ = text_.substr(0, text_.rfind('\n') + 1);  // the last row may be cut
  }
  bool next(std::string_view& row) {
    if (text_.empty()) return false;
    row = text_.substr(0, text_.find('\n'));
    text_.remove_prefix(std::min(row.size() + 1, text_.size()));
    return true;
  }

 private:
  std::string_view text_;
};

/// Whether all numbers below the header are written with 17 significant digits, as ours are, and some of them need
/// fewer: almost every other program would have written these shorter. Words are passed over.
bool has_numbers_of_ours(const FileSample& file) {
  Rows rows(file);
  std::string_view row;
  if (!rows.next(row) || row.empty()) return false;
  bool long_ones = false;
  while (rows.next(row)) {
    while (!row.empty()) {
      const std::string_view cell = row.substr(0, row.find(','));
      row.remove_prefix(std::min(cell.size() + 1, row.size()));
      const std::optional<double> value = parse_number(cell);
      if (!value) continue;
      const std::string ours = fmt::format("{:.17g}", *value);
      if (cell != ours && cell != ours + ".0") return false;
      long_ones = long_ones || ours != number_text(*value);
    }
  }
  return long_ones;
}

std::string_view first_row(const FileSample& file) {
  return std::string_view(file.head).substr(0, file.head.find('\n'));
}

bool is_model(const FileSample& file) { return looks_like_model(file.head) && has(file.head, "\"gradus.version\""); }

bool is_experiment(const FileSample& file) { return file.head.starts_with(experiment_opening); }

/// Before there was a mark, an SVG picture was known by the name of the group that holds it all.
bool is_figure(const FileSample& file) {
  return has(file.head, figure_mark) || has(file.tail, figure_mark) ||
         (has(file.head, "<svg") && has(file.head, "-all\">\n<rect"));
}

bool is_page(const FileSample& file) {
  return file.head.find(R"(<meta name="generator" content="Gradus page">)") != std::string::npos;
}
bool is_report(const FileSample& file) { return is_report_page(file.head); }

/// A sweep reads what is there before it writes, and refuses what holds no results, whatever --force says.
bool is_results(const FileSample&) { return true; }

/// Its keys are the documents' names, which open with their numbers.
bool is_study_numbers(const FileSample& file) {
  constexpr std::string_view opening = "{\n \"";
  const std::string_view number = std::string_view(file.head).substr(std::min(opening.size(), file.head.size()), 4);
  return file.head.starts_with(opening) && number.size() == 4 && number[3] == '_' &&
         number.substr(0, 3).find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_real_set(const FileSample& file) {
  constexpr const char* sets[] = {"iris", "digits"};
  return std::any_of(std::begin(sets), std::end(sets),
                     [&](const char* name) { return to_csv(load_data(name)).starts_with(file.head); });
}

bool is_plain_xor(const FileSample& file) {
  const auto lines = std::count(file.head.begin(), file.head.end(), '\n');
  return lines > 1 && to_csv(load_data(fmt::format("xor:samples={}", lines - 1))).starts_with(file.head);
}

bool is_data(const FileSample& file) {
  if (is_npy_of_ours(file.head)) return true;
  if (first_row(file).starts_with("class,p_")) return false;  // predictions
  return has_numbers_of_ours(file) || is_real_set(file) || is_plain_xor(file);
}

bool is_predictions(const FileSample& file) {
  return first_row(file).starts_with("class,p_") || (!has(first_row(file), "label") && has_numbers_of_ours(file));
}

/// A page, a picture, or the table by the columns at its ends.
bool is_comparison(const FileSample& file) {
  return is_report(file) || is_figure(file) ||
         (first_row(file).starts_with("name,") && first_row(file).ends_with(",distance"));
}

bool is_explanation(const FileSample& file) { return has(file.head, explanation_opening); }

/// Of ONNX version 8 to 10 of the format, then the producer of six letters; of weights their entry in the metadata; of
/// a header its first line.
bool is_exported(const FileSample& file) {
  if (file.head.size() <= 10) return false;
  if (file.head.starts_with("/* ")) return has(first_row(file), ", by gradus ");
  if (file.head[0] == '\x08') return file.head.substr(2, 8) == "\x12\x06gradus";
  return file.head.substr(8, 2) == R"({")" && has(file.head, R"("gradus.weights":")");
}

}  // namespace

const FileKind model_kind{"model", is_model};
const FileKind experiment_kind{"experiment that gradus saved", is_experiment};
const FileKind figure_kind{"figure that gradus drew", is_figure};
const FileKind report_kind{"report of gradus", is_report};
const FileKind results_kind{"results of a sweep", is_results};
const FileKind study_numbers_kind{"numbers of the studies", is_study_numbers};
const FileKind data_kind{"data that gradus wrote", is_data};
const FileKind explanation_kind{"explanation that gradus wrote", is_explanation};
const FileKind exported_kind{"file that gradus exported", is_exported};
const FileKind comparison_kind{"comparison that gradus wrote", is_comparison};
const FileKind predictions_kind{"predictions that gradus wrote", is_predictions};
const FileKind page_kind{"page of gradus", is_page};

std::vector<FileInFolder> figures_in_folder() {
  std::vector<FileInFolder> files;
  for (const std::string_view kind : figure_kinds()) files.push_back({fmt::format("{}.svg", kind), figure_kind});
  return files;
}

}  // namespace gradus::cli
