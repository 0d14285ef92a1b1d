// SPDX-License-Identifier: MIT
#include "engine/packing.hpp"

#include <algorithm>

namespace gradus::engine {
namespace {

Index round_up(Index n, Index to) { return (n + to - 1) / to * to; }

}  // namespace

template <class T>
Packing<T>::Packing(const Description& net) {
  widest_ = padded_width<T>(net.inputs());
  for (const Stage& s : net.stages) {
    PackedStage p{.inputs = s.inputs, .outputs = s.outputs, .function = s.function, .has_bias = s.bias};
    p.by_output = sums_along_lanes(s.inputs, s.outputs);
    p.row = padded_width<T>(p.by_output ? s.inputs : s.outputs);
    p.rows = round_up(p.by_output ? s.outputs : s.inputs, 4);
    p.weights = size_;
    size_ += p.row * p.rows;
    p.bias = size_;
    size_ += padded_width<T>(s.outputs);
    widest_ = std::max(widest_, padded_width<T>(s.outputs));
    stages_.push_back(p);
    offsets_.push_back(s.offset);
  }
  is_small_ = stages_.size() == 2 && !stages_[0].by_output && stages_[0].row * static_cast<Index>(sizeof(T)) <= 256 &&
              stages_[1].outputs <= 4;
}

/// f(k, at, n, step): parameters k, k + 1, ... k + n - 1 lie at `at`, at + step, ... in packed memory.
template <class T>
template <class F>
void Packing<T>::for_each_run(F f) const {
  for (std::size_t l = 0; l < stages_.size(); ++l) {
    const PackedStage& s = stages_[l];
    Index k = offsets_[l];
    for (Index i = 0; i < s.inputs; ++i, k += s.outputs) {
      if (s.by_output)
        f(k, s.weights + i, s.outputs, s.row);
      else
        f(k, s.weights + i * s.row, s.outputs, Index{1});
    }
    if (s.has_bias) f(k, s.bias, s.outputs, Index{1});
  }
}

template <class T>
void Packing<T>::pack(std::span<const T> theta, T* packed) const {
  for_each_run([&](Index k, Index at, Index n, Index step) {
    const T* from = theta.data() + k;
    T* to = packed + at;
    if (step == 1) return void(std::copy_n(from, n, to));
    for (Index i = 0; i < n; ++i) to[i * step] = from[i];
  });
}

template <class T>
void Packing<T>::unpack(const T* packed, std::span<T> theta) const {
  for_each_run([&](Index k, Index at, Index n, Index step) {
    const T* from = packed + at;
    T* to = theta.data() + k;
    if (step == 1) return void(std::copy_n(from, n, to));
    for (Index i = 0; i < n; ++i) to[i] = from[i * step];
  });
}

template class Packing<float>;
template class Packing<double>;

}  // namespace gradus::engine
