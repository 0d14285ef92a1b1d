// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/core/matrix.hpp"

namespace gradus::engine {

/// A row-major matrix as a factor, or its transpose.
template <class T>
struct Factor {
  const T* data = nullptr;
  Index stride = 0;  ///< between rows as they lie in memory
  bool transposed = false;
};

/// C = A B + D: A is rows x depth, B depth x cols, C and D rows x cols. D may be nothing, C itself, or with a stride of
/// 0 one row that stands for all, as a bias does.
template <class T>
struct Product {
  Index rows = 0;
  Index cols = 0;
  Index depth = 0;
  Factor<T> a;
  Factor<T> b;
  T* c = nullptr;
  Index c_stride = 0;
  const T* d = nullptr;
  Index d_stride = 0;
};

/// Numbers of scratch memory a product needs, whatever its size.
template <class T>
inline constexpr Index kGemmWork = Index{256 * 1024} / static_cast<Index>(sizeof(T));

/// Terms of the sums that one pass takes, at most: a panel of B, 32 KiB, stays in the first cache. A sum of more terms
/// has as few blocks as will do, the longer ones, by a term, first.
template <class T>
inline constexpr Index kGemmDepth = 1024 / static_cast<Index>(sizeof(T));

/// Each number of C is a sum in the order of depth, taken in blocks whose borders depend on depth alone: part of a
/// product computed on its own (some rows, some columns) has the same bits as in the whole, so that threads may share
/// it in any way. Error: that of such a sum, at most depth eps sum |a| |b|, one rounding a term with fused
/// multiplication. `work`: kGemmWork numbers, 64-byte aligned; C must not overlap A or B,
/// nor D but for being the same.
/// The scheme is that of Goto and van de Geijn, Anatomy of high-performance matrix multiplication (2008): a panel of B
/// that stays in the first cache, a block of A in the second, a tile of C in registers.
void gemm(const Product<float>& product, float* work);
void gemm(const Product<double>& product, double* work);

}  // namespace gradus::engine
