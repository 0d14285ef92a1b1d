// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

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

struct ExportOptions {
  std::string model;
  std::string output;
  std::string framework;
  std::string precision = "float32";
  std::int64_t opset = 0;  ///< 0: not given

  bool is_onnx() const { return output.ends_with(".onnx"); }
  int opset_or_default() const { return opset == 0 ? OnnxOptions{}.opset : static_cast<int>(opset); }
};

Precision precision_of(const ExportOptions& options) {
  try {
    return parse_precision(options.precision);
  } catch (const ValueError&) {
    throw UsageError(fmt::format("--precision: expected float32 or float64, got {}", in_quotes(options.precision)));
  }
}

/// What weights alone leave to who computes with them; empty: nothing.
std::string left_out(const Model& model) {
  std::string parts;
  const auto part = [&](bool is_there, std::string_view what) {
    if (is_there) parts += (parts.empty() ? "" : ", ") + std::string(what);
  };
  part(!model.columns.empty(), "the coding of categories");
  part(!model.filling.empty(), "the filling of gaps");
  part(model.scaler.has_value(), "the scaling of inputs");
  part(model.target_scaler.has_value(), "the scaling of targets");
  return parts;
}

int export_model(const Console& console, const ExportOptions& options) {
  const Model model = load_model(options.model);
  Json json = {{"model", options.model}, {"file", options.output}};
  std::string bytes;
  std::string form;
  std::string warning;
  if (options.is_onnx()) {
    bytes = to_onnx(model, {.precision = precision_of(options), .opset = options.opset_or_default()});
    form = fmt::format("ONNX, opset {}", options.opset_or_default());
    json["format"] = "onnx";
    json["opset"] = options.opset_or_default();
  } else {
    bytes = to_safetensors(to_torch(model, precision_of(options)));
    form = "weights for PyTorch";
    json["format"] = "safetensors";
    json["for"] = options.framework;
    json["left_out"] = left_out(model);
    if (!left_out(model).empty())
      warning = fmt::format("not in the weights, but in the file's metadata: {}\n", left_out(model));
  }
  write_file(options.output, bytes);
  console.summary(fmt::format("{}: {} as {}, {}, {} bytes\n{}", options.output, to_text(model.network), form,
                              options.precision, bytes.size(), warning));
  json["precision"] = options.precision;
  json["bytes"] = bytes.size();
  json["parameters_sha256"] = parameters_sha256(model);
  console.machine(json);
  return Exit::success;
}

}  // namespace

void add_export_command(Program& program) {
  const auto options = std::make_shared<ExportOptions>();
  Command& command =
      program.add("export", "hand a model to other programs, as ONNX or as PyTorch's weights",
                  "gradus export iris.model -o iris.onnx\n  gradus export iris.model --for torch -o iris.safetensors",
                  [options](const Console& console) { return export_model(console, *options); });
  command.input("MODEL", options->model, "a model file, from gradus train")->required()->type_name("");
  command
      .output("-o,--output", options->output, exported_kind,
              "the file to write: NAME.onnx, or NAME.safetensors with --for")
      ->required();
  command.text("--for", options->framework, "whose names and layout weights have: torch");
  command.text("--precision", options->precision, "of the numbers in it: float32 or float64 [float32]");
  command.count("--opset", options->opset,
                fmt::format("the version of ONNX's operators, {} to {} [{}]", onnx_first_opset, onnx_last_opset,
                            OnnxOptions{}.opset));
  command.check([options, opset = own_option(command, "--opset")] {
    if (!options->is_onnx() && !options->output.ends_with(".safetensors"))
      throw UsageError(
          fmt::format("-o: expected the name of an ONNX file, NAME.onnx, or of weights, NAME.safetensors, got {}",
                      in_quotes(options->output)));
    if (options->is_onnx() && !options->framework.empty())
      throw UsageError("--for: an ONNX file is for all; weights, NAME.safetensors, are for torch");
    if (!options->is_onnx() && options->framework.empty())
      throw UsageError("--for: expected torch, whose names and layout the weights are to have");
    if (!options->is_onnx() && options->framework != "torch")
      throw UsageError(fmt::format("--for: expected torch, got {}", in_quotes(options->framework)));
    if (!options->is_onnx() && opset->count() > 0)
      throw UsageError("--opset: is of ONNX, NAME.onnx; weights have no operators");
    if (opset->count() > 0 && (options->opset < onnx_first_opset || options->opset > onnx_last_opset))
      throw UsageError(
          fmt::format("--opset: expected {} to {}, got {}", onnx_first_opset, onnx_last_opset, options->opset));
    precision_of(*options);
  });
}

}  // namespace gradus::cli
