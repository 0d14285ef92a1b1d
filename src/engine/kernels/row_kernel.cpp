// SPDX-License-Identifier: MIT
#include "engine/kernels/row_kernel.hpp"

#include <type_traits>

#include "engine/kernels/dispatch.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/row_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/kernels/line_softmax-inl.hpp"
#include "engine/kernels/partial-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {

/// f(k, load, store) for every vector's place k; the last one's numbers past the end are read as 0 and not written.
template <class T, class F>
HWY_INLINE void sweep(Index n, F f) {
  const Tag<T> d;
  constexpr Index lanes = kLanes<T>;
  const auto load = [&](const T* from) HWY_ATTR { return hn::LoadU(d, from); };
  const auto store = [&](Vec<T> v, T* to) HWY_ATTR { hn::StoreU(v, d, to); };
  Index k = 0;
  for (; k + lanes <= n; k += lanes) f(k, load, store);
  if (k == n) return;
  const auto rest = static_cast<std::size_t>(n - k);
  const auto load_rest = [&](const T* from) HWY_ATTR { return load_first(d, from, rest); };
  const auto store_rest = [&](Vec<T> v, T* to) HWY_ATTR { store_first(v, d, to, rest); };
  f(k, load_rest, store_rest);
}

/// Rows that lie together as one.
template <class T>
HWY_INLINE MatrixView<T> as_row(MatrixView<T> x) {
  return {x.data(), 1, x.size()};
}
template <class T>
HWY_INLINE bool is_whole(MatrixView<T> x) {
  return x.stride() == x.cols() && x.rows() > 1;
}

/// Calls g with the function as a constant, so that the choice is made once and not for each vector.
template <class G>
HWY_INLINE void with_constant(Function f, G g) {
  switch (f) {
    case Function::tanh: return g(std::integral_constant<Function, Function::tanh>());
    case Function::sigmoid: return g(std::integral_constant<Function, Function::sigmoid>());
    case Function::relu: return g(std::integral_constant<Function, Function::relu>());
    case Function::step: return g(std::integral_constant<Function, Function::step>());
    default: return g(std::integral_constant<Function, Function::identity>());
  }
}

template <class T>
void function(Function f, ConstMatrixView<T> x, MatrixView<T> y) {
  if (is_whole(x) && is_whole(y)) return function<T>(f, as_row(x), as_row(y));
  with_constant(f, [&](auto constant) HWY_ATTR {
    for (Index i = 0; i < x.rows(); ++i) {
      const T* in = x.data() + i * x.stride();
      T* out = y.data() + i * y.stride();
      sweep<T>(x.cols(), [&](Index k, auto load, auto store)
                             HWY_ATTR { store(apply(Tag<T>(), constant(), load(in + k)), out + k); });
    }
  });
}

template <class T>
void derivative(Function f, ConstMatrixView<T> y, ConstMatrixView<T> dy, MatrixView<T> dx) {
  if (is_whole(y) && is_whole(dy) && is_whole(dx)) return derivative<T>(f, as_row(y), as_row(dy), as_row(dx));
  with_constant(f, [&](auto constant) HWY_ATTR {
    for (Index i = 0; i < y.rows(); ++i) {
      const T* out = y.data() + i * y.stride();
      const T* slope = dy.data() + i * dy.stride();
      T* to = dx.data() + i * dx.stride();
      sweep<T>(y.cols(), [&](Index k, auto load, auto store) HWY_ATTR {
        store(times_derivative(Tag<T>(), constant(), load(out + k), load(slope + k)), to + k);
      });
    }
  });
}

template <class T>
void softmax(ConstMatrixView<T> x, MatrixView<T> y) {
  const Tag<T> d;
  const Index cols = x.cols();
  for (Index i = 0; i < x.rows(); ++i) {
    const auto z = [&, in = x.data() + i * x.stride()](Index v)
                       HWY_ATTR { return load_within(in, v * kLanes<T>, cols); };
    T* out = y.data() + i * y.stride();
    if (cols <= kLanes<T>) {
      Vec<T> row = hn::Zero(d);
      const auto all = exponentials<1>(d, cols, z, [&](Index, auto, Vec<T> e) HWY_ATTR { row = e; });
      store_first(hn::Mul(row, normaliser(d, all)), d, out, static_cast<std::size_t>(cols));
    } else {
      const auto all = exponentials<kParts<T>>(
          d, cols, z, [&](Index v, auto, Vec<T> e) HWY_ATTR { store_within(e, out, v * kLanes<T>, cols); });
      const Vec<T> factor = normaliser(d, all);
      sweep<T>(cols, [&](Index k, auto load, auto store) HWY_ATTR { store(hn::Mul(load(out + k), factor), out + k); });
    }
  }
}

