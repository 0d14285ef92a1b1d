// SPDX-License-Identifier: MIT
#include "gradus/metrics/metrics.hpp"

#include <nanobind/stl/string.h>

#include <algorithm>
#include <memory>

#include "arrays.hpp"
#include "gradus/metrics/ranking.hpp"
#include "module.hpp"

namespace gradus::python {
namespace {

Array2<double> column_or_matrix(std::string_view what, nb::handle values) {
  return as_targets<double>(what, values, 1);
}

std::vector<int> labels(std::string_view where, std::string_view what, nb::handle values) {
  return as_integers(where, what, values);
}

/// The number of classes that the labels speak of.
Index classes_in(const std::vector<int>& truth, const std::vector<int>& predicted) {
  int most = -1;
  for (const std::vector<int>* all : {&truth, &predicted})
    for (const int label : *all) most = std::max(most, label);
  return most + 1;
}

/// Calls f(scores, truth) for scores of a class and truth of 0 and 1.
template <class F>
auto ranked(std::string_view where, const ArrayLike& truth, const ArrayLike& scores, F f) {
  const std::vector<int> numbers = labels(where, "y_true", truth);
  const Array1<double> values = as_vector<double>(where, "y_score", scores);
  const auto is_positive = std::make_unique<bool[]>(numbers.size());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] != 0 && numbers[i] != 1)
      throw ValueError("[" + std::string(where) + "] expected y_true of 0 and 1, got " + std::to_string(numbers[i]));
    is_positive[i] = numbers[i] == 1;
  }
  return f(span_of(values), std::span<const bool>(is_positive.get(), numbers.size()));
}

/// Of a column of scores of class 1, or of a matrix of probabilities.
template <class OfClasses, class OfOne>
double area(std::string_view where, const ArrayLike& truth, const ArrayLike& scores, OfClasses of_classes,
            OfOne of_one) {
  const auto dimensions = nb::cast<int>(nb::module_::import_("numpy").attr("ndim")(scores));
  if (dimensions == 1) return ranked(where, truth, scores, of_one);
  return of_classes(view_of(as_matrix<double>(where, "y_score", scores)), labels(where, "y_true", truth));
}

void bind_labels(nb::module_& m) {
  m.def(
      "predicted_classes",
      [](const ArrayLike& probabilities) {
        return to_numpy(predicted_classes(view_of(column_or_matrix("predicted_classes", probabilities))));
      },
      nb::arg("probabilities"), R"(The class of each row: the largest column; of a single column, 1 above 1/2. NaN: -1.

Examples
--------
>>> from gradus import metrics
>>> metrics.predicted_classes([[0.2, 0.8], [0.9, 0.1]]).tolist()
[1, 0]
)");
  m.def(
      "accuracy",
      [](const ArrayLike& truth, const ArrayLike& predicted) {
        return accuracy(labels("accuracy", "y_pred", predicted), labels("accuracy", "y_true", truth));
      },
      nb::arg("y_true"), nb::arg("y_pred"), R"(The share of equal labels, in [0, 1].

Examples
--------
>>> from gradus import metrics
>>> metrics.accuracy([0, 1, 1, 1], [0, 1, 1, 0])
0.75
)");
  m.def(
      "balanced_accuracy",
      [](const ArrayLike& truth, const ArrayLike& predicted) {
        return balanced_accuracy(labels("balanced_accuracy", "y_pred", predicted),
                                 labels("balanced_accuracy", "y_true", truth));
      },
      nb::arg("y_true"), nb::arg("y_pred"),
      R"(The mean, over the classes that are true of any, of the share of each that was met.

Examples
--------
>>> from gradus import metrics
>>> metrics.balanced_accuracy([0, 0, 0, 1], [0, 0, 0, 0])
0.5
)");
  m.def(
      "f1_score",
      [](const ArrayLike& truth, const ArrayLike& predicted) {
        const std::vector<int> t = labels("f1_score", "y_true", truth);
        const std::vector<int> p = labels("f1_score", "y_pred", predicted);
        return f1_score(p, t, classes_in(t, p));
      },
      nb::arg("y_true"), nb::arg("y_pred"),
      R"(The mean over classes of 2 hits / (predicted + true): scikit-learn's with ``average="macro"``.

Examples
--------
>>> from gradus import metrics
>>> metrics.f1_score([0, 0, 1, 1], [0, 1, 1, 1])
0.7333333333333334
)");
}

