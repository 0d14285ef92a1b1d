// SPDX-License-Identifier: MIT
#include "gradus/lab/experiment/experiment.hpp"
#include "gradus/lab/exchange/open_model.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "gradus/core/number.hpp"
#include "gradus/lab/experiment/keys.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "gradus/nn/pass.hpp"
#include "spread.hpp"

namespace gradus {
namespace {

/// A TOML basic string: UTF-8 within quotes.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n')
      out += "\\n";
    else
      out += c;
  }
  return out + '"';
}

std::string toml_value(const KeyValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return quoted(*text);
  return to_text(value);
}

struct Line {
  std::string assignment;
  std::string_view help;
};

/// One section, its comments aligned.
std::string section_text(std::string_view section, const std::vector<Line>& lines) {
  std::string text = section.empty() ? "" : fmt::format("\n[{}]\n", section);
  std::size_t width = 0;
  for (const Line& line : lines)
    if (line.assignment.size() <= 40) width = std::max(width, line.assignment.size());
  for (const Line& line : lines) text += fmt::format("{:<{}}  # {}\n", line.assignment, width, line.help);
  return text;
}

}  // namespace

std::string to_toml(const Experiment& experiment) {
  std::string text =
      std::string(experiment_opening) + ": data, network and training. `gradus run FILE` carries it out.\n\n";
  std::string_view section;
  std::vector<Line> lines;
  const auto finish = [&] {
    if (!lines.empty()) text += section_text(section, lines);
    lines.clear();
  };
  for (const ExperimentKey& key : experiment_keys()) {
    if (key.section != section) finish();
    section = key.section;
    if (const std::optional<KeyValue> value = key.get(experiment))
      lines.push_back({fmt::format("{} = {}", key.name, toml_value(*value)), key.help});
  }
  finish();
  for (const FigureRequest& figure : experiment.figures)
    text += fmt::format("\n[[figure]]\nkind = {}\nfile = {}\n", quoted(figure.kind), quoted(figure.file));
  return text;
}

Experiment load_experiment(const std::string& path) {
  constexpr std::size_t limit = std::size_t{1} << 20;  // no description is as long
  return parse_experiment(read_file(path, limit), path);
}

Model start_of(const Experiment& experiment) {
  Model model = open_model(experiment.from);
  if (const std::string found = parameters_sha256(model);
      !experiment.from_parameters.empty() && found != experiment.from_parameters)
    throw ValueError(fmt::format("{}: the model has changed since it was gone on from (expected parameters {}, got {})",
                                 experiment.from, experiment.from_parameters, found));
  return model;
}

bool fills_gaps(const Experiment& experiment) {
  using Missing = ReadingOptions::Missing;
  return experiment.reading.missing == Missing::mean || experiment.reading.missing == Missing::median;
}

bool spreads_call_for_scaling(ConstMatrixView<double> x) {
  constexpr double factor = 4;
  for (Index j = 0; j < x.cols(); ++j) {
    const auto [mean, deviation] = spread_of(x, j);
    if (deviation == 0) continue;
    if (!(deviation <= factor && deviation >= 1 / factor && std::abs(mean) <= factor * deviation)) return true;
  }
  return false;
}

Experiment decided(Experiment experiment, const Dataset& data) {
  if (!experiment.from.empty()) experiment.scale_by_spread = experiment.scale_target_by_spread = false;
  if (experiment.scale_by_spread && spreads_call_for_scaling(data.x)) experiment.scale = Scaler::Kind::standard;
  if (experiment.scale_target_by_spread && !data.targets.empty() && spreads_call_for_scaling(data.targets))
    experiment.scale_target = Scaler::Kind::standard;
  experiment.scale_by_spread = false;
  experiment.scale_target_by_spread = false;
  return experiment;
}

Loss loss_of(const Experiment& experiment, const Network& network) {
  if (experiment.loss != "auto") return parse_loss(experiment.loss, experiment.reduction);
  return {usual_loss(network), experiment.reduction};
}

}  // namespace gradus
