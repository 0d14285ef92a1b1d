// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <thread>

#include "apps/gradus/commands.hpp"
#include "apps/gradus/experiment_options.hpp"
#include "apps/gradus/file_kinds.hpp"
#include "apps/gradus/interrupt.hpp"
#include "apps/gradus/progress.hpp"
#include "apps/gradus/training_report.hpp"
#include "gradus/lab/experiment/words.hpp"
#include "gradus/lab/model/model_file.hpp"
#include "gradus/lab/sweep/halving.hpp"
#include "gradus/lab/sweep/report.hpp"
#include "gradus/lab/sweep/shard.hpp"
#include "gradus/lab/sweep/sweep.hpp"

namespace gradus::cli {
namespace {

using Json = nlohmann::ordered_json;

struct SweepWords {
  SweepRequest request;
  GivenKeys given;
  std::string folder;
  std::int64_t seeds = 1;
  std::int64_t random = 0;
  std::int64_t threads = 0;  ///< 0: as many as the machine has
  std::int64_t halving = 0;  ///< 0: every configuration to its end
  std::optional<Shard> shard{};
  std::string merge;  ///< a folder of shards
  bool dry_run = false;
};

const std::vector<FileInFolder>& written_files() {
  static const std::vector<FileInFolder> files{
      {"results.csv", results_kind}, {"best.model", model_kind}, {"report.html", report_kind}};
  return files;
}

/// Refuses a value that its key cannot hold, and a key without effect, as the other commands do.
void check_values(const SweepRequest& request, const GivenKeys& given) {
  try {
    configuration_count(request);
    std::vector<Experiment> experiments;
    for (const std::vector<std::string>& values : request.grid.samples())
      experiments.push_back(request.grid.experiment(request.base, values));
    refuse_idle(given, experiments);
  } catch (const ParseError& error) {
    throw UsageError(error.what(), error.pointer());
  } catch (const ValueError& error) {
    throw UsageError(error.what());
  }
}

std::string plural(std::size_t count, const char* word) {
  return fmt::format("{} {}{}", count, word, count == 1 ? "" : "s");
}

std::string time_text(double seconds) { return seconds < 60 ? fmt::format("{:.2g} s", seconds) : clock_text(seconds); }

/// Of many runs some are planned, and speak for the others.
int tell_estimate(const Console& console, const SweepRequest& request, const ExperimentSource& source,
                  const SweepOptions& options) {
  constexpr Index some_runs = 10'000;
  const Index configurations = configuration_count(request), runs = configurations * request.seeds;
  SweepRequest some = request;
  some.seeds = std::min(request.seeds, some_runs);
  if (runs > some_runs) some.random = std::min(configurations, std::max<Index>(some_runs / some.seeds, 1));
  const SweepPlan plan = plan_sweep(some, source);
  SweepEstimate estimate = estimate_sweep(plan, source, options);
  const double share = static_cast<double>(runs) / static_cast<double>(plan.runs.size());
  estimate.missing = std::llround(share * static_cast<double>(estimate.missing));
  estimate.banked = std::llround(share * static_cast<double>(estimate.banked));
  estimate.seconds *= share;
  console.summary(fmt::format("runs      {}: {} with {}\n", runs,
                              plural(static_cast<std::size_t>(configurations), "configuration"),
                              plural(static_cast<std::size_t>(request.seeds), "seed")));
  console.summary(fmt::format("missing   {}{}, {} of them trained together in banks\n", share > 1 ? "about " : "",
                              estimate.missing, estimate.banked));
  console.summary(fmt::format("time      about {} on {}\n", time_text(estimate.seconds),
                              plural(static_cast<std::size_t>(options.threads), "thread")));
  constexpr double handy = 1800;  // of a job array's job
  if (const double shards = std::ceil(estimate.seconds / handy); shards > 1)
    console.summary(
        fmt::format("shards    {:.0f} of half an hour or less: --shard 1/{:.0f} and so on\n", shards, shards));
  console.machine({{"runs", runs},
                   {"configurations", configurations},
                   {"seeds", request.seeds},
                   {"missing", estimate.missing},
                   {"banked", estimate.banked},
                   {"threads", options.threads},
                   {"seconds", estimate.seconds}});
  return Exit::success;
}

/// The command line that asks for this sweep on one machine, in whatever words it was asked for.
std::string command_of(const SweepRequest& request, Index halving, const std::string& folder) {
  std::string text = "gradus sweep " + shell_word(request.base.data);
  const auto add = [&](std::string_view flag, const std::string& value) {
    text += fmt::format(" --{} {}", flag, shell_word(value));
  };
  for (const auto& [key, value] : request.grid.texts()) {
    if (key->form != KeyForm::flag)
      add(key->flag, value);
    else
      text += fmt::format(" --{}{}", value == "true" ? "" : "no-", key->flag);
  }
  if (request.base.seed != Experiment{}.seed) add("seed", std::to_string(request.base.seed));
  if (request.seeds > 1) add("seeds", std::to_string(request.seeds));
  if (request.random > 0) add("random", std::to_string(request.random));
  if (halving > 0) add("halving", std::to_string(halving));
  return text + " -o " + shell_word(folder);
}

/// All of the plan, or, with `halving`, round by round; the plan becomes that of the last one.
SweepOutcome sweep_with_progress(const Console& console, const SweepWords& words, const SweepRequest& request,
                                 SweepPlan& plan, const ExperimentSource& source, SweepOptions options, Json& rounds) {
  const InterruptGuard guard;
  ProgressPrinter printer(console);
  options.progress = [&](const SweepProgress& p) {
    printer.show(p.share, [&] {
      const double left = p.share > 0 ? p.seconds * (1 - p.share) / p.share : 0;
      return fmt::format("run {}/{}  best {}  {} left", p.done, p.runs, p.best ? short_number(std::abs(*p.best)) : "-",
                         clock_text(left));
    });
    return guard.interrupted() ? Signal::stop : Signal::go_on;
  };
  if (words.shard) return run_shard(request, plan, source, options, *words.shard);
  if (words.halving == 0) return run_sweep(plan, source, options);
  std::vector<HalvingRound> made = run_halving(plan, source, options, words.halving);
  printer.clear();
  for (const HalvingRound& round : made) {
    console.summary(fmt::format("round     {} of {} {}\n", plural(round.plan.configurations.size(), "configuration"),
                                round.length, round.plan.runs.front().experiment.updates > 0 ? "updates" : "epochs"));
    rounds.push_back({{"configurations", round.plan.configurations.size()}, {"length", round.length}});
  }
  plan = std::move(made.back().plan);
  return std::move(made.back().outcome);
}

/// `network 2-20tanh-2softmax  lr 0.1`
std::string name_of(const SweepPlan& plan, const SweepRun& run) {
  std::string text;
  for (const ExperimentKey* key : plan.keys)
    text += fmt::format("{}{} {}", text.empty() ? "" : "  ", key->flag, value_text(plan, run, *key));
  return text.empty() ? run.experiment.network : text;
}

/// The best run once more, by itself, as `gradus train` would make it. Nothing if all diverged.
Json save_best(const Console& console, const SweepPlan& plan, const ExperimentSource& source,
               const SweepOutcome& outcome, const std::string& folder) {
  const std::optional<std::size_t> best = outcome.best();
  if (!best) return {};
  const Experiment& experiment = plan.runs[*best].experiment;
  const ExperimentResult result = run_experiment(experiment, source);
  const std::string path = folder + "/best.model";
  if (result.fit.reason == StopReason::diverged) return {};
  save_model(result.model, path);
  const Scores& scores = result.test_scores ? *result.test_scores : result.train_scores;
  console.summary(fmt::format("best      {}  seed {}: {}\nmodel     {}\n", name_of(plan, plan.runs[*best]),
                              experiment.seed, to_line(scores), path));
  Json json = {{"network", experiment.network}, {"seed", experiment.seed}, {"hash", plan.runs[*best].hash}};
  json["train"] = to_json(result.train_scores);
  json["test"] = result.test_scores ? to_json(*result.test_scores) : Json();
  json["model"] = path;
  return json;
}

Json ranking(const Console& console, const SweepPlan& plan, const SweepOutcome& outcome) {
  constexpr std::size_t shown = 10;
  const std::vector<ConfigurationScore> ranked = rank(plan, outcome);
  Json json = Json::array();
  const std::string merit = merit_name(outcome);
  const double sign = merit.starts_with('-') ? -1 : 1;  // a loss is shown as a loss
  console.summary(fmt::format("\n{}, mean and standard deviation over {}:\n", merit.substr(sign < 0 ? 1 : 0),
                              plural(static_cast<std::size_t>(plan.seeds), "seed")));
  for (std::size_t k = 0; k < ranked.size(); ++k) {
    const ConfigurationScore& s = ranked[k];
    const SweepRun& run = plan.runs[s.configuration * static_cast<std::size_t>(plan.seeds)];
    const bool any = s.runs > s.diverged;
    if (k < shown)
      console.summary(fmt::format(
          "  {}  {}{}\n", any ? fmt::format("{:.4f} ± {:.4f}", sign * s.mean, s.deviation) : "        diverged",
          name_of(plan, run), any && s.diverged > 0 ? fmt::format("  ({} diverged)", s.diverged) : ""));
    Json values = Json::object();
    for (std::size_t a = 0; a < plan.axes.size(); ++a)
      values[plan.axes[a].name] = plan.configurations[s.configuration][a];
    Json entry = {{"values", values}, {"network", run.experiment.network}, {"runs", s.runs}, {"diverged", s.diverged}};
    if (any) {
      const auto ends = std::minmax({sign * s.low, sign * s.high});
      entry.update({{"mean", sign * s.mean},
                    {"deviation", s.deviation},
                    {"low", ends.first},
                    {"high", ends.second},
                    {"train", s.train}});
    }
    json.push_back(entry);
  }
  if (ranked.size() > shown) console.summary(fmt::format("  ... and {} more\n", ranked.size() - shown));
  console.summary("\n");
  return json;
}

/// Ranking, best model and report: what follows once every run is made.
int conclude(const Console& console, const SweepPlan& plan, const ExperimentSource& source, const SweepOutcome& outcome,
             const SweepReportOptions& report, Json json) {
  json["configurations"] = ranking(console, plan, outcome);
  json["best"] = save_best(console, plan, source, outcome, report.folder);
  const std::string problem = write_sweep_report(plan, source, outcome, report);
  console.summary(fmt::format("report    {}/report.html\n", report.folder));
  json["report"] = report.folder + "/report.html";
  console.machine(json);
  if (problem.empty()) return Exit::success;
  throw ToolError(problem + "; the numbers and the report are written, the figures are not");
}

int merge_command(const Console& console, const std::string& folder) {
  console.files->writes_into(folder, written_files(), "--merge");
  const MergedSweep merged = merge_shards(folder);
  console.summary(fmt::format("runs      {}: joined from {} shards\nresults   {}/results.csv\n",
                              merged.plan.runs.size(), merged.shards, folder));
  const Json json = {{"runs", merged.plan.runs.size()},
                     {"shards", merged.shards},
                     {"interrupted", false},
                     {"results", folder + "/results.csv"}};
  return conclude(console, merged.plan, merged.source, merged.outcome, {folder, command_of(merged.request, 0, folder)},
                  json);
}

int run_sweep_command(const Console& console, const SweepWords& words) {
  if (!words.merge.empty()) return merge_command(console, words.merge);
  SweepRequest request = words.request;
  request.seeds = words.seeds;
  request.random = words.random;
  check_values(request, words.given);
  const ExperimentSource source = load_source(request.grid.experiment(request.base, request.grid.samples().front()));
  const int machine = static_cast<int>(std::max(1u, std::thread::hardware_concurrency()));
  SweepOptions options;
  options.folder = words.folder;
  options.threads = words.threads > 0 ? static_cast<int>(words.threads) : machine;
  if (words.dry_run) return tell_estimate(console, request, source, options);
  const std::string file = words.shard ? file_name(*words.shard) : "results.csv", results = words.folder + "/" + file;
  if (words.shard) console.files->writes_into(words.folder, {{file, results_kind}}, "--output");
  SweepPlan plan = plan_sweep(request, source);
  if (words.shard) plan = shard_of(plan, *words.shard);
  Json rounds = Json::array();
  const SweepOutcome outcome = sweep_with_progress(console, words, request, plan, source, options, rounds);
  Json json = {{"runs", plan.runs.size()},   {"computed", outcome.computed},       {"reused", outcome.reused},
               {"seconds", outcome.seconds}, {"interrupted", outcome.interrupted}, {"threads", options.threads},
               {"results", results}};
  if (words.shard) json["shard"] = to_text(*words.shard);
  if (words.halving > 0) json["rounds"] = rounds;
  console.summary(fmt::format("runs      {}: {} computed in {:.2f} s, {} were there\nresults   {}\n", plan.runs.size(),
                              outcome.computed, outcome.seconds, outcome.reused, results));
  if (outcome.interrupted) {
    console.note(fmt::format("gradus: interrupted; {} of {} runs are in {}, the same command goes on\n",
                             outcome.computed + outcome.reused, plan.runs.size(), results));
    console.machine(json);
    return Exit::interrupted;
  }
  if (!words.shard)
    return conclude(console, plan, source, outcome, {words.folder, command_of(request, words.halving, words.folder)},
                    json);
  console.summary(fmt::format("next      once all {} shards are there: gradus sweep --merge {}\n", words.shard->of,
                              shell_word(words.folder)));
  console.machine(json);
  return Exit::success;
}

/// Throws UsageError for what is missing, and for what has no effect beside something else.
void check_words(const Command& command, const SweepWords& words) {
  const auto refuse_idle = [](const std::string& name, const char* why) {
    throw UsageError(fmt::format("{} has no effect here: {}", name, why));
  };
  if (!words.merge.empty()) {
    constexpr std::string_view heard[] = {"--merge", "--json", "--quiet", "--force"};
    for (const CLI::Option* option : command.get_options())
      if (const std::string name = option_name(*option);
          option->count() > 0 && std::find(std::begin(heard), std::end(heard), name) == std::end(heard))
        refuse_idle(name, "--merge takes the sweep from its shards");
    return;
  }
  const bool has_network =
      std::any_of(words.given.begin(), words.given.end(), [](auto* key) { return key->flag == "network"; });
  for (const auto& [name, is_given] : {std::pair{"DATA", !words.request.base.data.empty()}, {"--network", has_network}})
    if (!is_given) throw UsageError(fmt::format("{} is required (see gradus sweep --help)", name));
  if (words.folder.empty() && !words.dry_run) throw UsageError("--output: expected the name of a folder, got none");
  if (words.halving > 0 && words.dry_run) refuse_idle("--halving", "--dry-run counts runs that are made to their end");
  if (words.halving > 0 && words.shard) refuse_idle("--halving", "a shard does not know how the others fare");
  if (words.shard && words.dry_run) refuse_idle("--shard", "--dry-run counts the runs of the whole sweep");
}

}  // namespace

void add_sweep_command(Program& program) {
  const auto words = std::make_shared<SweepWords>();
  Command& command =
      program.add("sweep", "train every combination of values with many seeds, and report mean and spread",
                  "gradus sweep circles:samples=500,noise=0.2,factor=0.4 --network '2-{2,5,10,20}tanh-2softmax' "
                  "--lr 0.05,0.1 --seeds 20 --test 0.4 --batch 1 -o circles-sweep",
                  [words](const Console& console) { return run_sweep_command(console, *words); });
  command.data("DATA", words->request.base.data,
               "a CSV or .npy file, iris, digits, or a maker: circles:samples=500,noise=0.2,factor=0.4");
  command
      .folder("-o,--output", words->folder, written_files(), "the folder for results.csv, best.model and report.html")
      ->type_name("DIR");
  command.count("--seeds", words->seeds, "seeds a configuration, from --seed on [1]", 1);
  command.count("--random", words->random,
                "draw so many configurations instead of trying all; then 0.001..0.1 is a range to draw from", 1);
  command.count("--threads", words->threads, "threads [all]", 1);
  command.count("--halving", words->halving,
                "train all for a part of the epochs, the best 1/N of them for N times as long, and so on to the end",
                2);
  command
      .read(
          "--shard",
          [words](const std::string& text) {
            try {
              words->shard = parse_shard(text);
            } catch (const ValueError& error) {
              throw UsageError(fmt::format("--shard: {}", error.what()));
            }
          },
          {.kind = Role::Kind::value}, "make the I-th of N shares of the runs alone, into DIR/shard-I-of-N.csv")
      ->type_name("I/N");
  command.text("--merge", words->merge, "join the shards in DIR into what one sweep would have written there")
      ->type_name("DIR");
  command.check([words, &command] { check_words(command, *words); });
  command.flag("--dry-run", words->dry_run, "only count the runs and estimate the time");
  add_key_options(command, [words](const ExperimentKey& key, const std::string& text) {
    const std::string flag = "--" + std::string(key.flag);
    words->given.push_back(&key);
    if (key.name == "seed" && text.find_first_of(",{") == std::string::npos)
      set_key(words->request.base, key, parse_key_value(key, text), flag);
    else
      words->request.grid.set(key, text, flag);
  });
}

}  // namespace gradus::cli
