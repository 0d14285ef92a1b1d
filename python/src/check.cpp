// SPDX-License-Identifier: MIT
#include <fmt/format.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrays.hpp"
#include "gradus/check/network_check.hpp"
#include "gradus/train/check_run.hpp"
#include "loss.hpp"
#include "module.hpp"
#include "watch.hpp"

namespace gradus::python {
namespace {

/// The arguments that all functions here share.
struct Call {
  const Network& network;
  nb::handle theta, x, y, sample_weight;
  const std::string& loss;
  const std::string& reduction;
};

/// What a check looks at, kept alive for it.
struct Trial {
  explicit Trial(const Call& call)
      : network(call.network),
        loss(read_loss(call.network, call.loss, call.reduction)),
        theta(as_vector<double>("check", "theta", call.theta)),
        x(as_matrix<double>("check", "x", call.x)),
        targets(as_targets<double>("check", call.y, call.network.outputs())),
        weights(as_sample_weights("check", call.sample_weight, targets.shape(0))) {
    check_finite("check", "x", x);
    check_finite("check", "y", targets);
    check_length("check", "theta", static_cast<Index>(theta.size()), network.parameter_count());
    network.check_input("check", static_cast<Index>(x.shape(0)), static_cast<Index>(x.shape(1)));
    check_rows("check", "y", view_of(targets), static_cast<Index>(x.shape(0)));
    if (x.shape(0) == 0) throw ValueError("[check] expected at least one sample, got none");
    check_weights<double>("check", {view_of(x), view_of(targets), weights});
  }

  CheckSubject subject() const { return {network, loss, span_of(theta), view_of(x), {view_of(targets), weights}}; }

