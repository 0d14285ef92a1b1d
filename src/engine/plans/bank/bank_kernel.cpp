// SPDX-License-Identifier: MIT
// A lane holds a network: every product is of a weight of its own with a number of its own, and nothing is ever summed
// over lanes. One vector of networks goes through all its updates before the next one starts, so that its weights stay
// in the first cache; the units of a layer, which do not wait for each other, fill the pipeline. Samples of a batch are
// taken four at a time, so that weights and gradients are read once for four.
#include "engine/plans/bank/bank_kernel.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "engine/instruction_sets.hpp"
#include "engine/kernels/dropout.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/plans/bank/bank_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/plans/bank/bank_forward-inl.hpp"
#include "engine/plans/bank/bank_loss-inl.hpp"

#include "gradus/core/elementary.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::HWY_NAMESPACE {

// -------------------------------------------------------------------------------------------------- backward

/// One stage on its way back. W[i, j] takes x_i delta_j, in `to`: itself, first shrunk by `keep`, where updates go
/// straight into it (Online), else its gradient. The derivative by x_i, if anyone wants it (Back), is that of the
/// weights as they were.
template <class T, int C, bool Online, bool Back>
HWY_INLINE void backward_row(const T* HWY_RESTRICT delta, Index outputs, Vec<T> x, Vec<T> keep, const T* w, T* to,
                             Vec<T>& sum) {
  const Tag<T> d;
  constexpr Index n = bank_width<T>;
  const Index count = C > 0 ? C : outputs;
  sum = hn::Zero(d);
  for (Index j = 0; j < count; ++j) {
    const Vec<T> dj = hn::Load(d, delta + j * n);
    if constexpr (Back) sum = hn::MulAdd(dj, hn::Load(d, w + j * n), sum);
    hn::Store(hn::MulAdd(dj, x, Online ? hn::Mul(keep, hn::Load(d, w + j * n)) : hn::Load(d, to + j * n)), d,
              to + j * n);
  }
}

template <class T, int C, bool Online>
HWY_NOINLINE void backward_stage(const Stage& s, const T* w, T* to, const T* x, const T* delta, const T* keep,
                                 Function f, const T* y, const T* mask, T* back) {
  const Tag<T> d;
  constexpr Index n = bank_width<T>;
  const Index row = s.outputs * n;
  const Vec<T> kept = hn::Load(d, keep);
  if (s.bias) {
    T* b = to + s.weights() * n;
    for (Index j = 0; j < row; j += n) hn::Store(hn::Add(hn::Load(d, b + j), hn::Load(d, delta + j)), d, b + j);
  }
  for (Index i = 0; i < s.inputs; ++i) {
    Vec<T> sum;
    const Vec<T> in = hn::Load(d, x + i * n);
    if (!back) {
      backward_row<T, C, Online, false>(delta, s.outputs, in, kept, w + i * row, to + i * row, sum);
      continue;
    }
    backward_row<T, C, Online, true>(delta, s.outputs, in, kept, w + i * row, to + i * row, sum);
    if (mask) sum = hn::Mul(sum, hn::Load(d, mask + i * n));
    hn::Store(times_derivative(d, f, hn::Load(d, y + i * n), sum), d, back + i * n);
  }
}

template <class T, bool Online>
void backward_stage(const Stage& s, const T* w, T* to, const T* x, const T* delta, const T* keep, Function f,
                    const T* y, const T* mask, T* back) {
  switch (s.outputs) {
    case 1: return backward_stage<T, 1, Online>(s, w, to, x, delta, keep, f, y, mask, back);
    case 2: return backward_stage<T, 2, Online>(s, w, to, x, delta, keep, f, y, mask, back);
    case 3: return backward_stage<T, 3, Online>(s, w, to, x, delta, keep, f, y, mask, back);
    default: return backward_stage<T, 0, Online>(s, w, to, x, delta, keep, f, y, mask, back);
  }
}

