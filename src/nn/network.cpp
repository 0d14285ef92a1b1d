// SPDX-License-Identifier: MIT
#include "gradus/nn/network.hpp"

#include <charconv>
#include <cstdint>
#include <optional>

namespace gradus {
namespace {

/// Widths above this are a slip of the keyboard, and would overflow a parameter count.
constexpr Index kMaxWidth = 1'000'000;
/// A network larger than this does not fit; in WebAssembly, which has 32-bit indices, a smaller one already does not.
constexpr std::int64_t kMaxParameters = std::int64_t{1} << (sizeof(Index) < 8 ? 27 : 31);

template <std::size_t I = 0>
std::optional<Layer> activation_called(std::string_view name, Index width) {
  if constexpr (I < std::variant_size_v<Layer>) {
    using L = std::variant_alternative_t<I, Layer>;
    if constexpr (L::is_activation)
      if (L::name == name) return L{width};
    return activation_called<I + 1>(name, width);
  } else {
    return std::nullopt;
  }
}

template <std::size_t I = 0>
std::string activation_names() {
  if constexpr (I < std::variant_size_v<Layer>) {
    using L = std::variant_alternative_t<I, Layer>;
    std::string rest = activation_names<I + 1>();
    if constexpr (!L::is_activation) return rest;
    return std::string(L::name) + (rest.empty() ? "" : ", ") + rest;
  } else {
    return "";
  }
}

class Parser {
 public:
  explicit Parser(std::string_view text) : text_(text) {}

  Network parse() {
    if (text_.empty()) fail(0, "expected a network such as 2-16tanh-2softmax, got nothing");
    Index width = number("the number of inputs");
    std::vector<Layer> layers;
    while (position_ < text_.size()) {
      expect_dash();
      width = layer(width, layers);
    }
    if (layers.empty()) fail(position_, "expected at least one layer after the inputs, as in 2-16tanh-2softmax");
    return Network(std::move(layers));
  }

 private:
  [[noreturn]] void fail(std::size_t position, const std::string& message) const {
    throw ParseError("network", std::string(text_), position, message);
  }

  void expect_dash() {
    if (text_[position_] != '-')
      fail(position_, "expected '-' before the next layer, got '" + std::string(1, text_[position_]) + "'");
    ++position_;
  }

  Index number(const std::string& what) {
    const std::size_t start = position_;
    Index value = 0;
    const auto [end, error] = std::from_chars(text_.data() + start, text_.data() + text_.size(), value);
    if (end == text_.data() + start || text_[start] == '-') fail(start, "expected " + what + ", a whole number");
    if (value == 0) fail(start, "expected " + what + " to be at least 1, got 0");
    if (error != std::errc{} || value > kMaxWidth)
      fail(start, "expected " + what + " to be at most " + std::to_string(kMaxWidth));
    position_ = static_cast<std::size_t>(end - text_.data());
    return value;
  }

  /// Letters, digits and underscores up to the next separator.
  std::string_view word() {
    const std::size_t start = position_;
    while (position_ < text_.size() && text_[position_] != '-' && text_[position_] != ':') ++position_;
    return text_.substr(start, position_ - start);
  }

  Index layer(Index inputs, std::vector<Layer>& layers) {
    const std::size_t start = position_;
    const Index width = number("the layer's width");
    const std::size_t name_start = position_;
    const std::string_view name = word();
    bool bias = true;
    while (position_ < text_.size() && text_[position_] == ':') {
      const std::size_t option_start = ++position_;
      const std::string_view option = word();
      if (option != "nobias") fail(option_start, "unknown option '" + std::string(option) + "' (known: nobias)");
      bias = false;
    }
    layers.push_back(Dense{inputs, width, bias});
    parameters_ += (std::int64_t{inputs} + 1) * width;
    if (parameters_ > kMaxParameters)
      fail(start, "the network has more than " + std::to_string(kMaxParameters) + " parameters");
    if (name.empty()) return width;
    const std::optional<Layer> activation = activation_called(name, width);
    if (!activation)
      fail(name_start, "unknown activation '" + std::string(name) + "' (known: " + activation_names() + ")");
    layers.push_back(*activation);
    return width;
  }

  std::string_view text_;
  std::size_t position_ = 0;
  std::int64_t parameters_ = 0;
};

}  // namespace

Network parse_network(std::string_view text) { return Parser(text).parse(); }

std::string to_text(const Network& network) {
  std::string text = std::to_string(network.inputs());
  std::string options;  // of the dense layer just written; they follow its activation
  for (std::size_t l = 0; l < network.size(); ++l) {
    if (const auto* dense = std::get_if<Dense>(&network.layers()[l])) {
      text += options + "-" + std::to_string(dense->out);
      options = dense->bias ? "" : ":nobias";
    } else {
      text += network.name(l);
    }
  }
  return text + options;
}

}  // namespace gradus
