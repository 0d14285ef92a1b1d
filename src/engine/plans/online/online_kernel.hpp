// SPDX-License-Identifier: MIT
#pragma once

#include "engine/packing.hpp"
#include "gradus/engine/tally.hpp"
#include "gradus/nn/hit.hpp"

namespace gradus::engine {

/// Online descent: one plain gradient step for each sample in turn.
template <class T>
struct OnlinePass {
  const Description* net = nullptr;
  const Packing<T>* packing = nullptr;
  T* packed = nullptr;
  const T* x = nullptr;
  Index x_stride = 0;
  const T* targets = nullptr;
  Index targets_stride = 0;
  const T* weights = nullptr;  ///< of the samples; null: 1 each
  bool is_mean = false;        ///< a sample's loss is divided by its weight
  const Index* rows = nullptr;
  Index count = 0;
  T rate = 0;         ///< learning rate times the loss's scale
  T* work = nullptr;  ///< (stages + 4) * widest numbers, 64-byte aligned
  bool record = false;
  Hit hit = Hit::none;
  T weight = 1;     ///< of the sample under way
  double loss = 0;  ///< sums over the samples, added to
  Index hits = 0;

  /// Makes the k-th sample the one under way; its row.
  Index begin(Index k) {
    const Index row = rows ? rows[k] : k;
    if (weights) weight = is_mean ? T(weights[row] != 0) : weights[row];
    return row;
  }
};

void run_online(OnlinePass<float>& pass);
void run_online(OnlinePass<double>& pass);

}  // namespace gradus::engine