void bind_probabilities(nb::module_& m) {
  m.def(
      "log_loss",
      [](const ArrayLike& truth, const ArrayLike& probabilities) {
        return log_loss(view_of(column_or_matrix("log_loss", probabilities)), labels("log_loss", "y_true", truth));
      },
      nb::arg("y_true"), nb::arg("y_pred"), R"(Mean of -log p of the true class, in nats, as in scikit-learn.

Examples
--------
>>> from gradus import metrics
>>> round(metrics.log_loss([1], [[0.5, 0.5]]), 3)
0.693
)");
  m.def(
      "roc_auc",
      [](const ArrayLike& truth, const ArrayLike& scores) {
        return area(
            "roc_auc", truth, scores, [](auto p, const auto& t) { return roc_auc(p, t); },
            [](auto s, auto t) { return roc_auc(s, t); });
      },
      nb::arg("y_true"), nb::arg("y_score"),
      R"(The chance that a positive scores above a negative: the area under `roc_curve`.

Of a matrix of probabilities (samples, classes) the mean of each class against the rest; NaN where a class has no sample.

Examples
--------
>>> from gradus import metrics
>>> metrics.roc_auc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8])
0.75
)");
  m.def(
      "average_precision",
      [](const ArrayLike& truth, const ArrayLike& scores) {
        return area(
            "average_precision", truth, scores, [](auto p, const auto& t) { return average_precision(p, t); },
            [](auto s, auto t) { return average_precision(s, t); });
      },
      nb::arg("y_true"), nb::arg("y_score"),
      R"(The area under the steps of `precision_recall_curve`; of a matrix of probabilities the mean over classes.

Examples
--------
>>> from gradus import metrics
>>> round(metrics.average_precision([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]), 4)
0.8333
)");
  m.def(
      "roc_curve",
      [](const ArrayLike& truth, const ArrayLike& scores) {
        Curve curve = ranked("roc_curve", truth, scores, [](auto s, auto t) { return roc_curve(s, t); });
        return nb::make_tuple(to_numpy(std::move(curve.x)), to_numpy(std::move(curve.y)),
                              to_numpy(std::move(curve.thresholds)));
      },
      nb::arg("y_true"), nb::arg("y_score"),
      nb::sig("def roc_curve(y_true: numpy.typing.ArrayLike, y_score: numpy.typing.ArrayLike) -> "
              "tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64], "
              "numpy.typing.NDArray[numpy.float64]]"),
      R"(False positives (share of negatives), true positives (share of positives) and the threshold, from the highest on.

A point for each different score: scikit-learn's with ``drop_intermediate=False``.

Examples
--------
>>> from gradus import metrics
>>> [values.tolist() for values in metrics.roc_curve([0, 1], [0.2, 0.7])]
[[0.0, 0.0, 1.0], [0.0, 1.0, 1.0], [inf, 0.7, 0.2]]
)");
  m.def(
      "precision_recall_curve",
      [](const ArrayLike& truth, const ArrayLike& scores) {
        Curve curve = ranked("precision_recall_curve", truth, scores,
                             [](auto s, auto t) { return precision_recall_curve(s, t); });
        return nb::make_tuple(to_numpy(std::move(curve.y)), to_numpy(std::move(curve.x)),
                              to_numpy(std::move(curve.thresholds)));
      },
      nb::arg("y_true"), nb::arg("y_score"),
      nb::sig("def precision_recall_curve(y_true: numpy.typing.ArrayLike, y_score: numpy.typing.ArrayLike) -> "
              "tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64], "
              "numpy.typing.NDArray[numpy.float64]]"),
      R"(Precision, recall and the threshold, from the lowest on; the last point, (1, 0), has no threshold.

Examples
--------
>>> from gradus import metrics
>>> [values.tolist() for values in metrics.precision_recall_curve([0, 1], [0.2, 0.7])]
[[0.5, 1.0, 1.0], [1.0, 1.0, 0.0], [0.2, 0.7]]
)");
  m.def(
      "calibration_curve",
      [](const ArrayLike& truth, const ArrayLike& probabilities, Index bins) {
        Calibration curve = ranked("calibration_curve", truth, probabilities,
                                   [&](auto p, auto t) { return calibration_curve(p, t, bins); });
        return nb::make_tuple(to_numpy(std::move(curve.y)), to_numpy(std::move(curve.x)));
      },
      nb::arg("y_true"), nb::arg("y_prob"), nb::kw_only(), nb::arg("n_bins") = 5,
      nb::sig(
          "def calibration_curve(y_true: numpy.typing.ArrayLike, y_prob: numpy.typing.ArrayLike, *, n_bins: int = 5) "
          "-> tuple[numpy.typing.NDArray[numpy.float64], numpy.typing.NDArray[numpy.float64]]"),
      R"(The share that is positive and the mean probability, of each bin of probabilities that holds any.

Examples
--------
>>> from gradus import metrics
>>> [values.tolist() for values in metrics.calibration_curve([0, 0, 1, 1], [0.1, 0.3, 0.6, 0.9], n_bins=2)]
[[0.0, 1.0], [0.2, 0.75]]
)");
}

/// f(predicted, truth) of numbers.
template <auto f>
void bind_of_numbers(nb::module_& m, const char* name, const char* doc) {
  m.def(
      name,
      [name](const ArrayLike& truth, const ArrayLike& predicted) {
        return f(view_of(column_or_matrix(name, predicted)), view_of(column_or_matrix(name, truth)));
      },
      nb::arg("y_true"), nb::arg("y_pred"), doc);
}

}  // namespace

void bind_metrics(nb::module_& m) {
  bind_labels(m);
  bind_probabilities(m);
  bind_of_numbers<mean_squared_error>(m, "mean_squared_error", R"(Mean of (p - t)^2 over all numbers.

Examples
--------
>>> from gradus import metrics
>>> metrics.mean_squared_error([1.0, 4.0], [1.0, 2.0])
2.0
)");
  bind_of_numbers<mean_absolute_error>(m, "mean_absolute_error", R"(Mean of |p - t| over all numbers.

Examples
--------
>>> from gradus import metrics
>>> metrics.mean_absolute_error([1.0, 4.0], [1.0, 2.0])
1.0
)");
  bind_of_numbers<median_absolute_error>(m, "median_absolute_error", R"(Median of |p - t|, averaged over columns.

Examples
--------
>>> from gradus import metrics
>>> metrics.median_absolute_error([1.0, 4.0, 2.0], [1.0, 99.0, 2.5])
0.5
)");
  bind_of_numbers<r2_score>(m, "r2_score", R"(R^2 = 1 - sum (t - p)^2 / sum (t - mean t)^2, averaged over columns.

Examples
--------
>>> from gradus import metrics
>>> metrics.r2_score([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
1.0
)");
}

}  // namespace gradus::python
