// SPDX-License-Identifier: MIT
#include "gradus/lab/run/compare.hpp"

#include <fmt/format.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrays.hpp"
#include "gradus/lab/experiment/run.hpp"
#include "gradus/lab/files/file.hpp"
#include "module.hpp"

namespace gradus::python {
namespace {

Candidate candidate_of(nb::handle given, std::size_t number) {
  if (nb::isinstance<Model>(given)) return to_candidate(fmt::format("model {}", number), nb::cast<const Model&>(given));
  if (nb::isinstance<ExperimentResult>(given))
    return to_candidate(fmt::format("result {}", number), nb::cast<const ExperimentResult&>(given).model);
  const std::string path = as_path(given);
  const Unlocked others;
  return load_candidate(path);
}

Comparison run(const nb::args& models) {
  std::vector<Candidate> candidates;
  for (const nb::handle given : models) candidates.push_back(candidate_of(given, candidates.size() + 1));
  return compare(std::move(candidates));
}

nb::dict differences_of(const Comparison& comparison) {
  nb::dict all;
  for (const Comparison::Difference& difference : comparison.differences)
    all[nb::str(difference.key.c_str())] = difference.values;
  return all;
}

/// A row each, for a data frame.
nb::list rows_of(const Comparison& comparison) {
  nb::list rows;
  for (std::size_t k = 0; k < comparison.candidates.size(); ++k) {
    nb::dict row;
    row["name"] = comparison.candidates[k].name;
    for (const Comparison::Difference& difference : comparison.differences)
      row[nb::str(difference.key.c_str())] = difference.values[k];
    for (const ScoreField& field : score_fields()) {
      const std::optional<double> value = comparison.value(k, field);
      if (!value) continue;
      row[nb::str(field.name.data(), field.name.size())] = *value;
      if (const auto interval = comparison.interval(k, field))
        row[nb::str(fmt::format("{}_interval", field.name).c_str())] = nb::make_tuple(interval->low, interval->high);
    }
    rows.append(row);
  }
  return rows;
}

}  // namespace

void bind_compare(nb::module_& m) {
  nb::class_<Comparison>(m, "Comparison", R"(What `compare` found.

Examples
--------
>>> import gradus as gd
>>> one, other = (gd.Experiment(data="iris", network="4-3softmax", epochs=2, lr=lr).run() for lr in (0.1, 0.2))
>>> gd.compare(one, other).differences
{'optimizer.learning_rate': ['0.1', '0.2']}
)")
      .def_prop_ro("names",
                   [](const Comparison& self) {
                     std::vector<std::string> names;
                     for (const Candidate& candidate : self.candidates) names.push_back(candidate.name);
                     return names;
                   })
      .def_prop_ro(
          "models",
          [](const Comparison& self) {
            std::vector<Model> models;
            for (const Candidate& candidate : self.candidates) models.push_back(candidate.model);
            return models;
          },
          "Their histories are the curves.")
      .def_prop_ro(
          "notes",
          [](const Comparison& self) {
            std::vector<std::string> notes;
            for (const Candidate& candidate : self.candidates) notes.push_back(candidate.note);
            return notes;
          },
          "Of a run that is not over: where it stands.")
      .def_prop_ro("differences", &differences_of, nb::sig("def differences(self) -> dict[str, list[str]]"),
                   "Settings that are not the same for all, and what each has.")
      .def_prop_ro("rows", &rows_of, nb::sig("def rows(self) -> list[dict[str, typing.Any]]"),
                   "A row a model: settings that differ and scores with their intervals. pandas.DataFrame takes it.")
      .def_prop_ro(
          "distances", [](const Comparison& self) { return view_within(self.distances); },
          "(models, models): Euclidean distances between their parameters; NaN where networks differ.")
      .def_ro("same_test", &Comparison::same_test,
              "Whether scores were taken on the same samples, so far as the models tell.")
      .def("to_csv", &comparison_csv, "As ``gradus compare -o FILE.csv`` writes it.")
      .def("__len__", [](const Comparison& self) { return self.candidates.size(); })
      .def("__repr__", [](const Comparison& self) {
        return fmt::format("Comparison({} models, {} settings differ)", self.candidates.size(),
                           self.differences.size());
      });
  m.def("compare", &run, nb::arg("models"),
        nb::sig("def compare(*models: Model | ExperimentResult | str | os.PathLike[str]) -> Comparison"),
        R"(Sets models and kept runs side by side: settings, scores, curves, distances.

Parameters
----------
*models : Model, ExperimentResult, or path of a model file or of a run's folder
    A run that is not over is taken where its last snapshot has it, and scored on its data.

Returns
-------
Comparison

Raises
------
ValueError
    For none.
OSError
    If a file or folder is none of a model or a run, or damaged.

Examples
--------
>>> import gradus as gd
>>> runs = [gd.Experiment(data="iris", network="4-3softmax", epochs=2, test=0.3, seed=seed).run() for seed in (0, 1)]
>>> comparison = gd.compare(*runs)
>>> comparison
Comparison(2 models, 1 settings differ)
>>> comparison.same_test, float(comparison.distances[0, 0])
(False, 0.0)
)");
}

}  // namespace gradus::python
