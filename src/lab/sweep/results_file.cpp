// SPDX-License-Identifier: MIT
#include "lab/sweep/results_file.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <unordered_map>

#include "gradus/core/error.hpp"
#include "gradus/core/number.hpp"
#include "gradus/lab/files/crc32.hpp"
#include "gradus/lab/files/file.hpp"

namespace gradus::sweep_detail {
namespace {

constexpr std::array<std::string_view, 6> kOutcome{"status",    "train_loss",    "train_accuracy",
                                                   "test_loss", "test_accuracy", "seed"};

/// The last column, of files that have it: of the row's text before it.
constexpr std::string_view kChecksum = "checksum";

std::string with_checksum(std::string row) {
  const std::uint32_t sum = crc32(row);
  return std::move(row) + fmt::format(",{:08x}\n", sum);
}

std::string quoted(const std::string& cell) {
  if (cell.find_first_of(",\"\n\r") == std::string::npos) return cell;
  std::string out = "\"";
  for (const char c : cell) out += c == '"' ? "\"\"" : std::string(1, c);
  return out + '"';
}

/// The cells of one line; nothing if a quote is not closed.
std::optional<std::vector<std::string>> cells_of(std::string_view line) {
  std::vector<std::string> cells(1);
  bool inside = false;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const char c = line[i];
    if (c == '"' && inside && i + 1 < line.size() && line[i + 1] == '"')
      cells.back() += line[++i];
    else if (c == '"')
      inside = !inside;
    else if (c == ',' && !inside)
      cells.emplace_back();
    else
      cells.back() += c;
  }
  if (inside) return std::nullopt;
  return cells;
}

std::string optional_text(const std::optional<double>& value) { return value ? number_text(*value) : ""; }

/// Status, losses and accuracies.
std::vector<std::string> outcome_cells(const RunResult& r) {
  if (r.diverged) return {"diverged", "", "", "", ""};
  return {"done", number_text(r.train_loss), optional_text(r.train_accuracy), optional_text(r.test_loss),
          optional_text(r.test_accuracy)};
}

using Cells = std::map<std::string, std::string, std::less<>>;

/// Throws ValueError.
RunResult result_of(const Cells& cells) {
  const auto number = [&](std::string_view column) -> std::optional<double> {
    const std::string& text = cells.find(column)->second;
    if (text.empty()) return std::nullopt;
    const std::optional<double> value = parse_number(text);
    if (!value) throw ValueError(fmt::format("column {}: expected a number, got '{}'", column, text));
    return value;
  };
  const std::string& status = cells.find("status")->second;
  if (status == "diverged") return {.diverged = true};
  if (status != "done") throw ValueError(fmt::format("column status: expected done or diverged, got '{}'", status));
  const std::optional<double> loss = number("train_loss");
  if (!loss) throw ValueError("column train_loss: expected a number, got nothing");
  return {false, *loss, number("train_accuracy"), number("test_loss"), number("test_accuracy")};
}

}  // namespace

ResultsFile::ResultsFile(const SweepPlan& plan, ResultsPlace place, ReadOnly)
    : plan_(plan), place_(std::move(place)), results_(plan.runs.size()) {
  if (!place_.path.empty() && file_exists(place_.path)) read(read_file(place_.path));
}

ResultsFile::ResultsFile(const SweepPlan& plan, ResultsPlace place) : ResultsFile(plan, std::move(place), ReadOnly{}) {
  write_in_order();
}

std::vector<std::optional<RunResult>> ResultsFile::read_results(const SweepPlan& plan, const ResultsPlace& place) {
  return ResultsFile(plan, place, ReadOnly{}).results_;
}

