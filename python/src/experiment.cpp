// SPDX-License-Identifier: MIT
#include "gradus/lab/experiment/experiment.hpp"

#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrays.hpp"
#include "gradus/lab/experiment/run.hpp"
#include "gradus/lab/files/file.hpp"
#include "module.hpp"
#include "options.hpp"
#include "watch.hpp"

namespace gradus::python {
namespace {

/// The class of warnings on runs that went wrong without diverging; made when the module is, and never unmade.
PyObject* learning_warning = nullptr;

/// One warning that holds what there is to say.
void warn_of_learning(const ExperimentResult& result) {
  const std::vector<std::string>& words = result.model.record->diagnosis;
  if (words.empty()) return;
  const std::string message = fmt::format("[experiment] {}", fmt::join(words, "; "));
  if (PyErr_WarnEx(learning_warning, message.c_str(), 1) != 0) throw nb::python_error();
}

void bind_warning(nb::module_& m) {
  learning_warning = PyErr_NewExceptionWithDoc(
      "gradus._core.LearningWarning",
      "A run that went wrong without diverging: what was seen, with its numbers, and what may help.\n\n"
      "Examples\n--------\n>>> import gradus as gd, warnings\n>>> issubclass(gd.LearningWarning, UserWarning)\nTrue\n",
      PyExc_UserWarning, nullptr);
  if (!learning_warning) throw nb::python_error();
  m.attr("LearningWarning") = nb::borrow(learning_warning);
}

ExperimentResult run(const Experiment& experiment, nb::handle callback) {
  check_callback("experiment", callback);
  Watch watch;
  const ProgressCallback progress = [&](const Progress& how_far) {
    if (callback.is_none()) return watch.look();
    return watch.ask(
        [&] { return PyErr_CheckSignals() != 0 ? throw nb::python_error() : callback(how_far).is(Py_True); });
  };
  ExperimentResult result;
  {
    const Unlocked others;
    result = run_experiment(experiment, progress);
  }
  watch.rethrow();
  warn_of(result.fit, watch.interrupted());
  warn_of_learning(result);
  return result;
}

void bind_progress(nb::module_& m) {
  nb::class_<Progress>(
      m, "Progress",
      R"(How far a run of an `Experiment` has come, told after an update, or after some that were made at once.

Examples
--------
>>> import gradus as gd
>>> experiment = gd.Experiment(data="xor", network="2-1sigmoid", epochs=3, batch="full")
>>> result = experiment.run(callback=lambda progress: print(progress.epoch, progress.update))
1 1
2 2
3 3
)")
      .def_ro("epoch", &Progress::epoch, "The epoch that is under way, from 1.")
      .def_ro("epochs", &Progress::epochs, "Passes to make; 0 if the number of updates decides.")
      .def_ro("update", &Progress::update, "Updates made.")
      .def_ro("updates", &Progress::updates, "Updates to make at most.")
      .def_ro("loss", &Progress::loss, "As last recorded; before that, of the batch.")
      .def_ro("accuracy", &Progress::accuracy)
      .def_ro("test_accuracy", &Progress::test_accuracy)
      .def_ro("learning_rate", &Progress::learning_rate);
}

void bind_scores(nb::module_& m) {
  nb::class_<Scores> scores(m, "Scores",
                            R"(How well a model does on data whose answers are known; None where it does not apply.

Examples
--------
>>> import gradus as gd
>>> scores = gd.Experiment(data="iris", network="4-3softmax", epochs=1).run().train_scores
>>> scores.samples, scores.r2
(150, None)
>>> low, high = scores.interval("accuracy")
>>> low < scores.accuracy < high
True
)");
  scores.def_ro("samples", &Scores::samples)
      .def_ro("loss", &Scores::loss, "The model's own, as a mean.")
      .def(
          "interval",
          [](const Scores& self, const std::string& name) -> std::optional<std::pair<double, double>> {
            for (const ScoreField& field : score_fields())
              if (field.name == name) {
                const std::optional<Interval> interval = interval_of(self, field);
                return interval ? std::optional(std::pair(interval->low, interval->high)) : std::nullopt;
              }
            throw ValueError(fmt::format("[scores] expected the name of a score, got '{}'", name));
          },
          nb::arg("name"),
          "An interval of 95 % for a score on other samples of the same source: of ``accuracy`` (Wilson's), ``mse`` "
          "and "
          "``r2``; None for the others. ValueError for what is no score.")
      .def("__repr__", [](const Scores& self) {
        const ScoreField* field = main_score(self);
        return fmt::format("Scores({} samples, loss {:.4g}{})", self.samples, self.loss,
                           field ? fmt::format(", {} {:.4g}", field->label, *(self.*field->value)) : "");
      });
  for (const ScoreField& field : score_fields())
    scores.def_prop_ro(field.name.data(), [value = field.value](const Scores& self) { return self.*value; });
}

}  // namespace

void bind_experiment(nb::module_& m) {
  bind_warning(m);
  bind_progress(m);
  bind_scores(m);
  nb::class_<ExperimentResult>(m, "ExperimentResult", R"(What a run of an `Experiment` gave.

Examples
--------
>>> import gradus as gd
>>> result = gd.Experiment(data="iris", network="4-3softmax", test=0.3, epochs=20, seed=42).run()
>>> len(result.train), len(result.test), result.model
(105, 45, Model('4-3softmax', cross-entropy))
)")
      .def_ro("experiment", &ExperimentResult::experiment, "As it was run, with the fingerprint of the data.")
      .def_ro("model", &ExperimentResult::model)
      .def_ro("fit", &ExperimentResult::fit)
      .def_prop_ro(
          "history", [](const ExperimentResult& self) -> const History& { return self.fit.history; },
          nb::rv_policy::reference_internal)
      .def_ro("train", &ExperimentResult::train, "The samples learned from, unscaled.")
      .def_ro("test", &ExperimentResult::test, "Of no samples if nothing was held out.")
      .def_ro("train_scores", &ExperimentResult::train_scores)
      .def_ro("test_scores", &ExperimentResult::test_scores)
      .def_ro("seconds", &ExperimentResult::seconds, "Spent in training.")
      .def_ro("words", &ExperimentResult::words, "How the data was read, a line each.")
      .def_prop_ro(
          "diagnosis", [](const ExperimentResult& self) { return self.model.record->diagnosis; },
          "What went wrong without diverging, a line each; empty of a sound run.")
      .def(
          "write", [](const ExperimentResult& self) { write_outputs(self); },
          "Writes the model and the figures that the experiment names. ValueError after diverging.")
      .def("__repr__", [](const ExperimentResult& self) {
        return fmt::format("ExperimentResult('{}' on {}: {} epochs)", self.experiment.network, self.experiment.data,
                           self.fit.epochs);
      });
  nb::class_<Experiment>(m, "Experiment", R"(One training run, described: data, network and training.

The same experiment gives the same numbers here, on the command line and in C++, to the last bit.

Parameters
----------
**options
    Named as the flags of ``gradus train``, `data` and `model` beside them: those of `fit`, and ``network``, ``init``,
    ``seed``, ``precision``, ``test``, ``stratify``, ``scale``, ``target``, ``task``. Each is an attribute too.

Raises
------
ValueError
    If a value is out of range or cannot be read, or has no effect beside the others.
TypeError
    On an unknown option.

Examples
--------
>>> import gradus as gd
>>> experiment = gd.Experiment(data="circles:samples=200,noise=0.1,factor=0.4", network="2-8tanh-2softmax",
...                            optimizer="adam", lr=0.1, test=0.4, seed=42)
>>> experiment.lr, experiment.epochs
(0.1, 100)
>>> gd.Experiment.parse(experiment.to_toml()) == experiment
True
>>> result = experiment.run()
>>> bool(result.test_scores.accuracy > 0.9)
True
)")
      .def(
          "__init__",
          [](Experiment* self, const nb::kwargs& options) {
            Experiment experiment;
            set_options(experiment, "experiment", options);
            if (experiment.data.empty() || experiment.network.empty())
              throw nb::type_error("[experiment] expected the options data and network");
            refuse_idle("experiment", options, {&experiment, 1});
            new (self) Experiment(std::move(experiment));
          },
          nb::arg("options"),
          nb::sig("def __init__(self, **options: typing_extensions.Unpack[gradus.options.ExperimentOptions]) -> None"))
      .def_static(
          "load", [](nb::handle path) { return load_experiment(as_path(path)); }, nb::arg("path").none(),
          nb::sig("def load(path: str | os.PathLike[str]) -> Experiment"),
          "Reads a TOML file. FileNotFoundError; OSError that names the line and the key.")
      .def_static(
          "parse", [](const std::string& toml) { return parse_experiment(toml, "toml"); }, nb::arg("toml"),
          "The same of a text.")
      .def(
          "save", [](const Experiment& self, nb::handle path) { write_file(as_path(path), to_toml(self)); },
          nb::arg("path").none(), nb::sig("def save(self, path: str | os.PathLike[str]) -> None"),
          "Writes a TOML file, for ``gradus run``.")
      .def("to_toml", &to_toml, "As TOML, with a comment on each key.")
      .def(
          "run", &run, nb::arg("callback") = nb::none(),
          nb::sig("def run(self, callback: collections.abc.Callable[[Progress], bool | None] | None = None) -> "
                  "ExperimentResult"),
          "Carries it out: loads the data, splits and scales it, draws the first parameters, trains and scores. Writes "
          "nothing. `callback` is called after updates, of which up to 1000 may have been made at once; returning True "
          "stops, "
          "and an exception it raises arrives.")
      .def(
          "__getattr__", [](const Experiment& self, const std::string& name) { return get_option(self, name); },
          nb::sig("def __getattr__(self, name: str) -> typing.Any"))
      .def(
          "__eq__",
          [](const Experiment& self, nb::object other) {
            return nb::isinstance<Experiment>(other) && self == nb::cast<const Experiment&>(other);
          },
          nb::sig("def __eq__(self, other: object, /) -> bool"))
      .def("__getstate__", &to_toml)
      .def("__setstate__",
           [](Experiment& self, const std::string& toml) { new (&self) Experiment(parse_experiment(toml, "pickle")); })
      .def("__repr__",
           [](const Experiment& self) { return fmt::format("Experiment('{}' on {})", self.network, self.data); });
}

}  // namespace gradus::python
