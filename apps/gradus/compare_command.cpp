// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "apps/gradus/commands.hpp"
#include "apps/gradus/file_kinds.hpp"
#include "apps/gradus/training_report.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/lab/run/compare.hpp"
#include "src/core/text.hpp"

namespace gradus::cli {
namespace {

using Json = nlohmann::ordered_json;

struct CompareOptions {
  std::vector<std::string> paths;
  std::string output;
};

/// Columns as wide as their widest cell; the first to the left, numbers under their names.
std::string aligned(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows)
    for (std::size_t c = 0; c < row.size(); ++c) {
      if (widths.size() <= c) widths.push_back(0);
      widths[c] = std::max(widths[c], row[c].size());
    }
  std::string text;
  for (const auto& row : rows) {
    std::string line;
    for (std::size_t c = 0; c < row.size(); ++c) line += fmt::format("{:<{}}", row[c], widths[c] + 2);
    text += line.substr(0, line.find_last_not_of(' ') + 1) + '\n';
  }
  return text;
}

std::string table_text(const Comparison& comparison) {
  std::vector<std::vector<std::string>> rows;
  const auto add = [&](const std::string& name, auto get) {
    std::vector<std::string>& row = rows.emplace_back();
    row.push_back(name);
    for (std::size_t k = 0; k < comparison.candidates.size(); ++k) row.push_back(one_line(get(k), 40));
  };
  const auto record = [&](std::size_t k) { return comparison.candidates[k].model.record; };
  add("", [&](std::size_t k) { return comparison.candidates[k].name; });
  for (const Comparison::Difference& difference : comparison.differences)
    add(difference.key, [&](std::size_t k) { return difference.values[k].empty() ? "-" : difference.values[k]; });
  add("parameters", [&](std::size_t k) { return fmt::format("{}", comparison.candidates[k].model.theta.size()); });
  add("updates", [&](std::size_t k) { return record(k) ? fmt::format("{}", record(k)->updates) : "-"; });
  add("scored on", [&](std::size_t k) -> std::string {
    if (!record(k)) return "-";
    return record(k)->test ? fmt::format("{} test samples", record(k)->test->samples)
                           : fmt::format("{} training samples", record(k)->train.samples);
  });
  for (const ScoreField& field : score_fields()) {
    bool known = false;
    for (std::size_t k = 0; k < comparison.candidates.size(); ++k) known = known || comparison.value(k, field);
    if (!known) continue;
    add(std::string(field.label), [&](std::size_t k) -> std::string {
      const auto value = comparison.value(k, field);
      const auto interval = comparison.interval(k, field);
      if (!value) return "-";
      return short_number(*value) +
             (interval ? fmt::format(" ({} to {})", short_number(interval->low), short_number(interval->high)) : "");
    });
  }
  add("distance from the first", [&](std::size_t k) {
    const double distance = comparison.distances(0, static_cast<Index>(k));
    return std::isnan(distance) ? "-" : short_number(distance);
  });
  add("note",
      [&](std::size_t k) { return comparison.candidates[k].note.empty() ? "-" : comparison.candidates[k].note; });
  if (std::all_of(rows.back().begin() + 1, rows.back().end(), [](const std::string& cell) { return cell == "-"; }))
    rows.pop_back();
  return aligned(rows);
}

Json comparison_json(const Comparison& comparison) {
  Json json = {{"models", Json::array()}, {"differences", Json::object()}, {"same_test", comparison.same_test}};
  for (const Candidate& candidate : comparison.candidates) {
    const auto& record = candidate.model.record;
    json["models"].push_back({{"name", candidate.name},
                              {"network", to_text(candidate.model.network)},
                              {"parameters_sha256", parameters_sha256(candidate.model)},
                              {"note", candidate.note},
                              {"updates", record ? Json(record->updates) : Json()},
                              {"train", record ? to_json(record->train) : Json()},
                              {"test", record && record->test ? to_json(*record->test) : Json()},
                              {"diagnosis", record ? Json(record->diagnosis) : Json()},
                              {"history", record ? to_json(record->history) : Json()}});
  }
  for (const Comparison::Difference& difference : comparison.differences)
    json["differences"][difference.key] = difference.values;
  json["distances"] = Json::array();
  for (Index i = 0; i < comparison.distances.rows(); ++i) {
    Json row = Json::array();
    for (Index j = 0; j < comparison.distances.cols(); ++j) {
      const double distance = comparison.distances(i, j);
      row.push_back(std::isnan(distance) ? Json() : Json(distance));
    }
    json["distances"].push_back(row);
  }
  return json;
}

bool ends_in(const std::string& path, std::string_view ending) { return path.ends_with(ending); }

/// By the file's ending: a page, a table or a picture.
const FileKind* kind_of(const std::string& path) {
  if (ends_in(path, ".html")) return &report_kind;
  if (ends_in(path, ".csv")) return &comparison_kind;
  if (ends_in(path, ".svg") || ends_in(path, ".png") || ends_in(path, ".pdf")) return &figure_kind;
  return nullptr;
}

int run_compare(const Console& console, const CompareOptions& options) {
  std::vector<Candidate> candidates;
  for (const std::string& path : options.paths) candidates.push_back(load_candidate(path));
  const Comparison comparison = compare(std::move(candidates));
  console.result(table_text(comparison));
  if (comparison.candidates.size() > 1 && !comparison.same_test)
    console.note("The scores were not taken on the same samples, so far as the models tell.\n");
  std::string problem;
  if (ends_in(options.output, ".html"))
    problem = write_comparison_page(comparison, options.output, console.command);
  else if (ends_in(options.output, ".csv"))
    write_file(options.output, comparison_csv(comparison));
  else if (!options.output.empty())
    save_figure(comparison_figure(comparison), options.output);
  if (!options.output.empty()) console.summary(fmt::format("\n{}\n", options.output));
  if (console.json) {
    Json json = comparison_json(comparison);
    json["file"] = options.output.empty() ? Json() : Json(options.output);
    console.machine(json);
  }
  if (!problem.empty()) throw ToolError(problem + "; the page is written, its picture is not");
  return Exit::success;
}

}  // namespace

void add_compare_command(Program& program) {
  const auto options = std::make_shared<CompareOptions>();
  Command& command = program.add("compare", "set models and runs side by side: settings, scores, curves, distances",
                                 "gradus compare iris.model runs/moons -o both.html",
                                 [options](const Console& console) { return run_compare(console, *options); });
  command.inputs("MODEL", options->paths, "model files, and folders of runs from gradus train --run")
      ->required()
      ->type_name("");
  command.output("-o,--output", options->output, comparison_kind,
                 "a page .html, a table .csv or a picture of the curves: .svg, .png or .pdf");
  command.check([options] {
    if (!options->output.empty() && !kind_of(options->output))
      throw UsageError(fmt::format("--output: expected a name that ends in .html, .csv, .svg, .png or .pdf, got {}",
                                   in_quotes(options->output)));
  });
}

}  // namespace gradus::cli
