// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <nlohmann/json.hpp>
#include <numeric>

#include "apps/gradus/commands.hpp"
#include "apps/gradus/experiment_options.hpp"
#include "apps/gradus/file_kinds.hpp"
#include "apps/gradus/gradient_file.hpp"
#include "apps/gradus/model_data.hpp"
#include "apps/gradus/progress.hpp"
#include "gradus/check/network_check.hpp"
#include "gradus/lab/data/source.hpp"
#include "gradus/lab/experiment/keys.hpp"
#include "gradus/lab/experiment/run.hpp"
#include "gradus/lab/figure/figure.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "gradus/nn/initializer.hpp"

namespace gradus::cli {
namespace {

using Json = nlohmann::ordered_json;

struct CheckOptions {
  std::vector<std::string> words;  ///< MODEL DATA, or DATA with --network
  std::int64_t samples = 20;
  bool fast = false;
  bool taylor = false;
  bool full = false;
  bool thorough = false;
  std::string plant;     ///< list, all, KIND or KIND:WHERE
  std::string gradient;  ///< a file with a gradient to be on trial
  std::string block;     ///< the array that it is of
  std::string figure;    ///< file for the relative error against the step
};

struct Subject {
  Model model;
  Dataset data;
  std::string name;
};

/// A network as it is before training.
Subject fresh_network(const Experiment& experiment, const std::string& data_text) {
  Subject subject;
  subject.name = "network " + experiment.network;
  TableOptions options;
  options.target = experiment.target;
  options.weights = experiment.sample_weight;
  subject.data = load_data(data_text, options);
  subject.model.network = parse_network(experiment.network);
  subject.model.loss = loss_of(experiment, subject.model.network);
  check_fits(subject.model.network, subject.name, subject.data, data_text);
  if (experiment.scale) subject.model.fit_scaler(*experiment.scale, subject.data.x);
  RandomState random(experiment.seed);
  subject.model.theta = initial_parameters(subject.model.network, parse_initializer(experiment.init), random);
  return subject;
}

Subject trained_model(const CheckOptions& options) {
  Subject subject;
  subject.name = options.words[0];
  subject.model = load_model(options.words[0]);
  subject.data = load_for_model(subject.model, {options.words[0], options.words[1], ""});
  if (!has_answers(subject.data))
    throw ValueError(options.words[1] +
                     ": expected data with its answers (labels or targets), without which there is no loss");
  return subject;
}

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
    json["kinks"].push_back({{"entry", kink.entry}, {"unit", kink.unit}, {"both_sides_right", kink.both_sides}});
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

/// A subject cut to the samples that are used, and the words that make it again.
struct Trial {
  Subject subject;
  Matrix<double> x;
  Matrix<double> targets;
  std::vector<double> weights;
  Precision precision = Precision::float64;
  std::string repeat;

