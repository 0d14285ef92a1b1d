// SPDX-License-Identifier: MIT
#include "gradus/metrics/metrics.hpp"

#include "arrays.hpp"
#include "module.hpp"

namespace gradus::python {
namespace {

Array2<double> column_or_matrix(std::string_view what, nb::handle values) {
  return as_targets<double>(what, values, 1);
}

}  // namespace

void bind_metrics(nb::module_& m) {
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
      [](const ArrayLike& predicted, const ArrayLike& truth) {
        return accuracy(as_integers("accuracy", "predicted", predicted), as_integers("accuracy", "truth", truth));
      },
      nb::arg("predicted"), nb::arg("truth"), R"(The share of equal labels, in [0, 1].

Examples
--------
>>> from gradus import metrics
>>> metrics.accuracy([0, 1, 1, 1], [0, 1, 1, 0])
0.75
)");
  m.def(
      "log_loss",
      [](const ArrayLike& probabilities, const ArrayLike& truth) {
        return log_loss(view_of(column_or_matrix("log_loss", probabilities)), as_integers("log_loss", "truth", truth));
      },
      nb::arg("probabilities"), nb::arg("truth"), R"(Mean of -log p of the true class, in nats, as in scikit-learn.

Examples
--------
>>> from gradus import metrics
>>> round(metrics.log_loss([[0.5, 0.5]], [1]), 3)
0.693
)");
  m.def(
      "mean_squared_error",
      [](const ArrayLike& predicted, const ArrayLike& truth) {
        return mean_squared_error(view_of(column_or_matrix("mean_squared_error", predicted)),
                                  view_of(column_or_matrix("mean_squared_error", truth)));
      },
      nb::arg("predicted"), nb::arg("truth"), R"(Mean of (p - t)^2 over all numbers.

Examples
--------
>>> from gradus import metrics
>>> metrics.mean_squared_error([1.0, 2.0], [1.0, 4.0])
2.0
)");
  m.def(
      "r2_score",
      [](const ArrayLike& predicted, const ArrayLike& truth) {
        return r2_score(view_of(column_or_matrix("r2_score", predicted)), view_of(column_or_matrix("r2_score", truth)));
      },
      nb::arg("predicted"), nb::arg("truth"), R"(R^2 = 1 - sum (t - p)^2 / sum (t - mean t)^2, averaged over columns.

Note the order: first what was predicted.

Examples
--------
>>> from gradus import metrics
>>> metrics.r2_score([1.0, 2.0, 3.0], [1.0, 2.0, 3.0])
1.0
)");
  m.def(
      "confusion_matrix",
      [](const ArrayLike& predicted, const ArrayLike& truth, Index classes) {
        return to_numpy(confusion_matrix(as_integers("confusion_matrix", "predicted", predicted),
                                         as_integers("confusion_matrix", "truth", truth), classes));
      },
      nb::arg("predicted"), nb::arg("truth"), nb::arg("classes"),
      R"((classes, classes): entry (i, j) counts the samples of class i predicted as j.

Examples
--------
>>> from gradus import metrics
>>> metrics.confusion_matrix([0, 1, 1], [0, 1, 0], classes=2).tolist()
[[1, 1], [0, 1]]
)");
}

}  // namespace gradus::python
