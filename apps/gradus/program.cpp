// SPDX-License-Identifier: MIT
#include "apps/gradus/program.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "apps/gradus/option_table.hpp"
#include "gradus/core/version.hpp"
#include "gradus/lab/experiment/words.hpp"
#include "src/core/text.hpp"

namespace gradus::cli {
namespace {

/// One line, whatever names are in it; and short, though one of them may be long.
void say_error(std::string_view message, std::string_view pointer = "") {
  constexpr std::size_t longest = 2000;
  std::string text = "gradus: " + one_line(message, longest) + "\n";
  if (!pointer.empty()) text += printable(pointer) + "\n";
  std::fwrite(text.data(), 1, text.size(), stderr);
}

bool looks_like_number(std::string_view text) {
  return text.size() > 1 && (text[1] == '.' || (text[1] >= '0' && text[1] <= '9'));
}

std::vector<std::string> option_names(const CLI::App& command) {
  std::vector<std::string> names;
  for (const CLI::App* at = &command; at; at = at->get_parent())
    for (const CLI::Option* option : at->get_options())
      for (const std::string& name : option->get_lnames()) names.push_back("--" + name);
  return names;
}

/// The option of that name, here or in a command above.
const CLI::Option* find_option(const CLI::App* command, const std::string& name) {
  for (; command; command = command->get_parent())
    if (const CLI::Option* option = own_option(*command, name)) return option;
  return nullptr;
}

std::string called(const CLI::App& command) {
  return command.get_parent() ? called(*command.get_parent()) + " " + command.get_name() : "gradus";
}

/// Walks over the words as the parser will, and refuses the first command or option that is not known: with the name
/// that was probably meant, and before the parser misses what a misspelt option was to bring.
class Screener {
 public:
  explicit Screener(const CLI::App& app) : command_(&app) {}

  /// The innermost command met.
  const CLI::App& command() const { return *command_; }

  void screen(int argc, char** argv) {
    for (int i = 1; i < argc; ++i) {
      const std::string word = argv[i];
      if (word == "--") return;
      if (word.size() > 1 && word[0] == '-' && !looks_like_number(word)) {
        if (option(word)) ++i;
      } else {
        subcommand(word);
      }
    }
  }

 private:
  /// Whether the next word is the option's value.
  bool option(const std::string& word) const {
    const bool is_long = word[1] == '-';
    const std::string name = is_long ? word.substr(0, word.find('=')) : word.substr(0, 2);
    const CLI::Option* option = find_option(command_, name);
    if (!option) {
      const std::string meant = is_long ? nearest(name, option_names(*command_)) : "";
      throw UsageError(fmt::format("unknown option {}{} (see {} --help)", name,
                                   meant.empty() ? "" : ", did you mean " + meant + "?", called(*command_)));
    }
    return option->get_items_expected_min() > 0 && name == word;
  }

  void subcommand(const std::string& word) {
    std::vector<std::string> names;
    for (const CLI::App* sub : command_->get_subcommands([](const CLI::App*) { return true; })) {
      if (sub->get_name() == word) {
        command_ = sub;
        return;
      }
      names.push_back(sub->get_name());
    }
    if (names.empty()) return;
    const std::string meant = nearest(word, names);
    throw UsageError(fmt::format("unknown {} '{}'{}", command_->get_parent() ? "kind of data" : "command", word,
                                 meant.empty() ? fmt::format(" (known: {})", fmt::join(names, ", "))
                                               : fmt::format(", did you mean {}?", meant)));
  }

