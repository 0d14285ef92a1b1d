// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>

#include "gradus/core/matrix.hpp"
#include "gradus/engine/description.hpp"

namespace gradus::engine {

/// A sparse factor as kernels take it: row k has entries starts[k] to starts[k + 1), their columns ascending. Neither
/// is owned here.
template <class T>
struct SparseFactor {
  Index rows = 0;
  const Index* starts = nullptr;
  const std::int32_t* columns = nullptr;
  const T* values = nullptr;
};

/// In which order a number of A B + d is summed up. Terms that are not there would be products with 0, which change no
/// sum but the sign of one that is 0: the kernel sees to that, so that the bits are those of a dense A in either order.
/// (A number of B that is not finite is not multiplied with what is not there.)
enum class SumOrder {
  lanes,     ///< from d on, term after term: as plans whose lanes are samples
  products,  ///< as gemm(): blocks of depth, each from 0 on, added up one after another
};

/// C = A B + d: A is rows x depth and sparse, B depth x cols; row k of C lies at c + places[k] * c_stride, or if there
/// are no places at c + k * c_stride.
template <class T>
struct SparseProduct {
  SparseFactor<T> a;
  Index depth = 0;
  Index cols = 0;
  const T* b = nullptr;
  Index b_stride = 0;
  const T* d = nullptr;  ///< a row, added to every one; null: nothing
  T* c = nullptr;
  Index c_stride = 0;
  const std::int32_t* places = nullptr;
  SumOrder order = SumOrder::products;
  bool far = false;  ///< whether B is too large for the caches: its rows are fetched ahead
};

void sparse_product(const SparseProduct<float>& product);
void sparse_product(const SparseProduct<double>& product);

/// theta <- theta - rate g for some rows of a matrix: row k of g, of `cols` numbers, belongs to row places[k] of theta.
/// Plain descent's bits. Returns max |g|.
float descend_rows(Index rows, Index cols, const std::int32_t* places, const float* gradient, float rate, float* theta);
double descend_rows(Index rows, Index cols, const std::int32_t* places, const double* gradient, double rate,
                    double* theta);

/// z <- f(z), for any elementwise function: n numbers, in memory for whole vectors of them.
void activate(Function function, Index n, float* z);
void activate(Function function, Index n, double* z);

/// Partial sums of squares along a line, as run_penalty() takes them: so many.
template <class T>
inline constexpr Index kSquareSums = 64 / static_cast<Index>(sizeof(T));
/// Adds the squares of n numbers, which begin at the first partial sum.
void add_squares(Index n, const float* values, float* sums);
void add_squares(Index n, const double* values, double* sums);
/// The sum of the partial sums.
float fold_squares(const float* sums);
double fold_squares(const double* sums);

}  // namespace gradus::engine
