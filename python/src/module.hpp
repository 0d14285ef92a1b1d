// SPDX-License-Identifier: MIT
#pragma once

#include <nanobind/nanobind.h>

namespace gradus::python {

namespace nb = nanobind;

void bind_estimator(nb::module_& m);
void bind_network(nb::module_& m);

}  // namespace gradus::python