  const Network& network;
  Loss loss;
  Array1<double> theta;
  Array2<double> x, targets;
  std::vector<double> weights;  // one a sample, or none
};

/// `KIND` or `KIND:WHERE`: without WHERE, the first that shows.
PlantedFault find_fault(const std::string& text, const Trial& trial) {
  const std::string kind_name = text.substr(0, text.find(':'));
  const FaultKind kind = parse_fault_kind(kind_name);
  std::string places;
  for (const PlantedFault& planted : faults_of(trial.network, trial.loss, trial.subject().targets)) {
    if (planted.kind != kind || !shows(planted, trial.subject())) continue;
    if (text == kind_name || text == planted.label()) return planted;
    places += (places.empty() ? "" : ", ") + planted.label();
  }
  throw ValueError(fmt::format("[check] nothing here that {} would spoil (it fits: {})", text,
                               places.empty() ? "nowhere in this network" : places));
}

GradientCheck check(const Network& network, nb::handle theta, nb::handle x, nb::handle y, nb::handle sample_weight,
                    const std::string& loss, const std::string& reduction, const std::string& plant, bool float32) {
  const Trial trial({network, theta, x, y, sample_weight, loss, reduction});
  Watch watch;
  GradientCheckOptions options;
  options.between_passes = [&watch] { watch.look_or_throw(); };
  const Unlocked others;
  std::optional<PlantedFault> planted;
  if (!plant.empty()) planted = find_fault(plant, trial);
  if (float32 && planted) throw ValueError("[check] expected a fault to be planted in float64");
  return float32 ? check_network_float(trial.subject(), options) : check_network(trial.subject(), options, planted);
}

FastCheck check_fast(const Network& network, nb::handle theta, nb::handle x, nb::handle y, nb::handle sample_weight,
                     const std::string& loss, const std::string& reduction, const std::string& plant) {
  const Trial trial({network, theta, x, y, sample_weight, loss, reduction});
  const Unlocked others;
  std::optional<PlantedFault> planted;
  if (!plant.empty()) planted = find_fault(plant, trial);
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
      .def_prop_ro("passed", &GradientCheck::passed)
      .def_ro("loss", &GradientCheck::loss)
      .def_ro("blocks", &GradientCheck::blocks)
      .def_ro("diagnoses", &GradientCheck::diagnoses, "The likeliest first; empty if nothing is wrong.")
      .def_prop_ro("gradients", &gradients_of,
                   nb::sig("def gradients(self) -> dict[str, numpy.typing.NDArray[numpy.float64]]"),
                   "The gradient over theta, and then the input, by the name of its source.")
      .def("__str__", &GradientCheck::report)
      .def("__repr__", [](const GradientCheck& self) {
        return fmt::format("GradientCheck({}, {} blocks)", self.passed() ? "right" : "WRONG", self.blocks.size());
      });
  nb::class_<FastCheck>(m, "FastCheck", R"(What `check_fast` found; ``print`` shows the report.

Examples
--------
>>> import gradus as gd
>>> network = gd.Network("2-1")
>>> gd.check_fast(network, network.initial_parameters(), [[1.0, 2.0]], [1.0]).passed
True
)")
      .def_prop_ro("passed", &FastCheck::passed)
      .def_ro("loss", &FastCheck::loss)
      .def_ro("entry", &FastCheck::entry_label, "The entry that is wrong; empty if none is.")
      .def_ro("passes", &FastCheck::passes, "Forward passes made.")
      .def("__str__", &FastCheck::report)
      .def("__repr__", [](const FastCheck& self) {
        return fmt::format("FastCheck({})", self.passed() ? "right" : "WRONG: " + self.entry_label);
      });
}

}  // namespace

void bind_check(nb::module_& m) {
  bind_results(m);
  m.def(
      "check", &check, nb::arg("network"), nb::arg("theta").none(), nb::arg("x").none(), nb::arg("y").none(),
      nb::kw_only(), nb::arg("sample_weight") = nb::none(), nb::arg("loss") = "auto", nb::arg("reduction") = "mean",
      nb::arg("plant") = "", nb::arg("float32") = false,
      nb::sig("def check(network: Network, theta: numpy.typing.ArrayLike, x: numpy.typing.ArrayLike, "
              "y: numpy.typing.ArrayLike, *, sample_weight: numpy.typing.ArrayLike | None = None, loss: str = 'auto', "
              "reduction: str = 'mean', plant: str = '', "
              "float32: bool = False) -> GradientCheck"),
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

Returns
-------
GradientCheck

Raises
------
ValueError
    If shapes do not fit, a number is not finite, a weight is below 0 or none above, there are no samples, or the fault
    is unknown or fits nowhere.

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
>>> forgotten = gd.check(network, theta, data.x, data.y, sample_weight=weights, plant="unweighted")
>>> gd.check(network, theta, data.x, data.y, sample_weight=weights).passed, forgotten.diagnoses[0].kind
(True, 'unweighted')
)");
  m.def("check_fast", &check_fast, nb::arg("network"), nb::arg("theta").none(), nb::arg("x").none(),
        nb::arg("y").none(), nb::kw_only(), nb::arg("sample_weight") = nb::none(), nb::arg("loss") = "auto",
        nb::arg("reduction") = "mean", nb::arg("plant") = "",
        nb::sig("def check_fast(network: Network, theta: numpy.typing.ArrayLike, x: numpy.typing.ArrayLike, "
                "y: numpy.typing.ArrayLike, *, sample_weight: numpy.typing.ArrayLike | None = None, loss: str = "
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
  m.def("step_curve", &curve, nb::arg("network"), nb::arg("theta").none(), nb::arg("x").none(), nb::arg("y").none(),
        nb::kw_only(), nb::arg("sample_weight") = nb::none(), nb::arg("loss") = "auto", nb::arg("reduction") = "mean",
        nb::sig("def step_curve(network: Network, theta: numpy.typing.ArrayLike, x: numpy.typing.ArrayLike, "
                "y: numpy.typing.ArrayLike, *, sample_weight: numpy.typing.ArrayLike | None = None, loss: str = "
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
