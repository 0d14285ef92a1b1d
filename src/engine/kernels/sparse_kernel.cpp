// SPDX-License-Identifier: MIT
// Products with a sparse factor, to the bits of dense ones.
//
// A term with a factor 0 is 0 or -0: it changes a sum only if that is -0, to 0, after which the two differ until a term
// that is not 0 comes. So a sum over the terms that are there is the dense one, unless it ends as -0; then, which takes
// a bias of -0 or a product too small for a number, it is done again with all terms.
#include "engine/kernels/sparse_kernel.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

#include <hwy/cache_control.h>

#include "engine/kernels/dispatch.hpp"
#include "engine/kernels/gemm.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/sparse_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/kernels/line_sums-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {

/// Vectors of a row of C that are summed up at once: each takes a register, in blocks two.
template <SumOrder Order>
inline constexpr int kSparseVectors = (kHasManyRegisters ? 16 : 8) / (Order == SumOrder::products ? 2 : 1);
/// Entries ahead of which rows of B are fetched, of so many bytes.
HWY_INLINE Index ahead_of(Index bytes) { return bytes > 256 ? 8 : 16; }

/// Where the blocks of a sum in gemm()'s order end.
class DepthBlocks {
 public:
  explicit DepthBlocks(Index depth, Index at_most)
      : count_(std::max<Index>(1, (depth + at_most - 1) / at_most)),
        size_(static_cast<std::uint32_t>(std::max<Index>(1, depth / count_))),
        longer_(static_cast<std::uint32_t>(depth % count_)) {}

  /// The end of the block in which column `col` lies.
  HWY_INLINE std::int32_t end_of(std::int32_t col) const {
    const auto at = static_cast<std::uint32_t>(col);
    const std::uint32_t in_longer = longer_ * (size_ + 1);
    if (at < in_longer) return static_cast<std::int32_t>((at / (size_ + 1) + 1) * (size_ + 1));
    return static_cast<std::int32_t>(in_longer + ((at - in_longer) / size_ + 1) * size_);
  }

 private:
  Index count_;
  std::uint32_t size_;    ///< of a block
  std::uint32_t longer_;  ///< so many have one more
};

/// Vector v of a row of V, of which the last one may be cut to `last` numbers.
template <int V, bool Whole, class T>
HWY_INLINE Vec<T> load_of(const T* row, int v, std::size_t last) {
  const Tag<T> d;
  const T* from = row + v * kLanes<T>;
  return Whole || v + 1 < V ? hn::LoadU(d, from) : load_first(d, from, last);
}

template <class T>
HWY_INLINE bool has_negative_zero(Vec<T> v) {
  const hn::RebindToUnsigned<Tag<T>> d;
  using U = hn::TFromD<decltype(d)>;
  return !hn::AllFalse(d, hn::Eq(hn::BitCast(d, v), hn::Set(d, std::bit_cast<U>(-T(0)))));
}

/// A vector of row k of C with all the terms of a dense A: columns j on, `count` of them.
template <class T>
HWY_NOINLINE Vec<T> dense_sum(const SparseProduct<T>& p, Index k, Index j, std::size_t count) {
  const Tag<T> d;
  const bool blocks = p.order == SumOrder::products;
  const DepthBlocks borders(p.depth, kGemmDepth<T>);
  Vec<T> total = p.d ? load_first(d, p.d + j, count) : hn::Zero(d);
  Vec<T> sum = blocks ? hn::Zero(d) : total;
  bool any = p.d != nullptr;  // whether there is something to add a block to
  Index e = p.a.starts[k];
  const Index last = p.a.starts[k + 1];
  for (Index i = 0; i < p.depth; ++i) {
    const T x = e < last && p.a.columns[e] == i ? p.a.values[e++] + T(0) : T(0);
    sum = mul_add(hn::Set(d, x), load_first(d, p.b + i * p.b_stride + j, count), sum);
    if (!blocks || i + 1 < borders.end_of(static_cast<std::int32_t>(i))) continue;
    total = any ? hn::Add(sum, total) : sum;
    any = true;
    sum = hn::Zero(d);
  }
  return blocks ? total : sum;
}

