// SPDX-License-Identifier: MIT
#include "gradus/lab/exchange/open_model.hpp"
#include "gradus/lab/model/model_file.hpp"

#include <fmt/format.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <algorithm>

#include "arrays.hpp"
#include "gradus/lab/data/csv.hpp"
#include "gradus/lab/exchange/header.hpp"
#include "gradus/lab/exchange/onnx.hpp"
#include "gradus/lab/model/answers.hpp"
#include "gradus/lab/model/applied.hpp"
#include "loss.hpp"
#include "module.hpp"
#include "source.hpp"

namespace gradus::python {
namespace {

using Names = std::vector<std::string>;

Model make(const Network& network, nb::handle theta, const std::string& loss, const std::string& reduction,
           const std::optional<Scaler>& scaler, const Names& feature_names, const Names& class_names,
           const Names& target_names, nb::handle state) {
  Model model;
  model.network = network;
  model.loss = read_loss(network, loss, reduction);
  model.scaler = scaler;
  model.feature_names = feature_names;
  model.class_names = class_names;
  model.target_names = target_names;
  with_numbers("model", "theta", theta, [&]<class T>(std::span<const T> numbers) {
    model.theta.assign(numbers.begin(), numbers.end());
    model.precision = std::same_as<T, float> ? Precision::float32 : Precision::float64;
  });
  if (!state.is_none()) {
    const Array1<double> numbers = as_vector<double>("model", "state", state);
    model.state.assign(numbers.data(), numbers.data() + numbers.size());
  }
  model.check();
  return model;
}

/// A table with categories is read as the command line would read it.
nb::object coded(const Model& model, nb::handle table) {
  const std::string text = csv_of("model", table);
  return nb::cast(to_numpy(parse_table(text, options_for(model), "table").data.x));
}

/// A table's columns by the names of training, in their order; anything without names as it is.
ArrayLike by_name(const Model& model, const ArrayLike& x) {
  const TableOptions options = options_for(model);
  const Names names = names_of(x);
  if (names.empty() || options.inputs.empty()) return x;
  nb::list wanted;
  std::string missing;
  bool numbered = true;
  for (std::size_t k = 0; k < options.inputs.size(); ++k) {
    const std::string& name = options.inputs[k].name;
    numbered = numbered && name == fmt::format("x{}", k);
    wanted.append(name);
    if (std::find(names.begin(), names.end(), name) == names.end()) missing += (missing.empty() ? "" : ", ") + name;
  }
  if (!missing.empty() && numbered) return x;  // learned from columns without names
  if (!missing.empty())
    throw ValueError(fmt::format("[model] expected the columns of training, got none named {} (the table has {})",
                                 missing, fmt::join(names, ", ")));
  if (!model.columns.empty()) return nb::borrow<ArrayLike>(coded(model, x));
  const nb::object chosen =
      nb::hasattr(x, "select") && nb::hasattr(x, "column_names") ? x.attr("select")(wanted) : nb::object(x[wanted]);
  return nb::borrow<ArrayLike>(chosen);
}

Matrix<double> predict(const Model& model, const Array2<double>& x, const std::string& precision,
                       const std::optional<std::string>& arithmetic) {
  const Precision in = parse_precision(precision);
  const auto by = arithmetic ? std::optional(parse_arithmetic(*arithmetic)) : std::nullopt;
  const Unlocked others;
  return answers(model, view_of(x), in, by);
}

nb::object theta_of(nb::handle self) {
  const Model& model = nb::cast<const Model&>(self);
  if (model.precision == Precision::float64) return nb::cast(view_within(model.theta, self));
  return nb::cast(to_numpy(std::vector<float>(model.theta.begin(), model.theta.end())));
}

nb::bytes onnx_of(const Model& model, const std::string& precision, int opset) {
  const std::string bytes = to_onnx(model, {.precision = parse_precision(precision), .opset = opset});
  return nb::bytes(bytes.data(), bytes.size());
}

HeaderOptions header_options(const Model& model, const std::string& standard, const std::string& precision,
                             const nb::object& calibrate, const std::string& name) {
  HeaderOptions options{.standard = parse_header_standard(standard), .name = name};
  if (precision == "q15") options.fixed = FixedPoint::q15;
  if (precision == "int8") options.fixed = FixedPoint::int8;
  if (!options.fixed) options.precision = parse_precision(precision);
  if (options.fixed.has_value() == calibrate.is_none())
    throw ValueError(options.fixed ? "[header] expected calibrate, the samples that integers are to hold, got none"
                                   : "[header] expected no calibrate, which is for precision 'q15' and 'int8'");
  if (options.fixed) {
    const ArrayLike x = by_name(model, nb::borrow<ArrayLike>(calibrate));
    options.calibration = Matrix<double>(view_of(as_matrix<double>("header", "calibrate", x)));
  }
  return options;
}

/// By the file's name what is not given.
void write_header(const Model& model, nb::handle path, const std::optional<std::string>& standard,
                  const std::string& precision, const nb::object& calibrate, const std::optional<std::string>& name) {
  const std::string file = as_path(path);
  const std::string by_ending = file.ends_with(".hpp") ? "c++17" : "c99";
  export_header(
      model, file,
      header_options(model, standard.value_or(by_ending), precision, calibrate, name ? *name : header_name(file)));
}

}  // namespace

void bind_model(nb::module_& m) {
  nb::class_<Model>(m, "Model", R"(A trained network with all that is needed to use it: what a model file holds.

Parameters
----------
network : Network
theta : array of shape (parameter_count,)
    float32 is stored as such, anything else as float64.
loss : str
    As for `fit`.
reduction : {'mean', 'sum'}
scaler : Scaler, optional
    Applied to x before the network.
feature_names, class_names, target_names : list of str, optional
    One an input; one a class (two for a single output); of a regression, one an output.
state : array of shape (state_count,), optional
    Running statistics: ``FitResult.state``.

Raises
------
ValueError
    If the parts do not fit each other.

Examples
--------
>>> import gradus as gd, pathlib, tempfile
>>> model = gd.Model(gd.Network("2-1sigmoid"), [1.0, -1.0, 0.0], class_names=["below", "above"])
>>> [model.class_names[k] for k in model.classify([[3.0, 1.0], [1.0, 3.0]])]
['above', 'below']
>>> path = pathlib.Path(tempfile.mkdtemp()) / "line.model"
>>> model.save(path)                     # the command line reads it: gradus predict line.model data.csv
>>> gd.Model.load(path).theta.tolist()
[1.0, -1.0, 0.0]
)")
      .def(
          "__init__",
          [](Model* self, const Network& network, const ArrayLike& theta, const std::string& loss,
             const std::string& reduction, const std::optional<Scaler>& scaler, const Names& features,
             const Names& classes, const Names& targets, const nb::object& state) {
            new (self) Model(make(network, theta, loss, reduction, scaler, features, classes, targets, state));
          },
          nb::arg("network"), nb::arg("theta").none(), nb::kw_only(), nb::arg("loss") = "auto",
          nb::arg("reduction") = "mean", nb::arg("scaler") = nb::none(), nb::arg("feature_names") = Names{},
          nb::arg("class_names") = Names{}, nb::arg("target_names") = Names{}, nb::arg("state") = nb::none(),
          nb::sig(
              "def __init__(self, network: Network, theta: numpy.typing.ArrayLike, *, loss: str = 'auto', "
              "reduction: str = 'mean', scaler: Scaler | None = None, "
              "feature_names: collections.abc.Sequence[str] = (), class_names: collections.abc.Sequence[str] = (), "
              "target_names: collections.abc.Sequence[str] = (), state: numpy.typing.ArrayLike | None = None) -> None"))
      .def_static(
          "load", [](nb::handle path) { return open_model(as_path(path)); }, nb::arg("path").none(),
          nb::sig("def load(path: str | os.PathLike[str]) -> Model"),
          "Reads a model file and replays the test vector in it. FileNotFoundError; OSError if it is damaged.")
      .def(
          "save", [](const Model& self, nb::handle path) { save_model(self, as_path(path)); }, nb::arg("path").none(),
          nb::sig("def save(self, path: str | os.PathLike[str]) -> None"),
          "Writes a model file (safetensors), whole or not at all; the same model gives the same bytes. ValueError if "
          "a "
          "parameter is not finite, OSError if the file cannot be written.")
      .def(
          "predict",
          [](const Model& self, const ArrayLike& x, const std::string& precision,
             const std::optional<std::string>& arithmetic) {
            return to_numpy(predict(self, as_matrix<double>("model", "x", by_name(self, x)), precision, arithmetic));
          },
          nb::arg("x").none(), nb::kw_only(), nb::arg("precision") = "float64", nb::arg("arithmetic") = nb::none(),
          nb::sig("def predict(self, x: numpy.typing.ArrayLike, *, precision: str = 'float64', "
                  "arithmetic: str | None = None) -> numpy.typing.NDArray[numpy.float64]"),
          "Answers (samples, outputs) in the targets' own units, for unscaled x (samples, inputs): an array, or a "
          "table "
          "(pandas, polars, Arrow), whose columns are taken by the names of training. NaN as in `predict`. With "
          "precision 'float32' everything is rounded to it before it is computed with; with arithmetic 'plain', "
          "'fused' "
          "or 'auto' the engine computes, sample by sample, else the definition. ValueError if x has another number of "
          "columns, or lacks one.")
      .def(
          "classify",
          [](const Model& self, const ArrayLike& x) {
            const Array2<double> samples = as_matrix<double>("model", "x", by_name(self, x));
            const Unlocked others;
            std::vector<int> labels = self.classify(view_of(samples));
            const Locked lock;
            return to_numpy(std::move(labels));
          },
          nb::arg("x").none(),
          nb::sig("def classify(self, x: numpy.typing.ArrayLike) -> numpy.typing.NDArray[numpy.int32]"),
          "The class (samples,) of each sample, a number from 0. ValueError for a regression, and if an "
          "output is NaN.")
      .def("to_onnx", &onnx_of, nb::kw_only(), nb::arg("precision") = "float32", nb::arg("opset") = 18,
           "The model as the bytes of an ONNX file, with its scaling and the names of its classes in the graph. "
           "ValueError if precision or opset cannot be had, or a layer has no float64 kernel in ONNX Runtime.")
      .def(
          "to_header",
          [](const Model& self, const std::string& standard, const std::string& precision, const nb::object& calibrate,
             const std::string& name) {
            return to_header(self, header_options(self, standard, precision, calibrate, name));
          },
          nb::kw_only(), nb::arg("standard") = "c99", nb::arg("precision") = "float32",
          nb::arg("calibrate") = nb::none(), nb::arg("name") = "net",
          nb::sig("def to_header(self, *, standard: str = 'c99', precision: str = 'float32', "
                  "calibrate: numpy.typing.ArrayLike | None = None, name: str = 'net') -> str"),
          "The model as the text of a header of C, as `export_header` writes it.")
      .def_ro("network", &Model::network)
      .def_prop_ro("theta", &theta_of, nb::sig("def theta(self) -> numpy.typing.NDArray[typing.Any]"),
                   "The parameters, read-only or a copy: ``.copy()`` to train on.")
      .def_prop_ro("state", [](const Model& self) { return view_within(self.state); })
      .def_prop_ro("parameters_sha256", &parameters_sha256,
                   "SHA-256 of the parameters in the model's precision and order, the lowest byte of each first.")
      .def_prop_ro("loss", [](const Model& self) { return to_text(self.loss); })
      .def_ro("scaler", &Model::scaler)
      .def_ro("feature_names", &Model::feature_names)
      .def_ro("class_names", &Model::class_names)
      .def_ro("target_names", &Model::target_names)
      .def_ro("label_name", &Model::label_name, "Of the column that classes came from; may be empty.")
      .def_ro("target_scaler", &Model::target_scaler, "Undone in every answer; None unless targets were scaled.")
      .def_ro("filling", &Model::filling, "What a gap (NaN) in an input is filled with; empty if none may be.")
      .def_ro("experiment", &Model::experiment, "TOML text of the run that made it; may be empty.")
      .def_prop_ro("purpose", &purpose_of, "What it is for: its classes or targets, and the features it takes.")
      .def_prop_ro(
          "train_scores",
          [](const Model& self) { return self.record ? std::optional(self.record->train) : std::nullopt; },
          "On the samples it learned from; None unless an experiment made it.")
      .def_prop_ro(
          "test_scores", [](const Model& self) { return self.record ? self.record->test : std::nullopt; },
          "On the samples held out; None if there were none.")
      .def_prop_ro(
          "history", [](const Model& self) { return self.record ? std::optional(self.record->history) : std::nullopt; },
          "Of its training, at most some 1000 records; None unless an experiment made it.")
      .def_prop_ro(
          "diagnosis",
          [](const Model& self) { return self.record ? self.record->diagnosis : std::vector<std::string>{}; },
          "What went wrong without diverging as it was trained, a line each; empty of a sound run.")
      .def_ro("interrupted", &Model::interrupted, "Whether training was stopped before its end.")
      .def("__getstate__",
           [](const Model& self) {
             const std::string bytes = to_model_file(self);
             return nb::bytes(bytes.data(), bytes.size());
           })
      .def("__setstate__",
           [](Model& self, const nb::bytes& bytes) {
             new (&self) Model(parse_model_file({bytes.c_str(), bytes.size()}, "pickle"));
           })
      .def("__repr__",
           [](const Model& self) { return fmt::format("Model('{}', {})", to_text(self.network), to_text(self.loss)); });
  m.def(
      "export_onnx",
      [](const Model& model, nb::handle path, const std::string& precision, int opset) {
        export_onnx(model, as_path(path), {.precision = parse_precision(precision), .opset = opset});
      },
      nb::arg("model"), nb::arg("path").none(), nb::kw_only(), nb::arg("precision") = "float32", nb::arg("opset") = 18,
      nb::sig("def export_onnx(model: Model, path: str | os.PathLike[str], *, precision: str = 'float32', "
              "opset: int = 18) -> None"),
      R"(Writes a model as an ONNX file, for ONNX Runtime and whatever reads the format.

Its scaling, the coding of its table, every layer and the way back to the targets' units are in the graph: ``x`` goes in as
``Model.predict`` takes it, in float32 unless told otherwise; out come ``probabilities`` and ``label`` of classes, or the
``prediction`` of a regression.

Parameters
----------
model : Model
path : str or os.PathLike
precision : {'float32', 'float64'}
opset : int
    The version of ONNX's operators, 17 to 22.

Raises
------
ValueError
    If ONNX Runtime does not compute a layer in float64, which is named; for a precision or an opset that there is not.
OSError
    If the file cannot be written.

Examples
--------
>>> import gradus as gd, pathlib, tempfile
>>> model = gd.Model(gd.Network("2-1sigmoid"), [1.0, -1.0, 0.0], class_names=["below", "above"])
>>> path = pathlib.Path(tempfile.mkdtemp()) / "line.onnx"
>>> gd.export_onnx(model, path)
>>> path.read_bytes() == model.to_onnx()
True
)");
  m.def("export_header", &write_header, nb::arg("model"), nb::arg("path").none(), nb::kw_only(),
        nb::arg("standard") = nb::none(), nb::arg("precision") = "float32", nb::arg("calibrate") = nb::none(),
        nb::arg("name") = nb::none(),
        nb::sig("def export_header(model: Model, path: str | os.PathLike[str], *, standard: str | None = None, "
                "precision: str = 'float32', calibrate: numpy.typing.ArrayLike | None = None, "
                "name: str | None = None) -> None"),
        R"(Writes a model as one file of C, for a microcontroller or any program: no heap, no library but <math.h>.

It declares ``void NAME_predict(const float* x, float* y)``, of a network that takes sequences ``NAME_state``, ``NAME_reset``
and ``NAME_step``; ``NAME_INPUTS``, ``NAME_OUTPUTS`` and the like in capitals; ``NAME_classes``. Compiled without contraction of
products (``-ffp-contract=off``) it answers ``model.predict(x, arithmetic="plain", precision="float32")`` to the last bit; with
``-DNAME_TEST`` it is a program that says by its exit status whether it does.

Parameters
----------
model : Model
path : str or os.PathLike
    Usually NAME.h or NAME.hpp.
standard : {'c99', 'c++17'}, optional
    C++17 for a path that ends in .hpp, else C99.
precision : {'float32', 'float64', 'q15', 'int8'}
    In the last two it computes in integers alone, of 16 bits or 8: chains of dense layers with elementwise activations, softmax last.
    ``NAME_quantise`` and ``NAME_values`` go from floats to them and back, and ``NAME_bounds`` is how far each answer may be off.
calibrate : array-like of shape (samples, inputs), optional
    For integers: samples as the model is to be asked, from which they have their range.
name : str, optional
    What everything in it is called after: the file's name unless given.

Raises
------
ValueError
    If a layer has no C yet, which is named; for a parameter that the precision does not hold, and for a name that is no
    identifier.
OSError
    If the file cannot be written.

Examples
--------
>>> import gradus as gd, pathlib, tempfile
>>> model = gd.Model(gd.Network("2-1sigmoid"), [1.0, -1.0, 0.0], class_names=["below", "above"])
>>> path = pathlib.Path(tempfile.mkdtemp()) / "line.h"
>>> gd.export_header(model, path)
>>> path.read_text() == model.to_header(name="line")
True
)");
}

}  // namespace gradus::python
