// SPDX-License-Identifier: MIT
#include "gradus/lab/sweep/sweep.hpp"

#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <thread>

#include "arrays.hpp"
#include "gradus/core/number.hpp"
#include "gradus/lab/sweep/halving.hpp"
#include "gradus/lab/sweep/report.hpp"
#include "gradus/lab/sweep/shard.hpp"
#include "module.hpp"
#include "options.hpp"
#include "source.hpp"
#include "watch.hpp"

namespace gradus::python {
namespace {

struct Sweep {
  SweepPlan plan;
  SweepOutcome outcome;
  std::vector<std::pair<std::size_t, Index>> rounds{};  // of halving: configurations, and how long they trained
};

/// As the command line has it: several numbers between commas, several texts between braces.
std::string grid_text(const std::string& called, nb::handle value) {
  if (!nb::isinstance<nb::list>(value) && !nb::isinstance<nb::tuple>(value) && !nb::hasattr(value, "tolist")) {
    const KeyValue one = value_of(called, value);
    return std::holds_alternative<std::string>(one) ? std::get<std::string>(one) : to_text(one);
  }
  std::string all;
  for (const nb::handle each : nb::iter(value)) all += (all.empty() ? "" : ",") + grid_text(called, each);
  return "{" + all + "}";
}

SweepRequest request_of(const nb::dict& given, Index seeds, Index random) {
  SweepRequest request{.seeds = seeds, .random = random};
  nb::dict options;
  for (const auto& [key, value] : given)
    if (nb::cast<std::string>(key) != "data" || !is_data(value)) options[key] = value;
  if (options.size() < given.size()) options["data"] = "(data of the program)";
  visit_options("sweep", options, {}, [&](const ExperimentKey& key, const std::string& called, nb::handle value) {
    const bool is_data = key.section == "data" && key.name == "source";
    if (is_data || key.name == "seed")
      set_key(request.base, key, value_of(called, value), called);
    else
      request.grid.set(key, grid_text(called, value), called);
  });
  if (request.base.data.empty() || !options.contains("network") || options["network"].is_none())
    throw nb::type_error("[sweep] expected the options data and network");
  std::vector<Experiment> experiments;
  for (const std::vector<std::string>& values : request.grid.samples())
    experiments.push_back(request.grid.experiment(request.base, values));
  refuse_idle("sweep", options, experiments);
  return request;
}

void warn_of_interruption(const Sweep& sweep) {
  const auto made = std::count_if(sweep.outcome.results.begin(), sweep.outcome.results.end(),
                                  [](const auto& result) { return result.has_value(); });
  const std::string message =
      fmt::format("[sweep] interrupted after {} of {} runs; what was computed is kept", made, sweep.plan.runs.size());
  if (PyErr_WarnEx(PyExc_RuntimeWarning, message.c_str(), 1) != 0) throw nb::python_error();
}

Sweep sweep(Index seeds, Index random, Index halving, const std::optional<std::string>& part, const nb::object& folder,
            std::optional<int> threads, nb::handle callback, const nb::kwargs& options) {
  check_callback("sweep", callback);
  std::optional<Shard> shard;
  if (part) shard = parse_shard(*part);
  if (shard && halving != 0)
    throw ValueError("[sweep] halving has no effect here: a shard does not know how the others fare");
  if (shard && folder.is_none()) throw ValueError("[sweep] expected a folder for the file of a shard, got none");
  if (threads && *threads < 1) throw ValueError(fmt::format("[sweep] expected at least 1 thread, got {}", *threads));
  const SweepRequest request = request_of(options, seeds, random);
  Watch watch;
  SweepOptions how;
  if (!folder.is_none()) how.folder = as_path(folder);
  how.threads = threads.value_or(static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
  how.progress = [&](const SweepProgress& progress) {
    if (callback.is_none()) return watch.look();
    return watch.ask([&] { return callback(progress).is(Py_True); });
  };
  Sweep sweep;
  std::optional<ExperimentSource> given;
  Experiment first = request.grid.experiment(request.base, request.grid.samples().front());
  if (is_data(options["data"])) given = source_of("sweep", options["data"], first);
  {
    const Unlocked others;
    const ExperimentSource source = given ? std::move(*given) : load_source(first);
    sweep.plan = plan_sweep(request, source);
    if (shard) {
      sweep.plan = shard_of(sweep.plan, *shard);
      sweep.outcome = run_shard(request, sweep.plan, source, how, *shard);
    } else if (halving == 0) {
      sweep.outcome = run_sweep(sweep.plan, source, how);
    } else {
      std::vector<HalvingRound> rounds = run_halving(sweep.plan, source, how, halving);
      for (const HalvingRound& round : rounds)
        sweep.rounds.emplace_back(round.plan.configurations.size(), round.length);
      sweep.plan = std::move(rounds.back().plan);
      sweep.outcome = std::move(rounds.back().outcome);
    }
  }
  watch.rethrow();
  if (watch.interrupted()) warn_of_interruption(sweep);
  return sweep;
}

Sweep merge_sweep(const nb::object& folder, const nb::object& data, const nb::object& into) {
  const std::string path = as_path(folder);
  MergeOptions how;
  Experiment first;
  if (!data.is_none()) how.data = source_of("merge_sweep", data, first);
  if (!into.is_none()) how.into = as_path(into);
  const Unlocked others;
  MergedSweep merged = merge_shards(path, std::move(how));
  return {std::move(merged.plan), std::move(merged.outcome)};
}

nb::dict values_of(const Sweep& sweep, std::size_t configuration) {
  nb::dict values;
  for (std::size_t a = 0; a < sweep.plan.axes.size(); ++a) {
    const std::string& text = sweep.plan.configurations[configuration][a];
    const std::optional<double> number = parse_number(text);
    values[nb::str(sweep.plan.axes[a].name.c_str())] = number ? nb::cast(*number) : nb::cast(text);
  }
  return values;
}

nb::list ranking_of(const Sweep& sweep) {
  nb::list ranking;
  for (const ConfigurationScore& score : rank(sweep.plan, sweep.outcome)) {
    nb::dict row = values_of(sweep, score.configuration);
    row["mean"] = score.mean;
    row["deviation"] = score.deviation;
    row["low"] = score.low;
    row["high"] = score.high;
    row["train"] = score.train;
    row["runs"] = score.runs;
    row["diverged"] = score.diverged;
    ranking.append(row);
  }
  return ranking;
}

nb::list runs_of(const Sweep& sweep) {
  nb::list runs;
  for (std::size_t r = 0; r < sweep.plan.runs.size(); ++r) {
    const std::optional<RunResult>& result = sweep.outcome.results[r];
    if (!result) continue;
    nb::dict row = values_of(sweep, sweep.plan.runs[r].configuration);
    row["seed"] = sweep.plan.runs[r].experiment.seed;
    row["diverged"] = result->diverged;
    row["train_loss"] = result->train_loss;
    row["train_accuracy"] = result->train_accuracy;
    row["test_loss"] = result->test_loss;
    row["test_accuracy"] = result->test_accuracy;
    runs.append(row);
  }
  return runs;
}

std::optional<Experiment> best_of(const Sweep& sweep) {
  const std::optional<std::size_t> best = sweep.outcome.best();
  return best ? std::optional(sweep.plan.runs[*best].experiment) : std::nullopt;
}

}  // namespace

void bind_sweep(nb::module_& m) {
  nb::class_<SweepProgress>(m, "SweepProgress", R"(How far a sweep has come.

Examples
--------
>>> import gradus as gd
>>> seen = []
>>> result = gd.sweep(data="xor", network="2-2tanh-2softmax", seeds=4, epochs=2, threads=1,
...                   callback=lambda progress: seen.append(progress.runs))
>>> set(seen) <= {4}
True
)")
      .def(
          "__init__",
          [](SweepProgress* self, Index done, Index runs, double share, double seconds, std::optional<double> best) {
            new (self) SweepProgress{done, runs, share, seconds, best};
          },
          nb::arg("done"), nb::arg("runs"), nb::arg("share"), nb::arg("seconds"), nb::arg("best") = nb::none())
      .def_ro("done", &SweepProgress::done, "Runs made.")
      .def_ro("runs", &SweepProgress::runs, "Runs in all.")
      .def_ro("share", &SweepProgress::share, "Of the work that was to do.")
      .def_ro("seconds", &SweepProgress::seconds, "So far.")
      .def_ro("best", &SweepProgress::best, "Accuracy (or -loss) of the best run so far; 0 before the first.");
  nb::class_<Sweep>(m, "Sweep", R"(What `sweep` found.

Examples
--------
>>> import gradus as gd
>>> result = gd.sweep(data="moons:noise=0.1", network="2-{2,8}tanh-2softmax", seeds=3, epochs=5, lr=0.5, seed=1)
>>> len(result), sorted(result.runs[0])[:3], result.best.network in ("2-2tanh-2softmax", "2-8tanh-2softmax")
(6, ['diverged', 'network', 'seed'], True)
)")
      .def_prop_ro(
          "ranking", &ranking_of, nb::sig("def ranking(self) -> list[dict[str, typing.Any]]"),
          "A row a configuration, the best mean first: its values, mean, deviation, low and high of the accuracy "
          "(or -loss) over seeds, the mean of the training's, runs and diverged ones. pandas.DataFrame takes it.")
      .def_prop_ro("runs", &runs_of, nb::sig("def runs(self) -> list[dict[str, typing.Any]]"),
                   "A row a run: values, seed, losses and accuracies, None where they do not apply.")
      .def_prop_ro("best", &best_of,
                   "The experiment of the best run, whose ``run()`` gives its model; None if all diverged.")
      .def_prop_ro(
          "merit", [](const Sweep& self) { return merit_name(self.outcome); }, "What runs are ranked by.")
      .def_ro("rounds", &Sweep::rounds, "Of halving: configurations and epochs (or updates) of each round.")
      .def_prop_ro("interrupted", [](const Sweep& self) { return self.outcome.interrupted; })
      .def_prop_ro("seconds", [](const Sweep& self) { return self.outcome.seconds; })
      .def("__len__", [](const Sweep& self) { return self.plan.runs.size(); })
      .def("__repr__", [](const Sweep& self) {
        return fmt::format("Sweep({} configurations, {} seeds{})", self.plan.configurations.size(), self.plan.seeds,
                           self.outcome.interrupted ? ", interrupted" : "");
      });
  m.def("sweep", &sweep, nb::kw_only(), nb::arg("seeds") = 1, nb::arg("random") = 0, nb::arg("halving") = 0,
        nb::arg("shard") = nb::none(), nb::arg("folder") = nb::none(), nb::arg("threads") = nb::none(),
        nb::arg("callback") = nb::none(), nb::arg("options"),
        nb::sig("def sweep(*, seeds: int = 1, random: int = 0, halving: int = 0, shard: str | None = None, folder: str "
                "| os.PathLike[str] | None "
                "= None, "
                "threads: int | None = None, callback: collections.abc.Callable[[SweepProgress], bool | None] | None = "
                "None, **options: typing.Any) -> Sweep"),
        "Trains every combination of values with many seeds, in this process: see `gradus.sweep`.");
  m.def("merge_sweep", &merge_sweep, nb::arg("folder"), nb::kw_only(), nb::arg("data") = nb::none(),
        nb::arg("into") = nb::none(),
        nb::sig("def merge_sweep(folder: str | os.PathLike[str], *, data: typing.Any = None, "
                "into: str | os.PathLike[str] | None = None) -> Sweep"),
        R"(Joins the shards of a sweep, once all are there.

Writes ``results.csv``, byte for byte as one sweep would have.

Parameters
----------
folder : str or path
    Where ``shard-1-of-N.csv`` and so on are.
data : Dataset, (x, y) or data frame, optional
    What the shards were made of, if that was no text or path: the folder knows these.
into : str or path, optional
    The folder for ``results.csv``; that of the shards unless given.

Returns
-------
Sweep

Raises
------
OSError
    If a shard is missing, of another sweep or arithmetic, or does not have each of its runs once.

Examples
--------
>>> import gradus as gd, tempfile
>>> options = dict(data="moons:samples=60,noise=0.1", network="2-{2,8}tanh-2softmax", seeds=4, epochs=2)
>>> with tempfile.TemporaryDirectory() as folder:
...     shards = [gd.sweep(shard=f"{k}/3", folder=folder, **options) for k in (1, 2, 3)]
...     merged = gd.merge_sweep(folder)
>>> [len(shard) for shard in shards], len(merged), merged.runs == gd.sweep(**options).runs
([3, 2, 3], 8, True)
)");
}

}  // namespace gradus::python
