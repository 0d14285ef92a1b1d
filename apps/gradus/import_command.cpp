// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/gradus/commands.hpp"
#include "apps/gradus/file_kinds.hpp"
#include "gradus/lab/exchange/weights.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "src/core/text.hpp"

namespace gradus::cli {
namespace {

using Json = nlohmann::ordered_json;

struct ImportOptions {
  std::string file;
  std::string framework = "auto";
  std::string network;
  std::string output;
};

/// Throws UsageError unless it is known, from the file's name if nothing is said.
Framework framework_of(const ImportOptions& options) {
  if (options.framework == "auto" && options.file.ends_with(".safetensors")) return Framework::torch;
  if (options.framework == "auto")
    throw UsageError(fmt::format("--from: expected torch, for the name {} does not tell whose weights these are",
                                 in_quotes(options.file)));
  try {
    return parse_framework(options.framework);
  } catch (const ValueError&) {
    throw UsageError(fmt::format("--from: expected auto or torch, got {}", in_quotes(options.framework)));
  }
}

int import_model(const Console& console, const ImportOptions& options) {
  const Network network = parse_network(options.network);
  const SafeTensors file = parse_safetensors(read_file(options.file), options.file, ForeignTypes::unread);
  const ImportedWeights imported = from_weights(file, framework_of(options), network, options.file);
  save_model(imported.model, options.output);
  const std::string sha = parameters_sha256(imported.model);
  std::string text = fmt::format("{}: {} from {}, {}\n", options.output, to_text(network), options.file,
                                 to_text(imported.model.precision));
  for (const std::string& remark : imported.remarks) text += remark + '\n';
  console.summary(text + fmt::format("parameters  sha256 {}\n", sha));
  console.machine(Json{{"file", options.file},
                       {"model", options.output},
                       {"network", to_text(network)},
                       {"precision", to_text(imported.model.precision)},
                       {"loss", to_text(imported.model.loss)},
                       {"remarks", imported.remarks},
                       {"parameters_sha256", sha}});
  return Exit::success;
}

}  // namespace

void add_import_command(Program& program) {
  const auto options = std::make_shared<ImportOptions>();
  Command& command = program.add("import", "make a model of weights that another program trained",
                                 "gradus import state.safetensors --network 4-8tanh-3softmax -o iris.model",
                                 [options](const Console& console) { return import_model(console, *options); });
  command.input("FILE", options->file, "the weights: a state_dict of PyTorch, NAME.safetensors")
      ->required()
      ->type_name("");
  command.text("--network", options->network, "the network that they are of, as gradus train takes it")->required();
  command.text("--from", options->framework,
               "whose names and layout they have: auto (by the name of the file) or torch [auto]");
  command.output("-o,--output", options->output, model_kind, "the model file to write")->required();
  command.check([options] { framework_of(*options); });
}

}  // namespace gradus::cli
