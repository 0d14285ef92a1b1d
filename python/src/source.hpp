// SPDX-License-Identifier: MIT
#pragma once

#include <nanobind/nanobind.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gradus/lab/experiment/run.hpp"

/// Data as a Python program has it.
namespace gradus::python {

namespace nb = nanobind;

/// The names of a table's columns (pandas, polars, Arrow), if all are texts; none of anything else.
std::vector<std::string> names_of(nb::handle table);

/// A data frame as CSV, for what reads tables. Throws Python's TypeError for what is none.
std::string csv_of(std::string_view where, nb::handle table);

/// Whether this is data itself, and no text or path that says where it is.
bool is_data(nb::handle data);

/// Data of an experiment that a program holds: a `Dataset`; (x, y); or a data frame, read as a file of its columns
/// would be. The experiment is told what to call it. Throws Python's TypeError for anything else, and as `load_source`.
ExperimentSource source_of(std::string_view where, nb::handle data, Experiment& experiment);

/// x and y of a call that may have been given one `Dataset` in their place. Throws Python's TypeError where one of them
/// is missing, or there is a y too many.
std::pair<nb::object, nb::object> samples_of(std::string_view where, nb::handle x, nb::handle y);

}  // namespace gradus::python
