// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/gradus/commands.hpp"
#include "gradus/lab/run/run_folder.hpp"

namespace gradus::cli {
namespace {

struct RewindOptions {
  std::string folder;
  std::int64_t update = 0;
};

int rewind(const Console& console, const RewindOptions& options) {
  RunFolder folder = RunFolder::open(options.folder);
  const std::string was = rewind_run(folder, options.update);
  console.summary(fmt::format("run       {}, after {} updates\nkept      {}, what lay behind\n", options.folder,
                              options.update, was));
  console.machine({{"run", options.folder}, {"update", options.update}, {"kept", was}});
  return Exit::success;
}

}  // namespace

void add_rewind_command(Program& program) {
  const auto options = std::make_shared<RewindOptions>();
  Command& command = program.add("rewind", "take a run back to one of its updates; what lay behind is kept as a branch",
                                 "gradus rewind runs/moons --to 4711",
                                 [options](const Console& console) { return rewind(console, *options); });
  command.text("FOLDER", options->folder, "what `gradus train --run` made")->required()->type_name("");
  command.count("--to", options->update, "the update after which it is to stand")->required();
}

}  // namespace gradus::cli
