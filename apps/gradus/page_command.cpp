// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/gradus/commands.hpp"
#include "apps/gradus/file_kinds.hpp"
#include "gradus/lab/files/file.hpp"

namespace gradus::cli {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

struct PageOptions {
  std::string output;
  bool open = false;
};

/// The page that came with this program: the one that GRADUS_PAGE names, else the one installed beside it, else the one
/// that `make page` has built beside it.
std::string page_of_program() {
  if (const char* named = std::getenv("GRADUS_PAGE")) return named;
  std::error_code error;
  const fs::path folder = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const char* place : {GRADUS_PAGE_INSTALLED, "../page/gradus.html"})
    if (const fs::path page = (folder / place).lexically_normal(); fs::exists(page, error)) return page;
  throw FileError((folder / GRADUS_PAGE_INSTALLED).lexically_normal(),
                  "no page was installed with this program: `make page` builds it, `make install` then takes it along");
}

/// Asks the desktop to show a file. Throws ToolError if there is none.
void show(const std::string& path) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::execlp("xdg-open", "xdg-open", path.c_str(), static_cast<char*>(nullptr));
    ::_exit(127);
  }
  int status = 0;
  if (child < 0 || ::waitpid(child, &status, 0) < 0 || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
    throw ToolError(fmt::format("--open: expected xdg-open to show {}, which it did not: open it by hand", path));
}

int run_page(const Console& console, const PageOptions& options) {
  const std::string page = page_of_program();
  const std::string bytes = read_file(page);
  if (!page_kind.is_one({bytes.substr(0, 1 << 16), "", false}))
    throw FileError(page, "expected the page of Gradus, got something else");
  write_file(options.output, bytes);
  console.summary(fmt::format("page      {}\n", options.output));
  console.machine(Json{{"page", options.output}, {"bytes", bytes.size()}});
  if (options.open) show(options.output);
  return Exit::success;
}

}  // namespace

void add_page_command(Program& program) {
  const auto options = std::make_shared<PageOptions>();
  Command& command = program.add("page", "write the laboratory as one HTML file, to be opened in a browser",
                                 "gradus page -o gradus.html",
                                 [options](const Console& console) { return run_page(console, *options); });
  command.output("-o,--output", options->output, page_kind, "the file to write")->type_name("FILE.html")->required();
  command.flag("--open", options->open, "show it in the browser (xdg-open)");
}

}  // namespace gradus::cli
