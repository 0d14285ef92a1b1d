// SPDX-License-Identifier: MIT
#include "engine/kernels/gemm.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "engine/kernels/dispatch.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/gemm.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/kernels/partial-inl.hpp"
#include "engine/kernels/transpose-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {

// A tile of C is kTileRows x kTileVectors vectors: with a row of B and a number of A it fills the registers.
inline constexpr int kTileRows = kHasManyRegisters ? 14 : 6;
inline constexpr int kTileVectors = 2;
template <class T>
inline constexpr Index kPanel = Index{kTileVectors} * kLanes<T>;  ///< columns of B in a panel

/// From one row of packed A to the next: a cache line more than kGemmDepth, so that rows fall into different sets.
template <class T>
inline constexpr Index kRow = kGemmDepth<T> + 64 / static_cast<Index>(sizeof(T));
/// Rows of A packed at a time, a whole number of tiles.
inline constexpr Index kBlockRows = 126 / kTileRows * kTileRows;
static_assert(kBlockRows * kRow<float> + kPanel<float> * kGemmDepth<float> <= kGemmWork<float>);
static_assert(kBlockRows * kRow<double> + kPanel<double> * kGemmDepth<double> <= kGemmWork<double>);

/// How `total` is cut into `parts` nearly equal pieces: where piece `i` begins.
HWY_INLINE Index cut(Index total, Index parts, Index i) { return total / parts * i + std::min(i, total % parts); }
HWY_INLINE Index parts_of(Index total, Index at_most) { return (total + at_most - 1) / at_most; }

// ------------------------------------------------------------------------------------------------ the tile

/// Operands of a tile: row k of B at panel + k * kPanel; A as multiply wants it.
template <class T>
struct Tile {
  const T* a;
  Index a_step;
  const T* panel;
  Index depth;
  T* c;
  Index c_stride;
  Index cols;  ///< columns of C in use
  const T* d;  ///< null: nothing to add
  Index d_stride;
};

/// C = sum + D; `whole`: all columns of the tile are in use.
template <class T, int R, int V>
HWY_INLINE void store(const Vec<T> (&sum)[R][V], const Tile<T>& tile, bool whole) {
  const Tag<T> d;
  constexpr Index n = kLanes<T>;
  const auto last = static_cast<std::size_t>(tile.cols - (V - 1) * n);  // numbers in the last vector
  T* c = tile.c;
  const T* plus = tile.d;
  HWY_UNROLL(16)
  for (int r = 0; r < R; ++r) {
    for (int v = 0; v < V; ++v) {
      if (whole || v < V - 1) {
        hn::StoreU(plus ? hn::Add(sum[r][v], hn::LoadU(d, plus + v * n)) : sum[r][v], d, c + v * n);
      } else {
        store_first(plus ? hn::Add(sum[r][v], load_first(d, plus + v * n, last)) : sum[r][v], d, c + v * n, last);
      }
    }
    c += tile.c_stride;
    if (plus) plus += tile.d_stride;
  }
}

/// Number (r, k) of A lies at a[r * kRow + k * a_step], a_step = 1; of a transposed A at a[r + k * a_step].
template <class T, int R, int V, bool Transposed>
void multiply(const Tile<T>& tile) {
  const Tag<T> d;
  constexpr Index n = kLanes<T>;
  Vec<T> sum[R][V];
  HWY_UNROLL(16)
  for (int r = 0; r < R; ++r)
    for (int v = 0; v < V; ++v) sum[r][v] = hn::Zero(d);
  const T* HWY_RESTRICT a = tile.a;
  const T* HWY_RESTRICT b = tile.panel;
  const Index a_step = Transposed ? tile.a_step : 1;
  constexpr Index row_step = Transposed ? 1 : kRow<T>;
  for (Index k = tile.depth; k > 0; --k) {
    Vec<T> row[V];
    for (int v = 0; v < V; ++v) row[v] = hn::Load(d, b + v * n);
    HWY_UNROLL(16)
    for (int r = 0; r < R; ++r) {
      const Vec<T> factor = hn::Set(d, a[r * row_step]);
      for (int v = 0; v < V; ++v) sum[r][v] = mul_add(factor, row[v], sum[r][v]);
    }
    a += a_step;
    b += kPanel<T>;
  }
  if (tile.cols == V * n) {
    store<T, R, V>(sum, tile, true);
  } else {
    store<T, R, V>(sum, tile, false);
  }
}

template <class T>
using Multiply = void (*)(const Tile<T>&);

/// [rows - 1][vectors - 1]
template <class T, bool Transposed, int... Rows>
constexpr auto multiply_table(std::integer_sequence<int, Rows...>) {
  return std::array{std::array<Multiply<T>, kTileVectors>{&multiply<T, Rows + 1, 1, Transposed>,
                                                          &multiply<T, Rows + 1, 2, Transposed>}...};
}
template <class T, bool Transposed>
constexpr auto kMultiply = multiply_table<T, Transposed>(std::make_integer_sequence<int, kTileRows>());

// ------------------------------------------------------------------------------------------------ packing

