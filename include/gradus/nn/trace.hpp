// SPDX-License-Identifier: MIT
#pragma once

#include <algorithm>
#include <array>
#include <type_traits>
#include <variant>

#include "gradus/nn/network.hpp"
#include "gradus/nn/targets.hpp"

namespace gradus {

/// What a pass remembers, and what kind of pass it is. `mode`, `seed`, `update` and `state` are the caller's to set.
template <Number T>
struct Trace {
  std::vector<Matrix<T>> outputs;       ///< outputs[l] (batch, outputs of layer l; in a sequence: steps times that)
  std::array<Matrix<T>, 2> derivative;  ///< scratch of `backward`: of the loss by the outputs of two layers in turn
  std::vector<LayerMemory<T>> memory;   ///< of the layers that keep something else
  std::vector<Scalar<T>> state;         ///< running statistics, which training changes; left empty: the initial state
  Mode mode = Mode::inference;
  std::uint64_t seed = 0;    ///< of random masks, which depend on it, the layer and the update alone
  std::uint64_t update = 0;  ///< number of the update: another one, another mask
  Index first_row = 0;       ///< number of x's first row in the whole batch, where that is passed in parts
  Matrix<T> packed;          ///< x or its derivative without gaps between rows, where a sequence has any
};

namespace detail {

template <class T, class Variant>
inline constexpr bool is_one_of = false;
template <class T, class... L>
inline constexpr bool is_one_of<T, std::variant<L...>> = (std::is_same_v<T, L> || ...);

/// (batch, steps * width) as (batch * steps, width): the same numbers. No gaps between rows.
template <class T>
MatrixView<T> rows_of(MatrixView<T> x, Index width) {
  if (x.cols() == width) return x;
  assert(x.stride() == x.cols());
  return {x.data(), x.size() / width, width};
}
/// x as a layer takes it: whole sequences, or step by step.
template <class L, class T>
MatrixView<T> step_rows(const L& /*layer*/, MatrixView<T> x, Index width) {
  if constexpr (WorksAlongTime<L>)
    return x;
  else
    return rows_of(x, width);
}
/// Row i of (batch * steps, width), where x is (batch, steps * width) and may have gaps between rows.
template <class T>
std::span<T> step_row(MatrixView<T> x, Index i, Index width) {
  if (x.cols() == width) return x.row(i);
  const Index steps = x.cols() / width;
  return x.row(i / steps).subspan(static_cast<std::size_t>(i % steps * width), static_cast<std::size_t>(width));
}

template <class Network, class T>
bool has_gaps(const Network& network, MatrixView<T> x) {
  return network.takes_sequences() && !x.empty() && x.stride() != x.cols();
}
/// x itself, or a copy of a sequence without gaps between rows.
template <class Network, class T>
ConstMatrixView<T> packed(const Network& network, ConstMatrixView<T> x, Matrix<T>& buffer) {
  if (!has_gaps(network, x)) return x;
  buffer.resize(x.rows(), x.cols());
  for (Index i = 0; i < x.rows(); ++i) std::copy_n(x.row(i).begin(), x.cols(), buffer.row(i).begin());
  return buffer.view();
}

template <class L, Number T>
void prepare_memory(const BasicNetwork<L>& network, Trace<T>& trace) {
  trace.memory.resize(network.size());
  if (trace.state.empty() && network.state_count() > 0) trace.state = network.template initial_state<Scalar<T>>();
  check_length("network", "state", static_cast<Index>(trace.state.size()), network.state_count());
}

/// Layer l's memory, told about the pass. The backward pass starts at layer `depth` - 1.
template <class L, Number T>
LayerMemory<T>& memory_of(const BasicNetwork<L>& network, std::size_t l, ConstMatrixView<T> x, Trace<T>& trace,
                          std::size_t depth = static_cast<std::size_t>(-1)) {
  LayerMemory<T>& memory = trace.memory[l];
  memory.state = network.state_slice(std::span<Scalar<T>>(trace.state), l);
  memory.mode = trace.mode;
  memory.seed = mixed(mixed(trace.seed, l), trace.update);
  memory.first_row = trace.first_row * (trace.outputs[l].rows() > 0 ? x.rows() / trace.outputs[l].rows() : 1);
  const std::size_t partner = network.partner(l);
  memory.partner = partner < depth ? &trace.memory[partner] : nullptr;
  return memory;
}

template <class T, class U>
void check_targets(const Matrix<T>& outputs, const Targets<U>& targets) {
  check_rows("loss", "targets", targets.values, outputs.rows());
  check_cols("loss", "targets", targets.values, outputs.cols());
  if (!targets.weights.empty())
    check_length("loss", "sample weights", static_cast<Index>(targets.weights.size()), outputs.rows());
}

}  // namespace detail
}  // namespace gradus
