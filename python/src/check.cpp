// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "check_trial.hpp"
#include "gradus/check/given_gradient.hpp"
#include "watch.hpp"

namespace gradus::python {
namespace {

/// The numbers as they lie in an array of any shape; float32 is known by its type.
GivenGradient given_gradient(nb::handle gradient, const std::string& block) {
  GivenGradient given;
  given.block = block;
  const nb::module_ numpy = nb::module_::import_("numpy");
  const nb::object array = numpy.attr("asarray")(gradient);
  given.float32 = nb::cast<std::string>(array.attr("dtype").attr("name")) == "float32";
  const auto dimensions = nb::cast<std::size_t>(array.attr("ndim"));
  if (dimensions == 2) {
    given.rows = nb::cast<Index>(array.attr("shape")[nb::int_(0)]);
    given.cols = nb::cast<Index>(array.attr("shape")[nb::int_(1)]);
  }
  if (dimensions > 2 || (dimensions == 2 && block.empty()))
    throw ValueError("[check] expected a gradient with one dimension, as theta has; of a matrix, name its block");
  const Array1<double> flat = as_vector<double>("check", "gradient", array.attr("ravel")());
  given.numbers.assign(flat.data(), flat.data() + flat.size());
  return given;
}

GradientCheck check(const Network& network, nb::handle theta, nb::handle x, nb::handle y, nb::handle sample_weight,
                    const std::string& loss, const std::string& reduction, const std::string& plant, bool float32,
                    nb::handle gradient, const std::string& block) {
  const Trial trial({network, theta, x, y, sample_weight, loss, reduction});
  if (!gradient.is_none()) {
    if (!plant.empty() || float32)
      throw ValueError("[check] expected no plant and no float32 beside a gradient, which is on trial itself");
    return check_given_gradient(trial.subject(), given_gradient(gradient, block));
  }
  if (!block.empty()) throw ValueError("[check] expected a gradient beside block, which names what it is of");
  Watch watch;
  GradientCheckOptions options;
  options.between_passes = [&watch] { watch.look_or_throw(); };
  const Unlocked others;
  std::optional<PlantedFault> planted;
  if (!plant.empty()) planted = find_fault(plant, trial.subject());
  return float32 ? check_network_float(trial.subject(), options, planted)
                 : check_network(trial.subject(), options, planted);
}

FastCheck check_fast(const Network& network, nb::handle theta, nb::handle x, nb::handle y, nb::handle sample_weight,
                     const std::string& loss, const std::string& reduction, const std::string& plant) {
  const Trial trial({network, theta, x, y, sample_weight, loss, reduction});
  const Unlocked others;
  std::optional<PlantedFault> planted;
  if (!plant.empty()) planted = find_fault(plant, trial.subject());
  return check_network_fast(trial.subject(), 1, planted);
}

nb::dict curve(const Network& network, nb::handle theta, nb::handle x, nb::handle y, nb::handle sample_weight,
               const std::string& loss, const std::string& reduction) {
  const Trial trial({network, theta, x, y, sample_weight, loss, reduction});
  StepCurve curve;
  {
    const Unlocked others;
    const CheckSubject s = trial.subject();
    curve = step_curve(s.network, s.loss, s.theta, s.x, s.targets);
  }
  nb::dict series;
  series["steps"] = to_numpy(std::move(curve.steps));
  series["forward"] = to_numpy(std::move(curve.forward));
  series["central"] = to_numpy(std::move(curve.central));
  series["complex"] = to_numpy(std::move(curve.complex));
  return series;
}

/// As a report says it: what is wrong leaps to the eye.
std::string verdict_word(GradientVerdict verdict) {
  return verdict == GradientVerdict::wrong ? "WRONG" : std::string(name(verdict));
}

std::map<std::string, double> errors_of(const BlockCheck& block) {
  std::map<std::string, double> errors;
  for (std::size_t s = 1; s < kGradientSources; ++s)
    if (block.used[s]) errors[std::string(gradient_source_names[s])] = block.relative_error[s];
  return errors;
}

nb::dict gradients_of(nb::handle self) {
  const GradientCheck& check = nb::cast<const GradientCheck&>(self);
  nb::dict gradients;
  for (std::size_t s = 0; s < kGradientSources; ++s)
    if (!check.gradients[s].empty())
      gradients[nb::str(gradient_source_names[s].data())] = view_within(check.gradients[s], self);
  return gradients;
}

void bind_results(nb::module_& m) {
  nb::class_<BlockCheck>(m, "BlockCheck", R"(One parameter array under `check`.

Examples
--------
>>> import gradus as gd
>>> network = gd.Network("2-1")
>>> report = gd.check(network, network.initial_parameters(), [[1.0, 2.0]], [1.0])
>>> [(block.label, block.verdict) for block in report.blocks]
[('layer 1 weights', 'right'), ('layer 1 bias', 'right'), ('input', 'right')]
)")
      .def_prop_ro("label", &BlockCheck::label, "``layer 2 weights``, or ``input``.")
      .def_ro("norm", &BlockCheck::norm, "Euclidean norm of the gradient by hand.")
      .def_prop_ro(
          "verdict", [](const BlockCheck& self) { return std::string(name(self.verdict)); },
          "right, wrong, kink, noise (smaller than rounding) or unproven (zero throughout).")
      .def_prop_ro("relative_error", &errors_of, "|g - g'| / (|g| + |g'|) against each other source, by its name.")
      .def("__repr__", [](const BlockCheck& self) {
        return fmt::format("BlockCheck('{}': {})", self.label(), name(self.verdict));
      });
  nb::class_<Diagnosis>(m, "Diagnosis", R"(What a slip in a backward pass probably is.

Examples
--------
>>> import gradus as gd
>>> network = gd.Network("2-3tanh-1")
>>> report = gd.check(network, network.initial_parameters(), [[1.0, 2.0]], [1.0], plant="sign:1.weights")
>>> report.diagnoses[0].kind
'sign'
)")
      .def_ro("kind", &Diagnosis::kind, "The slip's name; empty if none fits.")
      .def_ro("where", &Diagnosis::where)
      .def_ro("sentence", &Diagnosis::sentence)
      .def("__repr__", [](const Diagnosis& self) { return fmt::format("Diagnosis('{}')", self.sentence); });
  nb::class_<GradientCheck>(m, "GradientCheck", R"(What `check` found; ``print`` shows the report.

Examples
--------
>>> import gradus as gd
>>> network = gd.Network("2-1")
>>> report = gd.check(network, network.initial_parameters(), [[1.0, 2.0]], [1.0])
>>> report.passed, sorted(report.gradients)
(True, ['central', 'complex', 'dual', 'forward', 'hand', 'ridders', 'tape'])
)")
      .def_prop_ro(
          "verdict", [](const GradientCheck& self) { return std::string(name(self.verdict())); },
          "right, wrong, or unproven: nothing could be compared.")
      .def_prop_ro("passed", &GradientCheck::passed, "Whether the verdict is right.")
      .def_ro("loss", &GradientCheck::loss)
      .def_ro("blocks", &GradientCheck::blocks)
      .def_ro("diagnoses", &GradientCheck::diagnoses, "The likeliest first; empty if nothing is wrong.")
      .def_ro("notes", &GradientCheck::notes, "What was not looked at, and how what was given was read.")
      .def_prop_ro("gradients", &gradients_of,
                   nb::sig("def gradients(self) -> dict[str, numpy.typing.NDArray[numpy.float64]]"),
                   "The gradient over theta, and then the input, by the name of its source.")
      .def("__str__", &GradientCheck::report)
      .def("__repr__", [](const GradientCheck& self) {
        return fmt::format("GradientCheck({}, {} blocks)", verdict_word(self.verdict()), self.blocks.size());
      });
  nb::class_<FastCheck>(m, "FastCheck", R"(What `check_fast` found; ``print`` shows the report.

Examples
--------
>>> import gradus as gd
>>> network = gd.Network("2-1")
>>> gd.check_fast(network, network.initial_parameters(), [[1.0, 2.0]], [1.0]).passed
True
)")
      .def_prop_ro(
          "verdict", [](const FastCheck& self) { return std::string(name(self.verdict())); },
          "right, wrong, or unproven: along no direction was there a derivative larger than rounding.")
      .def_prop_ro("passed", &FastCheck::passed, "Whether the verdict is right.")
      .def_ro("loss", &FastCheck::loss)
      .def_ro("diagnoses", &FastCheck::diagnoses, "The likeliest first; empty if nothing is wrong.")
      .def_ro("entry", &FastCheck::entry_label, "The entry that is wrong; empty if none is.")
      .def_ro("passes", &FastCheck::passes, "Forward passes made.")
      .def("__str__", &FastCheck::report)
      .def("__repr__", [](const FastCheck& self) {
        return fmt::format("FastCheck({}{})", verdict_word(self.verdict()), self.entry ? ": " + self.entry_label : "");
      });
}

}  // namespace

void bind_check(nb::module_& m) {
  bind_results(m);
  m.def(
      "check", &check, nb::arg("network"), nb::arg("theta").none(), nb::arg("x").none(), nb::arg("y") = nb::none(),
      nb::kw_only(), nb::arg("sample_weight") = nb::none(), nb::arg("loss") = "auto", nb::arg("reduction") = "mean",
      nb::arg("plant") = "", nb::arg("float32") = false, nb::arg("gradient") = nb::none(), nb::arg("block") = "",
      nb::sig("def check(network: Network, theta: numpy.typing.ArrayLike, x: numpy.typing.ArrayLike | Dataset, "
              "y: numpy.typing.ArrayLike | None = None, *, sample_weight: numpy.typing.ArrayLike | None = None, loss: "
              "str = 'auto', "
              "reduction: str = 'mean', plant: str = '', "
              "float32: bool = False, gradient: numpy.typing.ArrayLike | None = None, block: str = '') "
              "-> GradientCheck"),
      R"(Proves the hand-written gradient of a network's loss against tape, dual numbers, complex step and differences.

Parameters
----------
network, theta, x, y, sample_weight, loss, reduction
    As for `loss_and_gradient`; theta as float64. About 8 forward passes a parameter are made: twenty samples are enough.
    Ctrl-C ends it.
plant : str
    A slip to plant into a copy of the backward pass, to see what is said of it: ``transpose`` or
    ``transpose:1.weights``. docs/proof.md names them.
float32 : bool
    Whether the pass in float32 is on trial.
gradient : array, optional
    A gradient that you computed, to be on trial in place of Gradus's own: as long as theta, or of the one array that
    `block` names, in its shape or transposed.
block : str
    ``layer 1 weights``: what `gradient` is of.

Returns
-------
GradientCheck

Raises
------
ValueError
    If shapes do not fit, a number is not finite, a weight is below 0 or none above, there are no samples, or the fault
    is unknown or fits nowhere, or there is no such block.

Examples
--------
>>> import gradus as gd
>>> data = gd.make_moons(20, noise=0.1)
>>> network = gd.Network("2-8tanh-2softmax")
>>> theta = network.initial_parameters(random_state=1)
>>> gd.check(network, theta, data.x, data.y)
GradientCheck(right, 5 blocks)
>>> spoilt = gd.check(network, theta, data.x, data.y, plant="transpose")
>>> spoilt.passed, spoilt.diagnoses[0].kind
(False, 'transpose')
>>> weights = [1.0, 2.0] * 10
>>> loss, mine = gd.loss_and_gradient(network, theta, data.x, data.y)
>>> gd.check(network, theta, data.x, data.y, gradient=mine).verdict
'right'
>>> print(gd.check(network, theta, data.x, data.y, gradient=20 * mine).diagnoses[0].sentence)
It is 20 times the gradient: the sum over the batch of 20, not divided by the 20 terms of the mean.
>>> forgotten = gd.check(network, theta, data.x, data.y, sample_weight=weights, plant="unweighted")
>>> gd.check(network, theta, data.x, data.y, sample_weight=weights).passed, forgotten.diagnoses[0].kind
(True, 'unweighted')
)");
  m.def("check_fast", &check_fast, nb::arg("network"), nb::arg("theta").none(), nb::arg("x").none(),
        nb::arg("y") = nb::none(), nb::kw_only(), nb::arg("sample_weight") = nb::none(), nb::arg("loss") = "auto",
        nb::arg("reduction") = "mean", nb::arg("plant") = "",
        nb::sig("def check_fast(network: Network, theta: numpy.typing.ArrayLike, x: numpy.typing.ArrayLike | Dataset, "
                "y: numpy.typing.ArrayLike | None = None, *, sample_weight: numpy.typing.ArrayLike | None = None, "
                "loss: str = "
                "'auto', reduction: str = 'mean', plant: str = '') -> FastCheck"),
        R"(The same along random directions: as quick for many parameters as for few.

Examples
--------
>>> import gradus as gd
>>> iris = gd.load_iris()
>>> network = gd.Network("4-100tanh-3softmax")
>>> gd.check_fast(network, network.initial_parameters(), iris.x, iris.y)
FastCheck(right)
)");
  m.def("step_curve", &curve, nb::arg("network"), nb::arg("theta").none(), nb::arg("x").none(),
        nb::arg("y") = nb::none(), nb::kw_only(), nb::arg("sample_weight") = nb::none(), nb::arg("loss") = "auto",
        nb::arg("reduction") = "mean",
        nb::sig("def step_curve(network: Network, theta: numpy.typing.ArrayLike, x: numpy.typing.ArrayLike | Dataset, "
                "y: numpy.typing.ArrayLike | None = None, *, sample_weight: numpy.typing.ArrayLike | None = None, "
                "loss: str = "
                "'auto', reduction: str = 'mean') -> "
                "dict[str, numpy.typing.NDArray[numpy.float64]]"),
        R"(The relative error of finite differences for each step: too long a step bends, too short a one rounds.

Returns
-------
dict
    ``steps`` from 1 down to 1e-15, and the errors of ``forward``, ``central`` and ``complex`` step differences along one
    random direction. `plot.gradient_error` draws it.

Examples
--------
>>> import gradus as gd
>>> network = gd.Network("2-3tanh-1")
>>> curve = gd.step_curve(network, network.initial_parameters(), [[1.0, 2.0]], [1.0])
>>> bool(curve["central"].min() < curve["forward"].min() < 1e-5)
True
)");
}

}  // namespace gradus::python
