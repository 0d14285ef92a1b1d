// SPDX-License-Identifier: MIT
#include <utility>

#include "gradus/core/number.hpp"
#include "gradus/nn/network.hpp"
#include "gradus/nn/output_shapes.hpp"
#include "picture_shape.hpp"

namespace gradus {
namespace {

using detail::MaybeShape;
using detail::PictureShape;

/// What a layer must be told about its inputs before the text can name it.
struct Need {
  MaybeShape shape{};   ///< this shape; none: see below
  Index channels = 0;   ///< any shape with so many channels ...
  Index positions = 0;  ///< ... of so many positions each; 0: nothing is needed

  bool is_met(const MaybeShape& present) const {
    if (shape) return present == shape;
    if (positions == 0) return true;
    if (!present) return positions == 1;
    return present->channels == channels && present->size.size() == positions;
  }
  /// "1x8x8", or a plain "64".
  std::string text() const {
    if (shape) return shape->text();
    if (positions == 1) return std::to_string(channels);
    return PictureShape{channels, {1, positions}, 1}.text();
  }
};

template <class L>
Need need_of(const L&) {
  return {};
}
Need window_need(const Window& window, int dims) { return {.shape = PictureShape{window.channels, window.size, dims}}; }
template <int dims>
Need need_of(const Conv<dims>& layer) {
  return window_need(layer.window, dims);
}
template <int dims>
Need need_of(const MaxPool<dims>& layer) {
  return window_need(layer.window, dims);
}
template <int dims>
Need need_of(const AveragePool<dims>& layer) {
  return window_need(layer.window, dims);
}
Need need_of(const BatchNorm& layer) { return {.channels = layer.channels, .positions = layer.positions}; }
Need need_of(const Prelu& layer) { return {.channels = layer.slopes, .positions = layer.width / layer.slopes}; }

Need need_of(const Layer& layer) {
  return std::visit([](const auto& kind) { return need_of(kind); }, layer);
}
MaybeShape shape_after(const Layer& layer, const MaybeShape& shape) {
  return std::visit([&](const auto& kind) { return detail::shape_after(kind, shape); }, layer);
}

/// 3, or 3x5 of a picture.
std::string extent_text(Extent extent, int dims) {
  if (dims == 1 || extent.height == extent.width) return std::to_string(extent.width);
  return std::to_string(extent.height) + "x" + std::to_string(extent.width);
}

/// "k3s2p1": what differs from the rule.
std::string window_text(const Window& window, Extent stride, int dims) {
  const auto option = [&](const char* letter, Extent extent, Extent usual) {
    return extent == usual ? "" : letter + extent_text(extent, dims);
  };
  return option("s", window.stride, stride) + option("p", window.padding, {0, 0}) +
         option("d", window.dilation, {1, 1});
}

/// A layer as the grammar writes it: its text, and options that follow its activation.
struct Words {
  std::string text;
  std::string options{};
  bool takes_activation = false;
};

Words words(const Dense& layer) { return {std::to_string(layer.out), layer.bias ? "" : ":nobias", true}; }
template <int dims>
Words words(const Conv<dims>& layer) {
  std::string text = "conv" + std::to_string(layer.filters) + "k" + extent_text(layer.window.kernel, dims) +
                     window_text(layer.window, {1, 1}, dims);
  if (layer.groups != 1) text += "g" + std::to_string(layer.groups);
  return {text, layer.bias ? "" : ":nobias", true};
}
template <int dims>
Words pool_words(const std::string& kind, const Pool<dims>& layer) {
  if (layer.is_global() && layer.window.stride == layer.window.kernel) return {"global" + kind};
  return {kind + extent_text(layer.window.kernel, dims) + window_text(layer.window, layer.window.kernel, dims)};
}
template <int dims>
Words words(const MaxPool<dims>& layer) {
  return pool_words("maxpool", layer);
}
template <int dims>
Words words(const AveragePool<dims>& layer) {
  return pool_words("avgpool", layer);
}
template <class L>
requires std::is_base_of_v<Recurrent, L> Words words(const L& layer) {
  std::string text = std::to_string(layer.units) + std::string(L::name);
  if (layer.every_step) text += ":all";
  if (layer.truncation > 0) text += ":truncate" + std::to_string(layer.truncation);
  if constexpr (std::is_same_v<L, Lstm>)
    if (layer.remember) text += ":remember";
  return {text};
}
Words words(const Dropout& layer) { return {"dropout" + number_text(layer.rate)}; }
/// A layer by its name, and those of its numbers that are not as usual.
template <MadeByItsName L>
Words words(L layer) {
  std::string text(L::name);
  L usual;
  const std::vector<Option> options = detail::options_of_layer(layer);
  const std::vector<Option> usual_options = detail::options_of_layer(usual);
  for (std::size_t k = 0; k < options.size(); ++k) {
    const double value = **std::get_if<double*>(&options[k].value);
    if (value != **std::get_if<double*>(&usual_options[k].value))
      text += ":" + std::string(options[k].name) + number_text(value);
  }
  return {text};
}

class Writer {
 public:
  explicit Writer(const Network& network) : network_(network) {}

