// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cstdint>

#include "core/text.hpp"
#include "gradus/core/nearest.hpp"
#include "gradus/nn/network.hpp"
#include "picture_shape.hpp"
#include "text_reader.hpp"

// The grammar is docs/grammar.md; a function a rule.
namespace gradus {
namespace {

using detail::is_digit;
using detail::is_letter;
using detail::MaybeShape;
using detail::PictureShape;

/// A network larger than this does not fit; in WebAssembly, which has 32-bit indices, a smaller one already does not.
constexpr std::int64_t kMaxParameters = std::int64_t{1} << (sizeof(Index) < 8 ? 27 : 31);

/// A chain of tens of thousands of layers is a hostile text, not a network.
constexpr std::size_t kMaxText = std::size_t{1} << 16;
constexpr std::size_t kMaxNested = 100;  // residual blocks

/// Of a kernel, a stride, a padding or a dilation: their products must not overflow 32 bits.
constexpr Index kMaxExtent = 10'000;

using Layers = AlternativesOf<Layer>;

/// The names of layers that are made by them: of the activations alone, or of all.
std::vector<std::string> layer_words(bool activations_only) {
  std::vector<std::string> names;
  Layers::for_each([&]<class L>(const L&) {
    if constexpr (MadeByItsName<L>)
      if (!activations_only || detail::is_named_activation<L>) names.emplace_back(L::name);
  });
  return names;
}
std::vector<std::string> activation_names() { return layer_words(true); }

std::optional<Layer> activation_called(std::string_view name, Index width, const MaybeShape& shape) {
  std::optional<Layer> found;
  Layers::for_each([&]<class L>(const L&) {
    if constexpr (MadeByItsName<L> && detail::is_named_activation<L>)
      if (L::name == name) found = L::on(width, shape ? shape->channels : width);
  });
  return found;
}

/// What may follow a layer's width.
std::vector<std::string> unit_names() {
  std::vector<std::string> names = activation_names();
  names.insert(names.end(), {"elman", "gru", "lstm"});
  return names;
}

/// What may stand without a width before it.
std::vector<std::string> layer_names() {
  std::vector<std::string> names{"conv", "maxpool", "avgpool", "globalmaxpool", "globalavgpool", "dropout"};
  for (std::string& name : layer_words(false)) names.push_back(std::move(name));
  return names;
}

class Parser : detail::TextReader {
 public:
  using TextReader::TextReader;

  Network parse() {
    if (text_.empty()) fail(0, "expected a network such as 2-16tanh-2softmax, got nothing");
    if (text_.size() > kMaxText)
      fail(0, "expected at most " + std::to_string(kMaxText) + " characters, got " + std::to_string(text_.size()));
    input();
    while (!at_end()) {
      if (peek() != '-')
        fail(position_, "expected '-' before the next layer, got " +
                            in_quotes(text_.substr(
                                position_, std::max<std::size_t>(first_character(text_.substr(position_)).bytes, 1))));
      ++position_;
      item();
    }
    if (layers_.empty()) fail(position_, "expected at least one layer after the inputs, as in 2-16tanh-2softmax");
    if (!blocks_.empty()) fail(blocks_.back().position, "expected ']+' to close the residual block that begins here");
    if (sequence_ && !recurrent_) fail(0, "expected a recurrent layer (elman, gru, lstm) for the sequences of seq");
    return Network(std::move(layers_));
  }

 private:
  struct Block {
    std::size_t position;
    Index width;
    bool every_step;
  };

  // ------------------------------------------------------------------------------------------------ input, items

  void input() {
    if (take("seq")) {
      sequence_ = every_step_ = true;
      width_ = number({"the number of features of a time step"});
      return;
    }
    picture("the number of inputs");
  }

  /// A plain width, 1x64 or 1x8x8; sets width and shape.
  void picture(const char* what) {
    const std::size_t start = position_;
    width_ = number({what});
    shape_.reset();
    if (!take("x")) return;
    PictureShape shape{.channels = width_, .dims = 1};
    shape.size.width = number({"the length of a signal"});
    if (take("x")) {
      shape.dims = 2;
      shape.size = {shape.size.width, number({"the width of a picture"})};
    }
    // Each factor is at most 10^6: in 64 bits, three of them cannot overflow.
    const std::int64_t inputs = std::int64_t{shape.channels} * shape.size.height * shape.size.width;
    if (inputs > kMaxWidth) fail(start, "expected at most " + std::to_string(kMaxWidth) + " numbers a sample");
    width_ = shape.inputs();
    shape_ = shape;
  }