/// One stage of R samples, whose arrays lie `step` apart; their products are added to the gradient `to` in order.
template <class T, int R, bool Back>
HWY_NOINLINE void backward_stage_of(const Stage& s, const T* HWY_RESTRICT w, T* HWY_RESTRICT to, Index step, const T* x,
                                    const T* delta, Function f, const T* y, const T* mask, T* back) {
  const Tag<T> d;
  constexpr Index n = bank_width<T>;
  const Index row = s.outputs * n;
  T* b = to + s.weights() * n;
  for (Index j = 0; s.bias && j < row; j += n) {
    Vec<T> sum = hn::Load(d, b + j);
    for (int r = 0; r < R; ++r) sum = hn::Add(sum, hn::Load(d, delta + r * step + j));
    hn::Store(sum, d, b + j);
  }
  for (Index i = 0; i < s.inputs * n; i += n, w += row, to += row) {
    Vec<T> in[R];
    Vec<T> sum[R];
    for (int r = 0; r < R; ++r) in[r] = hn::Load(d, x + r * step + i);
    for (int r = 0; r < R; ++r) sum[r] = hn::Zero(d);
    for (Index j = 0; j < row; j += n) {
      Vec<T> g = hn::Load(d, to + j);
      for (int r = 0; r < R; ++r) {
        const Vec<T> dj = hn::Load(d, delta + r * step + j);
        g = hn::MulAdd(dj, in[r], g);
        if constexpr (Back) sum[r] = hn::MulAdd(dj, hn::Load(d, w + j), sum[r]);
      }
      hn::Store(g, d, to + j);
    }
    for (int r = 0; Back && r < R; ++r) {
      const Index at = r * step + i;
      if (mask) sum[r] = hn::Mul(sum[r], hn::Load(d, mask + at));
      hn::Store(times_derivative(d, f, hn::Load(d, y + at), sum[r]), d, back + at);
    }
  }
}

/// Of R samples, of which `a` has the arrays of the first.
template <class T, bool Online, int R>
void backward(const Description& net, const BankArrays<T>& a, T* theta, T* to, const T* keep) {
  for (std::size_t s = net.stages.size(); s-- > 0;) {
    const Stage& stage = net.stages[s];
    const Index offset = stage.offset * bank_width<T>;
    const Function f = s > 0 ? net.stages[s - 1].function : Function::identity;
    if constexpr (R > 1) {
      const auto run = s > 0 ? &backward_stage_of<T, R, true> : &backward_stage_of<T, R, false>;
      run(stage, theta + offset, to + offset, a.step, stage_input(a, s, true), a.delta[s % 2], f,
          stage_input(a, s, false), a.mask[s], a.delta[(s + 1) % 2]);
      continue;
    }
    backward_stage<T, Online>(stage, theta + offset, to + offset, stage_input(a, s, true), a.delta[s % 2], keep, f,
                              stage_input(a, s, false), a.mask[s], s > 0 ? a.delta[(s + 1) % 2] : nullptr);
  }
}

// -------------------------------------------------------------------------------------------------- steps

/// f(p, l2) for every parameter's place p, with l2 the lanes' own for weights and 0 for biases.
template <class T, class F>
HWY_INLINE void for_each_parameter(const Description& net, Vec<T> l2, F f) {
  constexpr Index n = bank_width<T>;
  for (const Stage& s : net.stages) {
    const Index first = s.offset * n;
    const Index biases = first + s.weights() * n;
    const Index end = biases + (s.bias ? s.outputs * n : 0);
    for (Index p = first; p < biases; p += n) f(p, l2);
    for (Index p = biases; p < end; p += n) f(p, hn::Zero(Tag<T>()));
  }
}

/// The steps of optim/sgd.hpp and optim/adam.hpp on one vector of networks.
template <class T>
class Stepper {
 public:
  Stepper(const BankPass<T>& pass, Index column) : pass_(pass), column_(column) {}

