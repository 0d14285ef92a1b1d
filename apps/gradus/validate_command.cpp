// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "apps/gradus/commands.hpp"
#include "apps/gradus/experiment_options.hpp"
#include "apps/gradus/interrupt.hpp"
#include "apps/gradus/progress.hpp"
#include "apps/gradus/training_report.hpp"
#include "gradus/lab/experiment/proposal.hpp"
#include "gradus/lab/sweep/validate.hpp"

namespace gradus::cli {
namespace {

using Json = nlohmann::ordered_json;

struct ValidateWords {
  Experiment experiment;
  GivenKeys given;
  std::int64_t folds = 5;
  std::int64_t repeats = 1;
  std::int64_t threads = 0;  ///< 0: as many as the machine has
};

/// Flags of an experiment but for those of a test set, which the folds take the place of.
const std::vector<std::string_view>& flags_of_folds() {
  static const std::vector<std::string_view> flags = [] {
    constexpr std::string_view none_of[] = {"test", "stratify", "test-every", "record-every"};
    std::vector<std::string_view> all;
    for (const ExperimentKey& key : experiment_keys())
      if (std::find(std::begin(none_of), std::end(none_of), key.flag) == std::end(none_of) && !key.flag.empty())
        all.push_back(key.flag);
    return all;
  }();
  return flags;
}

/// The folds hold out: no test set is to be proposed beside them.
GivenKeys with_test_set_said(GivenKeys given) {
  for (const ExperimentKey& key : experiment_keys())
    if (key.flag == "test" || key.flag == "stratify") given.push_back(&key);
  return given;
}

Json summary_json(const ValidationSummary& summary) {
  return {{"mean", summary.mean},
          {"deviation", summary.deviation},
          {"interval", summary.interval ? Json{summary.interval->low, summary.interval->high} : Json()},
          {"values", summary.values}};
}

Json report_json(const Validation& validation, const std::string& chosen) {
  Json json = {{"data", validation.experiment.data},
               {"network", validation.experiment.network},
               {"folds", validation.folds},
               {"repeats", validation.repeats},
               {"made", validation.results.size()},
               {"diverged", validation.diverged()},
               {"interrupted", validation.interrupted},
               {"seconds", validation.seconds},
               {"chosen", chosen},
               {"scores", Json::object()},
               {"training_scores", Json::object()},
               {"runs", Json::array()}};
  for (const ScoreField& field : score_fields()) {
    if (const auto summary = validation.summary(field)) json["scores"][field.name] = summary_json(*summary);
    if (const auto summary = validation.training_summary(field))
      json["training_scores"][field.name] = summary_json(*summary);
  }
  for (const FoldResult& result : validation.results)
    json["runs"].push_back({{"repeat", result.repeat},
                            {"fold", result.fold},
                            {"diverged", result.diverged},
                            {"train", result.diverged ? Json() : to_json(result.train)},
                            {"test", result.diverged ? Json() : to_json(result.test)}});
  return json;
}

std::string summary_text(const Validation& validation, const ExperimentSource& source, const std::string& chosen) {
  const Experiment& e = validation.experiment;
  const Index banked =
      std::count_if(validation.results.begin(), validation.results.end(), [](auto& result) { return result.banked; });
  std::string text = fmt::format("network   {}\n", e.network);
  text += fmt::format("data      {}, {} samples in {} folds{}\n", e.data, source.data.size(), validation.folds,
                      validation.repeats > 1 ? fmt::format(", dealt out {} times", validation.repeats) : "");
  if (!chosen.empty()) text += fmt::format("chosen    {}\n", chosen);
  text += fmt::format("training  {} runs in {:.2f} s{}{}\n", validation.results.size(), validation.seconds,
                      banked > 0 ? fmt::format(", {} of them together in banks", banked) : "",
                      validation.diverged() > 0 ? fmt::format("; {} diverged", validation.diverged()) : "");
  text += "\non samples that were not learned from, over the folds (learned from):\n";
  for (const ScoreField& field : score_fields()) {
    const auto summary = validation.summary(field);
    if (!summary) continue;
    const auto training = validation.training_summary(field);
    text += fmt::format(
        "  {:<22} {} ± {}{}{}\n", field.label, short_number(summary->mean), short_number(summary->deviation),
        summary->interval ? fmt::format(", the mean within {} to {}", short_number(summary->interval->low),
                                        short_number(summary->interval->high))
                          : "",
        training ? fmt::format("  ({})", short_number(training->mean)) : "");
  }
  return text;
}

int run_validate(const Console& console, const ValidateWords& words) {
  const Experiment experiment = filled_from_start(words.experiment, words.given);
  const ExperimentSource source = load_source(experiment);
  const Proposal proposal = propose(experiment, with_test_set_said(words.given), source);
  const int machine = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  const InterruptGuard guard;
  ProgressPrinter printer(console);
  ValidationOptions options{.folds = words.folds,
                            .repeats = words.repeats,
                            .threads = words.threads > 0 ? static_cast<int>(words.threads) : machine};
  options.progress = [&](Index made, Index all) {
    printer.show(static_cast<double>(made) / static_cast<double>(all),
                 [&] { return fmt::format("run {}/{}", made, all); });
    return guard.interrupted() ? Signal::stop : Signal::go_on;
  };
  const Validation validation = validate(proposal.experiment, source, options);
  printer.clear();
  if (validation.results.empty() && validation.interrupted) throw ValueError("interrupted before a fold was done");
  if (validation.diverged() == static_cast<Index>(validation.results.size()))
    throw ValueError("training diverged in every fold (a lower --lr)");
  console.result(summary_text(validation, source, proposal.flags));
  if (console.json) console.machine(report_json(validation, proposal.flags));
  return validation.interrupted ? Exit::interrupted : Exit::success;
}

}  // namespace

void add_validate_command(Program& program) {
  const auto words = std::make_shared<ValidateWords>();
  Command& command = program.add(
      "validate", "train several times, each without another part of the data, and score it on that part",
      "gradus validate iris\n"
      "  gradus validate iris --network 4-8tanh-3softmax --scale standard --lr 0.1 --batch 8 --folds 5 --repeats 3",
      [words](const Console& console) { return run_validate(console, *words); });
  command
      .data("DATA", words->experiment.data,
            "a CSV or .npy file, iris, digits, or a maker: circles:samples=500,noise=0.2,factor=0.4")
      ->required();
  command.count("--folds", words->folds, "parts, of which each is left out once: scikit-learn's [5]", 2);
  command.count("--repeats", words->repeats, "times that the samples are dealt out anew [1]", 1);
  command.count("--threads", words->threads, "threads [all]", 1);
  const auto experiment = std::shared_ptr<Experiment>(words, &words->experiment);
  const auto given = std::shared_ptr<GivenKeys>(words, &words->given);
  add_experiment_options(command, experiment, given, flags_of_folds());
  command.check([words] { refuse_idle(words->given, {words->experiment}); });
}

}  // namespace gradus::cli