  void item() {
    while (peek() == '[') {
      if (blocks_.size() == kMaxNested)
        fail(position_, "expected at most " + std::to_string(kMaxNested) + " residual blocks within each other");
      blocks_.push_back({position_++, width_, every_step_});
      add(ResidualBegin{{width_}}, position_);
    }
    layer();
    while (peek() == ']') {
      if (blocks_.empty()) fail(position_, "']' closes a residual block that was never opened with '['");
      const std::size_t start = position_;
      if (!take("]+")) fail(position_ + 1, "expected '+' after ']'");
      const Block block = blocks_.back();
      blocks_.pop_back();
      if (width_ != block.width)
        fail(start, "expected the residual block to give back the " + std::to_string(block.width) +
                        " numbers it takes, got " + std::to_string(width_));
      if (every_step_ != block.every_step)
        fail(start, "expected the residual block to keep every time step, as 16lstm:all does");
      add(ResidualAdd{{width_}}, start);
    }
  }

  void layer() {
    const std::size_t start = position_;
    if (!is_letter(peek())) {
      const Index units = number({"the layer's width"});
      const std::size_t name = position_;
      if (take("elman")) return recurrent(Elman{{width_, units}}, start);
      if (take("gru")) return recurrent(Gru{{width_, units}}, start);
      if (take("lstm")) return recurrent(Lstm{{width_, units}}, start);
      position_ = name;
      return dense(units, start);
    }
    if (take("conv")) return convolution(start);
    if (take("maxpool")) return pooling<MaxPool>(false, start);
    if (take("avgpool")) return pooling<AveragePool>(false, start);
    if (take("globalmaxpool")) return pooling<MaxPool>(true, start);
    if (take("globalavgpool")) return pooling<AveragePool>(true, start);
    if (take("dropout")) return dropout(start);
    if (take("as")) {
      if (is_digit(peek())) return reshape(start);
      position_ = start;
    }
    by_name();
  }

  // ------------------------------------------------------------------------------------------------ layers

  void dense(Index units, std::size_t start) {
    Dense layer{width_, units};
    const auto [name, at] = activation_word();
    options("nobias", [&](std::string_view option) {
      if (option != "nobias") return false;
      layer.bias = false;
      return true;
    });
    add(layer, start);
    attach(name, at, unit_names);
  }

  template <class L>
  void recurrent(L layer, std::size_t start) {
    if (!sequence_)
      fail(start, "a " + std::string(L::name) + " layer takes sequences: begin the network with seq" +
                      std::to_string(width_) + ", the features of a time step");
    if (!every_step_)
      fail(start, "the recurrent layer before keeps only the last step: write :all after it to keep every one");
    constexpr bool remembers = std::is_same_v<L, Lstm>;
    options(remembers ? "all, truncate, remember" : "all, truncate", [&](std::string_view option) {
      if (option == "all")
        layer.every_step = true;
      else if (option == "truncate")
        layer.truncation = number({"the number of time steps"});
      else if (!remembers || option != "remember")
        return false;
      else if constexpr (remembers)
        layer.remember = true;
      return true;
    });
    recurrent_ = true;
    every_step_ = layer.every_step;
    add(layer, start);
  }

  void convolution(std::size_t start) {
    Window window = window_here(start, "conv");
    const Index filters = number({"the number of filters"});
    Index groups = 1;
    if (peek() != 'k') fail(position_, "expected k and the kernel's size, as in conv8k3");
    while (!at_end() && is_digit(peek(1))) {
      if (take("k"))
        window.kernel = extent("the kernel's size");
      else if (take("s"))
        window.stride = extent("the stride");
      else if (take("p"))
        window.padding = extent("the padding", 0);
      else if (take("d"))
        window.dilation = extent("the dilation");
      else if (take("g"))
        groups = number({"the number of groups"});
      else
        break;
    }
    const Extent places = window.places();
    if (std::int64_t{filters} * places.height * places.width > kMaxWidth)
      fail(start, "expected at most " + std::to_string(kMaxWidth) + " outputs");
    const auto [name, at] = activation_word();
    bool bias = true;
    options("nobias", [&](std::string_view option) {
      if (option != "nobias") return false;
      bias = false;
      return true;
    });
    if (shape_->dims == 1)
      add(Conv1d{window, filters, groups, bias}, start);
    else
      add(Conv2d{window, filters, groups, bias}, start);
    attach(name, at);
  }

  template <template <int> class Kind>
  void pooling(bool global, std::size_t start) {
    Window window = window_here(start, "pooling");
    if (global) {
      window = global_window(window.channels, window.size);
    } else {
      window.kernel = window.stride = extent("the window's size");
      while (!at_end() && is_digit(peek(1))) {
        if (take("s"))
          window.stride = extent("the stride");
        else if (take("p"))
          window.padding = extent("the padding", 0);
        else
          break;
      }
    }
    if (shape_->dims == 1)
      add(Kind<1>{{window}}, start);
    else
      add(Kind<2>{{window}}, start);
  }