  /// On a batch of so many samples; the penalty of the weights as they were, if it is recorded.
  Vec<T> step(Index update, Index batch) const {
    const Vec<T> l2 = per_lane(pass_.l2, pass_.per_sample ? 1 / static_cast<double>(batch) : 1);
    const auto* adam = std::get_if<Adam>(&pass_.method);
    if (pass_.losses) return adam ? adam_step<true>(*adam, l2, update) : descent_step<true>(l2);
    return adam ? adam_step<false>(*adam, l2, update) : descent_step<false>(l2);
  }

  Vec<T> rates(double factor) const { return per_lane(pass_.rates, factor); }

 private:
  /// A number of each lane times a factor, in the bank's precision.
  Vec<T> per_lane(const double* numbers, double factor) const {
    HWY_ALIGN T values[kLanes<T>];
    for (Index k = 0; k < kLanes<T>; ++k) values[k] = static_cast<T>(numbers[column_ + k] * factor);
    return hn::Load(Tag<T>(), values);
  }

  template <bool Record>
  Vec<T> descent_step(Vec<T> decay) const {
    const Tag<T> d;
    const Sgd& sgd = std::get<Sgd>(pass_.method);
    Vec<T> penalty = hn::Zero(d);
    const Vec<T> rate = rates(1);
    const Vec<T> mu = hn::Set(d, static_cast<T>(sgd.momentum));
    T* HWY_RESTRICT theta = pass_.theta + column_;
    const T* HWY_RESTRICT gradient = pass_.gradient + column_;
    T* HWY_RESTRICT v = sgd.momentum != 0 ? pass_.slots[0] + column_ : nullptr;
    for_each_parameter<T>(*pass_.net, decay, [&](Index p, Vec<T> l2) HWY_ATTR {
      const Vec<T> w = hn::Load(d, theta + p);
      if constexpr (Record) penalty = hn::MulAdd(hn::Mul(l2, w), w, penalty);
      const Vec<T> move = hn::Mul(rate, hn::MulAdd(l2, w, hn::Load(d, gradient + p)));
      Vec<T> change = hn::Neg(move);
      if (v) {
        const Vec<T> next = hn::MulSub(mu, hn::Load(d, v + p), move);
        hn::Store(next, d, v + p);
        change = sgd.nesterov ? hn::MulSub(mu, next, move) : next;
      }
      hn::Store(hn::Add(w, change), d, theta + p);
    });
    return hn::Mul(penalty, hn::Set(d, T(0.5)));
  }

  template <bool Record>
  Vec<T> adam_step(const Adam& adam, Vec<T> decay, Index update) const {
    const Tag<T> d;
    Vec<T> penalty = hn::Zero(d);
    const double t = static_cast<double>(update + 1);
    const Vec<T> rate = rates(std::sqrt(1 - pow(adam.beta2, t)) / (1 - pow(adam.beta1, t)));
    const Vec<T> b1 = hn::Set(d, static_cast<T>(adam.beta1));
    const Vec<T> b2 = hn::Set(d, static_cast<T>(adam.beta2));
    const Vec<T> one = hn::Set(d, T(1));
    const Vec<T> epsilon = hn::Set(d, static_cast<T>(adam.epsilon));
    T* HWY_RESTRICT theta = pass_.theta + column_;
    const T* HWY_RESTRICT gradient = pass_.gradient + column_;
    T* HWY_RESTRICT m = pass_.slots[0] + column_;
    T* HWY_RESTRICT v = pass_.slots[1] + column_;
    for_each_parameter<T>(*pass_.net, decay, [&](Index p, Vec<T> l2) HWY_ATTR {
      const Vec<T> w = hn::Load(d, theta + p);
      if constexpr (Record) penalty = hn::MulAdd(hn::Mul(l2, w), w, penalty);
      const Vec<T> g = hn::MulAdd(l2, w, hn::Load(d, gradient + p));
      const Vec<T> mk = hn::MulAdd(b1, hn::Load(d, m + p), hn::Mul(hn::Sub(one, b1), g));
      const Vec<T> vk = hn::MulAdd(b2, hn::Load(d, v + p), hn::Mul(hn::Sub(one, b2), hn::Mul(g, g)));
      hn::Store(mk, d, m + p);
      hn::Store(vk, d, v + p);
      hn::Store(hn::Sub(w, over_root(d, hn::Mul(rate, mk), vk, epsilon)), d, theta + p);
    });
    return hn::Mul(penalty, hn::Set(d, T(0.5)));
  }

