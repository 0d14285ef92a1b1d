// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/gradus/commands.hpp"
#include "apps/gradus/file_kinds.hpp"
#include "gradus/lab/data/csv.hpp"
#include "gradus/lab/data/source.hpp"
#include "gradus/lab/files/file.hpp"

namespace gradus::cli {
namespace {

struct DataOptions {
  std::string output = "-";
  Parameters parameters;
};

std::string type_of(ParameterKind kind) {
  switch (kind) {
    case ParameterKind::count: return "N";
    case ParameterKind::counts: return "N[,N...]";
    case ParameterKind::number: return "X";
    case ParameterKind::numbers: return "X[,X...]";
    case ParameterKind::centers: return "N|X,X;X,X...";
    case ParameterKind::range: return "LOW,HIGH";
    case ParameterKind::flag: return "";
  }
  return "";
}

int write_data(const Console& console, const std::string& source, const std::string& output) {
  const Dataset data = load_data(source);
  if (output != "-") {
    save_data(data, output);
    console.summary(fmt::format("{}: {} samples, {} features, {}\n", output, data.size(), data.features(),
                                data.is_classification() ? fmt::format("{} classes", data.classes())
                                                         : fmt::format("{} targets", data.targets.cols())));
  } else {
    console.data(to_csv(data));
  }
  nlohmann::ordered_json json = {{"source", source},
                                 {"samples", data.size()},
                                 {"features", data.feature_names},
                                 {"classes", data.class_names},
                                 {"targets", data.target_names},
                                 {"file", output == "-" ? nlohmann::ordered_json() : nlohmann::ordered_json(output)}};
  if (console.json && output == "-") json["csv"] = to_csv(data);
  console.machine(json);
  return Exit::success;
}

void add_output(Command& command, const std::shared_ptr<DataOptions>& options) {
  command.output("-o,--output", options->output, data_kind, "the file to write, CSV or .npy [standard output]");
}

void add_maker(Program& program, Command& parent, const MakerSpec& maker, const std::shared_ptr<DataOptions>& options) {
  const std::string name(maker.name);
  Command& command = program.add(parent, name, std::string(maker.help),
                                 fmt::format("gradus data {0} --samples 200 --seed 7 -o {0}.csv", name),
                                 [name, options](const Console& console) {
                                   return write_data(console, source_text(name, options->parameters), options->output);
                                 });
  add_output(command, options);
  for (const ParameterSpec& parameter : maker.parameters) {
    const std::string key(parameter.name);
    const bool is_flag = parameter.kind == ParameterKind::flag;
    const auto read = [options, key](const std::string& text) { options->parameters[key] = text; };
    const std::string fallback = parameter.fallback.empty() ? "" : fmt::format(" [{}]", parameter.fallback);
    CLI::Option* option = command.read("--" + key, read, {.kind = is_flag ? Role::Kind::flag : Role::Kind::value},
                                       std::string(parameter.help) + fallback);
    if (!is_flag) option->type_name(type_of(parameter.kind));
  }
}

}  // namespace

void add_data_command(Program& program) {
  const auto options = std::make_shared<DataOptions>();
  Command& command = program.add("data", "make data, or write out a real set, as CSV",
                                 "gradus data circles --samples 500 --noise 0.2 --factor 0.4 --seed 7 -o circles.csv",
                                 [](const Console&) { return Exit::success; });
  add_output(command, options);
  command.require_subcommand(1);
  for (const MakerSpec& maker : makers()) add_maker(program, command, maker, options);
  const auto add_real_set = [&](const std::string& name, const std::string& help) {
    add_output(
        program.add(command, name, help, fmt::format("gradus data {0} -o {0}.csv", name),
                    [name, options](const Console& console) { return write_data(console, name, options->output); }),
        options);
  };
  add_real_set("iris", "150 irises of three species (Fisher, 1936)");
  add_real_set("digits", "1797 handwritten digits, 8 x 8 (Alpaydin and Kaynak, 1998)");
}

}  // namespace gradus::cli
