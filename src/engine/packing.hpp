// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <vector>

#include "gradus/engine/description.hpp"

/// Parameters as the plans of single samples keep them: online descent and prediction.
namespace gradus::engine {

/// Numbers in memory for n of them: whole cache lines, and 4 of them in place of 3, for the fixed kernels.
template <class T>
constexpr Index padded_width(Index n) {
  constexpr Index line = 64 / static_cast<Index>(sizeof(T));
  const Index lines = (n + line - 1) / line;
  return (lines == 3 ? 4 : lines) * line;
}

/// Whether the sums of a stage of single samples run along the lanes: where outputs are few. Such a sum costs about as
/// much as four rows. All others run over the inputs in turn, from the bias on; those of many in chains, which do not
/// wait for each other. In which order numbers are added depends on this alone, in all plans of single samples.
constexpr bool sums_along_lanes(Index inputs, Index outputs) { return outputs <= 4 || outputs * 4 < inputs; }
inline constexpr Index kManyInputs = 8;
inline constexpr int kChains = 4;

/// How a stage lies in packed memory, rows padded with zeros. By input: a row for each input, a lane for each
/// output. By output: the transpose, for stages with few outputs, whose sums then run along the lanes.
struct PackedStage {
  Index inputs = 0;
  Index outputs = 0;
  Index row = 0;   ///< numbers a row
  Index rows = 0;  ///< rows, padded to 4
  bool by_output = false;
  Function function = Function::identity;
  bool has_bias = true;
  Index weights = 0;  ///< offsets in packed memory
  Index bias = 0;
};

template <class T>
class Packing {
 public:
  explicit Packing(const Description& net);

  const std::vector<PackedStage>& stages() const { return stages_; }
  Index size() const { return size_; }
  /// Room for one array of activations, padded.
  Index widest() const { return widest_; }
  /// The one-hidden-layer shape that the fixed kernels take.
  bool is_small() const { return is_small_; }

  /// What pads rows is left as it is: zeros, from the memory's beginning on.
  void pack(std::span<const T> theta, T* packed) const;
  void unpack(const T* packed, std::span<T> theta) const;

 private:
  template <class F>
  void for_each_run(F f) const;

  std::vector<PackedStage> stages_;
  std::vector<Index> offsets_;  // in theta
  Index size_ = 0;
  Index widest_ = 0;
  bool is_small_ = false;
};

}  // namespace gradus::engine
