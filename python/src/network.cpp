// SPDX-License-Identifier: MIT
#include "gradus/nn/network.hpp"

#include <nanobind/stl/string.h>

#include "module.hpp"

namespace gradus::python {

void bind_network(nb::module_& m) {
  nb::class_<Network>(m, "Network", "A network: its shape, without parameters.")
      .def("__init__", [](Network* self, const std::string& text) { new (self) Network(parse_network(text)); },
           nb::arg("text"), "Reads a description such as ``2-16tanh-2softmax``.")
      .def("__str__", [](const Network& self) { return to_text(self); })
      .def("__repr__", [](const Network& self) { return "Network('" + to_text(self) + "')"; })
      .def("__eq__", [](const Network& self, const Network& other) { return self == other; })
      .def_prop_ro("inputs", [](const Network& self) { return self.inputs(); })
      .def_prop_ro("outputs", [](const Network& self) { return self.outputs(); })
      .def_prop_ro("parameter_count", [](const Network& self) { return self.parameter_count(); });
}

}  // namespace gradus::python
