// SPDX-License-Identifier: MIT
// What the kernels share: activation functions on vectors and sums across lanes. Included once for each instruction
// set.
#if defined(GRADUS_ENGINE_VECTOR_INL) == defined(HWY_TARGET_TOGGLE)
#ifdef GRADUS_ENGINE_VECTOR_INL
#undef GRADUS_ENGINE_VECTOR_INL
#else
#define GRADUS_ENGINE_VECTOR_INL
#endif

#include "engine/math-inl.hpp"
#include "gradus/engine/description.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::HWY_NAMESPACE {

template <class T>
using Tag = hn::ScalableTag<T>;
template <class T>
using Vec = hn::Vec<Tag<T>>;
template <class T>
inline constexpr Index kLanes = static_cast<Index>(hn::MaxLanes(Tag<T>()));

/// f(z), number by number; softmax, which is none of these, leaves z.
template <class D, class V = hn::Vec<D>>
HWY_INLINE V apply(D d, Function f, V z) {
  switch (f) {
    case Function::tanh: return vec_tanh(d, z);
    case Function::sigmoid: return vec_sigmoid(d, z);
    case Function::relu: return hn::IfThenZeroElse(hn::Le(z, hn::Zero(d)), z);
    case Function::step: {
      const V one = hn::Set(d, static_cast<hn::TFromD<D>>(1));
      return keep_nan(z, hn::IfThenElseZero(hn::Gt(z, hn::Zero(d)), one));
    }
    default: return z;
  }
}

/// f'(z) dy, from y = f(z).
template <class D, class V = hn::Vec<D>>
HWY_INLINE V times_derivative(D d, Function f, V y, V dy) {
  const V one = hn::Set(d, static_cast<hn::TFromD<D>>(1));
  switch (f) {
    case Function::tanh: return hn::Mul(dy, hn::NegMulAdd(y, y, one));
    case Function::sigmoid: return hn::Mul(dy, hn::Mul(y, hn::Sub(one, y)));
    case Function::relu: return hn::IfThenElseZero(hn::Gt(y, hn::Zero(d)), dy);
    case Function::step: return hn::Zero(d);
    default: return dy;
  }
}

/// Vectors whose sums fit into 16 bytes, the least that any instruction set but the scalar one works on.
template <class T>
inline constexpr int kGroup = HWY_TARGET == HWY_SCALAR ? 1 : 16 / static_cast<int>(sizeof(T));
template <class T>
using SumTag = hn::FixedTag<T, static_cast<std::size_t>(kGroup<T>)>;
template <class T>
using Sums = hn::Vec<SumTag<T>>;

#if HWY_TARGET != HWY_SCALAR
/// Adds up the 16-byte parts of a vector.
template <class D, class V = hn::Vec<D>>
HWY_INLINE Sums<hn::TFromD<D>> add_blocks(D d, V v) {
  if constexpr (hn::MaxLanes(D()) * sizeof(hn::TFromD<D>) > 16) {
    const hn::Half<D> half;
    return add_blocks(half, hn::Add(hn::LowerHalf(half, v), hn::UpperHalf(half, v)));
  } else {
    (void)d;
    return v;
  }
}
#endif

/// The sums over the lanes of kGroup vectors, in one: {sum v[0], sum v[1], ...}.
#if HWY_TARGET == HWY_SCALAR
template <class V>
HWY_INLINE V sum_group(const V* v) {
  return *v;
}
#else
HWY_INLINE Sums<float> sum_group(const Vec<float>* v) {
  const Tag<float> d;
  const hn::RepartitionToWide<Tag<float>> wide;
  const auto a = hn::Add(hn::InterleaveLower(d, v[0], v[1]), hn::InterleaveUpper(d, v[0], v[1]));
  const auto b = hn::Add(hn::InterleaveLower(d, v[2], v[3]), hn::InterleaveUpper(d, v[2], v[3]));
  const auto low = hn::BitCast(d, hn::InterleaveLower(wide, hn::BitCast(wide, a), hn::BitCast(wide, b)));
  const auto high = hn::BitCast(d, hn::InterleaveUpper(wide, hn::BitCast(wide, a), hn::BitCast(wide, b)));
  return add_blocks(d, hn::Add(low, high));
}
HWY_INLINE Sums<double> sum_group(const Vec<double>* v) {
  const Tag<double> d;
  return add_blocks(d, hn::Add(hn::InterleaveLower(d, v[0], v[1]), hn::InterleaveUpper(d, v[0], v[1])));
}
#endif

template <class T>
HWY_INLINE T sum_of(Vec<T> v) {
  return hn::GetLane(hn::SumOfLanes(Tag<T>(), v));
}

}  // namespace gradus::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();
#endif
