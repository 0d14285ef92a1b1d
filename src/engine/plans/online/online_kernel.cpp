// SPDX-License-Identifier: MIT
// A lane holds a unit of a layer: one sample at a time goes forward and backward, and each weight is updated in the
// pass that reads it for the last time. The derivatives carry the learning rate, so that an update is one subtraction.
#include "engine/plans/online/online_kernel.hpp"

#include <algorithm>

#include "engine/kernels/dispatch.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/plans/online/online_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/kernels/lane_output-inl.hpp"
#include "engine/kernels/unit_output-inl.hpp"
#include "engine/kernels/unit_stages-inl.hpp"
#include "engine/kernels/vector-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {

// ------------------------------------------------------------------------------------------------ the outputs

/// delta = rate times the loss's derivative by z; zero in the padding.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void output_delta(D d, const Description& net, Index count, const T* p, const T* t, T rate, T* delta) {
  const Index lanes = static_cast<Index>(hn::MaxLanes(D()));
  T mass = 1;
  if (net.head == Head::cross_entropy) {
    mass = 0;
    for (Index c = 0; c < count; ++c) mass += t[c];
  }
  for (Index k = 0; k < count; k += lanes) {
    HWY_ALIGN T targets[hn::MaxLanes(D())] = {};
    const Index n = std::min(count - k, lanes);
    for (Index c = 0; c < n; ++c) targets[c] = t[k + c];
    const auto y = hn::Load(d, p + k);
    auto slope = mul_sub(y, hn::Set(d, mass), hn::Load(d, targets));
    if (net.head == Head::squared_error)
      slope = times_derivative(d, net.stages.back().function, y, hn::Add(slope, slope));
    slope = hn::IfThenElseZero(hn::FirstN(d, static_cast<std::size_t>(n)), slope);
    hn::Store(hn::Mul(slope, hn::Set(d, rate)), d, delta + k);
  }
}

/// Loss of one sample, a number at a time: it is asked for seldom. z is that of the last stage.
template <class T>
T sample_loss(const Description& net, const T* z, const T* p, const T* t) {
  const hn::CappedTag<T, 1> d;
  auto log_sum = hn::Zero(d);
  if (net.head == Head::cross_entropy) {
    const auto all = exponentials<static_cast<int>(kLine<T>)>(
        d, net.outputs(), [&](Index c) HWY_ATTR { return hn::Set(d, z[c]); }, [](auto...) HWY_ATTR {});
    log_sum = hn::Add(all.max, vec_log(d, all.sum));
  }
  return hn::GetLane(loss_of_lanes(d, net, 1, z, p, t, log_sum));
}

template <class T>
void record(OnlinePass<T>& pass, const T* z, const T* p, const T* t) {
  const Index count = pass.net->outputs();
  const auto outputs = static_cast<std::size_t>(count);
  pass.loss += static_cast<double>(pass.weight * sample_loss(*pass.net, z, p, t));
  pass.hits += is_hit<T>(pass.hit, {p, outputs}, {t, outputs});
}

/// p, delta and what is recorded, for outputs that fit into 16 bytes or not. A function of its own: inlined into every
/// fixed kernel it would make up most of the library.
template <class T>
HWY_NOINLINE void finish(OnlinePass<T>& pass, const T* z, T* p, const T* t, T* delta) {
  const Description& net = *pass.net;
  const Function f = net.stages.back().function;
  const Index count = net.outputs();
  if (count <= kGroup<T>) {
    const SumTag<T> d;
    output_function(d, f, count, z, p);
    output_delta(d, net, count, p, t, pass.rate * pass.weight, delta);
  } else {
    const Tag<T> d;
    output_function(d, f, count, z, p);
    output_delta(d, net, count, p, t, pass.rate * pass.weight, delta);
  }
  if (pass.record) record(pass, z, p, t);
}

