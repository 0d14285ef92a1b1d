// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <unistd.h>

#include <memory>
#include <nlohmann/json.hpp>

#include "apps/gradus/commands.hpp"
#include "apps/gradus/file_kinds.hpp"
#include "studies/book.hpp"

namespace gradus::cli {
namespace {

struct StudyOptions {
  std::vector<std::string> names;
  std::string output = "report";
};

std::vector<const studies::Study*> chosen(const std::vector<std::string>& names) {
  std::vector<const studies::Study*> list;
  for (const studies::Study& study : studies::all_studies())
    if (names.empty() || std::find(names.begin(), names.end(), "all") != names.end() ||
        std::find(names.begin(), names.end(), study.name) != names.end())
      list.push_back(&study);
  for (const std::string& name : names)
    if (name != "all") studies::study_called(name);  // throws if there is none
  return list;
}

int run_studies(const Console& console, const StudyOptions& options) {
  const studies::Results results = studies::compute(chosen(options.names));
  for (const studies::Computed& computed : results.lessons)
    console.summary(
        fmt::format("{:<15} {:>7.3f} s  {}\n", computed.study->name, computed.seconds, computed.study->title));
  console.summary(fmt::format("{:<15} {:>7.3f} s  computing, on one core\n", "all", results.seconds));

  std::vector<FileInFolder> figures;
  for (const studies::Computed& computed : results.lessons)
    for (const auto& entry : computed.lesson.entries())
      if (const auto* figure = std::get_if<studies::FigureEntry>(&entry))
        figures.push_back({fmt::format("figures/{}.svg", figure->name), figure_kind});
  console.files->writes_into(options.output, figures, "--out");
  const bool terminal = isatty(STDERR_FILENO) != 0;
  const studies::Book book =
      studies::write_book(results, options.output, [&](const std::string& name, std::size_t done, std::size_t total) {
        if (terminal && !console.quiet)
          fmt::print(stderr, "\rdrawing figure {} of {}: {}\x1b[K", done + 1, total, name);
      });
  if (terminal && !console.quiet) fmt::print(stderr, "\r\x1b[K");
  console.summary(fmt::format("\nreport   {}\nnumbers  {}\nfigures  {}/figures ({})\n", book.index, book.results,
                              options.output, book.figures));
  nlohmann::ordered_json json = {{"report", book.index},
                                 {"results", book.results},
                                 {"figures", book.figures},
                                 {"seconds", results.seconds},
                                 {"studies", nlohmann::ordered_json::object()}};
  for (const studies::Computed& computed : results.lessons) json["studies"][computed.study->name] = computed.seconds;
  console.machine(json);
  if (book.problem.empty()) return Exit::success;
  throw ToolError(book.problem + "; the numbers and the report are written, the figures are not");
}

}  // namespace

void add_study_command(Program& program) {
  const auto options = std::make_shared<StudyOptions>();
  std::string names;
  for (const studies::Study& study : studies::all_studies()) names += fmt::format("{}, ", study.name);
  Command& command =
      program.add("study", "run the studies and write a report of them", "gradus study perceptrons --out report",
                  [options](const Console& console) { return run_studies(console, *options); });
  command.texts("names", options->names, names + "or all [all]")->type_name("NAME");
  command
      .folder("--out", options->output, {{"index.html", report_kind}, {"results.json", study_numbers_kind}},
              "the folder to write to [report]")
      ->type_name("DIR");
}

}  // namespace gradus::cli
