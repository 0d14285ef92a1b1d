// SPDX-License-Identifier: MIT
#include "gradus/check/explain.hpp"

#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include <cmath>

#include "check_trial.hpp"
#include "gradus/check/objective.hpp"

namespace gradus::python {
namespace {

Explanation explain_samples(const Network& network, nb::handle theta, nb::handle x, nb::handle y, std::int64_t sample,
                            const std::string& weight, nb::handle sample_weight, const std::string& loss,
                            const std::string& reduction) {
  const Trial trial({network, theta, x, y, sample_weight, loss, reduction});
  const CheckSubject s = trial.subject();
  if (sample >= s.x.rows() || sample < -1)
    throw ValueError(
        fmt::format("[explain] expected a sample from 0 to {}, or None for all, got {}", s.x.rows() - 1, sample));
  const Index first = sample < 0 ? 0 : static_cast<Index>(sample);
  const Index count = sample < 0 ? s.x.rows() : 1;
  return explain(s.network, s.loss, s.theta, s.x.middle_rows(first, count), s.targets.middle_rows(first, count),
                 weight);
}

auto array_of(const Matrix<double>& x) { return to_numpy(Matrix<double>(x)); }

/// The numbers of an array of this shape, row by row.
std::vector<double> numbers_of(nb::handle value, const nb::tuple& shape) {
  const nb::object array = nb::module_::import_("numpy").attr("asarray")(value, nb::arg("dtype") = "float64");
  if (!nb::tuple(array.attr("shape")).equal(shape))
    throw ValueError(fmt::format("[check] expected a gradient of the shape {}, which x has, got {}",
                                 nb::repr(shape).c_str(), nb::repr(array.attr("shape")).c_str()));
  const Array1<double> flat = as_vector<double>("check", "gradient", array.attr("ravel")());
  return {flat.data(), flat.data() + flat.size()};
}

ObjectiveCheck check_function(nb::callable f, nb::object gradient, nb::handle x) {
  const nb::object array = nb::module_::import_("numpy").attr("asarray")(x, nb::arg("dtype") = "float64");
  const nb::tuple shape(array.attr("shape"));
  if (nb::len(shape) == 0) throw ValueError("[check] expected x of one dimension or more, got a number");
  const Array1<double> point = as_vector<double>("check", "x", array.attr("ravel")());
  for (const double number : span_of(point))
    if (!std::isfinite(number)) throw ValueError(fmt::format("[check] expected x of finite numbers, got {}", number));
  const auto shaped = [&](std::span<const double> at) {
    return nb::cast(to_numpy(std::vector<double>(at.begin(), at.end()))).attr("reshape")(shape);
  };
  const auto value = [&](std::span<const double> at) { return nb::cast<double>(nb::float_(f(shaped(at)))); };
  const auto with_gradient = [&](std::span<const double> at, std::span<double> written) {
    const bool is_function = PyCallable_Check(gradient.ptr()) != 0;
    const std::vector<double> numbers = numbers_of(is_function ? nb::object(gradient(shaped(at))) : gradient, shape);
    std::copy(numbers.begin(), numbers.end(), written.begin());
    return value(at);
  };
  const Index rows = nb::len(shape) > 1 ? nb::cast<Index>(shape[0]) : 1;
  return check_objective(value, with_gradient, span_of(point), point.size() > 0 ? rows : 1);
}

}  // namespace

void bind_explain(nb::module_& m) {
  nb::class_<ExplainedLayer>(m, "ExplainedLayer", R"(One layer of an `Explanation`.

Examples
--------
>>> import gradus as gd
>>> network = gd.Network("2-1")
>>> explained = gd.explain(network, network.initial_parameters(), [[1.0, 2.0]], [1.0])
>>> explained.layers[0].label, explained.layers[0].formula
('layer 1 (dense)', 'y = x W + b')
)")
      .def_ro("label", &ExplainedLayer::label)
      .def_ro("formula", &ExplainedLayer::formula, "Of the outputs.")
      .def_ro("derivative", &ExplainedLayer::derivative, "Of the loss by the inputs, as a formula.")
      .def_prop_ro("inputs", [](const ExplainedLayer& self) { return array_of(self.inputs); })
      .def_prop_ro("outputs", [](const ExplainedLayer& self) { return array_of(self.outputs); })
      .def_prop_ro(
          "by_inputs", [](const ExplainedLayer& self) { return array_of(self.by_inputs); },
          "The loss's derivative by the inputs.")
      .def_prop_ro(
          "by_outputs", [](const ExplainedLayer& self) { return array_of(self.by_outputs); },
          "The loss's derivative by the outputs.")
      .def_prop_ro(
          "gradients",
          [](const ExplainedLayer& self) {
            nb::dict all;
            for (const ExplainedBlock& block : self.blocks)
              all[block.block.name.c_str()] = nb::cast(array_of(block.derivative));
            return all;
          },
          nb::sig("def gradients(self) -> dict[str, numpy.typing.NDArray[numpy.float64]]"),
          "The loss's derivative by each parameter array, by its name.")
      .def("__repr__", [](const ExplainedLayer& self) { return fmt::format("ExplainedLayer('{}')", self.label); });
  nb::class_<Explanation>(m, "Explanation", R"(What `explain` found; ``print`` shows it whole.

Examples
--------
>>> import gradus as gd
>>> network = gd.Network("2-1")
>>> explained = gd.explain(network, network.initial_parameters(), [[1.0, 2.0]], [1.0], weight="layer 1 weights[1, 0]")
>>> explained.chain[-1][0]
'dL/d(layer 1 weights[1, 0]) = sum over samples of x[1] dy[0]'
)")
      .def_ro("loss", &Explanation::loss)
      .def_ro("layers", &Explanation::layers)
      .def_prop_ro(
          "chain",
          [](const Explanation& self) {
            nb::list steps;
            for (const ChainStep& step : self.chain)
              steps.append(nb::make_tuple(step.formula, step.numbers, step.value));
            return steps;
          },
          nb::sig("def chain(self) -> list[tuple[str, str, float]]"),
          "From the loss to the weight asked for: formula, numbers, value.")
      .def("markdown", &Explanation::markdown, "As Markdown.")
      .def("html", &Explanation::html, "As a page.")
      .def("__str__", &Explanation::text)
      .def("__repr__", [](const Explanation& self) {
        return fmt::format("Explanation({}, loss {:.6g})", self.network, self.loss);
      });
  m.def(
      "explain",
      [](const Network& network, nb::handle theta, nb::handle x, nb::handle y, nb::handle sample,
         const std::string& weight, nb::handle sample_weight, const std::string& loss, const std::string& reduction) {
        return explain_samples(network, theta, x, y, sample.is_none() ? -1 : nb::cast<std::int64_t>(sample), weight,
                               sample_weight, loss, reduction);
      },
      nb::arg("network"), nb::arg("theta").none(), nb::arg("x").none(), nb::arg("y").none(), nb::kw_only(),
      nb::arg("sample") = nb::none(), nb::arg("weight") = "", nb::arg("sample_weight") = nb::none(),
      nb::arg("loss") = "auto", nb::arg("reduction") = "mean",
      nb::sig("def explain(network: Network, theta: numpy.typing.ArrayLike, x: numpy.typing.ArrayLike, "
              "y: numpy.typing.ArrayLike, *, sample: int | None = None, weight: str = '', "
              "sample_weight: numpy.typing.ArrayLike | None = None, loss: str = 'auto', reduction: str = 'mean') "
              "-> Explanation"),
      R"(Every number of a forward and a backward pass, with its formula.

Parameters
----------
network, theta, x, y, sample_weight, loss, reduction
    As for `loss_and_gradient`; theta as float64.
sample : int, optional
    The one sample to look at; all together if left out.
weight : str
    A parameter whose chain from the loss is wanted: ``layer 1 weights[0, 2]``.

Returns
-------
Explanation

Raises
------
ValueError
    If shapes do not fit, a number is not finite, or there is no such sample or weight.

Examples
--------
>>> import gradus as gd, numpy as np
>>> network = gd.Network("2-3tanh-2softmax")
>>> theta = network.initial_parameters(random_state=0)
>>> explained = gd.explain(network, theta, [[1.0, 2.0]], [1])
>>> loss, gradient = gd.loss_and_gradient(network, theta, [[1.0, 2.0]], [1])
>>> bool(np.all(explained.layers[0].gradients["weights"].ravel() == gradient[:6]))
True
)");
  nb::class_<ObjectiveCheck>(m, "FunctionCheck", R"(What `check_function` found; ``print`` shows the report.

Examples
--------
>>> import gradus as gd, numpy as np
>>> gd.check_function(lambda x: np.sum(x**2), lambda x: 2 * x, np.array([1.0, -2.0])).verdict
'right'
)")
      .def_prop_ro(
          "verdict", [](const ObjectiveCheck& self) { return std::string(name(self.overall())); },
          "right, wrong, or unproven: smaller than what differences can tell.")
      .def_prop_ro("passed", &ObjectiveCheck::passed, "Whether the verdict is right.")
      .def_ro("value", &ObjectiveCheck::value)
      .def_ro("sentence", &ObjectiveCheck::sentence, "What the slip probably is; empty if nothing is wrong.")
      .def_ro("worst", &ObjectiveCheck::worst, "The entry that is furthest off for its tolerance.")
      .def_prop_ro("gradient", [](const ObjectiveCheck& self) { return to_numpy(std::vector<double>(self.gradient)); })
      .def_prop_ro(
          "differences", [](const ObjectiveCheck& self) { return to_numpy(std::vector<double>(self.differences)); },
          "The derivative by extrapolated differences; NaN where they cannot tell.")
      .def_ro("kinks", &ObjectiveCheck::kinks, "Numbers at a kink, where the slopes on the two sides differ.")
      .def_prop_ro(
          "tolerance", [](const ObjectiveCheck& self) { return to_numpy(std::vector<double>(self.tolerance)); },
          "How far each number may be off.")
      .def("__str__", &ObjectiveCheck::report)
      .def("__repr__", [](const ObjectiveCheck& self) {
        return fmt::format("FunctionCheck({})",
                           self.overall() == GradientVerdict::wrong ? "WRONG" : std::string(name(self.overall())));
      });
  m.def("check_function", &check_function, nb::arg("f"), nb::arg("gradient"), nb::arg("x").none(),
        nb::sig("def check_function(f: collections.abc.Callable[[numpy.typing.NDArray[numpy.float64]], float], "
                "gradient: collections.abc.Callable[[numpy.typing.NDArray[numpy.float64]], numpy.typing.ArrayLike] | "
                "numpy.typing.ArrayLike, x: numpy.typing.ArrayLike) -> FunctionCheck"),
        R"(Holds a gradient of a function of your own against differences of the function's values.

Parameters
----------
f : callable
    Takes an array of the shape of x, returns a number; it may compute in any precision.
gradient : callable or array
    What is on trial: a function of such an array, or its numbers at x, in the shape of x.
x : array
    Where to look; of any shape.

Returns
-------
FunctionCheck
    Each number has a tolerance of its own, derived from how well the differences settle and what rounding, which is
    measured, does to them. At a kink, as of a maximum at a tie, every slope between those of its sides is right.

Examples
--------
>>> import gradus as gd, numpy as np
>>> f = lambda x: np.sum(np.sin(x))
>>> gd.check_function(f, np.cos, np.array([0.5, 1.0, 2.0]))
FunctionCheck(right)
>>> print(gd.check_function(f, lambda x: -np.cos(x), np.array([0.5, 1.0, 2.0])).sentence)
The gradient has the opposite sign.
)");
}

}  // namespace gradus::python
