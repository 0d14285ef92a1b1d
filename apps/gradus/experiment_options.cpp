// SPDX-License-Identifier: MIT
#include "apps/gradus/experiment_options.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "gradus/lab/experiment/keys.hpp"
#include "gradus/lab/experiment/words.hpp"

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

Role::Kind role_of(const ExperimentKey& key) {
  if (key.form == KeyForm::flag) return Role::Kind::flag;
  return key.names_data ? Role::Kind::data : Role::Kind::value;
}

std::string help_with_default(const ExperimentKey& key) {
  const std::optional<KeyValue> fallback = key.get(Experiment{});
  if (!fallback || *fallback == KeyValue{""}) return std::string(key.help);
  return fmt::format("{} [{}]", key.help, plain_text(*fallback));
}

}  // namespace

void add_key_options(Command& command, const std::function<void(const ExperimentKey&, const std::string&)>& set,
                     const std::vector<std::string_view>& only) {
  for (const ExperimentKey& key : experiment_keys()) {
    if (key.flag.empty() || (!only.empty() && std::find(only.begin(), only.end(), key.flag) == only.end())) continue;
    const std::string flag = "--" + std::string(key.flag);
    const auto read = [set, &key, flag](const std::string& text) { reading(flag, [&] { set(key, text); }); };
    const bool is_flag = key.form == KeyForm::flag;
    CLI::Option* option =
        command.read(flag, read, {.kind = role_of(key)}, is_flag ? std::string(key.help) : help_with_default(key));
    if (!is_flag) option->type_name(key.form == KeyForm::number ? "N" : key.form == KeyForm::text ? "TEXT" : "N|TEXT");
    option->group(group_of(key.section));
    if (!key.deniable) continue;
    const auto deny = [set, &key, flag](const std::string&) { reading(flag, [&] { set(key, "false"); }); };
    command.read("--no-" + std::string(key.flag), deny, {.kind = Role::Kind::flag}, "the opposite")
        ->group(group_of(key.section));
  }
}

void add_experiment_options(Command& command, const std::shared_ptr<Experiment>& experiment,
                            const std::shared_ptr<GivenKeys>& given, const std::vector<std::string_view>& only) {
  const auto set = [experiment, given](const ExperimentKey& key, const std::string& text) {
    set_key(*experiment, key, parse_key_value(key, text), "--" + std::string(key.flag));
    given->push_back(&key);
  };
  add_key_options(command, set, only);
}

void refuse_idle(const GivenKeys& given, const std::vector<Experiment>& experiments) {
  for (const ExperimentKey* key : given) {
    if (const std::string why = why_idle(*key, experiments); !why.empty())
      throw UsageError(fmt::format("--{} has no effect here: {}", key->flag, why));
  }
}

}  // namespace gradus::cli
