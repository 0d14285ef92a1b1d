// SPDX-License-Identifier: MIT
#include "gradus/lab/experiment/importance.hpp"

#include <fmt/format.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrays.hpp"
#include "module.hpp"
#include "source.hpp"

namespace gradus::python {
namespace {

Importance run(const Model& model, nb::handle x, nb::handle y, Index repeats, std::uint32_t seed) {
  // Labels take the numbers that the model gives its classes.
  nb::object data = nb::borrow(x);
  if (!nb::isinstance<Dataset>(x)) {
    const auto [samples, answers] = samples_of("importance", x, y);
    data = nb::type<Dataset>()(samples, answers);
  } else if (!y.is_none()) {
    throw nb::type_error("[importance] expected no y beside a Dataset, which has its own");
  }
  Dataset given = nb::cast<Dataset>(data);
  const auto names = [](const std::vector<std::string>& names, std::size_t count) { return names.size() == count; };
  if (given.is_classification() && !model.class_names.empty()) {
    const bool numbered =
        given.classes() <= static_cast<Index>(model.class_names.size()) && given.class_names.front() == "0";
    if (numbered)
      given.class_names = model.class_names;
    else
      use_classes(given, model.class_names, "the data");
  }
  if (names(model.feature_names, static_cast<std::size_t>(given.features()))) given.feature_names = model.feature_names;
  const Unlocked others;
  return importance(model, given, repeats, seed);
}

template <class Get>
auto column(const Importance& importance, Get get) {
  std::vector<double> values;
  for (const FeatureImportance& feature : importance.features) values.push_back(get(feature));
  return to_numpy(std::move(values));
}

}  // namespace

void bind_importance(nb::module_& m) {
  nb::class_<Importance>(m, "Importance", R"(What `importance` found, a number a feature.

Examples
--------
>>> import gradus as gd
>>> result = gd.Experiment(data="iris", network="4-3softmax", scale="standard", lr=0.5, epochs=30).run()
>>> found = gd.importance(result.model, gd.load_iris())
>>> found.score, len(found.names)
('accuracy', 4)
>>> bool(found.mean.argmax() >= 2)  # a petal says more than a sepal
True
)")
      .def_ro("score", &Importance::score, "What is measured: accuracy or r2.")
      .def_ro("base", &Importance::base, "Of the data as it is.")
      .def_prop_ro("names",
                   [](const Importance& self) {
                     std::vector<std::string> names;
                     for (const FeatureImportance& feature : self.features) names.push_back(feature.name);
                     return names;
                   })
      .def_prop_ro(
          "mean", [](const Importance& self) { return column(self, [](auto& f) { return f.mean; }); },
          nb::rv_policy::move, "How much of the score is lost when the feature is shuffled.")
      .def_prop_ro(
          "deviation", [](const Importance& self) { return column(self, [](auto& f) { return f.deviation; }); },
          nb::rv_policy::move, "Over the repeats, with n - 1.")
      .def_prop_ro(
          "values",
          [](const Importance& self) {
            const Index repeats = self.features.empty() ? 0 : static_cast<Index>(self.features.front().losses.size());
            Matrix<double> values(static_cast<Index>(self.features.size()), repeats);
            for (Index i = 0; i < values.rows(); ++i)
              for (Index j = 0; j < values.cols(); ++j)
                values(i, j) = self.features[static_cast<std::size_t>(i)].losses[static_cast<std::size_t>(j)];
            return to_numpy(std::move(values));
          },
          nb::rv_policy::move, "(features, repeats).")
      .def_prop_ro(
          "saliency", [](const Importance& self) { return column(self, [](auto& f) { return f.saliency; }); },
          nb::rv_policy::move, "Mean of |d answer / d feature| times the feature's standard deviation.")
      .def("__repr__", [](const Importance& self) {
        return fmt::format("Importance({} features, {} {:.4g})", self.features.size(), self.score, self.base);
      });
  m.def(
      "importance", &run, nb::arg("model"), nb::arg("x"), nb::arg("y") = nb::none(), nb::kw_only(),
      nb::arg("repeats") = 5, nb::arg("seed") = 0,
      nb::sig(
          "def importance(model: Model, x: numpy.typing.ArrayLike | Dataset, y: numpy.typing.ArrayLike | None = None, "
          "*, repeats: int = 5, seed: int = 0) -> Importance"),
      R"(Which features a model looks at.

Permutation importance (Breiman, 2001): how much of the score is lost when the values of one feature are dealt out anew
among the samples. The shuffles are those of scikit-learn's ``permutation_importance(n_repeats=repeats,
random_state=seed)``. And saliency: how far answers move if the feature moves by its standard deviation, by the gradient.

Parameters
----------
model : Model
x, y : a Dataset, or arrays of samples and answers
repeats : int
    Shuffles of each feature.
seed : int

Returns
-------
Importance

Raises
------
ValueError
    If the data does not fit the model, or has fewer than two samples.

Examples
--------
>>> import gradus as gd, numpy as np
>>> model = gd.Model(gd.Network("2-1"), [3.0, 0.0, 1.0])     # looks at its first input alone
>>> x = np.random.RandomState(0).normal(size=(50, 2))
>>> found = gd.importance(model, x, model.predict(x)[:, 0])
>>> found.base, bool(found.mean[0] > 1), float(found.mean[1])
(1.0, True, 0.0)
>>> [round(float(slope / spread), 6) for slope, spread in zip(found.saliency, x.std(axis=0))]
[3.0, 0.0]
)");
}

}  // namespace gradus::python