  std::string text() {
    const Need first = input_need();
    if (network_.takes_sequences()) {
      text_ = "seq" + std::to_string(network_.inputs());
    } else {
      text_ = first.shape || first.positions > 1 ? first.text() : std::to_string(network_.inputs());
      shape_ = first.shape;
      if (!shape_ && first.positions > 1) shape_ = PictureShape{first.channels, {1, first.positions}, 1};
    }
    for (const Layer& layer : network_.layers()) {
      std::visit([&](const auto& kind) { write(kind); }, layer);
      shape_ = shape_after(layer, shape_);
    }
    return text_ + options_;
  }

 private:
  /// What the first layers need the inputs to be: the shape that a convolution or pooling asks for, if those before it
  /// can live with it.
  Need input_need() const {
    Need first;
    for (const Layer& layer : network_.layers()) {
      const Need need = need_of(layer);
      const MaybeShape kept = PictureShape{0, {0, 0}, 0};
      if (need.shape && (!first.positions || first.is_met(need.shape))) return need;
      if (need.shape || shape_after(layer, kept) != kept) break;
      if (need.positions > 0 && first.positions == 0) first = need;
    }
    return first;
  }

  template <class L>
  void write(const L& layer) {
    if constexpr (OpensBlock<L>) {
      opening_ += "[";
    } else if constexpr (ClosesBlock<L>) {
      text_ += options_ + "]+";
      options_.clear();
      takes_activation_ = false;
    } else {
      const Need need = need_of(layer);
      const bool attached =
          detail::is_named_activation<L> && takes_activation_ && opening_.empty() && need.is_met(shape_);
      if (!attached) {
        const std::string opening = std::exchange(opening_, "");
        text_ += std::exchange(options_, "") + "-" + opening;
        if (!need.is_met(shape_))
          see_as(need);
        else if (detail::is_named_activation<L> && is_first_ && opening.empty())
          text_ += "as" + (shape_ ? shape_->text() : std::to_string(layer.inputs())) + "-";
        is_first_ = false;
      }
      const Words next = words(layer);
      text_ += next.text;
      if (!attached) options_ = next.options;
      takes_activation_ = next.takes_activation;
    }
  }

  void see_as(const Need& need) {
    text_ += "as" + need.text() + "-";
    shape_ = need.shape;
    if (!shape_ && need.positions > 1) shape_ = PictureShape{need.channels, {1, need.positions}, 1};
  }

  const Network& network_;
  std::string text_;
  std::string options_;  // of the layer just written; they follow its activation
  std::string opening_;  // brackets before the next layer
  MaybeShape shape_;
  bool takes_activation_ = false;
  bool is_first_ = true;
};

}  // namespace

std::string to_text(const Network& network) { return Writer(network).text(); }

std::vector<std::string> output_shapes(const Network& network) {
  std::vector<std::string> texts;
  MaybeShape shape;
  bool every_step = network.takes_sequences();
  for (std::size_t l = 0; l < network.size(); ++l) {
    const Layer& layer = network.layers()[l];
    if (const Need need = need_of(layer); need.shape) shape = need.shape;
    shape = shape_after(layer, shape);
    network.visit(l, [&]<class L>(const L& kind) {
      if constexpr (std::is_base_of_v<Recurrent, L>) every_step = kind.every_step;
    });
    texts.push_back((every_step ? "steps x " : "") + (shape ? shape->text() : std::to_string(network.outputs(l))));
  }
  return texts;
}

}  // namespace gradus
