// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/engine/description.hpp"
#include "gradus/engine/trainer.hpp"

namespace gradus::engine {

inline constexpr Index kMaxStages = 16;  ///< deeper networks have no plan

/// One batch's forward and backward pass. Samples are rows `rows[0..count)` of x and targets, or rows 0..count-1.
template <class T>
struct BatchPass {
  const Description* net = nullptr;
  const T* theta = nullptr;
  const T* x = nullptr;
  Index x_stride = 0;
  const T* targets = nullptr;
  Index targets_stride = 0;
  const Index* rows = nullptr;
  Index count = 0;
  T scale = 1;            ///< of the sum of the samples' gradients
  T* gradient = nullptr;  ///< written, as long as theta
  T* work = nullptr;      ///< batch_work(net) numbers, 64-byte aligned
  bool record = false;    ///< whether loss and hits are wanted
  Match match = Match::none;
  T loss = 0;  ///< out: the sum of the samples' losses
  Index hits = 0;
};

/// Numbers of scratch memory a pass needs; a bound that holds for every instruction set.
template <class T>
Index batch_work(const Description& net);

void run_batch(BatchPass<float>& pass);
void run_batch(BatchPass<double>& pass);

}  // namespace gradus::engine