  const CLI::App* command_;
};

}  // namespace

void write_stdout(std::string_view text) {
  if (std::fwrite(text.data(), 1, text.size(), stdout) != text.size() || std::fflush(stdout) != 0)
    throw FileError("standard output", std::string("cannot write: ") + std::strerror(errno));
}

void Console::result(std::string_view text) const {
  if (!json) write_stdout(printable(text));
}

void Console::summary(std::string_view text) const {
  if (!json && !quiet) write_stdout(printable(text));
}

void Console::note(std::string_view text) const {
  const std::string shown = printable(text);
  if (!quiet) std::fwrite(shown.data(), 1, shown.size(), stderr);
}

void Console::data(std::string_view bytes) const {
  if (!json) write_stdout(::isatty(STDOUT_FILENO) == 1 ? printable(bytes) : std::string(bytes));
}

void Console::machine(const nlohmann::ordered_json& value) const {
  // A name that is no UTF-8 must not keep the numbers from coming out.
  if (json) write_stdout(value.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
}

Program::Program() : app_("A laboratory for neural networks that can be seen through.", "gradus") {
  app_.set_version_flag("--version", "gradus " + std::string(version()), "print the version");
  app_.set_help_flag("-h,--help", "print this help");
  app_.add_flag("--options", list_options_, "print every command and its options as JSON");
  app_.get_formatter()->column_width(34);
  app_.get_formatter()->label("SUBCOMMAND", "COMMAND");
  app_.get_formatter()->label("REQUIRED", "(required)");
  app_.footer(
      "A first run:\n"
      "  gradus train circles:samples=500,noise=0.2,factor=0.4\n"
      "  gradus plot circles.model circles:samples=500,noise=0.2,factor=0.4,seed=1 -o circles.svg\n"
      "Each command tells more: gradus train --help");
}

Command& Program::add(const std::string& name, const std::string& help, const std::string& example, Run run) {
  return add_below(app_, name, help, example, std::move(run));
}

Command& Program::add(Command& parent, const std::string& name, const std::string& help, const std::string& example,
                      Run run) {
  return add_below(parent, name, help, example, std::move(run));
}

Command& Program::add_below(CLI::App& parent, const std::string& name, const std::string& help,
                            const std::string& example, Run run) {
  const auto made = std::make_shared<Command>(name, help);
  Command& command = *made;
  parent.add_subcommand(made);
  command.set_help_flag(app_.get_help_ptr()->get_name(false, true), app_.get_help_ptr()->get_description());
  command.formatter(app_.get_formatter());
  command.footer("Example:\n  " + example);
  command.group(&parent == &app_ ? "Commands" : "Kinds");
  command.flag("--json", console_.json, "print the result as JSON, and nothing else, on standard output");
  command.flag("-q,--quiet", console_.quiet, "print no progress and no summary");
  command.fallthrough(&parent != &app_);
  // Callbacks run from the innermost command outwards: the first one counts.
  command.callback([this, &command, run = std::move(run)] {
    if (chosen_) return;
    chosen_ = [this, &command, run](const Console& console) {
      for (const auto& check : command.checks_) check();
      command.tell(*console_.files);
      return run(console);
    };
  });
  return command;
}

int Program::run(int argc, char** argv) {
  if (argc < 2) {
    const std::string help = app_.help();
    std::fwrite(help.data(), 1, help.size(), stderr);
    return Exit::usage;
  }
  console_.files = std::make_shared<Files>();
  console_.command = "gradus";
  for (int i = 1; i < argc; ++i) console_.command += " " + shell_word(argv[i]);
  Screener screener(app_);
  screener.screen(argc, argv);
  try {
    app_.parse(argc, argv);
  } catch (const CLI::Success& asked) {  // --help or --version
    if (dynamic_cast<const CLI::CallForVersion*>(&asked)) {
      write_stdout(std::string(asked.what()) + "\n");
      return Exit::success;
    }
    const CLI::App* command = &app_;
    while (!command->get_subcommands().empty()) command = command->get_subcommands().back();
    const std::string path = called(*command);
    write_stdout(command->help(command == &app_ ? "" : path.substr(0, path.rfind(' '))));
    return Exit::success;
  } catch (const CLI::ParseError& error) {
    throw UsageError(fmt::format("{} (see {} --help)", error.what(), called(screener.command())));
  }
  if (list_options_) {
    write_stdout(option_table(app_).dump(1) + "\n");
    return Exit::success;
  }
  if (!chosen_) throw UsageError("expected a command (see gradus --help)");
  return chosen_(console_);
}

int guarded(int (*work)(int, char**), int argc, char** argv) {
  try {
    return work(argc, argv);
  } catch (const UsageError& error) {
    say_error(error.what(), error.pointer());
    return Exit::usage;
  } catch (const ParseError& error) {
    say_error(error.what(), error.pointer());
  } catch (const Error& error) {
    say_error(error.what());
  } catch (const std::bad_alloc&) {
    std::fputs("gradus: not enough memory\n", stderr);  // without asking for more of it
  } catch (const std::exception& error) {               // of the system: no thread to be had, a folder that is gone
    say_error(error.what());
  }
  return Exit::failure;
}

}  // namespace gradus::cli
