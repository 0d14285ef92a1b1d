// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "apps/gradus/errors.hpp"
#include "apps/gradus/files.hpp"
#include "gradus/core/nearest.hpp"

/// The command line: a file a command. Each file offers one function, `void add_<name>_command(Program&)`, named in
/// commands.hpp and called in main.cpp.
namespace gradus::cli {

/// How a command ends.
enum Exit { success = 0, failure = 1, usage = 2, unproven = 3, interrupted = 130 };

/// Where a command's words go. With --json standard output holds one JSON value and nothing else; with --quiet nothing
/// is said that was not asked for. Errors go to standard error in any case.
struct Console {
  bool json = false;
  bool quiet = false;
  std::string command;           ///< the words of the command line, as a shell takes them
  std::shared_ptr<Files> files;  ///< told of what the options name; for a command to tell what else it will touch

  /// What was asked for, for a person: to standard output, unless --json.
  void result(std::string_view text) const;
  /// What may be good to know: to standard output, unless --json or --quiet.
  void summary(std::string_view text) const;
  /// A remark on the side: to standard error, unless --quiet.
  void note(std::string_view text) const;
  /// Data that was asked for, byte by byte: to standard output, unless --json. Shown on a terminal it is made harmless.
  void data(std::string_view bytes) const;
  /// What was asked for, for a machine: to standard output, if --json.
  void machine(const nlohmann::ordered_json& value) const;
};

/// What an option's value is. Whoever adds an option says so, and what it says of files is held to before the command
/// runs: see Files.
struct Role {
  enum class Kind { value, flag, input, data, output, folder };
  Kind kind = Kind::value;
  const FileKind* file = nullptr;        ///< of an output
  std::vector<FileInFolder> files = {};  ///< of a folder that is written to
  std::string fallback = "";             ///< of an output that is written unless told otherwise
};

/// How a message names an option: `--output`, or DATA.
std::string option_name(const CLI::Option& option);

/// The option of that name, of this command itself. (CLI11's own look-up ends the program where memory ends.)
const CLI::Option* own_option(const CLI::App& command, const std::string& name);

/// A command, or a kind of one (`gradus data circles`). Its options are declared by what they hold; the declarations of
/// the base class, which would leave that out, are closed.
class Command : public CLI::App {
 public:
  Command(const std::string& name, const std::string& help) : CLI::App(help, name) {}

  /// A file to read.
  CLI::Option* input(const std::string& names, std::string& path, const std::string& help);
  /// A file to read, a real set or a maker of data.
  CLI::Option* data(const std::string& names, std::string& source, const std::string& help);
  /// Words of which some may be files to read or data.
  CLI::Option* inputs(const std::string& names, std::vector<std::string>& words, const std::string& help);
  /// A file to write.
  CLI::Option* output(const std::string& names, std::string& path, const FileKind& kind, const std::string& help);
  /// A folder to write these files into; `folder` holds what it is unless told.
  CLI::Option* folder(const std::string& names, std::string& folder, std::vector<FileInFolder> files,
                      const std::string& help);
  /// What names no file.
  CLI::Option* text(const std::string& names, std::string& value, const std::string& help);
  CLI::Option* texts(const std::string& names, std::vector<std::string>& values, const std::string& help);
  /// A whole number of at least `low`, under any locale.
  CLI::Option* count(const std::string& names, std::int64_t& value, const std::string& help, std::int64_t low = 0);
  CLI::Option* flag(const std::string& names, bool& value, const std::string& help);
  /// An option that is read by a function; a flag calls it with `true`.
  using Read = std::function<void(const std::string&)>;
  CLI::Option* read(const std::string& names, Read read, Role role, const std::string& help);

  template <class... Arguments>
  CLI::Option* add_option(Arguments&&...) = delete;
  template <class... Arguments>
  CLI::Option* add_option_function(Arguments&&...) = delete;
  template <class... Arguments>
  CLI::Option* add_flag(Arguments&&...) = delete;
  template <class... Arguments>
  CLI::Option* add_flag_callback(Arguments&&...) = delete;

  /// Adds a check of what was given, made before any file is touched. It throws UsageError.
  void check(std::function<void()> check) { checks_.push_back(std::move(check)); }

  /// The role of an option; none of one that nobody declared.
  const Role* role_of(const CLI::Option* option) const;
  /// Tells of all files that the options of this command, and of those above it, name.
  void tell(Files& files) const;

 private:
  friend class Program;
  CLI::Option* declare(CLI::Option* option, Role role);

  bool force_ = false;
  std::vector<std::function<void()>> checks_;
  std::vector<std::pair<const CLI::Option*, Role>> roles_;
};

/// Calls work(argc, argv), which gives the exit status; says in one line what it throws.
int guarded(int (*work)(int, char**), int argc, char** argv);

/// Writes to standard output. Throws FileError if it cannot take everything (a full disk).
void write_stdout(std::string_view text);

class Program {
 public:
  using Run = std::function<int(const Console&)>;

  Program();

  /// Adds a command with --help, --json and --quiet, and with --force once it has an output; `run` gives the exit
  /// status. `example` ends the help. The caller adds options, whose values must outlive the call: keep them in a
  /// std::shared_ptr that `run` holds.
  Command& add(const std::string& name, const std::string& help, const std::string& example, Run run);
  /// The same below a command (`gradus data circles`).
  Command& add(Command& parent, const std::string& name, const std::string& help, const std::string& example, Run run);

  /// Parses and runs. Gives the exit status, or throws what `guarded` says in one line.
  int run(int argc, char** argv);

 private:
  Command& add_below(CLI::App& parent, const std::string& name, const std::string& help, const std::string& example,
                     Run run);

  CLI::App app_;
  bool list_options_ = false;
  Console console_;
  Run chosen_;
};

}  // namespace gradus::cli
