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

Sweep sweep(Index seeds, Index random, Index halving, const nb::object& folder, std::optional<int> threads,
            nb::handle callback, const nb::kwargs& options) {
  check_callback("sweep", callback);
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
    if (halving == 0) {
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
        nb::arg("folder") = nb::none(), nb::arg("threads") = nb::none(), nb::arg("callback") = nb::none(),
        nb::arg("options"),
        nb::sig("def sweep(*, seeds: int = 1, random: int = 0, halving: int = 0, folder: str | os.PathLike[str] | None "
                "= None, "
                "threads: int | None = None, callback: collections.abc.Callable[[SweepProgress], bool | None] | None = "
                "None, **options: typing.Any) -> Sweep"),
        R"(Trains every combination of values with many seeds.

Runs that differ in seed, learning rate and l2 alone are trained together in banks; the numbers are those of
``gradus sweep``, whatever the number of threads.

Parameters
----------
seeds : int
    Of each configuration, from ``seed`` on.
random : int
    How many configurations to draw, instead of trying all; then ``lr="0.001..0.1"`` is a range.
halving : int
    Train all for a part of the epochs, the best 1 / `halving` of them that many times as long, and so on; the result is of
    the last round, and ``rounds`` tells how many each had, and how long they trained. 0: every configuration to its end.
folder : str or path, optional
    Where ``results.csv`` is kept: what is in it is not computed again.
threads : int, optional
    All there are unless given.
callback : callable, optional
    Called with a `SweepProgress` every few milliseconds; returning True stops. An exception it raises arrives.
**options
    Those of `Experiment`, ``data`` as for `validate`, where a list holds several values; texts may hold braces, ``network="2-{2,8}tanh-2softmax"``.

Returns
-------
Sweep
    After Ctrl-C too, with a RuntimeWarning: it then holds the runs that were made.

Raises
------
ValueError
    If a configuration cannot be run, or an option has no effect in any, before any is.
TypeError
    On an unknown option.

Examples
--------
>>> import gradus as gd
>>> result = gd.sweep(data="moons:samples=60,noise=0.1,seed=1", network="2-{2,8}tanh-2softmax", lr=[0.1, 0.5], seeds=5,
...                   epochs=10, batch=4)
>>> result
Sweep(4 configurations, 5 seeds)
>>> best = result.ranking[0]
>>> best["runs"], best["low"] <= best["mean"] <= best["high"]
(5, True)
)");
}

}  // namespace gradus::python
