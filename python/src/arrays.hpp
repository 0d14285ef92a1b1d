// SPDX-License-Identifier: MIT
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>  // everywhere or nowhere: a cast without it would be another function

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gil.hpp"
#include "gradus/core/matrix.hpp"

/// NumPy arrays as the library's views, without a copy where number type and layout allow, and back.
namespace gradus::python {

namespace nb = nanobind;

template <class T>
using Array1 = nb::ndarray<nb::numpy, const T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using Array2 = nb::ndarray<nb::numpy, const T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;
/// What a function writes into.
template <class T>
using Buffer1 = nb::ndarray<nb::numpy, T, nb::ndim<1>, nb::c_contig, nb::device::cpu>;
template <class T>
using Buffer2 = nb::ndarray<nb::numpy, T, nb::ndim<2>, nb::c_contig, nb::device::cpu>;

template <class T>
std::span<const T> span_of(const Array1<T>& array) {
  return {array.data(), array.size()};
}
template <class T>
std::span<T> span_of(const Buffer1<T>& array) {
  return {array.data(), array.size()};
}
template <class T>
ConstMatrixView<T> view_of(const Array2<T>& array) {
  return {array.data(), static_cast<Index>(array.shape(0)), static_cast<Index>(array.shape(1))};
}
template <class T>
MatrixView<T> view_of(const Buffer2<T>& array) {
  return {array.data(), static_cast<Index>(array.shape(0)), static_cast<Index>(array.shape(1))};
}

/// An array that owns the numbers of a vector, moved there without a copy.
template <class T>
nb::ndarray<nb::numpy, T, nb::ndim<1>> to_numpy(std::vector<T> values) {
  auto* owner = new std::vector<T>(std::move(values));
  const nb::capsule release(owner, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  return {owner->data(), {owner->size()}, release};
}
template <class T>
nb::ndarray<nb::numpy, T, nb::ndim<2>> to_numpy(Matrix<T> matrix) {
  const std::size_t rows = static_cast<std::size_t>(matrix.rows());
  const std::size_t cols = static_cast<std::size_t>(matrix.cols());
  auto* owner = new std::vector<T>(std::move(matrix.values()));
  const nb::capsule release(owner, [](void* p) noexcept { delete static_cast<std::vector<T>*>(p); });
  return {owner->data(), {rows, cols}, release};
}

/// A read-only array on numbers that lie within a bound object: of a property the object itself, else `owner`.
template <class T>
nb::ndarray<nb::numpy, const T, nb::ndim<1>> view_within(const std::vector<T>& values, nb::handle owner = {}) {
  return {values.data(), {values.size()}, owner};
}
template <class T>
nb::ndarray<nb::numpy, const T, nb::ndim<2>> view_within(const Matrix<T>& matrix, nb::handle owner = {}) {
  return {matrix.data(), {static_cast<std::size_t>(matrix.rows()), static_cast<std::size_t>(matrix.cols())}, owner};
}

/// The name of an object's type, for a message: `list`, `numpy.random.mtrand.RandomState`.
std::string name_of_type(nb::handle object);

/// Whether it is a whole number of Python's or NumPy's; an array is none, though it has an __index__.
inline bool is_whole(nb::handle value) { return PyIndex_Check(value.ptr()) != 0 && PySequence_Check(value.ptr()) == 0; }

inline bool is_object(PyObject*) { return true; }
/// An argument that may be whatever NumPy makes an array of: arrays of any layout and number type, lists, data frames.
class ArrayLike : public nb::object {
 public:
  NB_OBJECT_DEFAULT(ArrayLike, nb::object, "numpy.typing.ArrayLike", is_object)
};

/// The argument as C-ordered numbers of type T: itself where it is that, else a copy. Throws ShapeError on another
/// number of dimensions, and Python's TypeError where there are no real numbers in it. `where` and `what` name function
/// and argument.
template <class T>
Array1<T> as_vector(std::string_view where, std::string_view what, nb::handle values);
template <class T>
Array2<T> as_matrix(std::string_view where, std::string_view what, nb::handle values);
/// Whole numbers of one dimension; a float is refused even if it is whole.
std::vector<int> as_integers(std::string_view where, std::string_view what, nb::handle values);

/// The argument that names a file or folder: a text, bytes or os.PathLike, as Python's own functions take it. Throws
/// ValueError on an empty one, Python's TypeError on anything else.
std::string as_path(nb::handle path);
/// A str or a path in UTF-8; what of a file's name is none stays as it is.
std::string as_text(nb::handle text);

/// What a network of so many outputs is trained towards: y (samples, outputs) as it is; y (samples) of whole numbers as
/// one-hot rows, or of any numbers as a column where there is one output. Throws ShapeError or ValueError.
template <class T>
Array2<T> as_targets(std::string_view where, nb::handle y, Index outputs);

/// Throws ValueError that names the first number that is not finite.
template <class T>
void check_finite(std::string_view where, std::string_view what, const Array2<T>& values);

/// The argument `sample_weight`, one number a sample; none where it is None. Throws ShapeError; the numbers themselves
/// are the library's to judge.
std::vector<double> as_sample_weights(std::string_view where, nb::handle weights, std::size_t samples);

[[noreturn]] void refuse_theta(std::string_view where, nb::handle theta);

/// Calls f with a span of the numbers that are to be changed in place. Throws Python's TypeError unless theta is a
/// writable array of float64 or float32, in one piece.
template <class F>
auto with_theta(std::string_view where, nb::handle theta, F f) {
  if (Buffer1<double> array; nb::try_cast(theta, array, false)) return f(span_of(array));
  if (Buffer1<float> array; nb::try_cast(theta, array, false)) return f(span_of(array));
  refuse_theta(where, theta);
}

/// Calls f with numbers that are only read: an array of float32 as it is, whatever else as float64.
template <class F>
auto with_numbers(std::string_view where, std::string_view what, nb::handle values, F f) {
  if (nb::ndarray<const float, nb::ro> array; nb::try_cast(values, array, false))
    return f(span_of(as_vector<float>(where, what, values)));
  return f(span_of(as_vector<double>(where, what, values)));
}

}  // namespace gradus::python
