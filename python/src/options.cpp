// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <fmt/format.h>
#include <nanobind/stl/string.h>

#include <algorithm>

#include "gradus/core/nearest.hpp"
#include "gradus/experiment/keys.hpp"

namespace gradus::python {
namespace {

/// "early_stopping"; what has no flag is named by its key, and the data's source by what it is.
std::string python_name(const ExperimentKey& key) {
  if (key.section == "data" && key.name == "source") return "data";
  std::string name(key.flag.empty() ? key.name : key.flag);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

bool is_in(const ExperimentKey& key, std::span<const std::string_view> sections) {
  return sections.empty() || std::find(sections.begin(), sections.end(), key.section) != sections.end();
}

[[noreturn]] void refuse(std::string_view where, const std::string& name, const std::vector<std::string>& known) {
  const std::string meant = nearest(name, known);
  throw nb::type_error(fmt::format("[{}] unknown option '{}' ({})", where, name,
                                   meant.empty() ? fmt::format("known: {}", fmt::join(known, ", "))
                                                 : fmt::format("did you mean '{}'?", meant))
                           .c_str());
}

}  // namespace

KeyValue value_of(std::string_view called, nb::handle value) {
  if (PyBool_Check(value.ptr())) return nb::cast<bool>(value);
  if (PyUnicode_Check(value.ptr())) return nb::cast<std::string>(value);
  if (PyIndex_Check(value.ptr())) return nb::cast<std::int64_t>(nb::steal(PyNumber_Index(value.ptr())));
  if (PyFloat_Check(value.ptr()) || nb::hasattr(value, "__float__"))
    return nb::cast<double>(nb::steal(PyNumber_Float(value.ptr())));
  if (nb::hasattr(value, "__fspath__")) return nb::cast<std::string>(value.attr("__fspath__")());
  throw nb::type_error(fmt::format("{}: expected a number, a text, True or False, got {}", called,
                                   nb::cast<std::string>(value.type().attr("__name__")))
                           .c_str());
}

void visit_options(std::string_view where, const nb::dict& options, std::span<const std::string_view> sections,
                   const std::function<void(const ExperimentKey&, const std::string&, nb::handle)>& visit) {
  const std::vector<std::string> names = option_names(sections);
  for (const auto& [key, value] : options)
    if (const std::string name = nb::cast<std::string>(key); std::find(names.begin(), names.end(), name) == names.end())
      refuse(where, name, names);
  for (const ExperimentKey& key : experiment_keys()) {
    const std::string name = python_name(key);
    if (!is_in(key, sections) || !options.contains(name.c_str())) continue;
    const nb::object value = options[name.c_str()];
    if (!value.is_none()) visit(key, fmt::format("[{}] {}", where, name), value);
  }
}

void set_options(Experiment& experiment, std::string_view where, const nb::dict& options,
                 std::span<const std::string_view> sections) {
  visit_options(where, options, sections, [&](const ExperimentKey& key, const std::string& called, nb::handle value) {
    set_key(experiment, key, value_of(called, value), called);
  });
}

nb::object get_option(const Experiment& experiment, std::string_view name) {
  for (const ExperimentKey& key : experiment_keys())
    if (python_name(key) == name) {
      const std::optional<KeyValue> value = key.get(experiment);
      if (!value) return nb::none();
      return std::visit([](const auto& v) -> nb::object { return nb::cast(v); }, *value);
    }
  throw nb::attribute_error(fmt::format("an experiment has no option '{}'", name).c_str());
}

std::vector<std::string> option_names(std::span<const std::string_view> sections) {
  std::vector<std::string> names;
  for (const ExperimentKey& key : experiment_keys())
    if (is_in(key, sections)) names.push_back(python_name(key));
  return names;
}

}  // namespace gradus::python
