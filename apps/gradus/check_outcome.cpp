// SPDX-License-Identifier: MIT
#include "apps/gradus/check_outcome.hpp"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>

#include "apps/gradus/progress.hpp"

namespace gradus::cli {
namespace {

using Json = nlohmann::ordered_json;

Json block_json(const BlockCheck& block) {
  Json errors;
  for (std::size_t s = 1; s < gradient_source_names.size(); ++s)
    if (block.used[s])
      errors[std::string(gradient_source_names[s])] = {{"relative_error", block.relative_error[s]},
                                                       {"agrees", block.agrees[s]}};
  Json json = {{"name", block.label()}, {"rows", block.block.rows},       {"cols", block.block.cols},
               {"norm", block.norm},    {"verdict", name(block.verdict)}, {"against", errors}};
  if (block.verdict == GradientVerdict::wrong) {
    json["worst"] = {{"row", block.worst.row},
                     {"col", block.worst.col},
                     {"hand", block.worst.hand},
                     {"reference", block.worst.reference}};
    if (block.culprit) json["culprit"] = gradient_source_names[static_cast<std::size_t>(*block.culprit)];
  }
  for (const Kink& kink : block.kinks)
    json["kinks"].push_back({{"entry", kink.entry}, {"unit", kink.unit}, {"both_sides_right", true}});
  return json;
}

Json check_json(const GradientCheck& check, Index samples) {
  Json json = {{"verdict", name(check.verdict())},
               {"passed", check.passed()},
               {"samples", samples},
               {"loss", check.loss},
               {"blocks", Json::array()}};
  for (const BlockCheck& block : check.blocks) {
    if (block.block.number == 0)
      json["input"] = block_json(block);
    else
      json["blocks"].push_back(block_json(block));
  }
  for (const Proof& proof : check.proofs)
    json["proofs"].push_back({{"name", proof.name}, {"passed", proof.passed}, {"remark", proof.remark}});
  for (const std::string& note : check.notes) json["notes"].push_back(note);
  for (const Diagnosis& diagnosis : check.diagnoses)
    json["diagnoses"].push_back(
        {{"kind", diagnosis.kind}, {"where", diagnosis.where}, {"sentence", diagnosis.sentence}});
  return json;
}

std::string headline(const Trial& trial, double loss) {
  const Model& model = trial.model;
  return fmt::format("{}, {} ({}), {} samples, loss {:.6g}\n\n", trial.name, to_text(model.loss),
                     model.loss.reduction == Reduction::mean ? "mean" : "sum", trial.x.rows(), loss);
}

int conclude(const Console& console, const Trial& trial, GradientVerdict verdict) {
  switch (verdict) {
    case GradientVerdict::wrong:
      console.summary("\nThe gradient is WRONG.\nrepeat: " + trial.repeat + "\n");
      return Exit::failure;
    case GradientVerdict::unproven:
      console.summary("\nNothing could be proven here.\nrepeat: " + trial.repeat + "\n");
      return Exit::unproven;
    default: console.summary("\nThe gradient is right.\n"); return Exit::success;
  }
}

/// Options that show how a long check comes along: it pauses about once for each number that it differentiates by, in
/// three ways.
GradientCheckOptions with_progress(ProgressPrinter& printer, const Trial& trial) {
  GradientCheckOptions options;
  const double numbers = static_cast<double>(trial.model.network.parameter_count() + trial.x.size());
  const auto start = std::chrono::steady_clock::now();
  options.between_passes = [&printer, numbers, start, done = 0.0]() mutable {
    const double share = std::min(++done / (numbers * (2 + 1.0 / 8)), 1.0);
    printer.show(share, [&] {
      const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      return fmt::format("checked {:.0f} %, about {} left", 100 * share, clock_text(seconds * (1 - share) / share));
    });
  };
  return options;
}

}  // namespace

int check_full(const Console& console, const Trial& trial, const std::optional<PlantedFault>& planted) {
  ProgressPrinter printer(console);
  const GradientCheckOptions options = with_progress(printer, trial);
  const GradientCheck check = trial.precision == Precision::float32
                                  ? check_network_float(trial.checked(), options, planted)
                                  : check_network(trial.checked(), options, planted);
  printer.clear();
  console.summary(headline(trial, check.loss));
  console.summary(check.report());
  console.machine(check_json(check, trial.x.rows()));
  return conclude(console, trial, check.verdict());
}

int check_along_directions(const Console& console, const Trial& trial, const std::optional<PlantedFault>& planted) {
  const FastCheck check = check_network_fast(trial.checked(), 1, planted);
  console.summary(headline(trial, check.loss));
  console.summary(check.report());
  Json json = {
      {"verdict", name(check.verdict())}, {"passed", check.passed()}, {"loss", check.loss}, {"passes", check.passes}};
  for (const Projection& p : check.projections)
    json["projections"].push_back(
        {{"hand", p.hand}, {"dual", p.dual}, {"tolerance", p.tolerance}, {"agrees", p.agrees}});
  if (check.entry) json["entry"] = check.entry_label;
  console.machine(json);
  return conclude(console, trial, check.verdict());
}

int check_remainders(const Console& console, const Trial& trial, const std::optional<PlantedFault>& planted) {
  bool proven = false;
  bool wrong = false;
  std::string table = fmt::format("{:<28}  {:>6}\n", "Taylor's remainder along", "slope");
  Json json;
  for (const TaylorCheck& check : check_network_taylor(trial.checked(), 1, planted)) {
    wrong = wrong || check.verdict() == GradientVerdict::wrong;
    proven = proven || check.passed();
    table += fmt::format("{:<28}  {:>6}  {}\n", check.label,
                         std::isnan(check.slope) ? "-" : fmt::format("{:.2f}", check.slope),
                         check.verdict() == GradientVerdict::wrong ? "WRONG: falls as h, not as h^2"
                         : check.is_kink                           ? "unproven: the point lies on a kink"
                         : check.is_stopped                        ? "unproven: a layer behind it stops the derivative"
                         : check.is_zero                           ? "unproven: the gradient is zero, or below rounding"
                         : std::isnan(check.slope)                 ? "right: no remainder but rounding"
                                                                   : "right");
    json["blocks"].push_back({{"name", check.label},
                              {"slope", check.slope},
                              {"verdict", name(check.verdict())},
                              {"passed", check.passed()}});
  }
  const GradientVerdict verdict = wrong    ? GradientVerdict::wrong
                                  : proven ? GradientVerdict::right
                                           : GradientVerdict::unproven;
  json["verdict"] = name(verdict);
  json["passed"] = verdict == GradientVerdict::right;
  console.summary(table);
  console.machine(json);
  return conclude(console, trial, verdict);
}

int check_at_many_points(const Console& console, const Trial& trial, const std::optional<PlantedFault>& planted) {
  const ThoroughCheck check = check_network_thoroughly(trial.checked(), {}, planted);
  console.summary(headline(trial, check.points.front().check.loss));
  console.summary(check.report());
  Json json = {{"verdict", name(check.verdict())}, {"passed", check.passed()}, {"never_proven", check.never_proven}};
  for (const ThoroughCheck::Point& point : check.points) {
    Json one = check_json(point.check, trial.x.rows());
    one["point"] = point.what;
    json["points"].push_back(one);
  }
  console.machine(json);
  return conclude(console, trial, check.verdict());
}

int check_given(const Console& console, const Trial& trial, const GivenGradient& given) {
  const GradientCheck check = check_given_gradient(trial.checked(), given);
  console.summary(headline(trial, check.loss));
  console.summary(check.report());
  console.machine(check_json(check, trial.x.rows()));
  return conclude(console, trial, check.verdict());
}

int plant_every_fault(const Console& console, const Trial& trial) {
  const std::vector<PlantedResult> results = plant_all(trial.checked());
  std::size_t good = 0;
  std::size_t seen = 0;
  std::string hidden;
  Json json = {{"faults", Json::array()}, {"hidden", Json::array()}};
  for (const PlantedResult& result : results) {
    if (!result.visible) {
      hidden += (hidden.empty() ? "" : ", ") + result.planted.label();
      json["hidden"].push_back(result.planted.label());
      continue;
    }
    ++seen;
    good += result.caught && result.named;
    console.summary(fmt::format("{:<36} {}  {}\n", result.planted.label(),
                                !result.caught ? "MISSED    "
                                : result.named ? "named     "
                                               : "MISJUDGED ",
                                result.sentence));
    json["faults"].push_back({{"fault", result.planted.label()},
                              {"caught", result.caught},
                              {"named", result.named},
                              {"sentence", result.sentence}});
  }
  const GradientVerdict verdict = seen == 0      ? GradientVerdict::unproven
                                  : good == seen ? GradientVerdict::right
                                                 : GradientVerdict::wrong;
  json["verdict"] = name(verdict);
  json["passed"] = verdict == GradientVerdict::right;
  console.summary(fmt::format("\n{} of {} caught and named\n", good, seen));
  if (!hidden.empty())
    console.summary("They would change nothing in this batch, and were not counted: " + hidden + "\n");
  console.machine(json);
  return verdict == GradientVerdict::right ? Exit::success : seen == 0 ? Exit::unproven : Exit::failure;
}

}  // namespace gradus::cli