  const BankPass<T>& pass_;
  Index column_;
};

/// Masks of row `row` of a batch.
template <class T>
void draw_masks(const BankPass<T>& pass, Index column, const BankArrays<T>& a, Index update, Index row) {
  for (std::size_t s = 0; s < pass.net->stages.size(); ++s) {
    if (!a.mask[s]) continue;
    const Stage& stage = pass.net->stages[s];
    for (Index k = 0; k < kLanes<T>; ++k) {
      const MaskNumbers<T> numbers(stage.mask, stage.inputs, pass.seeds[column + k],
                                   static_cast<std::uint64_t>(update));
      for (Index j = 0; j < stage.inputs; ++j) a.mask[s][j * bank_width<T> + k] = numbers(row, j);
    }
  }
}

// -------------------------------------------------------------------------------------------------- whole passes

/// What is added up of one batch: in the bank's precision over a few samples, in double over all.
template <class T>
class Record {
 public:
  void add(Vec<T> losses) {
    const Tag<T> d;
    hn::Store(hn::Add(hn::Load(d, few_), losses), d, few_);
    if (++count_ == 16) flush();
  }
  /// Of a batch of so many samples whose losses are multiplied with `scale`.
  void put(double scale, Vec<T> penalties, Index batch, double* losses, double* total_penalties) {
    flush();
    const double n = static_cast<double>(batch);
    HWY_ALIGN T penalty[kLanes<T>];
    hn::Store(penalties, Tag<T>(), penalty);
    for (Index k = 0; k < kLanes<T>; ++k) {
      losses[k] += n * scale * sums_[k];
      total_penalties[k] += n * static_cast<double>(penalty[k]);
      sums_[k] = 0;
    }
  }

 private:
  void flush() {
    for (Index k = 0; k < kLanes<T>; ++k) sums_[k] += static_cast<double>(few_[k]);
    std::fill(few_, few_ + kLanes<T>, T(0));
    count_ = 0;
  }

  HWY_ALIGN T few_[kLanes<T>] = {};
  int count_ = 0;
  double sums_[kLanes<T>] = {};
};

/// The passes of R samples, of which number `row` of the update is the first.
template <class T, bool Online, int R>
HWY_INLINE void train_samples(const BankPass<T>& pass, Index column, const BankArrays<T>* a, const std::int32_t* order,
                              Index update, Index row, Vec<T> factor, const T* keep, Record<T>& record) {
  const Description& net = *pass.net;
  const std::size_t last = net.stages.size() - 1;
  T* theta = pass.theta + column;
  for (int r = 0; r < R; ++r) {
    gather(net, pass.samples, order + r * bank_width<T> + column, pass.alike, a[r]);
    if (a->masked) draw_masks(pass, column, a[r], update, row + r);
  }
  forward<T, R>(net, *a, theta, true);
  for (int r = 0; r < R; ++r) {
    const Vec<T> log_sum = finish_forward(net, a[r], !Online && pass.losses);
    if (!Online && pass.losses) record.add(sample_loss(net, a[r], log_sum));
    output_delta(net, a[r], factor, a[r].delta[last % 2]);
  }
  backward<T, Online, R>(net, *a, theta, Online ? theta : pass.gradient + column, keep);
}

