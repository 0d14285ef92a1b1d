// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/gradus/commands.hpp"
#include "apps/gradus/file_kinds.hpp"
#include "apps/gradus/model_data.hpp"
#include "gradus/lab/exchange/header.hpp"
#include "gradus/lab/exchange/onnx.hpp"
#include "gradus/lab/exchange/open_model.hpp"
#include "gradus/lab/exchange/weights.hpp"
#include "gradus/lab/files/file.hpp"
#include "src/core/text.hpp"

namespace gradus::cli {
namespace {

using Json = nlohmann::ordered_json;

enum class Format { onnx, weights, header };

struct ExportOptions {
  std::string model;
  std::string output;
  std::string framework;
  std::string precision = "float32";
  std::string standard;     ///< empty: by the ending
  std::string name;         ///< empty: by the file's name
  std::string calibration;  ///< data for integers
  std::int64_t opset = 0;   ///< 0: not given

  /// By the ending of the file; none of these: nothing.
  std::optional<Format> format() const {
    if (output.ends_with(".onnx")) return Format::onnx;
    if (output.ends_with(".safetensors")) return Format::weights;
    if (output.ends_with(".h") || output.ends_with(".hpp")) return Format::header;
    return {};
  }
  int opset_or_default() const { return opset == 0 ? OnnxOptions{}.opset : static_cast<int>(opset); }
};

/// Integers, of a header alone.
std::optional<FixedPoint> fixed_of(const ExportOptions& options) {
  if (options.precision == "q15") return FixedPoint::q15;
  if (options.precision == "int8") return FixedPoint::int8;
  return {};
}

Precision precision_of(const ExportOptions& options) {
  try {
    return fixed_of(options) ? Precision::float32 : parse_precision(options.precision);
  } catch (const ValueError&) {
    throw UsageError(fmt::format("--precision: expected float32 or float64, or of a header q15 or int8, got {}",
                                 in_quotes(options.precision)));
  }
}

HeaderOptions header_options(const ExportOptions& options) {
  HeaderOptions of_header{.precision = precision_of(options), .fixed = fixed_of(options)};
  of_header.standard = options.output.ends_with(".hpp") ? HeaderStandard::cpp17 : HeaderStandard::c99;
  if (!options.standard.empty()) of_header.standard = parse_header_standard(options.standard);
  of_header.name = options.name.empty() ? header_name(options.output) : options.name;
  return of_header;
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

/// How far answers in integers may be off, and are.
std::string errors_of(const Model& model, const HeaderOptions& options, Json& json) {
  const FixedPointErrors errors = fixed_point_errors(model, *options.fixed, options.calibration);
  json["samples"] = options.calibration.rows();
  json["bounds"] = errors.bounds;
  json["largest"] = errors.largest;
  return fmt::format(
      "answers are within {:.3g} of the model's for inputs like these; on these {} samples within {:.3g}\n",
      *std::max_element(errors.bounds.begin(), errors.bounds.end()), options.calibration.rows(),
      *std::max_element(errors.largest.begin(), errors.largest.end()));
}

int export_model(const Console& console, const ExportOptions& options) {
  const Model model = open_model(options.model);
  Json json = {{"model", options.model}, {"file", options.output}};
  std::string bytes;
  std::string form;
  std::string warning;
  if (options.format() == Format::header) {
    HeaderOptions of_header = header_options(options);
    if (of_header.fixed) {
      ModelData names;
      names.model = options.model;
      names.data = options.calibration;
      of_header.calibration = load_for_model(model, names).data.x;
    }
    bytes = to_header(model, of_header);
    form = fmt::format("a header of {}", to_text(of_header.standard));
    json["format"] = "header";
    json["standard"] = to_text(of_header.standard);
    json["name"] = of_header.name;
    if (of_header.fixed) warning = errors_of(model, of_header, json);
  } else if (options.format() == Format::onnx) {
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

namespace {

/// Options that only some of the formats have.
void check_options_of(const ExportOptions& options, bool opset_given) {
  const Format format = *options.format();
  if (format == Format::weights && options.framework.empty())
    throw UsageError("--for: expected torch, whose names and layout the weights are to have");
  if (format != Format::weights && !options.framework.empty())
    throw UsageError(fmt::format("--for: {} for all; weights, NAME.safetensors, are for torch",
                                 format == Format::onnx ? "an ONNX file is" : "a header is"));
  if (!options.framework.empty() && options.framework != "torch")
    throw UsageError(fmt::format("--for: expected torch, got {}", in_quotes(options.framework)));
  if (format != Format::onnx && opset_given)
    throw UsageError(fmt::format("--opset: is of ONNX, NAME.onnx; {} no operators",
                                 format == Format::weights ? "weights have" : "a header has"));
  if (opset_given && (options.opset < onnx_first_opset || options.opset > onnx_last_opset))
    throw UsageError(
        fmt::format("--opset: expected {} to {}, got {}", onnx_first_opset, onnx_last_opset, options.opset));
  if (format != Format::header && !options.standard.empty())
    throw UsageError("--std: is of a header, NAME.h or NAME.hpp");
  if (format != Format::header && !options.name.empty()) throw UsageError("--name: is of a header, NAME.h or NAME.hpp");
  if (format != Format::header && fixed_of(options))
    throw UsageError(fmt::format("--precision: {} is of a header, NAME.h or NAME.hpp", options.precision));
  if (fixed_of(options) && options.calibration.empty())
    throw UsageError(fmt::format("--calibrate: expected the data that integers are to hold, with --precision {}",
                                 options.precision));
  if (!fixed_of(options) && !options.calibration.empty())
    throw UsageError("--calibrate: has no effect but with --precision q15 or int8");
  if (!options.standard.empty() && options.standard != "c99" && options.standard != "c++17")
    throw UsageError(fmt::format("--std: expected c99 or c++17, got {}", in_quotes(options.standard)));
}

}  // namespace

void add_export_command(Program& program) {
  const auto options = std::make_shared<ExportOptions>();
  Command& command =
      program.add("export", "hand a model to other programs: as ONNX, as PyTorch's weights, or as a header of C",
                  "gradus export iris.model -o iris.onnx\n  gradus export iris.model -o iris.h\n"
                  "  gradus export iris.model --for torch -o iris.safetensors",
                  [options](const Console& console) { return export_model(console, *options); });
  command.input("MODEL", options->model, "a model file, from gradus train")->required()->type_name("");
  command
      .output("-o,--output", options->output, exported_kind,
              "the file to write: NAME.onnx, NAME.h or NAME.hpp, or NAME.safetensors with --for")
      ->required();
  command.text("--for", options->framework, "whose names and layout weights have: torch");
  command.text("--precision", options->precision,
               "of the numbers in it: float32 or float64, of a header also q15 or int8 [float32]");
  command.count("--opset", options->opset,
                fmt::format("the version of ONNX's operators, {} to {} [{}]", onnx_first_opset, onnx_last_opset,
                            OnnxOptions{}.opset));
  command.text("--std", options->standard, "the standard of a header: c99 or c++17 [c99 of NAME.h, c++17 of NAME.hpp]");
  command.data("--calibrate", options->calibration,
               "for q15 and int8: data as the model is to be asked, from which "
               "integers have their range");
  command.text("--name", options->name, "what everything in a header is called after [the file's name]");
  command.check([options, opset = own_option(command, "--opset")] {
    if (options->output.ends_with(".npz"))
      throw UsageError("-o: arrays of NumPy are written in Python: gd.export_weights(model, FILE, target='numpy')");
    if (!options->format())
      throw UsageError(fmt::format(
          "-o: expected the name of an ONNX file, NAME.onnx, of a header, NAME.h or NAME.hpp, or of weights, "
          "NAME.safetensors, got {}",
          in_quotes(options->output)));
    check_options_of(*options, opset->count() > 0);
    precision_of(*options);
  });
}

}  // namespace gradus::cli