/// delta = rate (p - t) of a softmax of C outputs under its cross-entropy, to the bits of finish(): the sums z of whole
/// groups come and the derivatives go in registers.
template <int C, class T, int G>
HWY_INLINE void finish_softmax(Sums<T> (&z)[G], const T* t, T rate) {
  const SumTag<T> d;
  constexpr std::size_t rest = C - (G - 1) * kGroup<T>;
  T mass = 0;
  for (int c = 0; c < C; ++c) mass += t[c];
  const auto all = exponentials < G == 3 ? 4
                                         : G > (
                                                   d, C, [&](Index g) HWY_ATTR { return z[g]; },
                                                   [&](Index g, auto, Sums<T> e) HWY_ATTR { z[g] = e; });
  const Sums<T> factor = normaliser(d, all);
  for (int g = 0; g < G; ++g) {
    const Sums<T> p = hn::Mul(z[g], factor);
    const T* at = t + g * kGroup<T>;
    const Sums<T> target = g + 1 < G || rest == kGroup<T> ? hn::LoadU(d, at) : load_first(d, at, rest);
    z[g] = hn::Mul(mul_sub(p, hn::Set(d, mass), target), hn::Set(d, rate));
  }
}

// ------------------------------------------------------------------------------------------------ one hidden layer

/// Inputs, one hidden layer of at most H vectors, C outputs: all that lies between the weights stays in registers.
template <class T, int H, int C>
HWY_INLINE void small_step(OnlinePass<T>& pass, const T* HWY_RESTRICT x, const T* HWY_RESTRICT t, T* HWY_RESTRICT z) {
  const Tag<T> d;
  constexpr Index n = kLanes<T>;
  const PackedStage& first = pass.packing->stages()[0];
  const PackedStage& second = pass.packing->stages()[1];
  T* HWY_RESTRICT w1 = pass.packed + first.weights;
  T* HWY_RESTRICT b1 = pass.packed + first.bias;
  T* HWY_RESTRICT w2 = pass.packed + second.weights;
  T* HWY_RESTRICT b2 = pass.packed + second.bias;
  const Index row1 = first.row;
  const Index row2 = second.row;
  const Index inputs = first.inputs;
  constexpr int groups = (C + kGroup<T> - 1) / kGroup<T>;
  const SumTag<T> sums;

  Vec<T> h[H];
  sums_by_input<H>(inputs, row1, w1, b1, x, h);
  for (int v = 0; v < H; ++v) h[v] = apply(d, first.function, h[v]);
  if (first.function == Function::sigmoid)  // not 0 at 0
    for (int v = 0; v < H; ++v) {
      const Index left = std::clamp<Index>(first.outputs - v * n, 0, n);
      h[v] = hn::IfThenElseZero(hn::FirstN(d, static_cast<std::size_t>(left)), h[v]);
    }

  Sums<T> out[groups];
  for (int g = 0; g < groups; ++g) {
    Vec<T> sum[kParts<T>][kGroup<T>];
    for (auto& part : sum)
      for (Vec<T>& s : part) s = hn::Zero(d);
    for (int k = 0; k < kGroup<T>; ++k) {
      const int c = g * kGroup<T> + k;
      if (c >= C) continue;
      for (int v = 0; v < H; ++v) {
        Vec<T>& s = sum[v % kParts<T>][k];
        s = mul_add(h[v], hn::Load(d, w2 + c * row2 + v * n), s);
      }
    }
    fold_parts(sum);
    out[g] = hn::Add(sum_group(sum[0]), hn::Load(sums, b2 + g * kGroup<T>));
  }
  T* p = z + 64 / static_cast<Index>(sizeof(T));
  T* delta = p + 64 / static_cast<Index>(sizeof(T));
  if (pass.net->head == Head::cross_entropy && !pass.record) {
    finish_softmax<C>(out, t, pass.rate * pass.weight);
    for (int g = 0; g < groups; ++g) hn::Store(out[g], sums, delta + g * kGroup<T>);
  } else {
    for (int g = 0; g < groups; ++g) hn::Store(out[g], sums, z + g * kGroup<T>);
    finish(pass, z, p, t, delta);
  }
  if (second.has_bias)
    for (int g = 0; g < groups; ++g) {
      T* b = b2 + g * kGroup<T>;
      hn::Store(hn::Sub(hn::Load(sums, b), hn::Load(sums, delta + g * kGroup<T>)), sums, b);
    }

  Vec<T> back[H];
  for (int v = 0; v < H; ++v) back[v] = hn::Zero(d);
  for (int c = 0; c < C; ++c) {
    const Vec<T> dc = hn::Set(d, delta[c]);
    for (int v = 0; v < H; ++v) {
      T* w = w2 + c * row2 + v * n;
      const Vec<T> old = hn::Load(d, w);
      back[v] = mul_add(dc, old, back[v]);
      hn::Store(neg_mul_add(dc, h[v], old), d, w);
    }
  }
  for (int v = 0; v < H; ++v) back[v] = times_derivative(d, first.function, h[v], back[v]);
  if (first.has_bias)
    for (int v = 0; v < H; ++v) hn::Store(hn::Sub(hn::Load(d, b1 + v * n), back[v]), d, b1 + v * n);
  for (Index i = 0; i < inputs; ++i) {
    const Vec<T> xi = hn::Set(d, x[i]);
    for (int v = 0; v < H; ++v) {
      T* w = w1 + i * row1 + v * n;
      hn::Store(neg_mul_add(xi, back[v], hn::Load(d, w)), d, w);
    }
  }
}