void ResultsFile::read(std::string_view text) {
  std::vector<std::string> columns;
  std::unordered_map<std::string, std::size_t> known;  // runs of the plan by hash
  for (std::size_t k = plan_.runs.size(); k-- > 0;) known[plan_.runs[k].hash] = k;
  std::map<std::string, RunResult, std::less<>> found;
  if (!text.starts_with(place_.preamble))
    throw FileError(place_.path,
                    "expected the shard that is to be made, got one of another sweep: each sweep's shards "
                    "have a folder of their own");
  const std::size_t opening =
      1 + static_cast<std::size_t>(std::count(place_.preamble.begin(), place_.preamble.end(), '\n'));
  text.remove_prefix(place_.preamble.size());
  for (std::size_t number = opening; !text.empty(); ++number) {
    const std::size_t end = text.find('\n');
    if (end == std::string_view::npos) break;
    const std::string_view line = text.substr(0, end - (end > 0 && text[end - 1] == '\r'));
    text.remove_prefix(end + 1);
    const auto cells = cells_of(line);
    if (!cells) throw FileError::at_line(place_.path, number, "expected a quote that closes the one before");
    if (number == opening) {
      columns = *cells;
      for (const std::string_view column : kOutcome)
        if (columns.front() != "run" || std::find(columns.begin(), columns.end(), column) == columns.end())
          throw FileError::at_line(
              place_.path, number,
              fmt::format("expected results of a sweep, with the columns run, {}", fmt::join(kOutcome, ", ")));
      continue;
    }
    if (cells->size() != columns.size())
      throw FileError::at_line(
          place_.path, number,
          fmt::format("expected {} cells as in line {}, got {}", columns.size(), opening, cells->size()));
    if (columns.back() == kChecksum) {
      const std::string expected = fmt::format("{:08x}", crc32(line.substr(0, line.rfind(','))));
      if (cells->back() != expected)
        throw FileError::at_line(place_.path, number,
                                 fmt::format("column {}: expected {}, got '{}': the row was changed since it was "
                                             "written; take it out, and its run is made again",
                                             kChecksum, expected, cells->back()));
    }
    Cells row;
    for (std::size_t j = 0; j < columns.size(); ++j) row[columns[j]] = (*cells)[j];
    try {
      const RunResult result = result_of(row);
      const bool is_own = known.contains(row["run"]);
      if (!place_.preamble.empty() && !is_own)
        throw ValueError(fmt::format("column run: expected a run of this shard, got '{}'", row["run"]));
      if (!place_.preamble.empty() && found.contains(row["run"]))
        throw ValueError(fmt::format("column run: expected each run once, got '{}' again", row["run"]));
      if (is_own)
        found[row["run"]] = result;
      else
        others_.push_back(std::move(row));
    } catch (const ValueError& error) {
      throw FileError::at_line(place_.path, number, error.what());
    }
  }
  for (std::size_t k = 0; k < results_.size(); ++k)
    if (const auto at = found.find(plan_.runs[k].hash); at != found.end()) results_[k] = at->second;
  const auto is_own = [&](const std::string& column) {
    return column == "run" || column == kChecksum ||
           std::find(kOutcome.begin(), kOutcome.end(), column) != kOutcome.end() ||
           std::any_of(plan_.keys.begin(), plan_.keys.end(), [&](auto* key) { return key->flag == column; });
  };
  std::erase_if(columns, is_own);
  if (!others_.empty()) columns_ = columns;
}

std::string ResultsFile::header() const {
  std::string text = "run";
  for (const ExperimentKey* key : plan_.keys) text += fmt::format(",{}", key->flag);
  for (const std::string& column : columns_) text += ',' + quoted(column);
  return text + fmt::format(",seed,status,train_loss,train_accuracy,test_loss,test_accuracy,{}\n", kChecksum);
}

std::string ResultsFile::line(std::size_t k) const {
  const SweepRun& run = plan_.runs[k];
  std::string text = run.hash;
  for (const ExperimentKey* key : plan_.keys) text += ',' + quoted(value_text(plan_, run, *key));
  text += std::string(columns_.size(), ',');
  text += fmt::format(",{}", run.experiment.seed);
  for (const std::string& cell : outcome_cells(*results_[k])) text += ',' + cell;
  return with_checksum(std::move(text));
}

void ResultsFile::append(const std::vector<std::size_t>& runs, const std::vector<RunResult>& results) {
  std::string lines;
  for (std::size_t k = 0; k < runs.size(); ++k) {
    results_[runs[k]] = results[k];
    if (!place_.path.empty()) lines += line(runs[k]);
  }
  if (place_.path.empty()) return;
  // Waiting for the disk takes longer than many a run: a power loss may cost the work of a second.
  const auto now = std::chrono::steady_clock::now();
  const bool sync = now - synced_ >= std::chrono::seconds(1);
  append_to_file(place_.path, lines, sync);
  if (sync) synced_ = now;
}

void ResultsFile::put(std::vector<std::optional<RunResult>> results) {
  results_ = std::move(results);
  write_in_order();
}

void ResultsFile::write_in_order() const {
  if (place_.path.empty()) return;
  const std::string head = header();
  std::string text = place_.preamble + head;
  for (std::size_t k = 0; k < results_.size(); ++k)
    if (results_[k]) text += line(k);
  std::vector<std::string> columns = *cells_of(std::string_view(head).substr(0, head.size() - 1));
  columns.pop_back();  // the checksum
  for (const Cells& row : others_) {
    std::string cells;
    for (const std::string& column : columns) {
      const auto at = row.find(column);
      cells += ',' + quoted(at == row.end() ? "" : at->second);
    }
    cells.erase(0, 1);
    text += with_checksum(std::move(cells));
  }
  write_file(place_.path, text);
}

}  // namespace gradus::sweep_detail
