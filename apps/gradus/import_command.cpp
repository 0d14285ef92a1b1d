// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/gradus/commands.hpp"
#include "apps/gradus/file_kinds.hpp"
#include "gradus/lab/exchange/onnx.hpp"
#include "gradus/lab/exchange/weights.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "src/core/text.hpp"

namespace gradus::cli {
namespace {

using Json = nlohmann::ordered_json;

struct ImportOptions {
  std::string file;
  std::string source = "auto";
  std::string network;
  bool external_data = false;
  std::string output;
};

enum class Source { onnx, torch, fann, rtneural };

/// Throws UsageError unless it is known, from the file's name if nothing is said.
Source source_of(const ImportOptions& options) {
  struct Known {
    std::string_view name, ending;
    Source source;
  };
  constexpr Known known[] = {{"onnx", ".onnx", Source::onnx},
                             {"torch", ".safetensors", Source::torch},
                             {"fann", ".net", Source::fann},
                             {"rtneural", ".json", Source::rtneural}};
  for (const Known& one : known)
    if (options.source == one.name || (options.source == "auto" && options.file.ends_with(one.ending)))
      return one.source;
  constexpr std::string_view of_python[] = {"keras", "npz"};
  for (const std::string_view name : of_python)
    if (options.source == name || (options.source == "auto" && options.file.ends_with("." + std::string(name))))
      throw UsageError(
          fmt::format("--from: {} is read in Python: gd.import_weights(FILE, source='{}')[0].save(MODEL)", name, name));
  if (options.source == "auto")
    throw UsageError(
        fmt::format("--from: expected onnx, torch, fann or rtneural, for the name {} does not tell whose weights "
                    "these are",
                    in_quotes(options.file)));
  throw UsageError(
      fmt::format("--from: expected auto, onnx, torch, fann or rtneural, got {}", in_quotes(options.source)));
}

ImportedWeights imported(const ImportOptions& options) {
  const std::string bytes = read_file(options.file);
  if (source_of(options) == Source::onnx)
    return from_onnx(bytes, options.file, {.external_data = options.external_data});
  if (source_of(options) == Source::fann) return from_fann(bytes, options.file);
  if (source_of(options) == Source::rtneural) return from_rtneural(bytes, options.file);
  return from_torch(parse_safetensors(bytes, options.file, ForeignTypes::unread), parse_network(options.network),
                    options.file);
}

int import_model(const Console& console, const ImportOptions& options) {
  const ImportedWeights weights = imported(options);
  save_model(weights.model, options.output);
  const std::string network = to_text(weights.model.network);
  const std::string sha = parameters_sha256(weights.model);
  std::string text =
      fmt::format("{}: {} from {}, {}\n", options.output, network, options.file, to_text(weights.model.precision));
  for (const std::string& remark : weights.remarks) text += remark + '\n';
  console.summary(text + fmt::format("parameters  sha256 {}\n", sha));
  console.machine(Json{{"file", options.file},
                       {"model", options.output},
                       {"network", network},
                       {"precision", to_text(weights.model.precision)},
                       {"loss", to_text(weights.model.loss)},
                       {"remarks", weights.remarks},
                       {"parameters_sha256", sha}});
  return Exit::success;
}

}  // namespace

void add_import_command(Program& program) {
  const auto options = std::make_shared<ImportOptions>();
  Command& command = program.add("import", "make a model of weights that another program trained",
                                 "gradus import iris.safetensors --network 4-8tanh-3softmax -o again.model",
                                 [options](const Console& console) { return import_model(console, *options); });
  command
      .input("FILE", options->file,
             "the model: ONNX, NAME.onnx; a state_dict of PyTorch, NAME.safetensors; a network of FANN, NAME.net; of "
             "RTNeural, NAME.json")
      ->required()
      ->type_name("");
  command.text("--network", options->network,
               "the network that they are of, as gradus train takes it; only a state_dict does not say it");
  command.text(
      "--from", options->source,
      "whose names and layout they have: auto (by the name of the file), onnx, torch, fann or rtneural [auto]");
  command.flag("--external-data", options->external_data,
               "read numbers that an ONNX model has in plain files beside it, as PyTorch's exporter writes them");
  command.output("-o,--output", options->output, model_kind, "the model file to write")->required();
  command.check([options] {
    const bool is_known = source_of(*options) != Source::torch;
    if (options->external_data && source_of(*options) != Source::onnx)
      throw UsageError("--external-data: has an effect only with ONNX models");
    if (is_known && !options->network.empty()) throw UsageError("--network: the file says which network it is of");
    if (!is_known && options->network.empty())
      throw UsageError("--network: expected the network whose weights these are, as 4-8tanh-3softmax");
  });
}

}  // namespace gradus::cli
