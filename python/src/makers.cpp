// SPDX-License-Identifier: MIT
// Data by a text, and data that is made.
#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/pair.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/variant.h>
#include <nanobind/stl/vector.h>

#include <array>

#include "arrays.hpp"
#include "gradus/data/makers.hpp"
#include "gradus/lab/data/real.hpp"
#include "gradus/lab/data/source.hpp"
#include "module.hpp"
#include "options.hpp"
#include "random.hpp"

namespace gradus::python {
namespace {

TableOptions table_options(const std::optional<std::string>& target, const std::string& task) {
  TableOptions options;
  options.target = target.value_or("");
  using Task = TableOptions::Task;
  for (const auto& [name, meant] : {std::pair{"detect", Task::detect},
                                    {"classification", Task::classification},
                                    {"regression", Task::regression},
                                    {"features", Task::features}})
    if (task == name) {
      options.task = meant;
      return options;
    }
  throw ValueError(
      fmt::format("[data] expected the task detect, classification, regression or features, got '{}'", task));
}

using Counts = std::variant<Index, std::vector<Index>>;
using Deviations = std::variant<double, std::vector<double>>;

template <class T>
OneOrMany<T> one_or_many(const std::variant<T, std::vector<T>>& values) {
  return std::visit([](const auto& v) { return OneOrMany<T>(v); }, values);
}

std::variant<std::monostate, Index, Matrix<double>> centers_of(nb::handle centers) {
  if (centers.is_none()) return {};
  if (is_whole(centers)) return nb::cast<Index>(centers);
  return Matrix<double>(view_of(as_matrix<double>("blobs", "centers", centers)));
}

}  // namespace

void bind_makers(nb::module_& m) {
  m.def(
      "load_data",
      [](nb::handle source, const std::optional<std::string>& target, const std::string& task,
         const nb::kwargs& reading) {
        constexpr std::array<std::string_view, 1> sections{"reading"};
        Experiment said;
        set_options(said, "load_data", reading, sections);
        TableOptions options = table_options(target, task);
        said.data = as_path(source);
        refuse_idle("load_data", reading, {&said, 1}, sections);
        if (!is_file(said.data) && (target || task != "detect"))
          throw ValueError(
              fmt::format("[load_data] {} has no effect here: '{}' is no file, and says itself what it has",
                          target ? "target" : "task", said.data));
        options.reading = said.reading;
        return load_data(said.data, options);
      },
      nb::arg("source").none(), nb::arg("target") = nb::none(), nb::arg("task") = "detect", nb::arg("reading"),
      nb::sig("def load_data(source: str | os.PathLike[str], target: str | None = None, task: str = 'detect', "
              "**reading: typing_extensions.Unpack[gradus.options.ReadingOptions]) -> Dataset"),
      R"(The data that a text names, as on the command line.

Parameters
----------
source : str or path
    A CSV or .npy file, a real set (``iris``, ``digits``), or a maker with its parameters, as in
    ``circles:samples=500,noise=0.2,seed=7``.
target : str, optional
    The target column of a file, if it is not label, target, y or the last one.
task : {'detect', 'classification', 'regression', 'features'}
    What the target column holds.
**reading
    How the table of a file is to be read. What a text file would tell itself: ``separator`` (``'comma'``,
    ``'semicolon'``, ``'tab'``, ``'bar'``, ``'blank'`` or a character), ``decimal`` (``'point'`` or ``'comma'``),
    ``comment`` (a character that opens a line to be passed over, or ``'none'``), ``header`` (whether the first row
    names the columns). Which columns: ``features='a,b,c*'``, ``drop='id,date'``. Words as numbers:
    ``encode='one-hot'``, or columns, as in ``'color,size:small<middle<large'``. Gaps: ``missing='drop'``, or
    ``'mean'`` and ``'median'``, which leave NaN here, to be filled from the training samples.

Raises
------
FileNotFoundError, OSError
    If a file cannot be read, naming line and column.
ValueError
    If a text cannot be, or an option has no effect on such data.

Examples
--------
>>> import gradus as gd
>>> gd.load_data("iris")
Dataset(150 samples, 4 features, 3 classes)
)");
  m.def("load_iris", &load_iris, R"(150 irises of three species: sepal and petal, length and width in cm (Fisher, 1936).

Examples
--------
>>> import gradus as gd
>>> gd.load_iris().class_names
['setosa', 'versicolor', 'virginica']
)");
  m.def("load_digits", &load_digits, R"(1797 handwritten digits of 8 x 8 counts of ink from 0 to 16, row by row.

Examples
--------
>>> import gradus as gd
>>> int(gd.load_digits().x[0].reshape(8, 8).max())
15
)");
  m.def(
      "make_blobs",
      [](const Counts& samples, std::optional<Index> features, nb::handle centers, const Deviations& cluster_std,
         std::optional<std::pair<double, double>> center_box, bool shuffle, nb::handle random_state) {
        RandomSource random(random_state);
        std::optional<std::array<double, 2>> box;
        if (center_box) box = {center_box->first, center_box->second};
        return make_blobs({.samples = one_or_many(samples),
                           .features = features,
                           .centers = centers_of(centers),
                           .cluster_std = one_or_many(cluster_std),
                           .center_box = box,
                           .shuffle = shuffle},
                          random.stream());
      },
      nb::arg("samples") = 100, nb::arg("features") = nb::none(), nb::arg("centers") = nb::none(),
      nb::arg("cluster_std") = 1.0, nb::arg("center_box") = nb::none(), nb::arg("shuffle") = true,
      nb::arg("random_state") = 0,
      nb::sig("def make_blobs(samples: int | collections.abc.Sequence[int] = 100, features: int | None = None, "
              "centers: int | numpy.typing.ArrayLike | None = None, cluster_std: float | "
              "collections.abc.Sequence[float] = 1.0, center_box: tuple[float, float] | None = None, "
              "shuffle: bool = True, random_state: RandomState | int = 0) -> Dataset"),
      R"(Normal clouds around centres, one a class: scikit-learn's make_blobs from the same stream.

Parameters
----------
samples : int or list of int
    In all, or of each cloud.
features : int, optional
    Of drawn centres, 2 unless given; given centres bring their own.
centers : int or array of shape (classes, features), optional
    How many to draw, or the centres; unless given, as many as `samples` lists, else 3.
cluster_std : float or list of float
center_box : (low, high), optional
    Where centres are drawn, (-10, 10) unless given.
shuffle : bool
random_state : RandomState or int

Examples
--------
>>> import gradus as gd
>>> gd.make_blobs(30, centers=[[0, 0], [5, 5]], random_state=1)
Dataset(30 samples, 2 features, 2 classes)
)");
  m.def(
      "make_moons",
      [](const Counts& samples, bool shuffle, std::optional<double> noise, nb::handle random_state) {
        RandomSource random(random_state);
        return make_moons({.samples = one_or_many(samples), .shuffle = shuffle, .noise = noise}, random.stream());
      },
      nb::arg("samples") = 100, nb::kw_only(), nb::arg("shuffle") = true, nb::arg("noise") = nb::none(),
      nb::arg("random_state") = 0,
      nb::sig("def make_moons(samples: int | collections.abc.Sequence[int] = 100, *, shuffle: bool = True, "
              "noise: float | None = None, random_state: RandomState | int = 0) -> Dataset"),
      R"(Two half circles that interlock: scikit-learn's make_moons from the same stream.

`samples` in all, or of the upper and the lower moon; `noise` is a standard deviation, of which None draws nothing.

Examples
--------
>>> import gradus as gd
>>> gd.make_moons(50, noise=0.1, random_state=3)
Dataset(50 samples, 2 features, 2 classes)
)");
  m.def(
      "make_circles",
      [](const Counts& samples, bool shuffle, std::optional<double> noise, double factor, nb::handle random_state) {
        RandomSource random(random_state);
        return make_circles({.samples = one_or_many(samples), .shuffle = shuffle, .noise = noise, .factor = factor},
                            random.stream());
      },
      nb::arg("samples") = 100, nb::kw_only(), nb::arg("shuffle") = true, nb::arg("noise") = nb::none(),
      nb::arg("factor") = 0.8, nb::arg("random_state") = 0,
      nb::sig("def make_circles(samples: int | collections.abc.Sequence[int] = 100, *, shuffle: bool = True, "
              "noise: float | None = None, factor: float = 0.8, random_state: RandomState | int = 0) -> Dataset"),
      R"(A circle of radius `factor` within one of radius 1: scikit-learn's make_circles from the same stream.

`samples` in all, or of the outer and the inner circle; `noise` is a standard deviation, of which None draws nothing.
ValueError unless `factor` is in [0, 1).

Examples
--------
>>> import gradus as gd
>>> gd.make_circles(500, noise=0.2, factor=0.4, random_state=7)
Dataset(500 samples, 2 features, 2 classes)
)");
  m.def(
      "make_spirals",
      [](const Counts& samples, Index arms, double turns, bool shuffle, std::optional<double> noise,
         nb::handle random_state) {
        RandomSource random(random_state);
        return make_spirals(
            {.samples = one_or_many(samples), .arms = arms, .turns = turns, .shuffle = shuffle, .noise = noise},
            random.stream());
      },
      nb::arg("samples") = 200, nb::kw_only(), nb::arg("arms") = 2, nb::arg("turns") = 1.5, nb::arg("shuffle") = true,
      nb::arg("noise") = nb::none(), nb::arg("random_state") = 0,
      nb::sig("def make_spirals(samples: int | collections.abc.Sequence[int] = 200, *, arms: int = 2, "
              "turns: float = 1.5, shuffle: bool = True, noise: float | None = None, "
              "random_state: RandomState | int = 0) -> Dataset"),
      R"(Arms wound around the origin, one a class.

`samples` in all, or of each arm.

Examples
--------
>>> import gradus as gd
>>> gd.make_spirals(90, arms=3)
Dataset(90 samples, 2 features, 3 classes)
)");
  m.def(
      "make_xor",
      [](Index samples, std::optional<double> noise, nb::handle random_state) {
        RandomSource random(random_state);
        return make_xor({.samples = samples, .noise = noise}, random.stream());
      },
      nb::arg("samples") = 4, nb::kw_only(), nb::arg("noise") = nb::none(), nb::arg("random_state") = 0,
      nb::sig("def make_xor(samples: int = 4, *, noise: float | None = None, random_state: RandomState | int = 0) -> "
              "Dataset"),
      R"(The four corners of a square over and over, opposite ones of one class.

Examples
--------
>>> import gradus as gd
>>> gd.make_xor().y.tolist()
[0, 1, 1, 0]
)");
  m.def(
      "make_gaussian",
      [](Index samples, std::pair<double, double> range, std::optional<double> noise, nb::handle random_state) {
        RandomSource random(random_state);
        return make_gaussian({.samples = samples, .range = {range.first, range.second}, .noise = noise},
                             random.stream());
      },
      nb::arg("samples") = 500, nb::kw_only(), nb::arg("range") = std::pair(-5.0, 5.0), nb::arg("noise") = nb::none(),
      nb::arg("random_state") = 0,
      nb::sig("def make_gaussian(samples: int = 500, *, range: tuple[float, float] = (-5.0, 5.0), "
              "noise: float | None = None, random_state: RandomState | int = 0) -> Dataset"),
      R"(A regression: y = exp(-x^2) at evenly spaced x.

Examples
--------
>>> import gradus as gd
>>> gd.make_gaussian(3, range=(-1, 1)).y.ravel().round(3).tolist()
[0.368, 1.0, 0.368]
)");
}

}  // namespace gradus::python
