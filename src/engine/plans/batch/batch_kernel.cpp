// SPDX-License-Identifier: MIT
// A lane holds a sample. Weights are broadcast, so theta is used as it lies; a block of V vectors of samples goes
// forward and backward as a whole. The blocks of a piece are kept, and the gradients of all their samples are summed
// over the lanes once. Pieces are of one size and their sums are added in order: the bits know no width.
#include "engine/plans/batch/batch_kernel.hpp"

#include <algorithm>

#include "engine/kernels/defined_loss.hpp"
#include "engine/kernels/dropout.hpp"

#include "engine/kernels/dispatch.hpp"

// With all that it calls within it; under a sanitizer that would take a quarter of an hour to compile.
#ifndef GRADUS_ONE_PIECE
#ifdef __SANITIZE_ADDRESS__
#define GRADUS_ONE_PIECE
#else
#define GRADUS_ONE_PIECE [[gnu::flatten]]
#endif
#endif

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "engine/plans/batch/batch_kernel.cpp"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "engine/kernels/lane_output-inl.hpp"
#include "engine/kernels/transpose-inl.hpp"
#include "engine/kernels/vector-inl.hpp"
#include "engine/plans/batch/batch_stages-inl.hpp"

HWY_BEFORE_NAMESPACE();
namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE {

/// Memory of a block: unit u of an array lies at u * V * lanes.
template <class T>
struct Block {
  T* x;
  T* targets;
  T* outputs[kMaxStages];  ///< of each stage; of the last: p
  T* slopes[kMaxStages];   ///< f'(z) of the stages that keep it, else null
  T* logits;               ///< z of the last stage
  T* delta[kMaxStages];    ///< the loss's derivative by each stage's z
  T* weights;              ///< of the samples
  T* rows;                 ///< scratch of a defined loss
};

/// What the last stage leaves to do: p, delta, and on demand loss and hits.
template <class T, int V>
class Output {
 public:
  Output(const Description& net, Pass<T>& pass, const Block<T>& block, T* delta)
      : net_(net), pass_(pass), block_(block), delta_(delta) {}

  void run(Index samples) {
    if (net_.head == Head::none) return finish();
    if (net_.head == Head::defined) run_defined(samples);
    for (int v = 0; v < V; ++v) {
      const Index left = std::clamp<Index>(samples - v * kLanes<T>, 0, kLanes<T>);
      const auto active = hn::FirstN(Tag<T>(), static_cast<std::size_t>(left));
      if (net_.head != Head::defined) run_kernel(v, active);
      if (pass_.record) pass_.hits += hits(v, active);
    }
    if (pass_.record && net_.head != Head::defined) add_losses();
  }

 private:
  void run_kernel(int v, hn::Mask<Tag<T>> active) {
    const Tag<T> d;
    const Vec<T> weight = at(block_.weights, 0, v);
    const Vec<T> scale = hn::Mul(hn::Set(d, static_cast<T>(pass_.scale)), weight);
    const Vec<T> log_sum = net_.head == Head::cross_entropy ? softmax(v) : hn::Zero(d);
    if (pass_.gradient) {
      const Kept<T> kept{net_.stages.back().function, p_() + place(0, v), slopes(v)};
      delta_of_lanes(net_, kStride, kept, block_.targets + place(0, v), scale, [&](Index c, Vec<T> delta) HWY_ATTR {
        hn::Store(hn::IfThenElseZero(active, delta), d, delta_ + place(c, v));
      });
    }
    if (pass_.record)
      hn::Store(hn::IfThenElseZero(active, hn::Mul(weight, loss(v, log_sum))), d, losses_ + place(0, v));
  }

  /// Line by line, each folded in the kernel's precision.
  void add_losses() {
    const Tag<T> d;
    for (int v = 0; v < V; v += kParts<T>) {
      Vec<T> line[kParts<T>][1];
      for (int p = 0; p < kParts<T>; ++p) line[p][0] = v + p < V ? hn::Load(d, losses_ + place(0, v + p)) : hn::Zero(d);
      fold_parts(line);
      pass_.loss += static_cast<double>(sum_of<T>(line[0][0]));
    }
  }

  /// All vectors at once, by the definition; the samples beyond the last one have no delta.
  void run_defined(Index samples) {
    finish();
    if (pass_.gradient) std::fill(delta_, delta_ + place(outputs(), 0), T(0));
    pass_.loss += run_defined_loss(DefinedLoss<T>{.net = &net_,
                                                  .stride = V * kLanes<T>,
                                                  .samples = samples,
                                                  .logits = block_.logits,
                                                  .outputs = p_(),
                                                  .slopes = block_.slopes[net_.stages.size() - 1],
                                                  .targets = block_.targets,
                                                  .weights = block_.weights,
                                                  .scale = static_cast<T>(pass_.scale),
                                                  .work = block_.rows,
                                                  .delta = pass_.gradient ? delta_ : nullptr,
                                                  .record = pass_.record});
  }

  /// The last stage's function, where it is one of whole rows.
  void finish() {
    const Function f = net_.stages.back().function;
    for (int v = 0; v < V && !is_elementwise(f); ++v) {
      const Vec<T> log_sum = softmax(v);
      T* p = block_.outputs[net_.stages.size() - 1];
      for (Index c = 0; f == Function::log_softmax && c < outputs(); ++c)
        hn::Store(hn::Sub(at(block_.logits, c, v), log_sum), Tag<T>(), p + place(c, v));
    }
  }

  Index outputs() const { return net_.outputs(); }
  const T* slopes(int v) const {
    const T* all = block_.slopes[net_.stages.size() - 1];
    return all ? all + place(0, v) : nullptr;
  }
  const T* p_() const { return block_.outputs[net_.stages.size() - 1]; }
  static Index place(Index unit, int v) { return (unit * V + v) * kLanes<T>; }
  HWY_INLINE Vec<T> at(const T* from, Index unit, int v) const { return hn::Load(Tag<T>(), from + place(unit, v)); }

  /// p, and log sum_c exp z_c.
  Vec<T> softmax(int v) {
    Vec<T> max;
    Vec<T> sum;
    softmax_of_lanes(outputs(), kStride, block_.logits + place(0, v),
                     block_.outputs[net_.stages.size() - 1] + place(0, v), max, sum);
    const bool wanted = pass_.record || net_.head == Head::defined || net_.head == Head::none;
    return wanted ? hn::Add(max, vec_log(Tag<T>(), sum)) : max;
  }

  Vec<T> loss(int v, Vec<T> log_sum) const {
    const Index from = place(0, v);
    return loss_of_lanes(Tag<T>(), net_, kStride, block_.logits + from, p_() + from, block_.targets + from, log_sum);
  }

  Index hits(int v, hn::Mask<Tag<T>> active) const {
    if (pass_.hit == Hit::none) return 0;
    const Index from = place(0, v);
    const auto hit = hits_of_lanes(outputs(), kStride, p_() + from, block_.targets + from, pass_.hit);
    return static_cast<Index>(hn::CountTrue(Tag<T>(), hn::And(hit, active)));
  }

  static constexpr Index kStride = V * kLanes<T>;  ///< from one output to the next

  const Description& net_;
  Pass<T>& pass_;
  const Block<T>& block_;
  T* delta_;
  HWY_ALIGN T losses_[V * kLanes<T>];
};

/// Rows become columns: unit u of sample s goes to u * V * lanes + s; samples past the end are zeros.
template <class T, int V>
void gather(const Pass<T>& pass, Index first, Index count, ConstMatrixView<T> from, T* to) {
  constexpr Index lanes = V * kLanes<T>;
  const auto row = [&](Index s) HWY_ATTR { return from.row(pass.row(first + s)).data(); };
  const T* end = from.rows() > 0 ? from.row(from.rows() - 1).data() + from.cols() : nullptr;
  transpose(row, count, from.cols(), to, lanes, end);
  for (Index u = 0; count < lanes && u < from.cols(); ++u)
    std::fill(to + u * lanes + count, to + (u + 1) * lanes, T(0));
}

/// How much each sample counts; what stands past the end is taken from nobody.
template <class T, int V>
HWY_INLINE void set_weights(const Pass<T>& pass, Index first, Index count, T* weights) {
  const Tag<T> d;
  for (int v = 0; v < V; ++v)
    hn::Store(hn::Set(d, T(1)), d, weights + v * kLanes<T>);  // as whole vectors, as they are read
  if (!pass.targets.weights.empty())
    for (Index s = 0; s < count; ++s) weights[s] = static_cast<T>(pass.weight(first + s));
}

template <class T>
Block<T> lay_out(const Description& net, const BatchWork<T>& work, T* memory, Index lanes) {
  Block<T> block;
  const auto take = [&](Index units) {
    T* at = memory;
    memory += units * lanes;
    return at;
  };
  block.x = take(net.inputs());
  block.targets = take(net.outputs());
  for (std::size_t s = 0; s < net.stages.size(); ++s) {
    block.outputs[s] = take(net.stages[s].outputs);
    block.slopes[s] = work.keeps_slope[s] ? take(net.stages[s].outputs) : nullptr;
    block.delta[s] = take(net.stages[s].outputs);
  }
  block.logits = take(net.outputs());
  block.weights = take(1);
  block.rows = work.rows;
  return block;
}

/// Dropout on the inputs of stage s: of what the stage before left, and of its slope, so that the backward pass need
/// not know.
template <class T, int V>
void drop(const Description& net, const Pass<T>& pass, const Block<T>& block, std::size_t s, Index first, Index count) {
  constexpr Index lanes = V * kLanes<T>;
  const Stage& stage = net.stages[s];
  const MaskNumbers<T> numbers(stage.mask, stage.inputs, pass.seed, pass.update);
  T* y = s == 0 ? block.x : block.outputs[s - 1];
  T* slope = s == 0 ? nullptr : block.slopes[s - 1];
  for (Index u = 0; u < stage.inputs; ++u)
    for (Index k = 0; k < count; ++k) {
      const T number = numbers(first + k, u);
      y[u * lanes + k] *= number;
      if (slope) slope[u * lanes + k] *= number;
    }
}

/// Samples `first` to `first + count` of the batch, at most V vectors of them, forward and backward.
template <class T, int V>
void run_block(const Description& net, const Block<T>& block, Pass<T>& pass, Index first, Index count) {
  gather<T, V>(pass, first, count, pass.x, block.x);
  if (net.head != Head::none) gather<T, V>(pass, first, count, pass.targets.values, block.targets);
  set_weights<T, V>(pass, first, count, block.weights);
  const T* theta = pass.theta.data();
  const T* x = block.x;
  const std::size_t last = net.stages.size() - 1;
  for (std::size_t s = 0; s <= last; ++s) {
    if (pass.gradient && net.stages[s].mask.rate > 0) drop<T, V>(net, pass, block, s, first, count);
    T* z = s == last ? block.logits : block.outputs[s];
    forward_stage<T, V>(x, net.stages[s], theta, z, block.outputs[s], block.slopes[s]);
    x = block.outputs[s];
  }
  Output<T, V>(net, pass, block, block.delta[last]).run(count);
  if (!pass.outputs.empty()) {
    const T* p = block.outputs[last];
    transpose([=](Index u) HWY_ATTR { return p + u * V * kLanes<T>; }, net.outputs(), count,
              pass.outputs.row(first).data(), pass.outputs.stride());
  }
  if (!pass.gradient) return;
  for (std::size_t s = last; s > 0; --s) {  // the first stage's input needs no derivative
    const Kept<T> kept{net.stages[s - 1].function, block.outputs[s - 1], block.slopes[s - 1]};
    const Stage& stage = net.stages[s];
    backward_stage(SampleLanes<T, V>(), block.delta[s], stage, theta + stage.offset, kept, block.delta[s - 1]);
  }
}

/// Samples `first` to `first + count` of the batch: a piece. In one piece of code, too: of a small network's pass calls
/// took a twentieth.
template <class T>
GRADUS_ONE_PIECE void run_piece(const Description& net, const BatchWork<T>& work, Pass<T>& pass, Index first,
                                Index count) {
  constexpr Index lanes = kVectors<T> * kLanes<T>;
  const auto memory = [&](Index block, Index width) {
    return lay_out(net, work, work.memory + block * work.units * lanes, width);
  };
  Index blocks = 0;
  for (; count - blocks * lanes > 2 * kLanes<T>; ++blocks) {
    const Index at = blocks * lanes;
    run_block<T, kVectors<T>>(net, memory(blocks, lanes), pass, first + at, std::min(count - at, lanes));
  }
  const Index at = blocks * lanes;
  const int rest = at >= count ? 0 : count - at > kLanes<T> ? 2 : 1;
  const Block<T> head = memory(0, lanes);
  const Block<T> tail = memory(blocks, rest * kLanes<T>);
  if (rest == 2) run_block<T, 2>(net, tail, pass, first + at, count - at);
  if (rest == 1) run_block<T, 1>(net, tail, pass, first + at, count - at);
  if (!pass.gradient) return;
  for (std::size_t s = 0; s < net.stages.size(); ++s) {
    const T* const x_blocks = s == 0 ? head.x : head.outputs[s - 1];
    const T* const x_last = s == 0 ? tail.x : tail.outputs[s - 1];
    const Index step = work.units * lanes;
    const Units<T> x{x_blocks, step, blocks, x_last, rest};  // and no copy of the other: it would wait for its stores
    const Units<T> delta{head.delta[s], step, blocks, tail.delta[s], rest};
    gradient_stage(x, delta, net.stages[s], first == 0, pass.gradient);
  }
}

template <class T>
void batch_pass(const Description& net, const BatchWork<T>& work, Pass<T>& pass) {
  pass.loss = 0;
  pass.hits = 0;
  for (Index first = 0; first < pass.count; first += work.samples)
    run_piece(net, work, pass, first, std::min(pass.count - first, work.samples));
}

void run_batch_float(const Description& net, const BatchWork<float>& work, Pass<float>& pass) {
  batch_pass(net, work, pass);
}
void run_batch_double(const Description& net, const BatchWork<double>& work, Pass<double>& pass) {
  batch_pass(net, work, pass);
}

}  // namespace gradus::engine::inline GRADUS_ARITHMETIC::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace gradus::engine {

