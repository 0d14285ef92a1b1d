// SPDX-License-Identifier: MIT
#include "gradus/nn/network.hpp"

#include <fmt/format.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "arrays.hpp"
#include "gradus/model/model.hpp"
#include "gradus/nn/initializer.hpp"
#include "module.hpp"
#include "random.hpp"

namespace gradus::python {
namespace {

/// As a model file names it: "layer1.weights".
std::string tensor_name(const ParameterBlock& block) {
  std::string name = fmt::format("layer{}.{}", block.number, block.name);
  std::replace(name.begin(), name.end(), ' ', '_');
  return name;
}

nb::tuple shape_of(const ParameterBlock& block) {
  return block.is_bias ? nb::make_tuple(block.cols) : nb::make_tuple(block.rows, block.cols);
}

/// float64 or float32, as a text or as any other thing that NumPy takes for a dtype.
Precision precision_of(nb::handle dtype) {
  if (PyUnicode_Check(dtype.ptr())) return parse_precision(nb::cast<std::string>(dtype));
  return parse_precision(nb::cast<std::string>(nb::module_::import_("numpy").attr("dtype")(dtype).attr("name")));
}

nb::object initial(const Network& network, const std::string& initializer, nb::handle random_state, nb::handle dtype) {
  RandomSource random(random_state);
  const Initializer parsed = parse_initializer(initializer);
  if (precision_of(dtype) == Precision::float32)
    return nb::cast(to_numpy(initial_parameters<float>(network, parsed, random.stream())));
  return nb::cast(to_numpy(initial_parameters<double>(network, parsed, random.stream())));
}

nb::dict unpack(const Network& network, nb::handle theta) {
  if (!nb::isinstance(theta, nb::module_::import_("numpy").attr("ndarray")))
    throw nb::type_error(
        fmt::format("[network] expected theta as an array, whose named parts are views, got {}", name_of_type(theta))
            .c_str());
  if (nb::cast<int>(theta.attr("ndim")) != 1)
    throw ShapeError(fmt::format("[network] expected theta with one dimension, got an array of shape {}",
                                 nb::cast<std::string>(nb::repr(theta.attr("shape")))));
  check_length("network", "theta", nb::cast<Index>(theta.attr("size")), network.parameter_count());
  nb::dict arrays;
  for (const ParameterBlock& block : network.parameter_blocks())
    arrays[nb::str(tensor_name(block).c_str())] =
        theta[nb::slice(nb::int_(block.offset), nb::int_(block.offset + block.size()), nb::none())].attr("reshape")(
            shape_of(block));
  return arrays;
}

void bind_block(nb::module_& m) {
  nb::class_<ParameterBlock>(m, "ParameterBlock", R"(One named array of parameters: where it lies in theta.

Examples
--------
>>> import gradus as gd
>>> weights, bias = gd.Network("2-1sigmoid").blocks
>>> weights.name, weights.shape, bias.name, bias.shape, bias.offset
('layer1.weights', (2, 1), 'layer1.bias', (1,), 2)
)")
      .def_prop_ro("name", &tensor_name, "As in a model file: ``layer1.weights``.")
      .def_prop_ro("label", &ParameterBlock::label, "For a person: ``layer 1 weights``.")
      .def_prop_ro("shape", &shape_of, nb::sig("def shape(self) -> tuple[int, ...]"),
                   "(inputs, outputs) of weights, (outputs,) of a bias.")
      .def_ro("offset", &ParameterBlock::offset, "Of its first number in theta; the rest follows row by row.")
      .def_prop_ro("size", &ParameterBlock::size, "How many numbers it holds.")
      .def_ro("is_bias", &ParameterBlock::is_bias, "Whether it is free of penalties.")
      .def("__repr__", [](const ParameterBlock& self) {
        return fmt::format("ParameterBlock('{}', {})", tensor_name(self),
                           nb::cast<std::string>(nb::str(shape_of(self))));
      });
}

}  // namespace

void bind_network(nb::module_& m) {
  bind_block(m);
  nb::class_<Network>(m, "Network", R"(A network: its shape, without parameters.

All parameters are one flat vector theta, which you own and pass along: layer by layer, the weights (inputs, outputs) row
by row, then the bias. A network is a value: it compares, pickles, and may be shared by threads.

Parameters
----------
text : str
    Width and activation of each layer, as on the command line (docs/grammar.md). ValueError names what was probably
    meant.

Examples
--------
>>> import gradus as gd
>>> network = gd.Network("2-16tanh-2softmax")
>>> network.inputs, network.outputs, network.parameter_count
(2, 2, 82)
>>> theta = network.initial_parameters("glorot", random_state=42)
>>> network.arrays(theta)["layer2.weights"].shape
(16, 2)
)")
      .def(
          "__init__", [](Network* self, const std::string& text) { new (self) Network(parse_network(text)); },
          nb::arg("text"))
      .def("__str__", [](const Network& self) { return to_text(self); })
      .def("__repr__", [](const Network& self) { return "Network('" + to_text(self) + "')"; })
      .def(
          "__eq__",
          [](const Network& self, nb::object other) {
            return nb::isinstance<Network>(other) && self == nb::cast<const Network&>(other);
          },
          nb::sig("def __eq__(self, other: object, /) -> bool"))
      .def("__hash__", [](const Network& self) { return std::hash<std::string>{}(to_text(self)); })
      .def("__getstate__", [](const Network& self) { return to_text(self); })
      .def("__setstate__", [](Network& self, const std::string& text) { new (&self) Network(parse_network(text)); })
      .def_prop_ro(
          "inputs", [](const Network& self) { return self.inputs(); },
          "Numbers a sample has; in a sequence, a time step.")
      .def_prop_ro(
          "outputs", [](const Network& self) { return self.outputs(); }, "Numbers it makes of a sample.")
      .def_prop_ro(
          "parameter_count", [](const Network& self) { return self.parameter_count(); }, "Length of theta.")
      .def_prop_ro(
          "state_count", [](const Network& self) { return self.state_count(); },
          "Length of the running statistics that training changes beside theta; 0 for most networks.")
      .def_prop_ro(
          "layers",
          [](const Network& self) {
            std::vector<std::string> names;
            for (std::size_t l = 0; l < self.size(); ++l) names.emplace_back(self.name(l));
            return names;
          },
          "The names of the chain's layers: ``['dense', 'tanh', ...]``.")
      .def_prop_ro("blocks", &Network::parameter_blocks, "Every named array in theta, in order.")
      .def_prop_ro("state_blocks", &Network::state_blocks, "Every named array in the running statistics, in order.")
      .def("arrays", &unpack, nb::arg("theta"),
           nb::sig("def arrays(self, theta: numpy.typing.NDArray[typing.Any]) -> "
                   "dict[str, numpy.typing.NDArray[typing.Any]]"),
           "The named arrays within theta, as views: writing to one changes theta. ValueError if theta is not of this "
           "network's length.")
      .def("initial_parameters", &initial, nb::arg("initializer") = "glorot", nb::arg("random_state") = 0,
           nb::arg("dtype") = "float64",
           nb::sig("def initial_parameters(self, initializer: str = 'glorot', random_state: RandomState | int = 0, "
                   "dtype: numpy.typing.DTypeLike = 'float64') -> numpy.typing.NDArray[typing.Any]"),
           R"(Draws a theta to begin with.

Parameters
----------
initializer : str
    ``glorot``, ``glorot-normal``, ``he``, ``he-uniform``, ``uniform:0.5`` or ``standard-normal``; ``:biases-first`` may
    follow. ValueError otherwise.
random_state : RandomState or int
    A stream to draw from, or the seed of one. 0 unless given, as on the command line.
dtype : float64 or float32, as a text or a NumPy type
    What the network is to be trained in; drawn in float64, then rounded.

Returns
-------
theta : ndarray of shape (parameter_count,)

Examples
--------
>>> import gradus as gd
>>> gd.Network("2-1").initial_parameters("uniform:0.5", random_state=1, dtype="float32").dtype
dtype('float32')
)");
}

}  // namespace gradus::python
