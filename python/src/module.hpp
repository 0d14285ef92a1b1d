// SPDX-License-Identifier: MIT
#pragma once

#include <nanobind/nanobind.h>

namespace gradus::python {

namespace nb = nanobind;

void bind_bank(nb::module_& m);
void bind_check(nb::module_& m);
void bind_color(nb::module_& m);
void bind_compare(nb::module_& m);
void bind_data(nb::module_& m);
void bind_estimator(nb::module_& m);
void bind_ensemble(nb::module_& estimator);
void bind_exchange(nb::module_& m);
void bind_experiment(nb::module_& m);
void bind_explain(nb::module_& m);
void bind_quiz(nb::module_& m);
void bind_importance(nb::module_& m);
void bind_lists(nb::module_& m);
void bind_makers(nb::module_& m);
void bind_metrics(nb::module_& m);
void bind_model(nb::module_& m);
void bind_network(nb::module_& m);
void bind_pass(nb::module_& m);
void bind_random(nb::module_& m);
void bind_sweep(nb::module_& m);
void bind_tape(nb::module_& m);
void bind_training(nb::module_& m);
void bind_validate(nb::module_& m);

}  // namespace gradus::python
