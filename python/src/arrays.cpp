// SPDX-License-Identifier: MIT
#include "arrays.hpp"

#include <fmt/format.h>

#include <cmath>
#include <limits>
#include <type_traits>

#include "gradus/core/error.hpp"
#include "gradus/core/shape.hpp"

namespace gradus::python {
namespace {

nb::object numpy(const char* name) { return nb::module_::import_("numpy").attr(name); }

template <class T>
constexpr const char* dtype_name = std::is_same_v<T, double> ? "float64" : "float32";

std::string text(nb::handle object) { return nb::cast<std::string>(nb::str(object)); }
char kind_of(nb::handle array) { return nb::cast<std::string>(array.attr("dtype").attr("kind"))[0]; }
int axes_of(nb::handle array) { return nb::cast<int>(array.attr("ndim")); }

/// An array of booleans, whole numbers or floats.
nb::object as_numbers(std::string_view where, std::string_view what, nb::handle values) {
  nb::object array;
  try {
    array = numpy("asarray")(values);
  } catch (nb::python_error& error) {
    if (!error.matches(PyExc_ValueError)) throw;
    throw ValueError(fmt::format("[{}] expected {} of numbers, got no array: {}", where, what, text(error.value())));
  }
  if (std::string_view("biuf").find(kind_of(array)) == std::string_view::npos)
    throw nb::type_error(
        fmt::format("[{}] expected {} of numbers, got an array of dtype {}", where, what, text(array.attr("dtype")))
            .c_str());
  return array;
}

std::string shape_of(nb::handle array) { return text(array.attr("shape")); }

void check_axes(std::string_view where, std::string_view what, nb::handle array, int axes) {
  if (axes_of(array) != axes)
    throw ShapeError(fmt::format("[{}] expected {} with {}, got an array of shape {}", where, what,
                                 axes == 1 ? "one dimension" : "two dimensions, one sample a row", shape_of(array)));
}

template <class Array, class T>
Array as_array(std::string_view where, std::string_view what, nb::handle values, int axes) {
  Array array;
  if (nb::try_cast(values, array, false)) return array;
  const nb::object numbers = as_numbers(where, what, values);
  check_axes(where, what, numbers, axes);
  return nb::cast<Array>(numpy("ascontiguousarray")(numbers, dtype_name<T>));
}

}  // namespace

std::string name_of_type(nb::handle object) {
  const std::string name = text(object.type().attr("__qualname__"));
  const std::string module = text(object.type().attr("__module__"));
  return module == "builtins" ? name : module + "." + name;
}

template <class T>
Array1<T> as_vector(std::string_view where, std::string_view what, nb::handle values) {
  return as_array<Array1<T>, T>(where, what, values, 1);
}
template <class T>
Array2<T> as_matrix(std::string_view where, std::string_view what, nb::handle values) {
  return as_array<Array2<T>, T>(where, what, values, 2);
}

std::vector<int> as_integers(std::string_view where, std::string_view what, nb::handle values) {
  const nb::object numbers = as_numbers(where, what, values);
  check_axes(where, what, numbers, 1);
  if (kind_of(numbers) == 'f' && nb::cast<int>(numbers.attr("size")) > 0)
    throw nb::type_error(fmt::format("[{}] expected {} of whole numbers, got an array of dtype {}", where, what,
                                     text(numbers.attr("dtype")))
                             .c_str());
  const auto array = nb::cast<Array1<std::int64_t>>(numpy("ascontiguousarray")(numbers, "int64"));
  std::vector<int> integers(array.size());
  for (std::size_t i = 0; i < integers.size(); ++i) {
    const std::int64_t value = array.data()[i];
    if (value < std::numeric_limits<int>::min() || value > std::numeric_limits<int>::max())
      throw ValueError(fmt::format("[{}] expected {} of less than 2^31, got {}", where, what, value));
    integers[i] = static_cast<int>(value);
  }
  return integers;
}

namespace {

std::string bytes_of(nb::handle bytes) {
  const nb::bytes held = nb::cast<nb::bytes>(bytes);
  return {held.c_str(), held.size()};
}

}  // namespace

std::string as_text(nb::handle text) {
  if (!PyUnicode_Check(text.ptr())) return bytes_of(nb::module_::import_("os").attr("fsencode")(text));
  return bytes_of(text.attr("encode")("utf-8", "surrogateescape"));
}

std::string as_path(nb::handle path) {
  std::string name = bytes_of(nb::module_::import_("os").attr("fsencode")(path));
  if (name.empty()) throw ValueError("[file] expected the name of a file, got ''");
  // The system would stop there, and open another file.
  if (name.find('\0') != std::string::npos)
    throw ValueError("[file] expected the name of a file, got one with a NUL character");
  return name;
}

template <class T>
Array2<T> as_targets(std::string_view where, nb::handle y, Index outputs) {
  const nb::object numbers = as_numbers(where, "y", y);
  if (axes_of(numbers) != 1) return as_matrix<T>(where, "y", numbers);
  if (outputs == 1) return as_matrix<T>(where, "y", numbers.attr("reshape")(-1, 1));
  if (kind_of(numbers) == 'f')
    throw ShapeError(
        fmt::format("[{0}] expected y as labels (whole numbers from 0 to {1}) or as targets (samples, {2}), "
                    "got {3} of shape {4}",
                    where, outputs - 1, outputs, text(numbers.attr("dtype")), shape_of(numbers)));
  const std::vector<int> labels = as_integers(where, "y", numbers);
  const nb::object zeros = numpy("zeros")(nb::make_tuple(labels.size(), outputs), dtype_name<T>);
  const MatrixView<T> one_hot = view_of(nb::cast<Buffer2<T>>(zeros));
  for (Index i = 0; i < one_hot.rows(); ++i) {
    const int label = labels[static_cast<std::size_t>(i)];
    if (label < 0 || label >= outputs)
      throw ValueError(
          fmt::format("[{}] expected labels from 0 to {} in y, got {} (sample {})", where, outputs - 1, label, i));
    one_hot(i, label) = 1;
  }
  return nb::cast<Array2<T>>(zeros);
}

template <class T>
void check_finite(std::string_view where, std::string_view what, const Array2<T>& values) {
  const ConstMatrixView<T> view = view_of(values);
  for (Index i = 0; i < view.rows(); ++i)
    for (Index j = 0; j < view.cols(); ++j)
      if (!std::isfinite(view(i, j)))
        throw ValueError(fmt::format("[{}] expected finite numbers in {}, got {} (row {}, column {})", where, what,
                                     view(i, j), i, j));
}

std::vector<double> as_sample_weights(std::string_view where, nb::handle weights, std::size_t samples) {
  if (weights.is_none()) return {};
  const Array1<double> array = as_vector<double>(where, "sample_weight", weights);
  check_length(where, "sample_weight", static_cast<Index>(array.size()), static_cast<Index>(samples));
  return {array.data(), array.data() + array.size()};
}

void refuse_theta(std::string_view where, nb::handle theta) {
  std::string got = name_of_type(theta);
  if (nb::hasattr(theta, "dtype") && nb::hasattr(theta, "flags")) {
    const nb::object flags = theta.attr("flags");
    got = fmt::format("{}{}an array of {}, shape {}", nb::cast<bool>(flags.attr("writeable")) ? "" : "read-only, ",
                      nb::cast<bool>(flags.attr("c_contiguous")) ? "" : "strided, ", text(theta.attr("dtype")),
                      shape_of(theta));
  }
  throw nb::type_error(fmt::format("[{}] expected theta as a writable array (parameters) of float64 or float32, in one "
                                   "piece: it is changed in place; got {}",
                                   where, got)
                           .c_str());
}

template Array1<double> as_vector(std::string_view, std::string_view, nb::handle);
template Array1<float> as_vector(std::string_view, std::string_view, nb::handle);
template Array2<double> as_matrix(std::string_view, std::string_view, nb::handle);
template Array2<float> as_matrix(std::string_view, std::string_view, nb::handle);
template Array2<double> as_targets(std::string_view, nb::handle, Index);
template Array2<float> as_targets(std::string_view, nb::handle, Index);
template void check_finite(std::string_view, std::string_view, const Array2<double>&);
template void check_finite(std::string_view, std::string_view, const Array2<float>&);

}  // namespace gradus::python