template <class T, int H, int C>
void small_steps(OnlinePass<T>& pass) {
  for (Index k = 0; k < pass.count; ++k) {
    const Index row = pass.begin(k);
    small_step<T, H, C>(pass, pass.x + row * pass.x_stride, pass.targets + row * pass.targets_stride, pass.work);
  }
}

template <class T, int H>
void small_steps(OnlinePass<T>& pass) {
  switch (pass.net->outputs()) {
    case 1: return small_steps<T, H, 1>(pass);
    case 2: return small_steps<T, H, 2>(pass);
    case 3: return small_steps<T, H, 3>(pass);
    default: return small_steps<T, H, 4>(pass);
  }
}

template <class T>
bool small_steps(OnlinePass<T>& pass) {
  if (!pass.packing->is_small()) return false;
  const Index vectors = (pass.packing->stages()[0].outputs + kLanes<T> - 1) / kLanes<T>;
  switch (vectors) {
    case 1: small_steps<T, 1>(pass); return true;
    case 2: small_steps<T, 2>(pass); return true;
    case 3:
    case 4: small_steps<T, 4>(pass); return true;
    default: return false;
  }
}

// ------------------------------------------------------------------------------------------------ any depth and width

/// z of B vectors of outputs from the first at `j` on.
template <class T, int B>
HWY_INLINE void by_input(const PackedStage& s, const T* packed, Index j, const T* x, T* z) {
  Vec<T> sum[B];
  sums_by_input<B>(s.inputs, s.row, packed + s.weights + j, packed + s.bias + j, x, sum);
  for (int b = 0; b < B; ++b) hn::Store(sum[b], Tag<T>(), z + j + b * kLanes<T>);
}

template <class T>
HWY_INLINE void forward(const PackedStage& s, const T* packed, const T* x, T* z) {
  constexpr Index n = kLanes<T>;
  if (!s.by_output) {
    Index j = 0;
    for (; j + kBlock * n <= s.row; j += kBlock * n) by_input<T, kBlock>(s, packed, j, x, z);
    switch ((s.row - j) / n) {
      case 1: by_input<T, 1>(s, packed, j, x, z); break;
      case 2: by_input<T, 2>(s, packed, j, x, z); break;
      case 3: by_input<T, 3>(s, packed, j, x, z); break;
      default: break;
    }
    return;
  }
  for (Index c = 0; c < s.outputs; c += kGroup<T>)
    hn::Store(sums_by_output<kGroup<T>>(s.row, s.row, packed + s.weights + c * s.row, packed + s.bias + c, x),
              SumTag<T>(), z + c);
}

/// y = f(z) in place, the padding zero again.
template <class T>
HWY_INLINE void activate(const PackedStage& s, Index padded, T* z) {
  const Tag<T> d;
  if (is_simple(s.function)) {
    for (Index k = 0; k < s.outputs; k += kLanes<T>) hn::Store(apply(d, s.function, hn::Load(d, z + k)), d, z + k);
  } else {
    run_function(d, s.function, s.outputs, z, z, static_cast<T*>(nullptr));
  }
  std::fill(z + s.outputs, z + padded, T(0));
}

