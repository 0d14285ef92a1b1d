// SPDX-License-Identifier: MIT
#include "options.hpp"

#include <fmt/format.h>
#include <nanobind/stl/string.h>

#include <algorithm>
#include <cmath>

#include "arrays.hpp"
#include "gradus/core/nearest.hpp"
#include "gradus/core/number.hpp"
#include "gradus/lab/experiment/keys.hpp"

namespace gradus::python {
namespace {

/// "early_stopping"; what has no flag is named by its key, and the data's source by what it is.
std::string python_name(const ExperimentKey& key) {
  if (key.section == "data" && key.name == "source") return "data";
  if (key.flag == "from") return "from_model";  // from is a word of the language
  std::string name(key.flag.empty() ? key.name : key.flag);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

/// A name in the quotes of the language, in which nothing moves a cursor.
std::string quoted(std::string_view name) { return nb::repr(nb::str(name.data(), name.size())).c_str(); }

/// No sections: all of them, but the one that `gradus branch` alone can fill.
bool is_in(const ExperimentKey& key, std::span<const std::string_view> sections) {
  if (sections.empty() && key.section == "start") return false;
  return sections.empty() || std::find(sections.begin(), sections.end(), key.section) != sections.end();
}

[[noreturn]] void refuse(std::string_view where, const std::string& name, const std::vector<std::string>& known) {
  const std::string meant = nearest(name, known);
  throw nb::type_error(fmt::format("[{}] unknown option {} ({})", where, quoted(name),
                                   meant.empty() ? fmt::format("known: {}", fmt::join(known, ", "))
                                                 : fmt::format("did you mean '{}'?", meant))
                           .c_str());
}

/// The argument `class_weight` where it is no text: a dict {class: weight}, in which classes may be missing, or one
/// weight a class.
ClassWeights class_weights_of(std::string_view where, nb::handle given, Index classes) {
  const std::string called = fmt::format("[{}] class_weight", where);
  const auto checked = [&](Index k, double weight) {
    if (!(weight >= 0 && std::isfinite(weight)))
      throw ValueError(fmt::format("{}: expected a finite weight of at least 0 for class {}, got {}", called, k,
                                   number_text(weight)));
    return weight;
  };
  ClassWeights weights;
  if (!PyDict_Check(given.ptr())) {
    const Array1<double> array = as_vector<double>(where, "class_weight", given);
    for (const double weight : span_of(array)) weights.values.push_back(checked(std::ssize(weights.values), weight));
    if (std::ssize(weights.values) != classes)
      throw ValueError(fmt::format("{}: expected one weight for each of the {} classes, got {}", called, classes,
                                   weights.values.size()));
    return weights;
  }
  weights.values.assign(static_cast<std::size_t>(classes), 1);
  for (const auto& [key, weight] : nb::borrow<nb::dict>(given)) {
    Index k = -1;
    if (!is_whole(key) || !nb::try_cast(nb::int_(key), k) || k < 0 || k >= classes)
      throw ValueError(fmt::format("{}: expected classes from 0 to {} as keys, got {}", called, classes - 1,
                                   nb::cast<std::string>(nb::repr(key))));
    double number = 0;
    if (!nb::try_cast(weight, number))
      throw nb::type_error(
          fmt::format("{}: expected a number for class {}, got {}", called, k, name_of_type(weight)).c_str());
    weights.values[static_cast<std::size_t>(k)] = checked(k, number);
  }
  return weights;
}

}  // namespace

KeyValue value_of(std::string_view called, nb::handle value) {
  if (PyBool_Check(value.ptr())) return nb::cast<bool>(value);
  if (PyUnicode_Check(value.ptr())) return as_text(value);
  if (PyIndex_Check(value.ptr())) return nb::cast<std::int64_t>(nb::steal(PyNumber_Index(value.ptr())));
  if (PyFloat_Check(value.ptr()) || nb::hasattr(value, "__float__"))
    return nb::cast<double>(nb::steal(PyNumber_Float(value.ptr())));
  if (nb::hasattr(value, "__fspath__")) return as_text(value);
  throw nb::type_error(
      fmt::format("{}: expected a number, a text, True or False, got {}", called, name_of_type(value)).c_str());
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
    if (key.name == "freeze" && (PyList_Check(value.ptr()) || PyTuple_Check(value.ptr()))) {
      std::string layers;
      for (const nb::handle layer : nb::iter(value))
        layers += (layers.empty() ? "" : ",") + nb::cast<std::string>(nb::str(layer));
      set_key(experiment, key, layers, called);
    } else if (key.name == "class_weight" && !PyUnicode_Check(value.ptr()))
      experiment.class_weight =
          class_weights_of(where, value, std::max<Index>(parse_network(experiment.network).outputs(), 2));
    else
      set_key(experiment, key, value_of(called, value), called);
  });
}

void refuse_idle(std::string_view where, const nb::dict& options, std::span<const Experiment> experiments,
                 std::span<const std::string_view> sections) {
  visit_options(where, options, sections, [&](const ExperimentKey& key, const std::string& called, nb::handle value) {
    if (value.is(Py_False) && !key.deniable) return;
    if (const std::string why = why_idle(key, experiments); !why.empty())
      throw ValueError(fmt::format("{} has no effect here: {}", called, why));
  });
}

nb::object get_option(const Experiment& experiment, std::string_view name) {
  for (const ExperimentKey& key : experiment_keys())
    if (python_name(key) == name) {
      const std::optional<KeyValue> value = key.get(experiment);
      if (!value) return nb::none();
      return std::visit([](const auto& v) -> nb::object { return nb::cast(v); }, *value);
    }
  throw nb::attribute_error(fmt::format("an experiment has no option {}", quoted(name)).c_str());
}

std::vector<std::string> option_names(std::span<const std::string_view> sections) {
  std::vector<std::string> names;
  for (const ExperimentKey& key : experiment_keys())
    if (is_in(key, sections)) names.push_back(python_name(key));
  return names;
}

}  // namespace gradus::python
