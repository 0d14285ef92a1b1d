// SPDX-License-Identifier: MIT
#include "apps/gradus/experiment_options.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gradus/experiment/keys.hpp"

namespace gradus::cli {
namespace {

void set(Experiment& experiment, const ExperimentKey& key, const KeyValue& value) {
  const std::string flag = "--" + std::string(key.flag);
  try {
    set_key(experiment, key, value, flag);
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

void add_experiment_options(CLI::App& command, const std::shared_ptr<Experiment>& experiment,
                            const std::vector<std::string_view>& only) {
  for (const ExperimentKey& key : experiment_keys()) {
    if (key.flag.empty() || (!only.empty() && std::find(only.begin(), only.end(), key.flag) == only.end())) continue;
    const std::string flag = "--" + std::string(key.flag);
    CLI::Option* option = nullptr;
    if (key.form == KeyForm::flag) {
      option = command.add_flag_callback(
          flag, [experiment, &key] { set(*experiment, key, true); }, std::string(key.help));
    } else {
      const auto read = [experiment, &key](const std::string& text) {
        set(*experiment, key, parse_key_value(key, text));
      };
      option = command.add_option_function<std::string>(flag, read, help_with_default(key));
      option->type_name(key.form == KeyForm::number ? "N" : key.form == KeyForm::text ? "TEXT" : "N|TEXT");
    }
    option->group(group_of(key.section));
  }
}

}  // namespace gradus::cli