/// Without a gradient (Online) nothing is recorded.
template <class T, bool Online>
void train_column(const BankPass<T>& pass, Index column) {
  const Tag<T> d;
  const Description& net = *pass.net;
  std::array<BankArrays<T>, kBankRows> a;
  for (std::size_t r = 0; r < a.size(); ++r) a[r] = lay_out(net, pass.work, column, static_cast<Index>(r));
  const Stepper<T> stepper(pass, column);
  HWY_ALIGN T keep[kLanes<T>];
  for (Index k = 0; k < kLanes<T>; ++k)
    keep[k] = 1 - static_cast<T>(pass.rates[column + k]) * static_cast<T>(pass.l2[column + k]);
  Record<T> record;
  Index update = pass.steps;
  for (Index first = 0; first < pass.count; first += pass.batch, ++update) {
    const Index batch = std::min(pass.batch, pass.count - first);
    const double scale = pass.loss.scale(batch, net.outputs());
    const Vec<T> factor = Online ? stepper.rates(-scale) : hn::Set(d, static_cast<T>(scale));
    if (!Online)
      for (Index p = 0; p < net.parameters * bank_width<T>; p += bank_width<T>)
        hn::Store(hn::Zero(d), d, pass.gradient + column + p);
    const std::int32_t* order = pass.order + first * bank_width<T>;
    Index row = 0;
    const auto take = [&]<int R>(std::integral_constant<int, R>) HWY_ATTR {
      for (; row + R <= batch; row += R)
        train_samples<T, Online, R>(pass, column, a.data(), order + row * bank_width<T>, update, row, factor, keep,
                                    record);
    };
    if constexpr (!Online) {
      take(std::integral_constant<int, kBankRows>());
      take(std::integral_constant<int, 2>());
    }
    take(std::integral_constant<int, 1>());
    if (Online) continue;
    const Vec<T> penalties = stepper.step(update, batch);
    if (pass.losses) record.put(scale, penalties, batch, pass.losses + column, pass.penalties + column);
  }
}

template <class T>
void run(const BankPass<T>& pass) {
  for (Index column = 0; column < pass.lanes; column += kLanes<T>)
    pass.gradient ? train_column<T, false>(pass, column) : train_column<T, true>(pass, column);
}

template <class T>
void score(const BankScore<T>& pass) {
  const Tag<T> d;
  const Description& net = *pass.net;
  for (Index column = 0; column < pass.lanes; column += kLanes<T>) {
    const BankArrays<T> a = lay_out(net, pass.work, column, 0);
    for (Index s = 0; s < pass.count; ++s) {
      gather(net, pass.samples, pass.order + s * bank_width<T> + column, false, a);
      forward<T, 1>(net, a, pass.theta + column, false);
      HWY_ALIGN T loss[kLanes<T>];
      HWY_ALIGN T hit[kLanes<T>] = {};
      hn::Store(sample_loss(net, a, finish_forward(net, a, true)), d, loss);
      if (pass.hit != Hit::none) hn::Store(sample_hit(net, a, pass.hit), d, hit);
      for (Index k = 0; k < kLanes<T>; ++k) {
        pass.losses[column + k] += static_cast<double>(loss[k]);
        pass.hits[column + k] += static_cast<double>(hit[k]);
      }
    }
  }
}

void run_bank_float(const BankPass<float>& pass) { run(pass); }
void run_bank_double(const BankPass<double>& pass) { run(pass); }
void run_bank_score_float(const BankScore<float>& pass) { score(pass); }
void run_bank_score_double(const BankScore<double>& pass) { score(pass); }

}  // namespace gradus::engine::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::engine {

HWY_EXPORT(run_bank_float);
HWY_EXPORT(run_bank_double);
HWY_EXPORT(run_bank_score_float);
HWY_EXPORT(run_bank_score_double);

template <class T>
Index bank_work(const Description& net) {
  return kBankRows * bank_units(net) * bank_width<T>;
}
template Index bank_work<float>(const Description& net);
template Index bank_work<double>(const Description& net);

void run_bank(const BankPass<float>& pass) { HWY_DYNAMIC_DISPATCH(run_bank_float)(pass); }
void run_bank(const BankPass<double>& pass) { HWY_DYNAMIC_DISPATCH(run_bank_double)(pass); }
void run_bank_score(const BankScore<float>& pass) { HWY_DYNAMIC_DISPATCH(run_bank_score_float)(pass); }
void run_bank_score(const BankScore<double>& pass) { HWY_DYNAMIC_DISPATCH(run_bank_score_double)(pass); }

}  // namespace gradus::engine
#endif
