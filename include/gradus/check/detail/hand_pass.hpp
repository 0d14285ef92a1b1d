// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <limits>
#include <vector>

#include "gradus/check/detail/sources.hpp"
#include "gradus/check/tracked_source.hpp"

namespace gradus::detail {

/// The backward pass that is on trial, in the number type T, and its buffers.
template <std::floating_point T>
class HandPass {
 public:
  /// Writes the derivatives by theta, then by x if `input`, into buffers of NaN: backward must write them all. Returns
  /// the loss.
  template <class L, class Suspect>
  double run(const BasicNetwork<L>& network, const Suspect& suspect, const Loss& loss, const Batch<T>& batch,
             std::uint64_t seed, bool input, std::vector<double>& gradient) {
    set_mode(trace_, seed);
    forward(suspect, batch.theta, batch.x, trace_);
    const T value = loss_of_trace(network, loss, trace_, batch.targets);
    sweep(suspect, loss, batch, input, std::numeric_limits<T>::quiet_NaN(), gradient);
    return static_cast<double>(value);
  }

  /// The backward pass alone, of the forward pass that was made last, into buffers of `before`.
  template <class Suspect>
  void sweep(const Suspect& suspect, const Loss& loss, const Batch<T>& batch, bool input, T before,
             std::vector<double>& gradient) {
    fill_scratch(before);
    const std::size_t count = batch.theta.size();
    numbers_.assign(count + (input ? static_cast<std::size_t>(batch.x.size()) : 0), before);
    const MatrixView<T> dx =
        input ? MatrixView<T>(numbers_.data() + count, batch.x.rows(), batch.x.cols()) : MatrixView<T>();
    suspect_gradient<T>(suspect, loss, batch.theta, batch.x, batch.targets, trace_, std::span(numbers_).first(count),
                        dx);
    gradient.assign(numbers_.begin(), numbers_.end());
  }

  Trace<T>& trace() { return trace_; }

 private:
  /// What lies between layers is to be written before it is read, too.
  void fill_scratch(T before) {
    std::size_t most = 0;
    for (const Matrix<T>& outputs : trace_.outputs) most = std::max(most, outputs.values().size());
    for (Matrix<T>& scratch : trace_.derivative) {
      scratch.resize(1, static_cast<Index>(most));
      std::fill(scratch.values().begin(), scratch.values().end(), before);
    }
  }

  Trace<T> trace_;
  std::vector<T> numbers_;
};

}  // namespace gradus::detail
