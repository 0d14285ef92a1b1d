// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "apps/gradus/commands.hpp"
#include "apps/gradus/file_kinds.hpp"
#include "apps/gradus/model_data.hpp"
#include "apps/gradus/training_report.hpp"
#include "gradus/lab/exchange/open_model.hpp"
#include "gradus/lab/experiment/importance.hpp"
#include "src/core/text.hpp"

namespace gradus::cli {
namespace {

using Json = nlohmann::ordered_json;

struct ImportanceOptions : ModelData {
  std::string output;
  std::int64_t repeats = 5;
  std::int64_t seed = 0;
};

std::string table(const Importance& importance) {
  std::vector<const FeatureImportance*> ranked;
  for (const FeatureImportance& feature : importance.features) ranked.push_back(&feature);
  std::stable_sort(ranked.begin(), ranked.end(), [](auto* a, auto* b) { return a->mean > b->mean; });
  std::size_t width = 8;
  for (const auto* feature : ranked) width = std::max(width, one_line(feature->name, 40).size() + 2);
  const std::string score = importance.score == "r2" ? "R2" : importance.score;
  std::string text = fmt::format("{} {} as it is; lost when a feature is shuffled, and how far answers move with it:\n",
                                 score, short_number(importance.base));
  text += fmt::format("{:<{}}{:>12}{:>12}{:>12}\n", "feature", width, "lost", "±", "saliency");
  for (const auto* feature : ranked)
    text += fmt::format("{:<{}}{:>12}{:>11}{:>12}\n", one_line(feature->name, 40), width, short_number(feature->mean),
                        short_number(feature->deviation), short_number(feature->saliency));
  return text;
}

int run_importance(const Console& console, const ImportanceOptions& options) {
  const Model model = open_model(options.model);
  const Reading reading = load_for_model(model, options);
  for (const std::string& line : reading.words) console.note(fmt::format("{}: {}\n", options.data, one_line(line)));
  const Dataset data = answered(reading.data);
  if (data.size() < 2)
    throw ValueError(options.data + ": expected at least two samples with their answers (labels or targets)");
  const Importance found = importance(model, data, options.repeats, static_cast<std::uint32_t>(options.seed));
  console.result(table(found));
  if (!options.output.empty())
    save_figure(importance_figure(found, to_text(model.network) + " on " + options.data), options.output);
  Json json = {{"score", found.score}, {"base", found.base}, {"samples", data.size()}, {"features", Json::array()}};
  for (const FeatureImportance& feature : found.features)
    json["features"].push_back({{"name", feature.name},
                                {"mean", feature.mean},
                                {"deviation", feature.deviation},
                                {"values", feature.losses},
                                {"saliency", feature.saliency}});
  json["file"] = options.output.empty() ? Json() : Json(options.output);
  console.machine(json);
  return Exit::success;
}

}  // namespace

void add_importance_command(Program& program) {
  const auto options = std::make_shared<ImportanceOptions>();
  Command& command = program.add("importance", "tell which features a model looks at",
                                 "gradus importance iris.model iris --rows test -o importance.svg",
                                 [options](const Console& console) { return run_importance(console, *options); });
  add_model_and_data(command, *options);
  command.count("--repeats", options->repeats, "times that each feature is shuffled [5]", 1);
  command.count("--seed", options->seed, "of the shuffles: scikit-learn's permutation_importance gives the same [0]");
  command.output("-o,--output", options->output, figure_kind, "a picture: .svg, .png or .pdf");
  command.check([options] {
    if (options->seed > 4294967295)
      throw UsageError(fmt::format("--seed: expected a whole number from 0 to 4294967295, got {}", options->seed));
    const std::string& file = options->output;
    if (!file.empty() && !file.ends_with(".svg") && !file.ends_with(".png") && !file.ends_with(".pdf"))
      throw UsageError(
          fmt::format("--output: expected a name that ends in .svg, .png or .pdf, got {}", in_quotes(file)));
  });
}

}  // namespace gradus::cli
