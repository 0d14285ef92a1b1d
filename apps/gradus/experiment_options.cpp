// SPDX-License-Identifier: MIT
#include "apps/gradus/experiment_options.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gradus/lab/experiment/keys.hpp"

namespace gradus::cli {
namespace {

/// Calls `f`, with its errors turned into those of a command line.
template <class F>
void reading(const std::string& flag, F f) {
  try {
    f();
  } catch (const ParseError& error) {
    throw UsageError(fmt::format("{}: {}", flag, error.what()), error.pointer());
  } catch (const ValueError& error) {
    throw UsageError(error.what());
  }
}

std::string group_of(std::string_view section) {
  if (section.empty()) return "The whole run";
  std::string group(section);
  group[0] = static_cast<char>(group[0] - 'a' + 'A');
  return group;
}

std::string help_with_default(const ExperimentKey& key) {
  const std::optional<KeyValue> fallback = key.get(Experiment{});
  if (!fallback || *fallback == KeyValue{""}) return std::string(key.help);
  const auto* text = std::get_if<std::string>(&*fallback);
  return fmt::format("{} [{}]", key.help, text ? *text : to_text(*fallback));
}

}  // namespace

void add_key_options(CLI::App& command, const std::function<void(const ExperimentKey&, const std::string&)>& set,
                     const std::vector<std::string_view>& only) {
  for (const ExperimentKey& key : experiment_keys()) {
    if (key.flag.empty() || (!only.empty() && std::find(only.begin(), only.end(), key.flag) == only.end())) continue;
    const std::string flag = "--" + std::string(key.flag);
    const auto read = [set, &key, flag](const std::string& text) { reading(flag, [&] { set(key, text); }); };
    CLI::Option* option = nullptr;
    if (key.form == KeyForm::flag) {
      option = command.add_flag_callback(
          flag, [read] { read("true"); }, std::string(key.help));
    } else {
      option = command.add_option_function<std::string>(flag, read, help_with_default(key));
      option->type_name(key.form == KeyForm::number ? "N" : key.form == KeyForm::text ? "TEXT" : "N|TEXT");
    }
    option->group(group_of(key.section));
  }
}

void add_experiment_options(CLI::App& command, const std::shared_ptr<Experiment>& experiment,
                            const std::vector<std::string_view>& only) {
  const auto set = [experiment](const ExperimentKey& key, const std::string& text) {
    set_key(*experiment, key, parse_key_value(key, text), "--" + std::string(key.flag));
  };
  add_key_options(command, set, only);
}

}  // namespace gradus::cli