/// V vectors of every row of C from column j on.
template <class T, int V, SumOrder Order, bool Whole>
void sum_vectors_of(const SparseProduct<T>& p, Index j) {
  const Tag<T> d;
  constexpr Index n = kLanes<T>;
  constexpr bool blocks = Order == SumOrder::products;
  const auto last = static_cast<std::size_t>(std::min(n, p.cols - j - (V - 1) * n));
  const DepthBlocks borders(p.depth, kGemmDepth<T>);
  const std::int32_t* HWY_RESTRICT columns = p.a.columns;
  const T* HWY_RESTRICT values = p.a.values;
  const T* HWY_RESTRICT b = p.b + j;
  const Index end_of_all = p.a.starts[p.a.rows];
  const Index bytes = static_cast<Index>(sizeof(T)) * ((V - 1) * n + static_cast<Index>(last));
  const Index ahead = ahead_of(bytes);
  for (Index k = 0; k < p.a.rows; ++k) {
    const Index first = p.a.starts[k], end = p.a.starts[k + 1];
    Vec<T> total[V], sum[V];
    // Where there is no d, the first block is what there is, and -0 the number that added to it changes nothing.
    const Vec<T> nothing = hn::Set(d, blocks && first < end ? -T(0) : T(0));
    HWY_UNROLL(16)
    for (int v = 0; v < V; ++v) {
      total[v] = p.d ? load_of<V, Whole>(p.d + j, v, last) : nothing;
      sum[v] = hn::Zero(d);
    }
    const auto add_block = [&]() HWY_ATTR {
      HWY_UNROLL(16)
      for (int v = 0; v < V; ++v) {
        total[v] = hn::Add(sum[v], total[v]);
        sum[v] = hn::Zero(d);
      }
    };
    std::int32_t border = first < end ? borders.end_of(columns[first]) : 0;
    for (Index e = first; e < end; ++e) {
      if (p.far && e + ahead < end_of_all) {
        const char* row = reinterpret_cast<const char*>(b + columns[e + ahead] * p.b_stride);
        for (Index at = 0; at < bytes; at += 64) hwy::Prefetch(row + at);
      }
      const std::int32_t column = columns[e];
      if constexpr (blocks)
        if (column >= border) {
          add_block();
          border = borders.end_of(column);
        }
      const Vec<T> x = hn::Set(d, values[e] + T(0));
      const T* HWY_RESTRICT row = b + column * p.b_stride;
      HWY_UNROLL(16)
      for (int v = 0; v < V; ++v) {
        Vec<T>& to = blocks ? sum[v] : total[v];
        to = mul_add(x, load_of<V, Whole>(row, v, last), to);
      }
    }
    if constexpr (blocks) add_block();
    T* c = p.c + (p.places ? p.places[k] : k) * p.c_stride + j;
    HWY_UNROLL(16)
    for (int v = 0; v < V; ++v) {
      const bool whole = Whole || v + 1 < V;
      if (HWY_UNLIKELY(has_negative_zero<T>(total[v])))
        total[v] = dense_sum(p, k, j + v * n, whole ? static_cast<std::size_t>(n) : last);
      if (whole) {
        hn::StoreU(total[v], d, c + v * n);
      } else {
        store_first(total[v], d, c + v * n, last);
      }
    }
  }
}

template <class T>
using SumVectors = void (*)(const SparseProduct<T>&, Index);
template <class T, SumOrder Order, bool Whole, int... V>
constexpr auto table_of_sums(std::integer_sequence<int, V...>) {
  return std::array<SumVectors<T>, sizeof...(V)>{&sum_vectors_of<T, V + 1, Order, Whole>...};
}
/// [vectors - 1]
template <class T, SumOrder Order, bool Whole>
constexpr auto kSumVectors = table_of_sums<T, Order, Whole>(std::make_integer_sequence<int, kSparseVectors<Order>>());

template <class T, SumOrder Order>
void multiply_in(const SparseProduct<T>& p) {
  constexpr Index n = kLanes<T>;
  constexpr Index most = kSparseVectors<Order> * n;
  for (Index j = 0; j < p.cols; j += most) {
    const Index left = std::min(p.cols - j, most);
    const auto vectors = static_cast<std::size_t>((left + n - 1) / n);
    (left % n == 0 ? kSumVectors<T, Order, true> : kSumVectors<T, Order, false>)[vectors - 1](p, j);
  }
}
template <class T>
void multiply_sparse(const SparseProduct<T>& p) {
  if (p.order == SumOrder::lanes) return multiply_in<T, SumOrder::lanes>(p);
  multiply_in<T, SumOrder::products>(p);
}

template <class T>
T descend_some(Index rows, Index cols, const std::int32_t* places, const T* HWY_RESTRICT g, T rate,
               T* HWY_RESTRICT theta) {
  const Tag<T> d;
  constexpr Index n = kLanes<T>;
  const Vec<T> step = hn::Set(d, rate);
  Vec<T> largest = hn::Zero(d);
  for (Index k = 0; k < rows; ++k, g += cols) {
    T* w = theta + places[k] * cols;
    Index j = 0;
    for (; j + n <= cols; j += n) {
      const Vec<T> gj = hn::LoadU(d, g + j);
      largest = hn::Max(largest, hn::Abs(gj));
      hn::StoreU(hn::Sub(hn::LoadU(d, w + j), hn::Mul(step, gj)), d, w + j);
    }
    if (j == cols) continue;
    const auto rest = static_cast<std::size_t>(cols - j);
    const Vec<T> gj = load_first(d, g + j, rest);
    largest = hn::Max(largest, hn::Abs(gj));
    store_first(hn::Sub(load_first(d, w + j, rest), hn::Mul(step, gj)), d, w + j, rest);
  }
  return hn::GetLane(hn::MaxOfLanes(d, largest));
}

