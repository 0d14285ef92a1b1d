// SPDX-License-Identifier: MIT
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>

#include <span>

#include "gradus/core/matrix.hpp"

/// NumPy arrays as the library's views, without a copy, and back.
namespace gradus::python {

namespace nb = nanobind;

/// What a function takes: C order, on the CPU. Another layout or number type is copied once by NumPy on the way in.
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

}  // namespace gradus::python
