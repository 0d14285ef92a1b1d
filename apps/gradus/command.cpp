// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "apps/gradus/program.hpp"
#include "gradus/core/number.hpp"
#include "gradus/lab/data/source.hpp"
#include "src/core/text.hpp"

namespace gradus::cli {
namespace {

using Kind = Role::Kind;

/// The files that a command line names for one option.
std::vector<std::string> named_by(const CLI::Option& option, const Role& role) {
  if (option.count() == 0) return role.fallback.empty() ? std::vector<std::string>{} : std::vector{role.fallback};
  std::vector<std::string> names = option.results();
  if (role.kind == Kind::data)
    std::erase_if(names, [](const std::string& text) { return !is_file(text) || parse_number(text); });
  return names;
}

}  // namespace

std::string option_name(const CLI::Option& option) {
  return option.get_positional() ? option.get_name(true) : "--" + option.get_lnames().front();
}

const CLI::Option* own_option(const CLI::App& command, const std::string& name) {
  for (const CLI::Option* option : command.get_options())
    if (option->check_name(name)) return option;
  return nullptr;
}

CLI::Option* Command::declare(CLI::Option* option, Role role) {
  const bool writes = role.kind == Kind::output || role.kind == Kind::folder;
  roles_.emplace_back(option, std::move(role));
  if (writes && !own_option(*this, "--force"))
    flag("--force", force_, "replace files though no such command has made them");
  return option;
}

CLI::Option* Command::input(const std::string& names, std::string& path, const std::string& help) {
  return declare(CLI::App::add_option(names, path, help)->type_name("FILE"), {.kind = Kind::input});
}

CLI::Option* Command::data(const std::string& names, std::string& source, const std::string& help) {
  return declare(CLI::App::add_option(names, source, help)->type_name(""), {.kind = Kind::data});
}

CLI::Option* Command::inputs(const std::string& names, std::vector<std::string>& words, const std::string& help) {
  return declare(CLI::App::add_option(names, words, help), {.kind = Kind::data});
}

CLI::Option* Command::output(const std::string& names, std::string& path, const FileKind& kind,
                             const std::string& help) {
  return declare(CLI::App::add_option(names, path, help)->type_name("FILE"), {.kind = Kind::output, .file = &kind});
}

CLI::Option* Command::folder(const std::string& names, std::string& folder, std::vector<FileInFolder> files,
                             const std::string& help) {
  return declare(CLI::App::add_option(names, folder, help)->type_name("FOLDER"),
                 {.kind = Kind::folder, .files = std::move(files), .fallback = folder});
}

CLI::Option* Command::text(const std::string& names, std::string& value, const std::string& help) {
  return declare(CLI::App::add_option(names, value, help)->type_name("TEXT"), {});
}

CLI::Option* Command::texts(const std::string& names, std::vector<std::string>& values, const std::string& help) {
  return declare(CLI::App::add_option(names, values, help)->type_name("TEXT"), {});
}

CLI::Option* Command::count(const std::string& names, std::int64_t& value, const std::string& help, std::int64_t low) {
  const auto whole = [&value, names, low](const std::string& text) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || end != text.data() + text.size() || value < low)
      throw UsageError(fmt::format("{}: expected a whole number of at least {}, got {}", names, low, in_quotes(text)));
  };
  return read(names, whole, {}, help)->type_name("N");
}

CLI::Option* Command::flag(const std::string& names, bool& value, const std::string& help) {
  return declare(CLI::App::add_flag(names, value, help), {.kind = Kind::flag});
}

CLI::Option* Command::read(const std::string& names, Read read, Role role, const std::string& help) {
  if (role.kind == Kind::flag)
    return declare(CLI::App::add_flag_callback(
                       names, [read = std::move(read)] { read("true"); }, help),
                   role);
  return declare(CLI::App::add_option_function<std::string>(names, read, help), std::move(role));
}

const Role* Command::role_of(const CLI::Option* option) const {
  const auto found =
      std::find_if(roles_.begin(), roles_.end(), [&](const auto& entry) { return entry.first == option; });
  return found == roles_.end() ? nullptr : &found->second;
}

void Command::tell(Files& files) const {
  // Inputs first, so that it is the output that is refused.
  for (const bool inputs : {true, false})
    for (const CLI::App* app = this; app; app = app->get_parent()) {
      const auto* command = dynamic_cast<const Command*>(app);
      if (!command) continue;
      files.force = files.force || command->force_;
      for (const auto& [option, role] : command->roles_) {
        const std::string by = option_name(*option);
        const CLI::Option* own = command == this || option->count() == 0 ? nullptr : own_option(*this, by);
        if (own && own->count() > 0) throw UsageError(by + ": expected it once, got it twice");
        for (const std::string& name : named_by(*option, role)) {
          if (inputs && (role.kind == Kind::input || role.kind == Kind::data)) files.reads(name, by);
          if (!inputs && role.kind == Kind::output) files.writes(name, *role.file, by);
          if (!inputs && role.kind == Kind::folder) files.writes_into(name, role.files, by);
        }
      }
    }
}

}  // namespace gradus::cli
