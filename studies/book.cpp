// SPDX-License-Identifier: MIT
#include "studies/book.hpp"

#include <fmt/format.h>

#include <ctime>
#include <filesystem>

#include "gradus/lab/files/file.hpp"

namespace gradus::studies {
namespace {

/// Processor time of this program: what the work takes on one core, whatever else the machine is doing.
double processor_seconds() { return static_cast<double>(std::clock()) / CLOCKS_PER_SEC; }

void make_folder(const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) throw FileError(folder, "cannot make the folder: " + error.message());
}

std::size_t count_figures(const Results& results) {
  std::size_t count = 0;
  for (const Computed& computed : results.lessons)
    for (const auto& entry : computed.lesson.entries()) count += std::holds_alternative<FigureEntry>(entry);
  return count;
}

Table times(const Results& results) {
  Table table{
      .caption = "Processor time of the computing, which is done on one core; drawing the figures comes on top.",
      .header = {"study", "seconds"},
      .rows = {}};
  for (const Computed& computed : results.lessons)
    table.rows.push_back({computed.study->name, fmt::format("{:.3f}", computed.seconds)});
  table.rows.push_back({"all", fmt::format("{:.3f}", results.seconds)});
  return table;
}

}  // namespace

Results compute(const std::vector<const Study*>& studies) {
  Results results;
  for (const Study* study : studies) {
    const double start = processor_seconds();
    Lesson lesson(study->name, results.json);
    study->run(lesson);
    results.lessons.push_back({study, std::move(lesson), processor_seconds() - start});
    results.seconds += results.lessons.back().seconds;
  }
  return results;
}

Book write_book(const Results& results, const std::string& folder,
                const std::function<void(const std::string&, std::size_t, std::size_t)>& progress) {
  Book book{.index = folder + "/index.html", .results = folder + "/results.json", .figures = 0, .problem = ""};
  make_folder(folder + "/figures");
  // The numbers first: they need nothing but the disk.
  write_file(book.results, results.json.dump(1) + "\n");

  Report report(
      "Gradus: five notebooks, number for number",
      "Five course notebooks on perceptrons, back-propagation and automatic differentiation, computed anew by "
      "one C++ program. Every random number comes from the notebooks' own stream, so that every number can "
      "be held against theirs; where a document goes wrong, the right result stands beside.");
  if (file_exists(folder + "/gradus.html"))
    report.link("The laboratory as a page", "gradus.html", "in which the same core trains as you look on.");
  const std::size_t total = count_figures(results);
  const auto draw = [&](const FigureEntry& entry) {
    if (!book.problem.empty()) return report.missing_figure(book.problem, entry.caption, entry.command), void();
    if (progress) progress(entry.name, book.figures, total);
    try {
      const std::string svg = render_svg(entry.figure, entry.name);
      write_file(fmt::format("{}/figures/{}.svg", folder, entry.name), svg);
      report.figure_svg(svg, entry.caption, entry.command);
      ++book.figures;
    } catch (const ToolError& error) {
      book.problem = error.what();
      report.missing_figure(book.problem, entry.caption, entry.command);
    }
  };
  for (const Computed& computed : results.lessons)
    for (const auto& entry : computed.lesson.entries()) {
      if (const auto* figure = std::get_if<FigureEntry>(&entry))
        draw(*figure);
      else
        std::get<Entry>(entry)(report);
    }
  report.section("How long it took", "times");
  report.table(times(results));
  report.save(book.index);
  return book;
}

}  // namespace gradus::studies
