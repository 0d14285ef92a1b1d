// SPDX-License-Identifier: MIT
// A lane holds a network: every product is of a weight of its own with a number of its own, and nothing is ever summed
// over lanes. One vector of networks goes through all its updates before the next one starts, so that its weights stay
// in the first cache; the units of a layer, which do not wait for each other, fill the pipeline. Samples of a batch are
// taken four at a time, so that weights and gradients are read once for four, and in the order in which the batch plan
// folds its lanes, so that a lane has the bits of the single run.
#include "engine/plans/bank/bank_kernel.hpp"

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

#include "engine/kernels/dropout.hpp"

#include "engine/kernels/dispatch.hpp"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/plans/bank/bank_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/plans/bank/bank_forward-inl.hpp"
#include "engine/plans/bank/bank_loss-inl.hpp"

#include "optim/bias_correction.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {

// -------------------------------------------------------------------------------------------------- backward

/// One stage of a single sample on its way back. W[i, j] takes x_i delta_j. The derivative by x_i, if anyone wants it
/// (Back), is that of the weights as they were.
template <class T, int C, bool Back>
HWY_INLINE Vec<T> backward_row(const T* HWY_RESTRICT delta, Index outputs, Vec<T> x, T* HWY_RESTRICT w) {
  const Tag<T> d;
  constexpr Index n = bank_width<T>;
  const Index count = C > 0 ? C : outputs;
  Vec<T> sum = hn::Zero(d);
  for (Index j = 0; j < count; ++j) {
    const Vec<T> dj = hn::Load(d, delta + j * n);
    const Vec<T> old = hn::Load(d, w + j * n);
    if constexpr (Back) sum = mul_add(dj, old, sum);
    hn::Store(mul_add(dj, x, old), d, w + j * n);
  }
  return sum;
}

template <class T, int C>
HWY_NOINLINE void backward_stage(const Stage& s, T* w, const T* x, const T* delta, Function f, const T* y, T* back) {
  const Tag<T> d;
  constexpr Index n = bank_width<T>;
  const Index row = s.outputs * n;
  if (s.bias) {
    T* b = w + s.weights() * n;
    for (Index j = 0; j < row; j += n) hn::Store(hn::Add(hn::Load(d, b + j), hn::Load(d, delta + j)), d, b + j);
  }
  const bool in_turn = C > 0 || sums_along_lanes(s.inputs, s.outputs);
  for (Index i = 0; i < s.inputs; ++i, w += row) {
    const Vec<T> in = hn::Load(d, x + i * n);
    Vec<T> sum;
    if (back && in_turn) {
      sum = backward_row<T, C, true>(delta, s.outputs, in, w);
    } else {
      if (back) tree_of_products<1>(delta, w, n, 0, s.outputs, &sum);
      backward_row<T, C, false>(delta, s.outputs, in, w);
    }
    if (back) hn::Store(times_derivative(d, f, hn::Load(d, y + i * n), sum), d, back + i * n);
  }
}

template <class T>
void backward_stage(const Stage& s, T* w, const T* x, const T* delta, Function f, const T* y, T* back) {
  switch (s.outputs) {
    case 1: return backward_stage<T, 1>(s, w, x, delta, f, y, back);
    case 2: return backward_stage<T, 2>(s, w, x, delta, f, y, back);
    case 3: return backward_stage<T, 3>(s, w, x, delta, f, y, back);
    default: return backward_stage<T, 0>(s, w, x, delta, f, y, back);
  }
}

/// Online: without masks and penalties.
template <class T>
void backward(const Description& net, const BankArrays<T>& a, T* theta) {
  for (std::size_t s = net.stages.size(); s-- > 0;) {
    const Stage& stage = net.stages[s];
    const T* x = stage_input(a, s, false);
    const Function f = s > 0 ? net.stages[s - 1].function : Function::identity;
    backward_stage(stage, theta + stage.offset * bank_width<T>, x, a.delta[s % 2], f, x,
                   s > 0 ? a.delta[(s + 1) % 2] : nullptr);
  }
}