/// Rows of `cols` numbers from here to there.
template <class T>
HWY_INLINE void copy_rows(const T* HWY_RESTRICT from, Index stride, Index rows, Index cols, T* HWY_RESTRICT to,
                          Index step) {
  const Tag<T> d;
  constexpr Index n = kLanes<T>;
  for (Index r = 0; r < rows; ++r, from += stride, to += step) {
    Index j = 0;
    for (; j + n <= cols; j += n) hn::StoreU(hn::LoadU(d, from + j), d, to + j);
    if (j == cols) continue;
    const auto rest = static_cast<std::size_t>(cols - j);
    store_first(load_first(d, from + j, rest), d, to + j, rest);
  }
}

/// Columns `first` on of B, `cols` of them, as rows of kPanel numbers; past the last column zeros.
template <class T>
void pack_panel(const Factor<T>& b, Index depth_first, Index depth, Index first, Index cols, T* to) {
  if (cols < kPanel<T>) std::fill(to, to + depth * kPanel<T>, T(0));
  if (b.transposed) {
    const T* from = b.data + first * b.stride + depth_first;
    // NOLINTNEXTLINE(readability-suspicious-call-argument): columns are rows of what is turned
    transpose([&](Index col) HWY_ATTR { return from + col * b.stride; }, cols, depth, to, kPanel<T>);
  } else {
    copy_rows(b.data + depth_first * b.stride + first, b.stride, depth, cols, to, kPanel<T>);
  }
}

/// Rows `first` on of A, as multiply wants them.
template <class T>
void pack_rows(const Factor<T>& a, Index depth_first, Index depth, Index first, Index rows, T* to) {
  if (!a.transposed) return copy_rows(a.data + first * a.stride + depth_first, a.stride, rows, depth, to, kRow<T>);
  const Index tiles = parts_of(rows, kTileRows);
  for (Index t = 0; t < tiles; ++t) {
    const Index row = cut(rows, tiles, t);
    const Index count = cut(rows, tiles, t + 1) - row;
    copy_rows(a.data + depth_first * a.stride + first + row, a.stride, depth, count, to + row * depth, count);
  }
}

// ------------------------------------------------------------------------------------------------ the product

/// Rows [first, first + rows) of C, for one block of depth.
template <class T, bool Transposed>
void multiply_rows(const Product<T>& p, Index first, Index rows, Index depth_first, Index depth, T* work) {
  T* packed = work;
  T* panel = work + kBlockRows * kRow<T>;
  const Index tiles = parts_of(rows, kTileRows);
  // A transposed A that few panels read is read where it lies.
  const bool direct = Transposed && p.cols <= 4 * kPanel<T>;
  const T* a = direct ? p.a.data + depth_first * p.a.stride + first : packed;
  if (!direct) pack_rows(p.a, depth_first, depth, first, rows, packed);
  const Index packed_step = Transposed ? depth : kRow<T>;
  const Index row_step = direct ? 1 : packed_step;
  for (Index j = 0; j < p.cols; j += kPanel<T>) {
    const Index cols = std::min(p.cols - j, kPanel<T>);
    pack_panel(p.b, depth_first, depth, j, cols, panel);
    const auto v = static_cast<std::size_t>(parts_of(cols, kLanes<T>) - 1);
    for (Index t = 0; t < tiles; ++t) {
      const Index row = cut(rows, tiles, t);
      const Index count = cut(rows, tiles, t + 1) - row;
      T* c = p.c + (first + row) * p.c_stride + j;
      const T* d = p.d ? p.d + (first + row) * p.d_stride + j : nullptr;
      kMultiply<T, Transposed>[static_cast<std::size_t>(count - 1)][v](
          {.a = a + row * row_step,
           .a_step = direct ? p.a.stride : count,
           .panel = panel,
           .depth = depth,
           .c = c,
           .c_stride = p.c_stride,
           .cols = cols,
           .d = depth_first > 0 ? c : d,
           .d_stride = depth_first > 0 ? p.c_stride : p.d_stride});
    }
  }
}

template <class T>
void product(const Product<T>& p, T* work) {
  const Index blocks = std::max<Index>(1, parts_of(p.depth, kGemmDepth<T>));  // without terms, C = D
  const Index row_blocks = parts_of(p.rows, kBlockRows);
  for (Index k = 0; k < blocks; ++k) {
    const Index depth_first = cut(p.depth, blocks, k);
    const Index depth = cut(p.depth, blocks, k + 1) - depth_first;
    for (Index i = 0; i < row_blocks; ++i) {
      const Index first = cut(p.rows, row_blocks, i);
      const Index rows = cut(p.rows, row_blocks, i + 1) - first;
      if (p.a.transposed) {
        multiply_rows<T, true>(p, first, rows, depth_first, depth, work);
      } else {
        multiply_rows<T, false>(p, first, rows, depth_first, depth, work);
      }
    }
  }
}

void gemm_float(const Product<float>& p, float* work) { product(p, work); }
void gemm_double(const Product<double>& p, double* work) { product(p, work); }

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::engine {

GRADUS_EXPORT(gemm_float);
GRADUS_EXPORT(gemm_double);

#if !GRADUS_PLAIN

void gemm(const Product<float>& product, float* work) { GRADUS_DISPATCH(gemm_float)(product, work); }
void gemm(const Product<double>& product, double* work) { GRADUS_DISPATCH(gemm_double)(product, work); }

#endif
}  // namespace gradus::engine
#endif