template <class T>
void activate_all(Function f, Index n, T* z) {
  const Tag<T> d;
  if (!is_simple(f)) return run_function(d, f, n, z, z, static_cast<T*>(nullptr));
  for (Index k = 0; k < n; k += kLanes<T>) hn::StoreU(apply(d, f, hn::LoadU(d, z + k)), d, z + k);
}

template <class T>
void add_squares_of(Index n, const T* values, T* sums) {
  const Tag<T> d;
  Vec<T> parts[kParts<T>];
  for (int p = 0; p < kParts<T>; ++p) parts[p] = hn::LoadU(d, sums + p * kLanes<T>);
  for (Index k = 0; k < n; k += kLine<T>)
    for (int p = 0; p < kParts<T>; ++p) {
      const Vec<T> value = load_within(values, k + p * kLanes<T>, n);
      parts[p] = mul_add(value, value, parts[p]);
    }
  for (int p = 0; p < kParts<T>; ++p) hn::StoreU(parts[p], d, sums + p * kLanes<T>);
}

template <class T>
T fold_squares_of(const T* sums) {
  const Tag<T> d;
  Vec<T> parts[kParts<T>][1];
  for (int p = 0; p < kParts<T>; ++p) parts[p][0] = hn::LoadU(d, sums + p * kLanes<T>);
  fold_parts(parts);
  return sum_of<T>(parts[0][0]);
}

void sparse_product_float(const SparseProduct<float>& p) { multiply_sparse(p); }
void sparse_product_double(const SparseProduct<double>& p) { multiply_sparse(p); }
float descend_rows_float(Index rows, Index cols, const std::int32_t* places, const float* g, float rate, float* theta) {
  return descend_some(rows, cols, places, g, rate, theta);
}
double descend_rows_double(Index rows, Index cols, const std::int32_t* places, const double* g, double rate,
                           double* theta) {
  return descend_some(rows, cols, places, g, rate, theta);
}
void activate_float(Function f, Index n, float* z) { activate_all(f, n, z); }
void activate_double(Function f, Index n, double* z) { activate_all(f, n, z); }
void add_squares_float(Index n, const float* values, float* sums) { add_squares_of(n, values, sums); }
void add_squares_double(Index n, const double* values, double* sums) { add_squares_of(n, values, sums); }
float fold_squares_float(const float* sums) { return fold_squares_of(sums); }
double fold_squares_double(const double* sums) { return fold_squares_of(sums); }

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::engine {

GRADUS_EXPORT(sparse_product_float);
GRADUS_EXPORT(sparse_product_double);
GRADUS_EXPORT(descend_rows_float);
GRADUS_EXPORT(descend_rows_double);
GRADUS_EXPORT(activate_float);
GRADUS_EXPORT(activate_double);
GRADUS_EXPORT(add_squares_float);
GRADUS_EXPORT(add_squares_double);
GRADUS_EXPORT(fold_squares_float);
GRADUS_EXPORT(fold_squares_double);

#if !GRADUS_PLAIN

void sparse_product(const SparseProduct<float>& p) { GRADUS_DISPATCH(sparse_product_float)(p); }
void sparse_product(const SparseProduct<double>& p) { GRADUS_DISPATCH(sparse_product_double)(p); }
float descend_rows(Index rows, Index cols, const std::int32_t* places, const float* g, float rate, float* theta) {
  return GRADUS_DISPATCH(descend_rows_float)(rows, cols, places, g, rate, theta);
}
double descend_rows(Index rows, Index cols, const std::int32_t* places, const double* g, double rate, double* theta) {
  return GRADUS_DISPATCH(descend_rows_double)(rows, cols, places, g, rate, theta);
}
void activate(Function f, Index n, float* z) { GRADUS_DISPATCH(activate_float)(f, n, z); }
void activate(Function f, Index n, double* z) { GRADUS_DISPATCH(activate_double)(f, n, z); }
void add_squares(Index n, const float* values, float* sums) { GRADUS_DISPATCH(add_squares_float)(n, values, sums); }
void add_squares(Index n, const double* values, double* sums) { GRADUS_DISPATCH(add_squares_double)(n, values, sums); }
float fold_squares(const float* sums) { return GRADUS_DISPATCH(fold_squares_float)(sums); }
double fold_squares(const double* sums) { return GRADUS_DISPATCH(fold_squares_double)(sums); }

#endif
}  // namespace gradus::engine
#endif
