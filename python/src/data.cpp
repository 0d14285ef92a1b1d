// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>
#include <nanobind/stl/vector.h>

#include <algorithm>
#include <numeric>

#include "arrays.hpp"
#include "gradus/core/shape.hpp"
#include "gradus/data/scaler.hpp"
#include "gradus/data/split.hpp"
#include "gradus/lab/data/csv.hpp"
#include "gradus/lab/data/source.hpp"
#include "module.hpp"
#include "random.hpp"
#include "source.hpp"

namespace gradus::python {
namespace {

std::vector<std::string> numbered(std::string_view prefix, Index n) {
  std::vector<std::string> names;
  for (Index i = 0; i < n; ++i) names.push_back(fmt::format("{}{}", prefix, i));
  return names;
}

using Names = std::optional<std::vector<std::string>>;

Matrix<double> owned(const Array2<double>& array) { return Matrix<double>(view_of(array)); }

/// Whole numbers and words are labels; anything else is a regression.
Dataset make(const ArrayLike& x, const ArrayLike& y, const Names& feature_names, const Names& class_names,
             const Names& target_names) {
  Dataset data;
  data.x = owned(as_matrix<double>("dataset", "x", x));
  const std::vector<std::string> columns = names_of(x);
  data.feature_names = feature_names.value_or(columns.empty() ? numbered("x", data.features()) : columns);
  const nb::module_ numpy = nb::module_::import_("numpy");
  nb::object answers = numpy.attr("asarray")(y);
  std::string kind = nb::cast<std::string>(answers.attr("dtype").attr("kind"));
  Names names = class_names;
  if (nb::cast<int>(answers.attr("ndim")) == 1 && !class_names && (kind == "O" || kind == "U" || kind == "T")) {
    // Words: the classes are those there are, in their order.
    const nb::object unique = numpy.attr("unique")(answers.attr("astype")("U"), nb::arg("return_inverse") = true);
    names = nb::cast<std::vector<std::string>>(unique[0].attr("tolist")());
    answers = unique[1];
    kind = "i";
  }
  if (kind != "f" && nb::cast<int>(answers.attr("ndim")) == 1) {
    data.labels = as_integers("dataset", "y", answers);
    const int most = data.labels.empty() ? -1 : *std::max_element(data.labels.begin(), data.labels.end());
    data.class_names = names.value_or(numbered("", most + 1));
    for (const int label : data.labels)
      if (label < 0 || label >= data.classes())
        throw ValueError(fmt::format("[dataset] expected labels from 0 to {}, got {}", data.classes() - 1, label));
    check_length("dataset", "y", static_cast<Index>(data.labels.size()), data.size());
  } else {
    data.targets = owned(as_targets<double>("dataset", answers, 1));
    data.target_names = target_names.value_or(data.targets.cols() == 1 ? std::vector<std::string>{"y"}
                                                                       : numbered("y", data.targets.cols()));
    check_rows("dataset", "y", data.targets, data.size());
    check_length("dataset", "target_names", static_cast<Index>(data.target_names.size()), data.targets.cols());
  }
  check_length("dataset", "feature_names", static_cast<Index>(data.feature_names.size()), data.features());
  return data;
}

nb::object answers(nb::handle self) {
  const Dataset& data = nb::cast<const Dataset&>(self);
  if (data.is_classification()) return nb::cast(view_within(data.labels, self));
  return nb::cast(view_within(data.targets, self));
}

using ColumnState = std::tuple<std::string, std::vector<std::string>, bool>;

nb::tuple state_of(nb::handle self) {
  const Dataset& data = nb::cast<const Dataset&>(self);
  std::vector<ColumnState> columns;
  for (const InputColumn& c : data.columns) columns.emplace_back(c.name, c.categories, c.ordered);
  return nb::make_tuple(view_within(data.x, self), data.labels, view_within(data.targets, self), data.feature_names,
                        data.class_names, data.target_names, data.weights, data.label_name, columns);
}

Dataset from_state(const nb::tuple& state) {
  Dataset data;
  data.x = owned(as_matrix<double>("dataset", "x", state[0]));
  data.labels = nb::cast<std::vector<int>>(state[1]);
  if (nb::cast<Index>(state[2].attr("size")) > 0) data.targets = owned(as_matrix<double>("dataset", "y", state[2]));
  data.feature_names = nb::cast<std::vector<std::string>>(state[3]);
  data.class_names = nb::cast<std::vector<std::string>>(state[4]);
  data.target_names = nb::cast<std::vector<std::string>>(state[5]);
  data.weights = nb::cast<std::vector<double>>(state[6]);
  data.label_name = nb::cast<std::string>(state[7]);
  for (const auto& [name, categories, ordered] : nb::cast<std::vector<ColumnState>>(state[8]))
    data.columns.push_back({name, categories, ordered});
  return data;
}

std::string describe(const Dataset& data) {
  return fmt::format("Dataset({} samples, {} features, {})", data.size(), data.features(),
                     data.is_classification() ? fmt::format("{} classes", data.classes())
                                              : fmt::format("{} targets", data.targets.cols()));
}

void bind_dataset(nb::module_& m) {
  nb::class_<Dataset>(m, "Dataset", R"(Samples with their classes, or with the numbers to be predicted.

Its arrays are read-only views.

Parameters
----------
x : array of shape (samples, features)
y : array of shape (samples,) or (samples, targets)
    Whole numbers from 0 are classes, and so are words; anything else is a regression's targets.
feature_names, class_names, target_names : list of str, optional
    The columns of a data frame, or ``x0``, ``x1``, ...; the words of y, or ``0``, ``1``, ...; ``y``.

Examples
--------
>>> import gradus as gd
>>> data = gd.Dataset([[0.0, 1.0], [2.0, 3.0]], [0, 1], class_names=["no", "yes"])
>>> data
Dataset(2 samples, 2 features, 2 classes)
>>> train, test = gd.make_moons(100, random_state=0).split(0.4, random_state=42)
>>> len(train), len(test)
(60, 40)
)")
      .def(
          "__init__",
          [](Dataset* self, const ArrayLike& x, const ArrayLike& y, const Names& features, const Names& classes,
             const Names& targets) { new (self) Dataset(make(x, y, features, classes, targets)); },
          nb::arg("x").none(), nb::arg("y").none(), nb::kw_only(), nb::arg("feature_names") = nb::none(),
          nb::arg("class_names") = nb::none(), nb::arg("target_names") = nb::none(),
          nb::sig("def __init__(self, x: numpy.typing.ArrayLike, y: numpy.typing.ArrayLike, *, "
                  "feature_names: collections.abc.Sequence[str] | None = None, "
                  "class_names: collections.abc.Sequence[str] | None = None, "
                  "target_names: collections.abc.Sequence[str] | None = None) -> None"))
      .def_prop_ro(
          "x", [](const Dataset& self) { return view_within(self.x); }, "(samples, features)")
      .def_prop_ro("y", &answers, nb::sig("def y(self) -> numpy.typing.NDArray[typing.Any]"),
                   "Labels (samples,), or targets (samples, outputs) of a regression.")
      .def_prop_ro("feature_names", [](const Dataset& self) { return self.feature_names; })
      .def_prop_ro(
          "class_names", [](const Dataset& self) { return self.class_names; }, "Empty for a regression.")
      .def_prop_ro(
          "target_names", [](const Dataset& self) { return self.target_names; }, "Empty for a classification.")
      .def_prop_ro("is_classification", &Dataset::is_classification)
      .def("__len__", &Dataset::size)
      .def("__repr__", &describe)
      .def("__getstate__", &state_of, nb::sig("def __getstate__(self) -> tuple[typing.Any, ...]"))
      .def(
          "__setstate__", [](Dataset& self, const nb::tuple& state) { new (&self) Dataset(from_state(state)); },
          nb::sig("def __setstate__(self, state: tuple[typing.Any, ...]) -> None"))
      .def(
          "__eq__",
          [](const Dataset& self, nb::object other) {
            return nb::isinstance<Dataset>(other) && self == nb::cast<const Dataset&>(other);
          },
          nb::sig("def __eq__(self, other: object, /) -> bool"))
      .def(
          "take",
          [](const Dataset& self, nb::handle rows) {
            const std::vector<int> wanted = as_integers("dataset", "rows", rows);
            if (nb::cast<std::string>(nb::module_::import_("numpy").attr("asarray")(rows).attr("dtype").attr("kind")) ==
                "b")
              throw nb::type_error(
                  "[dataset] expected rows by their numbers, got booleans: numpy.flatnonzero numbers them");
            for (const int i : wanted)
              if (i < 0 || i >= self.size())
                throw nb::index_error(
                    fmt::format("[dataset] expected rows from 0 to {}, got {}", self.size() - 1, i).c_str());
            return self.take(std::vector<Index>(wanted.begin(), wanted.end()));
          },
          nb::arg("rows"), nb::sig("def take(self, rows: numpy.typing.ArrayLike) -> Dataset"),
          "The chosen samples, by their numbers, in the order given. IndexError if there is no such row; TypeError for "
          "booleans.")
      .def(
          "split",
          [](const Dataset& self, double test_size, nb::handle random_state, bool stratify) {
            RandomSource random(random_state);
            TrainTest parts = split(self, test_size, random.stream(), stratify);
            return std::pair(std::move(parts.train), std::move(parts.test));
          },
          nb::arg("test_size"), nb::arg("random_state") = 0, nb::arg("stratify") = false,
          nb::sig("def split(self, test_size: float, random_state: RandomState | int = 0, stratify: bool = False) -> "
                  "tuple[Dataset, Dataset]"),
          "(train, test), as scikit-learn's train_test_split chooses them from the same stream. `test_size` is a share "
          "or a number of samples. ValueError if either would be empty.")
      .def(
          "save", [](const Dataset& self, nb::handle path) { save_data(self, as_path(path)); }, nb::arg("path").none(),
          nb::sig("def save(self, path: str | os.PathLike[str]) -> None"),
          R"(Writes a file that `load_data` and the command line read back to the same bits.

Parameters
----------
path : str or path
    ``.npy``: one array, the class or the targets in the last columns; without names, so that whole targets are read as
    classes unless ``load_data(..., task="regression")`` says otherwise. Any other ending: CSV, the features under their
    names, then the class under ``label``, or the targets under theirs.

Raises
------
OSError
    If it cannot be written, or is a ``.npz``, which holds several arrays.

Examples
--------
>>> import gradus as gd, pathlib, tempfile
>>> path = pathlib.Path(tempfile.mkdtemp()) / "moons.npy"
>>> gd.make_moons(50, noise=0.1).save(path)
>>> gd.load_data(path)
Dataset(50 samples, 2 features, 2 classes)
)");
}

using Rows = nb::ndarray<nb::numpy, Index, nb::ndim<1>>;

std::pair<Rows, Rows> rows_of(Split split) {
  return {to_numpy(std::move(split.train)), to_numpy(std::move(split.test))};
}

/// Which rows; labels where classes are to be spread evenly.
std::pair<Rows, Rows> split_rows(nb::handle samples, double test_size, nb::handle random_state, bool stratify) {
  RandomSource random(random_state);
  if (stratify) return rows_of(stratified_split(as_integers("split", "labels", samples), test_size, random.stream()));
  const Index n = is_whole(samples) ? nb::cast<Index>(samples) : static_cast<Index>(nb::len(samples));
  return rows_of(train_test_split(n, test_size, random.stream()));
}

std::vector<std::pair<Rows, Rows>> fold_rows(nb::handle samples, Index folds, nb::handle random_state, bool stratify) {
  std::vector<Split> splits;
  std::optional<RandomSource> random;
  if (!random_state.is_none()) random.emplace(random_state);
  if (stratify) {
    const std::vector<int> labels = as_integers("k_fold", "labels", samples);
    splits = random ? stratified_k_fold(labels, folds, random->stream()) : stratified_k_fold(labels, folds);
  } else {
    const Index n = is_whole(samples) ? nb::cast<Index>(samples) : static_cast<Index>(nb::len(samples));
    splits = random ? k_fold(n, folds, random->stream()) : k_fold(n, folds);
  }
  std::vector<std::pair<Rows, Rows>> rows;
  for (Split& split : splits) rows.push_back(rows_of(std::move(split)));
  return rows;
}

void bind_splits(nb::module_& m) {
  m.def("train_test_split", &split_rows, nb::arg("samples"), nb::arg("test_size"), nb::arg("random_state") = 0,
        nb::arg("stratify") = false,
        nb::sig("def train_test_split(samples: int | numpy.typing.ArrayLike, test_size: float, "
                "random_state: RandomState | int = 0, stratify: bool = False) -> "
                "tuple[numpy.typing.NDArray[numpy.int64], numpy.typing.NDArray[numpy.int64]]"),
        R"(Rows to train on and rows to test on, as scikit-learn chooses them from the same stream.

Parameters
----------
samples : int or array of labels
    How many there are, or anything with that length; with `stratify` their labels.
test_size : float
    A share in (0, 1), or a whole number of samples.
random_state : RandomState or int
stratify : bool
    Whether each class is in both sides in its share of the whole.

Raises
------
ValueError
    If either side would be empty, or a class too small to stratify.

Examples
--------
>>> import gradus as gd
>>> train, test = gd.train_test_split(10, 0.3, random_state=0)
>>> len(train), test.tolist()
(7, [2, 8, 4])
)");
  m.def("k_fold", &fold_rows, nb::arg("samples"), nb::arg("folds") = 5, nb::arg("random_state") = nb::none(),
        nb::arg("stratify") = false,
        nb::sig(
            "def k_fold(samples: int | numpy.typing.ArrayLike, folds: int = 5, random_state: RandomState | int | None "
            "= None, stratify: bool = False) -> list[tuple[numpy.typing.NDArray[numpy.int64], "
            "numpy.typing.NDArray[numpy.int64]]]"),
        R"(Splits of the rows in which each is tested once.

Without a random state folds are runs of neighbours. Arguments as for `train_test_split`; ValueError unless there are 2
folds or more and no more than samples.

Examples
--------
>>> import gradus as gd
>>> [test.tolist() for train, test in gd.k_fold(5, 2)]
[[0, 1, 2], [3, 4]]
)");
}

void bind_scaler(nb::module_& m) {
  nb::class_<Scaler>(m, "Scaler", R"(A scaling of features: x' = (x - shift) / scale, column by column.

Examples
--------
>>> import gradus as gd
>>> scaler = gd.Scaler.fit("min-max", [[0.0, 5.0], [2.0, 9.0]])
>>> scaler.transform([[1.0, 6.0]]).tolist()
[[0.5, 0.25]]
)")
      .def_static(
          "fit",
          [](const std::string& kind, const ArrayLike& x) {
            return Scaler::fit(parse_scaler_kind(kind), view_of(as_matrix<double>("scaler", "x", x)));
          },
          nb::arg("kind"), nb::arg("x").none(), nb::sig("def fit(kind: str, x: numpy.typing.ArrayLike) -> Scaler"),
          "``standard`` (mean and population standard deviation) or ``min-max``. ValueError if x has no rows.")
      .def_prop_ro("kind", [](const Scaler& self) { return std::string(to_text(self.kind)); })
      .def_prop_ro("shift", [](const Scaler& self) { return view_within(self.shift); })
      .def_prop_ro("scale", [](const Scaler& self) { return view_within(self.scale); })
      .def(
          "transform",
          [](const Scaler& self, const ArrayLike& x) {
            return to_numpy(self.transform(view_of(as_matrix<double>("scaler", "x", x))));
          },
          nb::arg("x").none(),
          nb::sig("def transform(self, x: numpy.typing.ArrayLike) -> numpy.typing.NDArray[numpy.float64]"),
          "Scaled samples, in float64. ValueError if x has another number of columns.")
      .def(
          "inverse_transform",
          [](const Scaler& self, const ArrayLike& x) {
            return to_numpy(self.inverse_transform(view_of(as_matrix<double>("scaler", "x", x))));
          },
          nb::arg("x").none(),
          nb::sig("def inverse_transform(self, x: numpy.typing.ArrayLike) -> numpy.typing.NDArray[numpy.float64]"))
      .def("__repr__", [](const Scaler& self) { return fmt::format("Scaler('{}')", to_text(self.kind)); });
}

}  // namespace

void bind_data(nb::module_& m) {
  bind_dataset(m);
  bind_makers(m);
  bind_splits(m);
  bind_scaler(m);
}

}  // namespace gradus::python
