// SPDX-License-Identifier: MIT
#include "gradus/lab/sweep/validate.hpp"

#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <thread>

#include "arrays.hpp"
#include "gradus/lab/experiment/proposal.hpp"
#include "module.hpp"
#include "options.hpp"
#include "source.hpp"
#include "watch.hpp"

namespace gradus::python {
namespace {

Validation run(nb::handle data, Index folds, Index repeats, std::optional<int> threads, nb::handle callback,
               const nb::kwargs& options) {
  check_callback("validate", callback);
  if (threads && *threads < 1) throw ValueError(fmt::format("[validate] expected at least 1 thread, got {}", *threads));
  Experiment experiment;
  std::vector<const ExperimentKey*> given;
  set_options(experiment, "validate", options);
  visit_options("validate", options, {},
                [&](const ExperimentKey& key, const std::string&, nb::handle) { given.push_back(&key); });
  for (const char* name : {"test", "stratify", "test_every", "record_every", "model", "fingerprint"})
    if (options.contains(name))
      throw ValueError(
          fmt::format("[validate] {} has no effect here: the folds hold out, and nothing is written", name));
  for (const ExperimentKey& key : experiment_keys())
    if (key.flag == "test" || key.flag == "stratify") given.push_back(&key);
  experiment = filled_from_start(experiment, given);
  ExperimentSource source;
  if (is_data(data)) {
    source = source_of("validate", data, experiment);
  } else {
    experiment.data = as_text(data);
    const Unlocked others;
    source = load_source(experiment);
  }
  refuse_idle("validate", options, {&experiment, 1});
  Watch watch;
  ValidationOptions how{.folds = folds, .repeats = repeats};
  how.threads = threads.value_or(static_cast<int>(std::max(1u, std::thread::hardware_concurrency())));
  how.progress = [&](Index made, Index all) {
    if (callback.is_none()) return watch.look();
    return watch.ask([&] { return callback(made, all).is(Py_True); });
  };
  Validation validation;
  {
    const Unlocked others;
    validation = validate(propose(experiment, given, source).experiment, source, how);
  }
  watch.rethrow();
  if (watch.interrupted() &&
      PyErr_WarnEx(PyExc_RuntimeWarning, "[validate] interrupted: not all folds were made", 1) != 0)
    throw nb::python_error();
  return validation;
}

nb::object interval_of_summary(const ValidationSummary& summary) {
  if (!summary.interval) return nb::none();
  return nb::make_tuple(summary.interval->low, summary.interval->high);
}

nb::dict summaries(const Validation& validation,
                   std::optional<ValidationSummary> (Validation::*summary)(const ScoreField&) const) {
  nb::dict all;
  for (const ScoreField& field : score_fields())
    if (const auto found = (validation.*summary)(field)) {
      nb::dict row;
      row["mean"] = found->mean;
      row["deviation"] = found->deviation;
      row["interval"] = interval_of_summary(*found);
      row["values"] = found->values;
      all[nb::str(field.name.data(), field.name.size())] = row;
    }
  return all;
}

}  // namespace

void bind_validate(nb::module_& m) {
  nb::class_<FoldResult>(m, "Fold", R"(One run of `validate`: which samples were left out, and the scores on them.

Examples
--------
>>> import gradus as gd
>>> fold = gd.validate("iris", network="4-3softmax", epochs=2, folds=3).folds[0]
>>> len(fold.train), len(fold.test), fold.test_scores.samples
(100, 50, 50)
)")
      .def_ro("repeat", &FoldResult::repeat, "From 0.")
      .def_ro("fold", &FoldResult::fold, "From 0.")
      .def_prop_ro(
          "train", [](const FoldResult& self) { return self.rows.train; }, "Rows that were learned from.")
      .def_prop_ro(
          "test", [](const FoldResult& self) { return self.rows.test; }, "Rows that were left out.")
      .def_ro("diverged", &FoldResult::diverged)
      .def_prop_ro(
          "train_scores",
          [](const FoldResult& self) { return self.diverged ? std::nullopt : std::optional(self.train); },
          "None if training diverged.")
      .def_prop_ro(
          "test_scores", [](const FoldResult& self) { return self.diverged ? std::nullopt : std::optional(self.test); },
          "None if training diverged.");
  nb::class_<Validation>(m, "Validation", R"(What `validate` found.

Examples
--------
>>> import gradus as gd
>>> result = gd.validate("iris", network="4-3softmax", epochs=2, folds=3)
>>> result
Validation('4-3softmax', 3 folds)
>>> sorted(result.scores["accuracy"])
['deviation', 'interval', 'mean', 'values']
)")
      .def_ro("experiment", &Validation::experiment, "As carried out, with what was left open decided.")
      .def_ro("folds", &Validation::results)
      .def_prop_ro(
          "scores", [](const Validation& self) { return summaries(self, &Validation::summary); },
          nb::sig("def scores(self) -> dict[str, dict[str, typing.Any]]"),
          "By name, on the samples left out: mean, deviation, the interval of 95 % that the mean lies in (Nadeau "
          "and Bengio's, None of a single fold) and the values.")
      .def_prop_ro(
          "training_scores", [](const Validation& self) { return summaries(self, &Validation::training_summary); },
          nb::sig("def training_scores(self) -> dict[str, dict[str, typing.Any]]"),
          "The same on the samples learned from.")
      .def_prop_ro("diverged", &Validation::diverged, "Runs without scores.")
      .def_ro("interrupted", &Validation::interrupted)
      .def_ro("seconds", &Validation::seconds)
      .def("__repr__", [](const Validation& self) {
        return fmt::format("Validation('{}', {} folds{})", self.experiment.network, self.folds,
                           self.repeats > 1 ? fmt::format(", {} repeats", self.repeats) : "");
      });
  m.def("validate", &run, nb::arg("data"), nb::kw_only(), nb::arg("folds") = 5, nb::arg("repeats") = 1,
        nb::arg("threads") = nb::none(), nb::arg("callback") = nb::none(), nb::arg("options"),
        nb::sig(
            "def validate(data: str | os.PathLike[str] | Dataset | collections.abc.Sequence[numpy.typing.ArrayLike] | "
            "typing.Any, *, folds: int = 5, repeats: int = 1, threads: int | None = None, "
            "callback: collections.abc.Callable[[int, int], bool | None] | None = None, "
            "**options: typing.Any) -> Validation"),
        R"(Trains several times, each without another part of the data, and scores it on that part.

The parts are scikit-learn's: those of ``RepeatedStratifiedKFold(n_splits=folds, n_repeats=repeats, random_state=seed)``
for classes, of ``RepeatedKFold`` otherwise. Runs are trained together in banks where these give the bits of single runs.

Parameters
----------
data : str, path, Dataset, (x, y) or data frame
    What `load_data` reads; or the data itself, a frame of pandas, polars or Arrow as a file of its columns would be read
    (``target`` names the answers).
folds : int
    Each is left out once.
repeats : int
    Times that the samples are dealt out anew, with another seed.
threads : int, optional
    All there are unless given.
callback : callable, optional
    Called with the number of runs made and of all; returning True stops.
**options
    Those of `Experiment`; without ``network`` one is proposed, as on the command line.

Returns
-------
Validation

Raises
------
ValueError
    For fewer than 2 folds or more than samples, and where early stopping would look at the samples left out.
TypeError
    On an unknown option, or data of another kind.

Examples
--------
>>> import gradus as gd
>>> data = gd.make_moons(200, noise=0.1, random_state=0)
>>> result = gd.validate(data, network="2-8tanh-2softmax", optimizer="adam", lr=0.05, epochs=60, folds=4)
>>> bool(result.scores["accuracy"]["mean"] > 0.9), len(result.folds)
(True, 4)
)");
}

}  // namespace gradus::python
