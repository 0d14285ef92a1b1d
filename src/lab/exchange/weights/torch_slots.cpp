// SPDX-License-Identifier: MIT
#include <concepts>
#include <variant>

#include "lab/exchange/weights/slots.hpp"

namespace gradus::exchange {
namespace {

/// Count numbers as they lie, from `offset` on.
Slot vector_slot(std::string name, Index count, Index offset, bool is_state = false) {
  return {.name = std::move(name), .shape = {count}, .offset = offset, .is_state = is_state};
}

/// Ours is (rows, cols) from `offset` on, theirs (cols, rows).
Slot transposed_slot(std::string name, Index rows, Index cols, Index offset) {
  return {.name = std::move(name), .shape = {cols, rows}, .offset = offset, .rows = rows};
}

std::vector<Slot> slots_of(const Dense& layer) {
  std::vector<Slot> slots{transposed_slot("weight", layer.in, layer.out, 0)};
  if (layer.bias) slots.push_back(vector_slot("bias", layer.out, layer.in * layer.out));
  return slots;
}

template <int dims>
std::vector<Slot> slots_of(const Conv<dims>& layer) {
  std::vector<Slot> slots{transposed_slot("weight", layer.cells(), layer.filters, 0)};
  slots[0].shape = {layer.filters, layer.window.channels / layer.groups};
  if (dims == 2) slots[0].shape.push_back(layer.window.kernel.height);
  slots[0].shape.push_back(layer.window.kernel.width);
  if (layer.bias) slots.push_back(vector_slot("bias", layer.filters, layer.cells() * layer.filters));
  return slots;
}

std::vector<Slot> slots_of(const Prelu& layer) {
  std::vector<Slot> slots{vector_slot("weight", layer.slopes, 0)};
  slots[0].may_be_one = true;
  return slots;
}
std::vector<Slot> slots_of(const RmsNorm& layer) { return {vector_slot("weight", layer.width, 0)}; }
std::vector<Slot> slots_of(const LayerNorm& layer) {
  return {vector_slot("weight", layer.width, 0), vector_slot("bias", layer.width, layer.width)};
}
std::vector<Slot> slots_of(const BatchNorm& layer) {
  const Index n = layer.channels;
  return {vector_slot("weight", n, 0),
          vector_slot("bias", n, n),
          vector_slot("running_mean", n, 0, true),
          vector_slot("running_var", n, n, true),
          {.name = "num_batches_tracked", .shape = {}, .is_counter = true}};
}

/// Of `gates` gates side by side: both products, and both biases, of which the second is added to the first.
std::vector<Slot> recurrent_slots(const Recurrent& layer, Index gates) {
  const Index n = gates * layer.units;
  const Index bias = (layer.features + layer.units) * n;
  return {transposed_slot("weight_ih_l0", layer.features, n, 0),
          transposed_slot("weight_hh_l0", layer.units, n, layer.features * n), vector_slot("bias_ih_l0", n, bias),
          vector_slot("bias_hh_l0", n, bias)};
}
std::vector<Slot> slots_of(const Elman& layer) { return recurrent_slots(layer, 1); }
std::vector<Slot> slots_of(const Lstm& layer) { return recurrent_slots(layer, 4); }
/// The second bias of the new state stands inside the reset gate's product, and is one of its own.
std::vector<Slot> slots_of(const Gru& layer) {
  std::vector<Slot> slots = recurrent_slots(layer, 3);
  slots[3].moved_from = 2 * layer.units;
  slots[3].moved_by = layer.units;
  return slots;
}

/// Kinds without parameters: one that is in neither list does not compile.
template <class L, class... Others>
concept OneOf = (std::same_as<L, Others> || ...);
template <OneOf<Softmax, LogSoftmax, Flatten, Dropout, ResidualBegin, ResidualAdd> L>
std::vector<Slot> slots_of(const L&) {
  return {};
}
template <class F>
std::vector<Slot> slots_of(const Elementwise<F>&) {
  return {};
}
template <int dims>
std::vector<Slot> slots_of(const MaxPool<dims>&) {
  return {};
}
template <int dims>
std::vector<Slot> slots_of(const AveragePool<dims>&) {
  return {};
}

}  // namespace

std::vector<Slot> torch_slots(const Layer& layer) {
  return std::visit([](const auto& kind) { return slots_of(kind); }, layer);
}

}  // namespace gradus::exchange
