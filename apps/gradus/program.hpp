// SPDX-License-Identifier: MIT
#pragma once

#include <CLI/CLI.hpp>
#include <functional>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>

#include "gradus/core/error.hpp"
#include "gradus/core/nearest.hpp"

/// The command line: a file a command. Each file offers one function, `void add_<name>_command(Program&)`, named in
/// commands.hpp and called in main.cpp.
namespace gradus::cli {

/// How a command ends.
enum Exit { success = 0, failure = 1, usage = 2, interrupted = 130 };

/// The command line itself is wrong. `pointer` may show where, on two lines.
class UsageError : public Error {
 public:
  explicit UsageError(const std::string& message, std::string pointer = "")
      : Error(message), pointer_(std::move(pointer)) {}
  const std::string& pointer() const { return pointer_; }

 private:
  std::string pointer_;
};

/// Where a command's words go. With --json standard output holds one JSON value and nothing else; with --quiet nothing
/// is said that was not asked for. Errors go to standard error in any case.
struct Console {
  bool json = false;
  bool quiet = false;
  std::string command;  ///< the words of the command line, as a shell takes them

  /// What was asked for, for a person: to standard output, unless --json.
  void result(std::string_view text) const;
  /// What may be good to know: to standard output, unless --json or --quiet.
  void summary(std::string_view text) const;
  /// A remark on the side: to standard error, unless --quiet.
  void note(std::string_view text) const;
  /// What was asked for, for a machine: to standard output, if --json.
  void machine(const nlohmann::ordered_json& value) const;
};

/// Writes to standard output. Throws FileError if it cannot take everything (a full disk).
void write_stdout(std::string_view text);

class Program {
 public:
  using Run = std::function<int(const Console&)>;

  Program();

  /// Adds a command with --help, --json and --quiet; `run` gives the exit status. `example` ends the help. The caller
  /// adds options, whose values must outlive the call: keep them in a std::shared_ptr that `run` holds.
  CLI::App& add(const std::string& name, const std::string& help, const std::string& example, Run run);
  /// The same below a command (`gradus data circles`).
  CLI::App& add(CLI::App& parent, const std::string& name, const std::string& help, const std::string& example,
                Run run);

  /// Parses and runs; says in one line what goes wrong. Gives the exit status.
  int run(int argc, char** argv);

 private:
  int parse_and_run(int argc, char** argv);

  CLI::App app_;
  Console console_;
  Run chosen_;
};

/// Options as text, which know no locale and refuse what is no number.
CLI::Option* add_count(CLI::App& command, const std::string& flag, std::int64_t& value, const std::string& help,
                       std::int64_t low = 0);

/// Throws FileError if a file of this name could not be written, before the work that it is to hold.
void check_writable(const std::string& path);

}  // namespace gradus::cli
