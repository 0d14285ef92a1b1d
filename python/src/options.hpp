// SPDX-License-Identifier: MIT
#pragma once

#include <nanobind/nanobind.h>

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/lab/experiment/keys.hpp"

namespace gradus::python {

namespace nb = nanobind;

/// Calls visit(key, "[where] name", value) for each keyword argument that is not None, in the order of the keys, not of
/// the arguments: some (the optimizer) reset what others (its learning rate) set. Throws as `set_options` on an unknown
/// one.
void visit_options(std::string_view where, const nb::dict& options, std::span<const std::string_view> sections,
                   const std::function<void(const ExperimentKey&, const std::string&, nb::handle)>& visit);

/// A number, a text, True or False as a key's value; Python's TypeError, which opens with `called`, for anything else.
KeyValue value_of(std::string_view called, nb::handle value);

/// Sets an experiment's keys from keyword arguments named as the flags of the command line, `early_stopping=` for
/// `--early-stopping`. None leaves a key at its default. Only keys of the sections are taken, or all if there are none.
/// Class weights may also be a dict {class: weight} or a sequence, one a class of the experiment's network. Throws
/// Python's TypeError, with the nearest known name, on an unknown one; ValueError or ParseError as `set_key`.
void set_options(Experiment& experiment, std::string_view where, const nb::dict& options,
                 std::span<const std::string_view> sections = {});

/// Throws ValueError if one of these keyword arguments has no effect in any of the experiments. None is not given, nor
/// is False but where it is an answer of its own (header).
void refuse_idle(std::string_view where, const nb::dict& options, std::span<const Experiment> experiments,
                 std::span<const std::string_view> sections = {});

/// The value of the key that a keyword argument names; None where it has none. Throws Python's AttributeError.
nb::object get_option(const Experiment& experiment, std::string_view name);

/// The keyword arguments' names, in the order of the keys.
std::vector<std::string> option_names(std::span<const std::string_view> sections = {});

}  // namespace gradus::python
