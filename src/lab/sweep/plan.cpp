// SPDX-License-Identifier: MIT
#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "gradus/lab/experiment/words.hpp"
#include "gradus/lab/sweep/sweep.hpp"
#include "lab/experiment/fnv.hpp"

namespace gradus {
namespace {

constexpr Index kMostRuns = 1000000;

}  // namespace

Index configuration_count(const SweepRequest& request) {
  if (request.seeds < 1) throw ValueError(fmt::format("[sweep] expected at least 1 seed, got {}", request.seeds));
  if (request.random < 0)
    throw ValueError(fmt::format("[sweep] expected a number of configurations >= 0, got {}", request.random));
  const Index count =
      request.random == 0
          ? request.grid.count()
          : static_cast<Index>(std::min(request.grid.combinations(), static_cast<double>(request.random)));
  if (count > kMostRuns / request.seeds)
    throw ValueError(fmt::format("[sweep] expected at most a million runs, got {} configurations and {} seeds", count,
                                 request.seeds));
  return count;
}

std::string run_hash(const Experiment& experiment) {
  Fnv fnv;
  for (const ExperimentKey& key : experiment_keys()) {
    if (key.section == "output" || key.path() == "data.source") continue;
    if (key.path() == "data.test" && !experiment.test_data.empty()) continue;
    // Most machines' arithmetic, without a name before there was another.
    if (key.path() == "training.arithmetic" && experiment.arithmetic == Arithmetic::fused) continue;
    if (const std::optional<KeyValue> value = key.get(experiment))
      fnv.add(std::string_view(key.path() + '=' + to_text(*value) + '\n'));
  }
  return fmt::format("{:016x}", fnv.hash());
}

SweepPlan plan_sweep(const SweepRequest& request, const ExperimentSource& source) {
  configuration_count(request);  // before they are drawn
  const std::size_t seeds = static_cast<std::size_t>(request.seeds);
  SweepPlan plan{request.grid.axes(), request.grid.varied_keys(), {}, request.seeds, {}};
  RandomState random(request.base.seed);
  plan.configurations = request.random > 0 ? request.grid.draw(request.random, random) : request.grid.all();
  const Experiment* first = nullptr;
  for (std::size_t c = 0; c < plan.configurations.size(); ++c) {
    Experiment experiment = decided(request.grid.experiment(request.base, plan.configurations[c]), source.data);
    if (seeds - 1 > std::numeric_limits<std::uint32_t>::max() - experiment.seed)
      throw ValueError(fmt::format("[sweep] expected seeds below 2^32, got {} from {} on", seeds, experiment.seed));
    experiment.fingerprint = source.fingerprint;
    if (experiment.arithmetic == Arithmetic::automatic && experiment.engine != Engine::definition)
      experiment.arithmetic = request.automatic;
    experiment.arithmetic = arithmetic_of(experiment);
    experiment.model.clear();
    experiment.figures.clear();
    if (first && experiment.test_data != first->test_data)
      throw ValueError("[sweep] expected the same data to test on in every run, got " + experiment.test_data + " and " +
                       first->test_data);
    untrained_model(experiment, source.data, source.test);
    for (std::size_t s = 0; s < seeds; ++s) {
      plan.runs.push_back({c, experiment, run_hash(experiment)});
      ++experiment.seed;
    }
    first = &plan.runs.front().experiment;
  }
  return plan;
}

std::string value_text(const SweepPlan& plan, const SweepRun& run, const ExperimentKey& key) {
  if (const std::optional<KeyValue> value = key.get(run.experiment)) return plain_text(*value);
  // A value that a file would leave out, as it was written.
  for (std::size_t a = 0; a < plan.axes.size(); ++a)
    if (plan.axes[a].name == key.flag) return plan.configurations[run.configuration][a];
  return "";
}

double RunResult::merit() const {
  return test_accuracy.value_or(train_accuracy.value_or(-test_loss.value_or(train_loss)));
}

std::optional<std::size_t> SweepOutcome::best() const {
  std::optional<std::size_t> best;
  const auto loss = [](const RunResult& r) { return r.test_loss.value_or(r.train_loss); };
  for (std::size_t k = 0; k < results.size(); ++k) {
    if (!results[k] || results[k]->diverged) continue;
    const RunResult* held = best ? &*results[*best] : nullptr;
    if (!held || results[k]->merit() > held->merit() ||
        (results[k]->merit() == held->merit() && loss(*results[k]) < loss(*held)))
      best = k;
  }
  return best;
}

}  // namespace gradus
