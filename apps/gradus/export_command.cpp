// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "apps/gradus/commands.hpp"
#include "apps/gradus/file_kinds.hpp"
#include "gradus/lab/exchange/onnx.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "src/core/text.hpp"

namespace gradus::cli {
namespace {

using Json = nlohmann::ordered_json;

struct ExportOptions {
  std::string model;
  std::string output;
  std::string precision = "float32";
  std::int64_t opset = OnnxOptions{}.opset;
};

Precision precision_of(const ExportOptions& options) {
  try {
    return parse_precision(options.precision);
  } catch (const ValueError&) {
    throw UsageError(fmt::format("--precision: expected float32 or float64, got {}", in_quotes(options.precision)));
  }
}

int export_model(const Console& console, const ExportOptions& options) {
  const Model model = load_model(options.model);
  const std::string bytes =
      to_onnx(model, {.precision = precision_of(options), .opset = static_cast<int>(options.opset)});
  write_file(options.output, bytes);
  console.summary(fmt::format("{}: {} as ONNX, opset {}, {}, {} bytes\n", options.output, to_text(model.network),
                              options.opset, options.precision, bytes.size()));
  Json json = {{"model", options.model}, {"file", options.output}, {"format", "onnx"}};
  json["precision"] = options.precision;
  json["opset"] = options.opset;
  json["bytes"] = bytes.size();
  json["parameters_sha256"] = parameters_sha256(model);
  console.machine(json);
  return Exit::success;
}

}  // namespace

void add_export_command(Program& program) {
  const auto options = std::make_shared<ExportOptions>();
  Command& command =
      program.add("export", "hand a model to other programs, as ONNX", "gradus export iris.model -o iris.onnx",
                  [options](const Console& console) { return export_model(console, *options); });
  command.input("MODEL", options->model, "a model file, from gradus train")->required()->type_name("");
  command.output("-o,--output", options->output, onnx_kind, "the file to write, NAME.onnx")->required();
  command.text("--precision", options->precision, "of the numbers in it: float32 or float64 [float32]");
  command.count("--opset", options->opset,
                fmt::format("the version of ONNX's operators, {} to {} [{}]", onnx_first_opset, onnx_last_opset,
                            OnnxOptions{}.opset));
  command.check([options] {
    if (!options->output.ends_with(".onnx"))
      throw UsageError(
          fmt::format("-o: expected the name of an ONNX file, NAME.onnx, got {}", in_quotes(options->output)));
    if (options->opset < onnx_first_opset || options->opset > onnx_last_opset)
      throw UsageError(
          fmt::format("--opset: expected {} to {}, got {}", onnx_first_opset, onnx_last_opset, options->opset));
    precision_of(*options);
  });
}

}  // namespace gradus::cli
