// SPDX-License-Identifier: MIT
#include "gradus/engine/math.hpp"

#include "gradus/core/shape.hpp"

#include "engine/kernels/dispatch.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/kernels/math.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/kernels/math-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {

enum class Function { exp, log, tanh, sigmoid, expm1, log1p };

/// exp(x) - 1. Beyond 40 the 1 is nothing to it, and further on 2^n would be no number.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_expm1(D d, V x) {
  const V large = hn::Set(d, static_cast<hn::TFromD<D>>(40));
  const V near = vec_expm1_negative(d, hn::Min(x, large));
  return keep_nan(x, hn::IfThenElse(hn::Gt(x, large), vec_exp(d, x), near));
}

/// log(1 + x). Beyond 1 the sum's rounding is nothing to the logarithm, and Kahan's correction would overflow.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V vec_log1p(D d, V x) {
  const V one = hn::Set(d, static_cast<hn::TFromD<D>>(1));
  return hn::IfThenElse(hn::Gt(x, one), vec_log(d, hn::Add(one, x)), vec_log_1_plus(d, x));
}

template <class T, class F>
void map(const T* x, T* y, std::size_t n, F f) {
  const hn::ScalableTag<T> d;
  const std::size_t lanes = hn::Lanes(d);
  std::size_t k = 0;
  for (; k + lanes <= n; k += lanes) hn::StoreU(f(d, hn::LoadU(d, x + k)), d, y + k);
  if (k == n) return;
  HWY_ALIGN T rest[hn::MaxLanes(d)] = {};
  for (std::size_t i = k; i < n; ++i) rest[i - k] = x[i];
  hn::Store(f(d, hn::Load(d, rest)), d, rest);
  for (std::size_t i = k; i < n; ++i) y[i] = rest[i - k];
}

template <class T>
void map_function(Function function, const T* x, T* y, std::size_t n) {
  switch (function) {
    case Function::exp: return map(x, y, n, [](auto d, auto v) HWY_ATTR { return vec_exp(d, v); });
    case Function::log: return map(x, y, n, [](auto d, auto v) HWY_ATTR { return vec_log(d, v); });
    case Function::tanh: return map(x, y, n, [](auto d, auto v) HWY_ATTR { return vec_tanh(d, v); });
    case Function::sigmoid: return map(x, y, n, [](auto d, auto v) HWY_ATTR { return vec_sigmoid(d, v); });
    case Function::expm1: return map(x, y, n, [](auto d, auto v) HWY_ATTR { return vec_expm1(d, v); });
    case Function::log1p: return map(x, y, n, [](auto d, auto v) HWY_ATTR { return vec_log1p(d, v); });
  }
}

/// The bits of magnitudes are in the order of their values: finite numbers, infinity, NaN.
template <class T>
T largest_magnitude(const T* x, std::size_t n) {
  const hn::ScalableTag<T> d;
  const hn::RebindToUnsigned<decltype(d)> bits;
  const std::size_t lanes = hn::Lanes(d);
  constexpr int chains = 4;
  auto most = hn::Zero(bits);
  decltype(most) part[chains] = {most, most, most, most};
  const auto magnitude = [&](std::size_t at) HWY_ATTR { return hn::BitCast(bits, hn::Abs(hn::LoadU(d, x + at))); };
  std::size_t k = 0;
  for (; k + chains * lanes <= n; k += chains * lanes)
    for (int c = 0; c < chains; ++c) part[c] = hn::Max(part[c], magnitude(k + static_cast<std::size_t>(c) * lanes));
  for (; k + lanes <= n; k += lanes) most = hn::Max(most, magnitude(k));
  if (k < n && lanes <= n) {  // the last ones, some of them again
    most = hn::Max(most, magnitude(n - lanes));
  } else {
    for (; k < n; ++k) most = hn::Max(most, hn::BitCast(bits, hn::Abs(hn::Set(d, x[k]))));
  }
  for (const auto& one : part) most = hn::Max(most, one);
  return hn::GetLane(hn::BitCast(d, hn::MaxOfLanes(bits, most)));
}

// One name a signature: what is dispatched at run time may be neither a template nor overloaded.
void map_float(int function, const float* x, float* y, std::size_t n) {
  map_function(static_cast<Function>(function), x, y, n);
}
void map_double(int function, const double* x, double* y, std::size_t n) {
  map_function(static_cast<Function>(function), x, y, n);
}
float largest_magnitude_float(const float* x, std::size_t n) { return largest_magnitude(x, n); }
double largest_magnitude_double(const double* x, std::size_t n) { return largest_magnitude(x, n); }

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::engine {

GRADUS_EXPORT(map_float);
GRADUS_EXPORT(map_double);
GRADUS_EXPORT(largest_magnitude_float);
GRADUS_EXPORT(largest_magnitude_double);

#if !GRADUS_PLAIN
namespace {

void map(int function, std::span<const float> x, std::span<float> y) {
  check_length("math", "y", static_cast<Index>(y.size()), static_cast<Index>(x.size()));
  GRADUS_DISPATCH(map_float)(function, x.data(), y.data(), x.size());
}
void map(int function, std::span<const double> x, std::span<double> y) {
  check_length("math", "y", static_cast<Index>(y.size()), static_cast<Index>(x.size()));
  GRADUS_DISPATCH(map_double)(function, x.data(), y.data(), x.size());
}

}  // namespace

void exp(std::span<const float> x, std::span<float> y) { map(0, x, y); }
void exp(std::span<const double> x, std::span<double> y) { map(0, x, y); }
void log(std::span<const float> x, std::span<float> y) { map(1, x, y); }
void log(std::span<const double> x, std::span<double> y) { map(1, x, y); }
void tanh(std::span<const float> x, std::span<float> y) { map(2, x, y); }
void tanh(std::span<const double> x, std::span<double> y) { map(2, x, y); }
void sigmoid(std::span<const float> x, std::span<float> y) { map(3, x, y); }
void sigmoid(std::span<const double> x, std::span<double> y) { map(3, x, y); }
void expm1(std::span<const float> x, std::span<float> y) { map(4, x, y); }
void expm1(std::span<const double> x, std::span<double> y) { map(4, x, y); }
void log1p(std::span<const float> x, std::span<float> y) { map(5, x, y); }
void log1p(std::span<const double> x, std::span<double> y) { map(5, x, y); }
float largest_magnitude(std::span<const float> x) {
  return GRADUS_DISPATCH(largest_magnitude_float)(x.data(), x.size());
}
double largest_magnitude(std::span<const double> x) {
  return GRADUS_DISPATCH(largest_magnitude_double)(x.data(), x.size());
}

#endif
}  // namespace gradus::engine
#endif