  CheckSubject checked() const {
    return {subject.model.network, subject.model.loss, subject.model.theta, x, {targets, weights}};
  }
};

std::string headline(const Trial& trial, double loss) {
  const Model& model = trial.subject.model;
  return fmt::format("{}, {} ({}), {} samples, loss {:.6g}\n\n", trial.subject.name, to_text(model.loss),
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
  const double numbers = static_cast<double>(trial.subject.model.network.parameter_count() + trial.x.size());
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
                         : check.is_zero                           ? "unproven: the loss does not change"
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

int check_given(const Console& console, const Trial& trial, const CheckOptions& options) {
  const GradientCheck check = check_given_gradient(trial.checked(), read_gradient(options.gradient, options.block));
  console.summary(headline(trial, check.loss));
  console.summary(check.report());
  console.machine(check_json(check, trial.x.rows()));
  return conclude(console, trial, check.verdict());
}

/// The fault that `KIND` or `KIND:WHERE` names: without WHERE, the first that shows.
PlantedFault find_fault(const std::string& text, const Trial& trial) {
  const std::string kind_name = text.substr(0, text.find(':'));
  const FaultKind kind = parse_fault_kind(kind_name);
  std::string places;
  for (const PlantedFault& planted :
       faults_of(trial.subject.model.network, trial.subject.model.loss, trial.checked().targets)) {
    if (planted.kind != kind || !shows(planted, trial.checked())) continue;
    if (text == kind_name || text == planted.label()) return planted;
    places += (places.empty() ? "" : ", ") + planted.label();
  }
  throw ValueError(fmt::format("--plant: nothing here that {} would spoil (it fits: {})", text,
                               places.empty() ? "nowhere in this network" : places));
}

int list_faults(const Console& console) {
  Json json = Json::array();
  std::string text;
  for (const FaultKindInfo& info : fault_kinds) {
    text += fmt::format("{:<22} {}\n", info.name, info.what);
    json.push_back({{"kind", info.name}, {"what", info.what}});
  }
  console.result(text);
  console.machine(json);
  return Exit::success;
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

Figure step_figure(const StepCurve& curve) {
  Panel panel;
  panel.x = {.label = "step h", .log = true};
  panel.y = {.label = "relative error of the derivative (1)", .log = true};
  panel.names = Names::direct;
  panel.layers.emplace_back(Line{.x = curve.steps, .y = curve.forward, .name = "forward", .color = okabe_ito::orange});
  panel.layers.emplace_back(Line{.x = curve.steps, .y = curve.central, .name = "central", .dash = Dash::dashed});
  panel.layers.emplace_back(Line{
      .x = curve.steps, .y = curve.complex, .name = "complex step", .color = okabe_ito::green, .dash = Dash::dotted});
  Figure figure;
  figure.panels.push_back(panel);
  return figure;
}

Trial make_trial(const Experiment& experiment, const CheckOptions& options, Subject subject) {
  const Index samples = std::min<Index>(subject.data.size(), options.samples);
  std::vector<Index> rows(static_cast<std::size_t>(samples));
  std::iota(rows.begin(), rows.end(), Index{0});
  const Dataset data = subject.data.take(rows);
  Trial trial;
  trial.x = subject.model.scaled(data.x);
  trial.targets = network_targets(data, subject.model.network.outputs());
  subject.data.weights = sample_weights(subject.data, experiment.class_weight);
  trial.weights = subject.data.take(rows).weights;
  trial.precision = experiment.network.empty() ? subject.model.precision : experiment.precision;
  trial.repeat = "gradus check";
  for (const std::string& word : options.words) trial.repeat += " " + word;
  const Experiment plain;
  for (const ExperimentKey& key : experiment_keys()) {
    const auto value = key.flag.empty() ? std::nullopt : key.get(experiment);
    if (value && value != key.get(plain) && key.form != KeyForm::flag)
      trial.repeat +=
          fmt::format(" --{} {}", key.flag,
                      std::holds_alternative<std::string>(*value) ? std::get<std::string>(*value) : to_text(*value));
  }
  if (options.samples != 20) trial.repeat += fmt::format(" --samples {}", options.samples);
  if (options.fast) trial.repeat += " --fast";
  if (options.taylor) trial.repeat += " --taylor";
  if (!options.plant.empty()) trial.repeat += " --plant " + options.plant;
  trial.subject = std::move(subject);
  return trial;
}

/// What a model says itself cannot be said otherwise.
void refuse_idle_of_check(Experiment experiment, const CheckOptions& options, const GivenKeys& given) {
  if (options.words.empty()) return;
  experiment.data = options.words.back();
  refuse_idle(given, {experiment});
  if (!experiment.network.empty()) return;
  for (const ExperimentKey* key : given)
    if (key->path() != "loss.class_weight")
      throw UsageError(fmt::format("--{} has no effect here: the model says what it was trained with", key->flag));
}

int run_check(const Console& console, const Experiment& experiment, const CheckOptions& options) {
  if (options.plant == "list") return list_faults(console);
  const bool fresh = !experiment.network.empty();
  if (options.words.size() != (fresh ? 1u : 2u))
    throw UsageError(fresh ? "expected one word beside --network: DATA"
                           : "expected MODEL DATA, or --network TEXT DATA");
  if (options.fast + options.taylor + options.full + options.thorough + !options.gradient.empty() > 1)
    throw UsageError("expected one of --full, --fast, --taylor, --thorough and --gradient");
  if (!options.block.empty() && options.gradient.empty())
    throw UsageError("expected --gradient beside --block, which names what it is of");
  if (!options.gradient.empty() && !options.plant.empty())
    throw UsageError("expected no --plant beside --gradient, which is on trial itself");
  const Trial trial =
      make_trial(experiment, options, fresh ? fresh_network(experiment, options.words[0]) : trained_model(options));
  if (options.plant == "all") return plant_every_fault(console, trial);
  std::optional<PlantedFault> planted;
  if (!options.plant.empty()) {
    planted = find_fault(options.plant, trial);
    console.summary(fmt::format("planted: {}\n", planted->label()));
  }
  if (!options.figure.empty()) {
    const CheckSubject s = trial.checked();
    save_figure(step_figure(step_curve(s.network, s.loss, s.theta, s.x, s.targets)), options.figure);
  }
  if (!options.gradient.empty()) return check_given(console, trial, options);
  if (options.thorough) return check_at_many_points(console, trial, planted);
  const double operations = full_check_operations(trial.checked());
  const bool long_one = !options.full && !options.taylor && operations > kFastFromOperations;
  if (long_one && !options.fast)
    console.summary(
        fmt::format("Along random directions, as --fast: every parameter by itself (--full) takes about {:.0e} "
                    "multiplications, more than {:.0e}.\n\n",
                    operations, kFastFromOperations));
  if (options.fast || long_one) return check_along_directions(console, trial, planted);
  if (options.taylor) return check_remainders(console, trial, planted);
  return check_full(console, trial, planted);
}

}  // namespace

void add_check_command(Program& program) {
  const auto experiment = std::make_shared<Experiment>();
  const auto options = std::make_shared<CheckOptions>();
  Command& command =
      program.add("check", "compare the gradient by hand with tape, duals and finite differences",
                  "gradus check iris.model iris\n  gradus check --network 4-8tanh-3softmax iris\n"
                  "  gradus check --network 4-8tanh-3softmax iris --plant transpose:1.weights",
                  [experiment, options](const Console& console) { return run_check(console, *experiment, *options); });
  command.inputs("MODEL DATA", options->words, "a model file, unless --network is given, and data");
  const auto given = add_experiment_options(command, experiment,
                                            {"network", "loss", "reduction", "class-weight", "seed", "init", "scale",
                                             "precision", "target", "sample-weight"});
  command.check([experiment, options, given] { refuse_idle_of_check(*experiment, *options, *given); });
  command.count("--samples", options->samples, "of the data to use, from its start [20]", 1);
  command.flag("--full", options->full, "every source for every parameter (unless it would take long)");
  command.flag("--fast", options->fast, "along random directions: as quick for many parameters as for few");
  command.flag("--thorough", options->thorough,
               "at several points of its own making: batch sizes, parameters, ties, both sides of branches");
  command.input("--gradient", options->gradient,
                "a file (.npy, or numbers in text) with a gradient of your own over the first --samples rows, to be on "
                "trial: all of theta, or of --block");
  command.text("--block", options->block, "the array that --gradient is of, as the table names it")->type_name("NAME");
  command.flag("--taylor", options->taylor, "by Taylor's remainder, which needs no tolerance");
  command
      .text("--plant", options->plant,
            "spoil a copy of the backward pass by one fault, and see what is said of it: KIND or KIND:WHERE; list "
            "names the kinds, all plants each wherever it fits")
      ->type_name("KIND");
  command.output("--figure", options->figure, figure_kind,
                 "draw the error of differences against their step (.svg, .png, .pdf)");
}

}  // namespace gradus::cli