/// Updates a stage and, unless back is null, writes the derivative by its input, before the step, times f' of y.
template <class T>
HWY_INLINE void backward(const PackedStage& s, T* packed, const T* HWY_RESTRICT x, const T* HWY_RESTRICT delta,
                         Function f, T* HWY_RESTRICT back) {
  const Tag<T> d;
  constexpr Index n = kLanes<T>;
  T* w = packed + s.weights;
  if (s.has_bias)
    for (Index j = 0; j < s.outputs; j += n) {
      T* b = packed + s.bias + j;
      hn::Store(hn::Sub(hn::Load(d, b), hn::Load(d, delta + j)), d, b);
    }
  if (s.by_output) {
    for (Index i = 0; i < s.row; i += n) {
      const Vec<T> xi = hn::Load(d, x + i);
      Vec<T> sum = hn::Zero(d);
      for (Index c = 0; c < s.outputs; ++c) {
        T* wc = w + c * s.row + i;
        const Vec<T> dc = hn::Set(d, delta[c]);
        const Vec<T> old = hn::Load(d, wc);
        sum = mul_add(dc, old, sum);
        hn::Store(neg_mul_add(dc, xi, old), d, wc);
      }
      if (back) hn::Store(sum, d, back + i);
    }
  } else {
    const SumTag<T> sums;
    for (Index i = 0; i < s.inputs; i += kGroup<T>) {
      Vec<T> sum[kParts<T>][kGroup<T>];
      for (auto& part : sum)
        for (Vec<T>& zero : part) zero = hn::Zero(d);
      Vec<T> xi[kGroup<T>];
      for (int k = 0; k < kGroup<T>; ++k) xi[k] = hn::Set(d, x[i + k]);
      for (Index j = 0; j < s.row; j += kLine<T>)
        for (int part = 0; part < kParts<T>; ++part) {
          const Index at = j + part * n;
          const Vec<T> dj = hn::Load(d, delta + at);
          for (int k = 0; k < kGroup<T>; ++k) {
            T* wk = w + (i + k) * s.row + at;
            const Vec<T> old = hn::Load(d, wk);
            sum[part][k] = mul_add(dj, old, sum[part][k]);
            hn::Store(neg_mul_add(dj, xi[k], old), d, wk);
          }
        }
      fold_parts(sum);
      if (back) hn::Store(sum_group(sum[0]), sums, back + i);
    }
  }
  if (!back) return;
  for (Index i = 0; i < s.inputs; i += n)
    hn::Store(times_derivative(d, f, hn::Load(d, x + i), hn::Load(d, back + i)), d, back + i);
  std::fill(back + s.inputs, back + padded_width<T>(s.inputs), T(0));
}

template <class T>
void large_step(OnlinePass<T>& pass, const T* x, const T* t) {
  const std::vector<PackedStage>& stages = pass.packing->stages();
  const Index widest = pass.packing->widest();
  const std::size_t last = stages.size() - 1;
  const auto output = [&](std::size_t l) { return pass.work + static_cast<Index>(l) * widest; };  // of stage l - 1
  std::copy(x, x + stages[0].inputs, output(0));
  std::fill(output(0) + stages[0].inputs, output(0) + padded_width<T>(stages[0].inputs), T(0));
  for (std::size_t l = 0; l < last; ++l) {
    forward(stages[l], pass.packed, output(l), output(l + 1));
    activate(stages[l], padded_width<T>(stages[l].outputs), output(l + 1));
  }
  // The sum z of the last stage lies in the place of the delta that is written after it is read.
  T* p = output(last + 1);
  T* delta[2] = {output(last + 2), output(last + 3)};
  T* z = delta[1];
  forward(stages[last], pass.packed, output(last), z);
  finish(pass, z, p, t, delta[0]);
  std::fill(delta[0] + stages[last].outputs, delta[0] + padded_width<T>(stages[last].outputs), T(0));
  for (std::size_t l = last + 1; l-- > 0;) {
    const Function f = l > 0 ? stages[l - 1].function : Function::identity;
    backward(stages[l], pass.packed, output(l), delta[0], f, l > 0 ? delta[1] : nullptr);
    std::swap(delta[0], delta[1]);
  }
}

template <class T>
void run(OnlinePass<T>& pass) {
  if (small_steps(pass)) return;
  for (Index k = 0; k < pass.count; ++k) {
    const Index row = pass.begin(k);
    large_step(pass, pass.x + row * pass.x_stride, pass.targets + row * pass.targets_stride);
  }
}

void run_online_float(OnlinePass<float>& pass) { run(pass); }
void run_online_double(OnlinePass<double>& pass) { run(pass); }

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::engine {

GRADUS_EXPORT(run_online_float);
GRADUS_EXPORT(run_online_double);

#if !GRADUS_PLAIN

void run_online(OnlinePass<float>& pass) { GRADUS_DISPATCH(run_online_float)(pass); }
void run_online(OnlinePass<double>& pass) { GRADUS_DISPATCH(run_online_double)(pass); }

#endif
}  // namespace gradus::engine
#endif
