// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <cmath>

#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "gradus/core/number.hpp"
#include "gradus/lab/figure/plots.hpp"
#include "gradus/lab/figure/report.hpp"
#include "gradus/lab/run/compare.hpp"

namespace gradus {
namespace {

/// Text of a person that is no markup of a page.
std::string plain(const std::string& text) {
  std::string out;
  for (const char c : one_line(text)) {
    if (c == '`' || c == '*' || c == '$' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string cell(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) return text;
  std::string quoted = "\"";
  for (const char c : text) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + '"';
}

std::string short_text(double value) { return std::isnan(value) ? "-" : fmt::format("{:.4g}", value); }

bool is_known(const Comparison& comparison, const ScoreField& field) {
  for (std::size_t k = 0; k < comparison.candidates.size(); ++k)
    if (comparison.value(k, field)) return true;
  return false;
}

std::vector<double> as_doubles(const std::vector<Index>& values) { return {values.begin(), values.end()}; }

/// A panel of one kind of curve, training solid, test dashed in the same colour.
Panel curves(const Comparison& comparison, std::vector<double> History::*training, std::vector<double> History::*test,
             const std::string& title, const std::string& label) {
  Panel panel{.title = title, .x = {.label = "update"}, .y = {.label = label}};
  for (std::size_t k = 0; k < comparison.candidates.size(); ++k) {
    const Candidate& candidate = comparison.candidates[k];
    if (!candidate.model.record) continue;
    const History& history = candidate.model.record->history;
    const Color color = series_color(static_cast<Index>(k));
    const std::string name = one_line(candidate.name, 40);
    if (!(history.*training).empty())
      panel.layers.push_back(
          Line{.x = as_doubles(history.update), .y = history.*training, .name = name, .color = color});
    if (!(history.*test).empty())
      panel.layers.push_back(Line{.x = as_doubles(history.test_update),
                                  .y = history.*test,
                                  .name = name + ", test",
                                  .color = color,
                                  .dash = Dash::dashed});
  }
  return panel;
}

Table table_of(const Comparison& comparison) {
  Table table{.caption =
                  "What differs, and what came of it: scores on test samples, where there are such, with "
                  "intervals of 95 %.",
              .header = {""},
              .rows = {}};
  for (const Candidate& candidate : comparison.candidates) table.header.push_back(plain(candidate.name));
  const auto row = [&](const std::string& name, auto get) {
    std::vector<Cell>& cells = table.rows.emplace_back();
    cells.emplace_back(plain(name));
    for (std::size_t k = 0; k < comparison.candidates.size(); ++k) cells.emplace_back(plain(get(k)));
  };
  for (const Comparison::Difference& difference : comparison.differences)
    row(difference.key, [&](std::size_t k) { return difference.values[k]; });
  for (const ScoreField& field : score_fields()) {
    if (!is_known(comparison, field)) continue;
    row(std::string(field.label), [&](std::size_t k) -> std::string {
      const std::optional<double> value = comparison.value(k, field);
      const std::optional<Interval> interval = comparison.interval(k, field);
      if (!value) return "-";
      return interval ? fmt::format("{} ({} to {})", short_text(*value), short_text(interval->low),
                                    short_text(interval->high))
                      : short_text(*value);
    });
  }
  return table;
}

Table distances_of(const Comparison& comparison) {
  Table table{.caption = "How far the parameters lie apart (Euclidean distance); - where networks differ.",
              .header = {""},
              .rows = {}};
  for (const Candidate& candidate : comparison.candidates) table.header.push_back(plain(candidate.name));
  for (Index i = 0; i < comparison.distances.rows(); ++i) {
    std::vector<Cell>& cells = table.rows.emplace_back();
    cells.emplace_back(plain(comparison.candidates[static_cast<std::size_t>(i)].name));
    for (Index j = 0; j < comparison.distances.cols(); ++j) cells.emplace_back(short_text(comparison.distances(i, j)));
  }
  return table;
}

}  // namespace

Figure comparison_figure(const Comparison& comparison) {
  const Loss& loss = comparison.candidates.front().model.loss;
  bool one_loss = true;
  for (const Candidate& candidate : comparison.candidates)
    one_loss = one_loss && candidate.model.loss.name() == loss.name();
  const std::string label = !one_loss             ? "loss (each its own)"
                            : loss.unit().empty() ? std::string(loss.name())
                                                  : fmt::format("{} ({})", loss.name(), loss.unit());
  Figure figure;
  for (Panel& panel :
       std::vector{curves(comparison, &History::loss, &History::test_loss, "Loss", label),
                   curves(comparison, &History::accuracy, &History::test_accuracy, "Accuracy", "accuracy (share)")})
    if (!panel.layers.empty()) figure.panels.push_back(panel);
  if (figure.panels.empty())
    throw ValueError("[compare] expected at least one model with the history of its training, got none");
  figure.shared_legend = figure.panels.size() > 1;
  return figure;
}

std::string comparison_csv(const Comparison& comparison) {
  std::string csv = "name";
  for (const Comparison::Difference& difference : comparison.differences) csv += ',' + cell(difference.key);
  for (const ScoreField& field : score_fields())
    if (is_known(comparison, field)) csv += fmt::format(",{0},{0}_low,{0}_high", field.name);
  csv += ",distance\n";
  const auto number = [](std::optional<double> value) { return value ? number_text(*value) : std::string(); };
  for (std::size_t k = 0; k < comparison.candidates.size(); ++k) {
    csv += cell(comparison.candidates[k].name);
    for (const Comparison::Difference& difference : comparison.differences) csv += ',' + cell(difference.values[k]);
    for (const ScoreField& field : score_fields()) {
      if (!is_known(comparison, field)) continue;
      const std::optional<Interval> interval = comparison.interval(k, field);
      csv += ',' + number(comparison.value(k, field));
      csv += ',' + number(interval ? std::optional(interval->low) : std::nullopt);
      csv += ',' + number(interval ? std::optional(interval->high) : std::nullopt);
    }
    const double distance = comparison.distances(0, static_cast<Index>(k));
    csv += ',' + (std::isnan(distance) ? std::string() : number_text(distance)) + '\n';
  }
  return csv;
}

std::string write_comparison_page(const Comparison& comparison, const std::string& path, const std::string& command) {
  Report report(fmt::format("{} side by side", comparison.candidates.size() == 1 ? "A model" : "Models"),
                "Settings that all share are left out.");
  report.section("What differs, and what came of it", "table");
  report.table(table_of(comparison));
  if (!comparison.same_test)
    report.paragraph("The scores were not taken on the same samples, so far as the models tell: chance is in between.");
  report.section("How they learned", "curves");
  std::string problem;
  const std::string caption = "Losses and accuracies as training went; dashed: on the test set.";
  try {
    report.figure(comparison_figure(comparison), caption, command);
  } catch (const ToolError& error) {
    problem = error.what();
    report.missing_figure(problem, caption, command);
  } catch (const ValueError& error) {
    report.paragraph(plain(error.what()));
  }
  report.section("How far apart they are", "distances");
  report.table(distances_of(comparison));
  report.save(path);
  return problem;
}

}  // namespace gradus