/// dW[i, j] and db_j of R samples, whose arrays lie `step` apart: their products are added to the gradient `to` in
/// order, or are it (fresh).
template <class T, int R>
HWY_NOINLINE void gradient_stage(const Stage& s, T* HWY_RESTRICT to, bool fresh, Index step, const T* x,
                                 const T* delta) {
  const Tag<T> d;
  constexpr Index n = bank_width<T>;
  const Index row = s.outputs * n;
  T* b = to + s.weights() * n;
  for (Index j = 0; s.bias && j < row; j += n) {
    Vec<T> sum = fresh ? hn::Zero(d) : hn::Load(d, b + j);
    for (int r = 0; r < R; ++r) sum = hn::Add(sum, hn::Load(d, delta + r * step + j));
    hn::Store(sum, d, b + j);
  }
  for (Index i = 0; i < s.inputs * n; i += n, to += row) {
    Vec<T> in[R];
    for (int r = 0; r < R; ++r) in[r] = hn::Load(d, x + r * step + i);
    for (Index j = 0; j < row; j += n) {
      Vec<T> g = fresh ? hn::Zero(d) : hn::Load(d, to + j);
      for (int r = 0; r < R; ++r) g = mul_add(hn::Load(d, delta + r * step + j), in[r], g);
      hn::Store(g, d, to + j);
    }
  }
}