GRADUS_EXPORT(run_batch_float);
GRADUS_EXPORT(run_batch_double);

#if !GRADUS_PLAIN

template <class T>
BatchPlan<T>::BatchPlan(const Description& net, Index batch) : net_(net) {
  work_.units = net.inputs() + 2 * net.outputs() + 1;
  for (std::size_t s = 0; s < net.stages.size(); ++s) {
    work_.keeps_slope[s] = net.keeps_slope(s);
    work_.units += net.stages[s].outputs * (work_.keeps_slope[s] ? 3 : 2);
  }
  work_.units |= 1;  // blocks begin in different sets of the first cache
  grow(batch);
}

template <class T>
void BatchPlan<T>::grow(Index batch) {
  constexpr Index block = 4 * 64 / static_cast<Index>(sizeof(T));  // the widest there is
  static_assert(kBatchPiece % block == 0);
  work_.samples = std::min((batch + block - 1) / block * block, kBatchPiece);
  memory_.resize(static_cast<std::size_t>(work_.units * work_.samples + 4 * net_.outputs()));
  work_.memory = memory_.data();
  work_.rows = work_.memory + work_.units * work_.samples;
}

template <class T>
void BatchPlan<T>::run(Pass<T>& pass) {
  // A gradient is summed in whole pieces, whatever was foreseen; without one any number of samples will do.
  if (pass.gradient && work_.samples < std::min(pass.count, kBatchPiece)) grow(pass.count);
  run_batch(net_, work_, pass);
}

template class BatchPlan<float>;
template class BatchPlan<double>;

void run_batch(const Description& net, const BatchWork<float>& work, Pass<float>& pass) {
  GRADUS_DISPATCH(run_batch_float)(net, work, pass);
}
void run_batch(const Description& net, const BatchWork<double>& work, Pass<double>& pass) {
  GRADUS_DISPATCH(run_batch_double)(net, work, pass);
}

#endif
}  // namespace gradus::engine
#endif
