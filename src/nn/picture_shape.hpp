// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>

#include "gradus/core/options.hpp"
#include "gradus/nn/network.hpp"

namespace gradus::detail {

/// What a row of numbers stands for, where it stands for more than a row: channels of signals (dims 1) or pictures (2).
struct PictureShape {
  Index channels = 1;
  Extent size{};
  int dims = 2;

  Index inputs() const { return channels * size.size(); }
  /// "1x8x8", "1x64"
  std::string text() const {
    return std::to_string(channels) + "x" + (dims == 2 ? std::to_string(size.height) + "x" : "") +
           std::to_string(size.width);
  }
  bool operator==(const PictureShape&) const = default;
};

using MaybeShape = std::optional<PictureShape>;

/// The shape of a layer's outputs, given that of its inputs.
template <class L>
MaybeShape shape_after(const L&, const MaybeShape& shape) {
  return shape;
}
template <int dims>
MaybeShape shape_after(const Conv<dims>& layer, const MaybeShape&) {
  return PictureShape{layer.filters, layer.window.places(), dims};
}
template <int dims>
MaybeShape shape_after(const MaxPool<dims>& layer, const MaybeShape&) {
  return PictureShape{layer.window.channels, layer.window.places(), dims};
}
template <int dims>
MaybeShape shape_after(const AveragePool<dims>& layer, const MaybeShape&) {
  return PictureShape{layer.window.channels, layer.window.places(), dims};
}
inline MaybeShape shape_after(const Dense&, const MaybeShape&) { return {}; }
inline MaybeShape shape_after(const Flatten&, const MaybeShape&) { return {}; }
inline MaybeShape shape_after(const Elman&, const MaybeShape&) { return {}; }
inline MaybeShape shape_after(const Gru&, const MaybeShape&) { return {}; }
inline MaybeShape shape_after(const Lstm&, const MaybeShape&) { return {}; }

/// Whether the layer is an activation that a text names.
template <class L>
inline constexpr bool is_named_activation = L::is_activation && !OpensBlock<L> && !ClosesBlock<L>;

/// Options of a layer that is made by its name.
template <class L>
std::vector<Option> options_of_layer(L& layer) {
  if constexpr (requires { layer.visit_options([](auto&&...) {}); })
    return options_of(layer);
  else
    return {};
}

}  // namespace gradus::detail
