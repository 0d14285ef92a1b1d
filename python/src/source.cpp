// SPDX-License-Identifier: MIT
#include "source.hpp"

#include <fmt/format.h>
#include <nanobind/stl/string.h>

#include "arrays.hpp"
#include "gradus/lab/data/csv.hpp"
#include "gradus/lab/data/table.hpp"

namespace gradus::python {
namespace {

/// What an experiment on data that no file holds calls it.
constexpr const char* kInMemory = "(data of the program)";

Dataset dataset_of(std::string_view where, nb::handle data, const Experiment& experiment) {
  if (nb::isinstance<Dataset>(data)) return nb::cast<Dataset>(data);
  if ((nb::isinstance<nb::tuple>(data) || nb::isinstance<nb::list>(data)) && nb::len(data) == 2)
    return nb::cast<Dataset>(nb::type<Dataset>()(data[0], data[1]));
  if (names_of(data).empty())
    throw nb::type_error(fmt::format("[{}] expected data as a text, a path, a Dataset, (x, y) or a data frame whose "
                                     "columns have names, got {}",
                                     where, name_of_type(data))
                             .c_str());
  return parse_table(csv_of(where, data), table_options(experiment), "data").data;
}

}  // namespace

std::vector<std::string> names_of(nb::handle table) {
  const char* attribute = nb::hasattr(table, "column_names") ? "column_names" : "columns";
  std::vector<std::string> names;
  if (!nb::hasattr(table, attribute)) return names;
  for (const nb::handle name : table.attr(attribute)) {
    if (!PyUnicode_Check(name.ptr())) return {};
    names.push_back(nb::cast<std::string>(name));
  }
  return names;
}

std::string csv_of(std::string_view where, nb::handle table) {
  nb::object frame = nb::borrow(table);
  if (nb::hasattr(frame, "to_pandas") && nb::hasattr(frame, "column_names")) frame = frame.attr("to_pandas")();
  if (nb::hasattr(frame, "to_csv")) return nb::cast<std::string>(frame.attr("to_csv")(nb::arg("index") = false));
  if (nb::hasattr(frame, "write_csv")) return nb::cast<std::string>(frame.attr("write_csv")());
  throw nb::type_error(
      fmt::format("[{}] expected a data frame of pandas, polars or Arrow, got {}", where, name_of_type(table)).c_str());
}

bool is_data(nb::handle data) {
  return !data.is_none() && !PyUnicode_Check(data.ptr()) && !PyBytes_Check(data.ptr()) &&
         !nb::hasattr(data, "__fspath__");
}

ExperimentSource source_of(std::string_view where, nb::handle data, Experiment& experiment) {
  experiment.data = kInMemory;
  ExperimentSource source{dataset_of(where, data, experiment), {}, {}};
  check_trainable(source.data, fills_gaps(experiment));
  if (source.data.is_classification() ? source.data.labels.empty() : source.data.targets.empty())
    throw ValueError(fmt::format("[{}] expected a target to learn, got features only", where));
  source.fingerprint = fingerprint(source.data);
  return source;
}

std::pair<nb::object, nb::object> samples_of(std::string_view where, nb::handle x, nb::handle y) {
  if (!nb::isinstance<Dataset>(x)) {
    if (y.is_none())
      throw nb::type_error(fmt::format("[{}] expected x and y, or a Dataset in their place, got no y", where).c_str());
    return {nb::borrow(x), nb::borrow(y)};
  }
  if (!y.is_none())
    throw nb::type_error(fmt::format("[{}] expected no y beside a Dataset, which has its own", where).c_str());
  return {x.attr("x"), x.attr("y")};
}

}  // namespace gradus::python