  /// A window over the present shape, without a size of its own.
  Window window_here(std::size_t start, const std::string& what) const {
    if (!shape_)
      fail(start,
           what + " needs channels and a size: begin the network with them, as in 1x8x8, or write as1x8x8 before");
    return {.channels = shape_->channels, .size = shape_->size};
  }

  /// 3 or 3x5; of a signal, 3.
  Extent extent(const char* what, Index least = 1) {
    const Index first = number({what, least, kMaxExtent});
    if (shape_->dims == 1) return {least, first};
    return {first, take("x") ? number({what, least, kMaxExtent}) : first};
  }

  void dropout(std::size_t start) {
    const std::size_t at = position_;
    const double rate = decimal("the rate");
    if (!(rate < 1)) fail(at, "expected a rate of at least 0 and below 1");
    add(Dropout{width_, rate}, start);
  }

  /// as1x8x8: no layer, but another way to look at the same numbers.
  void reshape(std::size_t start) {
    const Index width = width_;
    seen_as_ = true;
    picture("the number of channels");
    if (width_ != width)
      fail(start, "expected a shape of " + std::to_string(width) + " numbers, got " + std::to_string(width_));
    if (at_end() || peek() == ']')
      fail(position_, "expected a layer after " + one_line(text_.substr(start, position_ - start), 60));
  }

  // ------------------------------------------------------------------------------------------------ parts of layers

  Word activation_word() {
    const std::size_t start = position_;
    return {word(), start};
  }

  void attach(std::string_view name, std::size_t at, std::vector<std::string> (*known)() = activation_names) {
    if (name.empty()) return;
    const std::optional<Layer> layer = activation_called(name, width_, shape_);
    if (!layer) fail(at, "unknown activation " + in_quotes(name) + suggestion(name, known()));
    add(*layer, at);
  }

  /// A layer that is made by its name, or an activation that stands by itself.
  void by_name() {
    const auto [name, at] = activation_word();
    bool found = false;
    Layers::for_each([&, name = name, at = at]<class L>(const L&) {
      if constexpr (MadeByItsName<L>)
        if (L::name == name) {
          if (detail::is_named_activation<L> && layers_.empty() && !seen_as_)  // nearly always a width forgotten
            fail(at, "expected the layer's width, a whole number, before " + in_quotes(name) + ", as in 16tanh");
          found = true;
          L layer = L::on(width_, shape_ ? shape_->channels : width_);
          numbers(layer);
          add(layer, at);
        }
    });
    if (!found)
      fail(at, "expected a width, as in 16tanh, or a layer; unknown layer " + in_quotes(name) +
                   suggestion(name.substr(0, name.find_first_of("0123456789")), layer_names()));
  }

  /// `:epsilon1e-07` and the like, as the layer's options tell.
  template <class L>
  void numbers(L& layer) {
    const std::vector<Option> known = detail::options_of_layer(layer);
    if (known.empty()) return;
    std::string names;
    for (const Option& option : known) names += (names.empty() ? "" : ", ") + std::string(option.name);
    options(names, [&](std::string_view name) {
      for (const Option& option : known)
        if (option.name == name) {
          **std::get_if<double*>(&option.value) = decimal(std::string(name));
          return true;
        }
      return false;
    });
  }

  /// Appends a layer that stands at `start` in the text.
  template <class L>
  void add(const L& layer, std::size_t start) {
    if constexpr (std::is_same_v<L, Layer>) {
      std::visit([&](const auto& kind) { add(kind, start); }, layer);
    } else {
      try {
        if constexpr (requires { layer.check(); }) layer.check();
      } catch (const ValueError& error) {
        fail(start, error.what());
      }
      if (layer.outputs() > kMaxWidth) fail(start, "expected at most " + std::to_string(kMaxWidth) + " outputs");
      for (const ParameterBlock& block : layer.parameter_blocks()) parameters_ += std::int64_t{block.rows} * block.cols;
      if (parameters_ > kMaxParameters)
        fail(start, "the network has more than " + std::to_string(kMaxParameters) + " parameters");
      shape_ = detail::shape_after(layer, shape_);
      width_ = layer.outputs();
      layers_.push_back(layer);
    }
  }

  Index width_ = 0;   // of what the layers so far make
  MaybeShape shape_;  // and its shape, if it has one
  std::vector<Layer> layers_;
  std::vector<Block> blocks_;
  bool sequence_ = false;
  bool every_step_ = false;
  bool recurrent_ = false;
  bool seen_as_ = false;
  std::int64_t parameters_ = 0;
};

}  // namespace

Network parse_network(std::string_view text) { return Parser(text).parse(); }

}  // namespace gradus