/// Of R samples, of which `a` has the arrays of the first.
template <class T, int R>
void backward_of(const Description& net, const BankArrays<T>& a, const T* theta, T* to, bool fresh) {
  for (std::size_t s = net.stages.size(); s-- > 0;) {
    const Stage& stage = net.stages[s];
    const Index offset = stage.offset * bank_width<T>;
    const T* delta = a.delta[s % 2];
    gradient_stage<T, R>(stage, to + offset, fresh, a.step, stage_input(a, s, true), delta);
    if (s == 0) return;  // the first stage's input needs no derivative
    const Kept<T> kept{net.stages[s - 1].function, stage_input(a, s, false), nullptr, a.mask[s]};
    backward_stage(NetworkLanes<T, R>{a.step}, delta, stage, theta + offset, kept, a.delta[(s + 1) % 2]);
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

/// The steps of optim/sgd.hpp and optim/adam.hpp on one vector of networks, by the operations of
/// kernels/step_kernel.cpp.
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

  Vec<T> rates(double factor, double divisor = 1) const { return per_lane(pass_.rates, factor, divisor); }

 private:
  /// A number of each lane times a factor, in the bank's precision.
  Vec<T> per_lane(const double* numbers, double factor, double divisor = 1) const {
    HWY_ALIGN T values[kLanes<T>];
    for (Index k = 0; k < kLanes<T>; ++k) values[k] = static_cast<T>(numbers[column_ + k] * factor / divisor);
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
      if constexpr (Record) penalty = mul_add(hn::Mul(l2, w), w, penalty);
      const Vec<T> move = hn::Mul(rate, hn::Add(hn::Load(d, gradient + p), hn::Mul(l2, w)));
      Vec<T> change = hn::Neg(move);
      if (v) {
        const Vec<T> next = hn::Sub(hn::Mul(mu, hn::Load(d, v + p)), move);
        hn::Store(next, d, v + p);
        change = sgd.nesterov ? hn::Sub(hn::Mul(mu, next), move) : next;
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
    const Vec<T> rate = rates(std::sqrt(bias_correction(adam.beta2, t)), bias_correction(adam.beta1, t));
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
      if constexpr (Record) penalty = mul_add(hn::Mul(l2, w), w, penalty);
      const Vec<T> g = hn::Add(hn::Load(d, gradient + p), hn::Mul(l2, w));
      const Vec<T> mk = mul_add(b1, hn::Load(d, m + p), hn::Mul(hn::Sub(one, b1), g));
      const Vec<T> vk = mul_add(b2, hn::Load(d, v + p), hn::Mul(hn::Sub(one, b2), hn::Mul(g, g)));
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

/// Losses of the samples of a piece, added up as the batch plan adds: line by line in the bank's precision, lines in
/// double.
template <class T>
class Record {
 public:
  void put(Index sample, Vec<T> losses) { hn::Store(losses, Tag<T>(), losses_ + sample * kLanes<T>); }

  /// Adds those of the first `count` samples.
  void add_up(Index count) {
    for (Index first = 0; first < count; first += kLine<T>) {
      const auto at = [&](Index s) HWY_ATTR { return hn::Load(Tag<T>(), losses_ + (first + s) * kLanes<T>); };
      HWY_ALIGN T sum[kLanes<T>];
      hn::Store(sum_over_units<T>(std::min(count - first, kLine<T>), at), Tag<T>(), sum);
      for (Index k = 0; k < kLanes<T>; ++k) sums_[k] += static_cast<double>(sum[k]);
    }
  }
  /// The sum of lane k, which begins anew.
  double take(Index k) { return std::exchange(sums_[k], 0.0); }

 private:
  HWY_ALIGN T losses_[kBatchPiece * kLanes<T>];
  double sums_[kLanes<T>] = {};
};

/// The updates of one vector of networks.
template <class T, bool Online>
class Column {
 public:
  Column(const BankPass<T>& pass, Index column)
      : pass_(pass), net_(*pass.net), column_(column), theta_(pass.theta + column), stepper_(pass, column) {
    for (std::size_t r = 0; r < arrays_.size(); ++r)
      arrays_[r] = lay_out(net_, pass.work, column, static_cast<Index>(r));
  }

  void train() {
    update_ = pass_.steps;
    const double single = scale_of(pass_.loss, net_.outputs(), 1.0);
    const Vec<T> rates = stepper_.rates(-single);
    for (Index first = 0; first < pass_.count; first += pass_.batch, ++update_) {
      const Index batch = std::min(pass_.batch, pass_.count - first);
      const double scale = Online ? single : scale_of(pass_.loss, net_.outputs(), static_cast<double>(batch));
      order_ = pass_.order + first * bank_width<T> + column_;
      Vec<T> penalties = hn::Zero(Tag<T>());
      if constexpr (Online) {
        train_samples<1>(0, rates, theta_, false);
        if (pass_.losses) record_.add_up(1);
      } else {
        train_batch(batch, hn::Set(Tag<T>(), static_cast<T>(scale)));
        penalties = stepper_.step(update_, batch);
      }
      if (pass_.losses) add_losses(scale, penalties, batch);
    }
  }

 private:
  /// The gradient of a batch: of its pieces, one after the other.
  void train_batch(Index batch, Vec<T> factor) {
    T* total = pass_.gradient + column_;
    for (first_ = 0; first_ < batch; first_ += kBatchPiece) {
      count_ = std::min(batch - first_, kBatchPiece);
      if (first_ == 0) {
        train_tree(0, 1, factor, total);
      } else {
        train_tree(0, 1, factor, next(total));
        add(total, next(total));
      }
      if (pass_.losses) record_.add_up(count_);
    }
  }

  /// The gradient of the samples of partial sums from `sum` on, every `step`-th of a line: what the batch plan folds
  /// out of its lanes.
  void train_tree(Index sum, Index step, Vec<T> factor, T* to) {
    if (step == kLine<T>) return train_partial(sum, factor, to);
    train_tree(sum, 2 * step, factor, to);
    if (sum + step >= count_) return;
    train_tree(sum + step, 2 * step, factor, next(to));
    add(to, next(to));
  }

  /// The gradient of every kLine-th sample of the piece.
  void train_partial(Index sample, Vec<T> factor, T* to) {
    bool fresh = true;
    const auto take = [&]<int R>(std::integral_constant<int, R>) HWY_ATTR {
      for (; sample + (R - 1) * kLine<T> < count_; sample += R * kLine<T>, fresh = false)
        train_samples<R>(sample, factor, to, fresh);
    };
    take(std::integral_constant<int, kBankRows>());
    take(std::integral_constant<int, 2>());
    take(std::integral_constant<int, 1>());
  }

  /// The passes of R samples of the piece, a line apart.
  template <int R>
  HWY_INLINE void train_samples(Index sample, Vec<T> factor, T* to, bool fresh) {
    const std::size_t last = net_.stages.size() - 1;
    BankArrays<T>* a = arrays_.data();
    for (int r = 0; r < R; ++r) {
      const Index row = first_ + sample + r * kLine<T>;
      gather(net_, pass_.samples, order_ + row * bank_width<T>, pass_.alike, a[r]);
      if (a->masked) draw_masks(pass_, column_, a[r], update_, row);
    }
    forward<T, Online, R>(net_, *a, theta_, true);
    for (int r = 0; r < R; ++r) {
      const Vec<T> log_sum = finish_forward(net_, a[r], pass_.losses != nullptr);
      if (pass_.losses) record_.put(sample + r * kLine<T>, sample_loss(net_, a[r], log_sum));
      output_delta(net_, a[r], factor, a[r].delta[last % 2]);
    }
    if constexpr (Online) {
      backward(net_, *a, to);
    } else {
      backward_of<T, R>(net_, *a, theta_, to, fresh);
    }
  }

  T* next(T* gradient) const { return gradient + net_.parameters * bank_width<T>; }
  void add(T* HWY_RESTRICT to, const T* HWY_RESTRICT more) const {
    const Tag<T> d;
    for (Index p = 0; p < net_.parameters * bank_width<T>; p += bank_width<T>)
      hn::Store(hn::Add(hn::Load(d, to + p), hn::Load(d, more + p)), d, to + p);
  }

  /// Of a batch of so many samples whose losses are multiplied with `scale`.
  void add_losses(double scale, Vec<T> penalties, Index batch) {
    const double n = static_cast<double>(batch);
    HWY_ALIGN T penalty[kLanes<T>];
    hn::Store(penalties, Tag<T>(), penalty);
    for (Index k = 0; k < kLanes<T>; ++k) {
      pass_.losses[column_ + k] += scale * record_.take(k) * n;
      pass_.penalties[column_ + k] += n * static_cast<double>(penalty[k]);
    }
  }

  const BankPass<T>& pass_;
  const Description& net_;
  Index column_;
  T* theta_;
  Stepper<T> stepper_;
  std::array<BankArrays<T>, kBankRows> arrays_;
  Record<T> record_;
  Index update_ = 0;
  const std::int32_t* order_ = nullptr;  ///< of the batch
  Index first_ = 0;                      ///< of the piece, in the batch
  Index count_ = 1;                      ///< of its samples
};

template <class T>
void run(const BankPass<T>& pass) {
  for (Index column = 0; column < pass.lanes; column += kLanes<T>)
    pass.gradient ? Column<T, false>(pass, column).train() : Column<T, true>(pass, column).train();
}

template <class T>
void score(const BankScore<T>& pass) {
  const Tag<T> d;
  const Description& net = *pass.net;
  for (Index column = 0; column < pass.lanes; column += kLanes<T>) {
    const BankArrays<T> a = lay_out(net, pass.work, column, 0);
    Record<T> record;
    for (Index s = 0; s < pass.count; ++s) {
      gather(net, pass.samples, pass.order + s * bank_width<T> + column, false, a);
      forward<T, false, 1>(net, a, pass.theta + column, false);
      record.put(s % kBatchPiece, sample_loss(net, a, finish_forward(net, a, true)));
      if ((s + 1) % kBatchPiece == 0 || s + 1 == pass.count) {
        record.add_up(s % kBatchPiece + 1);
        for (Index k = 0; k < kLanes<T>; ++k) pass.losses[column + k] += record.take(k);
      }
      if (pass.hit == Hit::none) continue;
      HWY_ALIGN T hit[kLanes<T>];
      hn::Store(sample_hit(net, a, pass.hit), d, hit);
      for (Index k = 0; k < kLanes<T>; ++k) pass.hits[column + k] += static_cast<double>(hit[k]);
    }
  }
}

void run_bank_float(const BankPass<float>& pass) { run(pass); }
void run_bank_double(const BankPass<double>& pass) { run(pass); }
void run_bank_score_float(const BankScore<float>& pass) { score(pass); }
void run_bank_score_double(const BankScore<double>& pass) { score(pass); }

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::engine {

GRADUS_EXPORT(run_bank_float);
GRADUS_EXPORT(run_bank_double);
GRADUS_EXPORT(run_bank_score_float);
GRADUS_EXPORT(run_bank_score_double);

#if !GRADUS_PLAIN

template <class T>
Index bank_work(const Description& net) {
  return kBankRows * bank_units(net) * bank_width<T>;
}
template Index bank_work<float>(const Description& net);
template Index bank_work<double>(const Description& net);

void run_bank(const BankPass<float>& pass) { GRADUS_DISPATCH(run_bank_float)(pass); }
void run_bank(const BankPass<double>& pass) { GRADUS_DISPATCH(run_bank_double)(pass); }
void run_bank_score(const BankScore<float>& pass) { GRADUS_DISPATCH(run_bank_score_float)(pass); }
void run_bank_score(const BankScore<double>& pass) { GRADUS_DISPATCH(run_bank_score_double)(pass); }

#endif
}  // namespace gradus::engine
#endif