template <class T>
void column_sums(ConstMatrixView<T> x, T* to) {
  const Tag<T> d;
  constexpr Index n = kLanes<T>;
  constexpr int chains = 4;  // sums under way at a time
  Index j = 0;
  for (; j + chains * n <= x.cols(); j += chains * n) {
    Vec<T> sum[chains];
    for (Vec<T>& s : sum) s = hn::Zero(d);
    for (Index i = 0; i < x.rows(); ++i)
      for (int c = 0; c < chains; ++c) sum[c] = hn::Add(sum[c], hn::LoadU(d, x.data() + i * x.stride() + j + c * n));
    for (int c = 0; c < chains; ++c) hn::StoreU(sum[c], d, to + j + c * n);
  }
  sweep<T>(x.cols() - j, [&](Index k, auto load, auto store) HWY_ATTR {
    Vec<T> sum = hn::Zero(d);
    for (Index i = 0; i < x.rows(); ++i) sum = hn::Add(sum, load(x.data() + i * x.stride() + j + k));
    store(sum, to + j + k);
  });
}

void function_float(Function f, ConstMatrixView<float> x, MatrixView<float> y) { function(f, x, y); }
void function_double(Function f, ConstMatrixView<double> x, MatrixView<double> y) { function(f, x, y); }
void derivative_float(Function f, ConstMatrixView<float> y, ConstMatrixView<float> dy, MatrixView<float> dx) {
  derivative(f, y, dy, dx);
}
void derivative_double(Function f, ConstMatrixView<double> y, ConstMatrixView<double> dy, MatrixView<double> dx) {
  derivative(f, y, dy, dx);
}
void softmax_float(ConstMatrixView<float> x, MatrixView<float> y) { softmax(x, y); }
void softmax_double(ConstMatrixView<double> x, MatrixView<double> y) { softmax(x, y); }
void column_sums_float(ConstMatrixView<float> x, float* to) { column_sums(x, to); }
void column_sums_double(ConstMatrixView<double> x, double* to) { column_sums(x, to); }

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::engine {

GRADUS_EXPORT(function_float);
GRADUS_EXPORT(function_double);
GRADUS_EXPORT(derivative_float);
GRADUS_EXPORT(derivative_double);
GRADUS_EXPORT(softmax_float);
GRADUS_EXPORT(softmax_double);
GRADUS_EXPORT(column_sums_float);
GRADUS_EXPORT(column_sums_double);

#if !GRADUS_PLAIN

void apply_function(Function f, ConstMatrixView<float> x, MatrixView<float> y) {
  GRADUS_DISPATCH(function_float)(f, x, y);
}
void apply_function(Function f, ConstMatrixView<double> x, MatrixView<double> y) {
  GRADUS_DISPATCH(function_double)(f, x, y);
}
void apply_derivative(Function f, ConstMatrixView<float> y, ConstMatrixView<float> dy, MatrixView<float> dx) {
  GRADUS_DISPATCH(derivative_float)(f, y, dy, dx);
}
void apply_derivative(Function f, ConstMatrixView<double> y, ConstMatrixView<double> dy, MatrixView<double> dx) {
  GRADUS_DISPATCH(derivative_double)(f, y, dy, dx);
}
void softmax_rows(ConstMatrixView<float> x, MatrixView<float> y) { GRADUS_DISPATCH(softmax_float)(x, y); }
void softmax_rows(ConstMatrixView<double> x, MatrixView<double> y) { GRADUS_DISPATCH(softmax_double)(x, y); }
void sum_rows(ConstMatrixView<float> x, float* to) { GRADUS_DISPATCH(column_sums_float)(x, to); }
void sum_rows(ConstMatrixView<double> x, double* to) { GRADUS_DISPATCH(column_sums_double)(x, to); }

#endif
}  // namespace gradus::engine
#endif
