// SPDX-License-Identifier: MIT
#include "apps/gradus/option_table.hpp"

#include <nlohmann/json.hpp>

namespace gradus::cli {
namespace {

using Json = nlohmann::ordered_json;

const char* word_of(Role::Kind kind) {
  switch (kind) {
    case Role::Kind::value: return "value";
    case Role::Kind::flag: return "flag";
    case Role::Kind::input: return "input";
    case Role::Kind::data: return "data";
    case Role::Kind::output: return "output";
    case Role::Kind::folder: return "folder";
  }
  return "";
}

Json option_json(const Command& command, const CLI::Option& option) {
  Json json = {{"name", option_name(option)}, {"positional", option.get_positional()}};
  json["names"] = Json::array();
  for (const std::string& name : option.get_snames()) json["names"].push_back("-" + name);
  for (const std::string& name : option.get_lnames()) json["names"].push_back("--" + name);
  const Role* role = command.role_of(&option);
  json["role"] = role ? Json(word_of(role->kind)) : Json();
  json["required"] = option.get_required();
  json["type"] = option.get_type_name();
  json["help"] = option.get_description();
  if (role && role->file) json["writes"] = role->file->what;
  if (role && role->kind == Role::Kind::folder) {
    json["writes"] = Json::object();
    for (const FileInFolder& file : role->files) json["writes"][file.name] = file.kind.what;
  }
  return json;
}

void add_commands(const CLI::App& app, const std::string& above, Json& table) {
  for (const CLI::App* sub : app.get_subcommands([](const CLI::App*) { return true; })) {
    const std::string name = above + sub->get_name();
    if (const auto* command = dynamic_cast<const Command*>(sub)) {
      Json options = Json::array();
      for (const CLI::Option* option : command->get_options())
        if (option != command->get_help_ptr()) options.push_back(option_json(*command, *option));
      table.push_back({{"command", name}, {"help", sub->get_description()}, {"options", options}});
    }
    add_commands(*sub, name + " ", table);
  }
}

}  // namespace

Json option_table(const CLI::App& app) {
  Json table = Json::array();
  add_commands(app, "", table);
  return table;
}

}  // namespace gradus::cli
