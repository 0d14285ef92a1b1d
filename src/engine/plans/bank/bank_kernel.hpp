// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>

#include "engine/plan.hpp"
#include "gradus/engine/description.hpp"
#include "gradus/optim/optimizer.hpp"

namespace gradus::engine {

/// Networks that lie together: parameter p of lane k at p * bank_width + k, a cache line for each parameter.
template <class T>
inline constexpr Index bank_width = 64 / static_cast<Index>(sizeof(T));

/// Samples of a batch that are taken at once, and what each takes of the scratch memory: so many cache lines.
inline constexpr Index kBankRows = 4;
inline Index bank_units(const Description& net) {
  Index units = net.inputs() + 2 * net.outputs() + 2 * net.widest();
  for (const Stage& s : net.stages) units += s.outputs + (s.mask.rate > 0 ? 2 * s.inputs : 0);
  return units;
}

/// Updates of up to bank_width networks. Arrays of lanes are as wide as that, whatever `lanes` is.
template <class T>
struct BankPass {
  const Description* net = nullptr;
  Index lanes = 0;  ///< in use
  T* theta = nullptr;
  /// bank_gradients(batch) of theta's size; null: each sample's step goes straight into theta, which is plain descent
  /// online, without penalties.
  T* gradient = nullptr;
  std::array<T*, 2> slots{};
  T* work = nullptr;  ///< bank_work(net) numbers, 64-byte aligned
  /// A sample is its inputs, then its targets; order[s * bank_width + k] is where lane k's sample s begins.
  const T* samples = nullptr;
  const std::int32_t* order = nullptr;
  bool alike = false;                    ///< all lanes see the same samples in the same order
  Index count = 0;                       ///< samples a lane
  Index batch = 1;                       ///< of them, an update
  Index steps = 0;                       ///< updates made before
  const double* rates = nullptr;         ///< learning rates of the lanes
  const double* l2 = nullptr;            ///< of the lanes
  const std::uint64_t* seeds = nullptr;  ///< of the lanes' masks
  Loss loss = {};
  OptimizerMethod method = Sgd{};
  bool per_sample = false;      ///< l2 is divided by the samples of the batch
  double* losses = nullptr;     ///< of the batches before their steps, times their samples, are added; null: not wanted
  double* penalties = nullptr;  ///< the same of the penalties
};

/// Gradients under way at once: one a level of the tree in which the samples of a batch are added up, and that of
/// earlier pieces.
template <class T>
constexpr Index bank_gradients(Index batch) {
  Index levels = batch > kBatchPiece ? 2 : 1;
  for (Index partial = 1; partial < std::min(batch, bank_width<T>); partial *= 2) ++levels;
  return levels;
}

/// Numbers of scratch memory.
template <class T>
Index bank_work(const Description& net);

void run_bank(const BankPass<float>& pass);
void run_bank(const BankPass<double>& pass);

/// Sums of the lanes' losses, and their hits, over `count` samples.
template <class T>
struct BankScore {
  const Description* net = nullptr;
  Index lanes = 0;
  const T* theta = nullptr;
  T* work = nullptr;
  const T* samples = nullptr;
  const std::int32_t* order = nullptr;
  Index count = 0;
  Hit hit = Hit::none;
  double* losses = nullptr;  ///< added to, bank_width numbers
  double* hits = nullptr;    ///< added to, bank_width numbers
};

void run_bank_score(const BankScore<float>& pass);
void run_bank_score(const BankScore<double>& pass);

}  // namespace gradus::engine
