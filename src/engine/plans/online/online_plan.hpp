// SPDX-License-Identifier: MIT
#pragma once

#include <optional>

#include "engine/plans/online/online_kernel.hpp"
#include "gradus/engine/arithmetic.hpp"
#include "gradus/engine/buffer.hpp"
#include "gradus/engine/tally.hpp"
#include "gradus/nn/targets.hpp"

namespace gradus::engine {

/// Plain descent on single samples, with all it needs: the parameters as the kernel takes them, and scratch memory.
template <class T>
class OnlinePlan {
 public:
  /// Whether there is one: dense layers of simple functions, without dropout, a loss with a kernel.
  static bool exists(const Network& network, const LossFunction& loss);
  /// Throws ValueError if there is none.
  OnlinePlan(const Network& network, const Loss& loss, Arithmetic arithmetic);

  void set_parameters(std::span<const T> theta) {
    packed_.assign(packed_.size(), T(0));  // a run that went non-finite has spoilt the padding, too
    packing_.pack(theta, packed_.data());
  }
  void parameters(std::span<T> theta) const { packing_.unpack(packed_.data(), theta); }

  /// An update on each of `count` samples, `rows` of them or the first ones. What is recorded, the sums of the samples'
  /// losses and hits, is added to `loss` and `hits`, sample by sample: cut into parts, a run has the same bits.
  void run(ConstMatrixView<T> x, const Targets<T>& targets, const Index* rows, Index count, double rate, bool record,
           Hit hit, double& loss, Index& hits);
  /// A sum of losses of so many samples as the plan's Loss reduces it.
  double reduced(double loss, Index samples) const { return loss * scale_ / static_cast<double>(samples); }
  std::size_t memory() const { return (packed_.size() + work_.size()) * sizeof(T); }

 private:
  Description net_;
  Packing<T> packing_;
  Buffer<T> packed_;
  Buffer<T> work_;
  double scale_;  // of the sum of losses of one sample
  bool is_mean_;
  Arithmetic arithmetic_;
};

extern template class OnlinePlan<float>;
extern template class OnlinePlan<double>;

}  // namespace gradus::engine
