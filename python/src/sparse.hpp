// SPDX-License-Identifier: MIT
#pragma once

#include <nanobind/stl/tuple.h>
#include <nanobind/stl/variant.h>

#include <cstdint>
#include <tuple>
#include <variant>

#include "arrays.hpp"
#include "gradus/core/sparse_rows.hpp"

namespace gradus::python {

/// Whole numbers as SciPy has them, of 32 bits or of 64.
using Indices = std::variant<Array1<std::int32_t>, Array1<std::int64_t>>;
/// A SciPy CSR matrix: its data, indices and indptr, and how many columns there are.
template <class T>
using Csr = std::tuple<Array1<T>, Indices, Indices, Index>;

template <class T>
SparseRows<T> rows_of(const Csr<T>& csr) {
  const auto numbers = [](const Indices& indices) {
    return std::visit([](const auto& array) { return typename SparseRows<T>::Indices(span_of(array)); }, indices);
  };
  const auto& [values, columns, starts, cols] = csr;
  return {span_of(values), numbers(columns), numbers(starts), cols};
}

}  // namespace gradus::python
