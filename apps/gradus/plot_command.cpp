// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/gradus/commands.hpp"
#include "apps/gradus/file_kinds.hpp"
#include "apps/gradus/model_data.hpp"
#include "gradus/lab/exchange/open_model.hpp"
#include "gradus/lab/experiment/figures.hpp"
#include "src/core/text.hpp"

namespace gradus::cli {
namespace {

struct PlotOptions : ModelData {
  std::string output;
  std::string kind;
  std::string title;
};

int plot(const Console& console, const PlotOptions& options) {
  const Model model = open_model(options.model);
  const Reading reading = load_for_model(model, options);
  for (const std::string& line : reading.words) console.note(fmt::format("{}: {}\n", options.data, one_line(line)));
  const Dataset data = answered(reading.data);
  if (data.size() == 0) throw ValueError(options.data + ": expected data with its answers (labels or targets) to plot");
  const std::string kind = options.kind.empty() ? std::string(fitting_kind(model, data)) : options.kind;
  const std::string title = options.title.empty() ? to_text(model.network) + " on " + options.data : options.title;
  save_figure(model_figure(kind, model, data, title), options.output);
  console.summary(fmt::format("{}: {}\n", options.output, kind));
  console.machine({{"kind", kind}, {"file", options.output}});
  return Exit::success;
}

void check_options(const PlotOptions& options) {
  try {
    check_figure({options.kind.empty() ? "regions" : options.kind, options.output});
  } catch (const ValueError& error) {
    throw UsageError(error.what());
  }
}

}  // namespace

void add_plot_command(Program& program) {
  const auto options = std::make_shared<PlotOptions>();
  Command& command = program.add("plot", "draw what a model has learned", "gradus plot iris.model iris -o iris.svg",
                                 [options](const Console& console) {
                                   check_options(*options);
                                   return plot(console, *options);
                                 });
  add_model_and_data(command, *options);
  command.output("-o,--output", options->output, figure_kind, "the picture: .svg, .png or .pdf")->required();
  command.text("--kind", options->kind, fmt::format("{} [what applies]", fmt::join(figure_kinds(), ", ")))
      ->type_name("KIND");
  command.text("--title", options->title, "above the picture [the network and the data]");
}

}  // namespace gradus::cli
