// SPDX-License-Identifier: MIT
#include "gradus/nn/initializer.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/text.hpp"
#include "gradus/core/nearest.hpp"
#include "gradus/core/number.hpp"

namespace gradus {
namespace {

using Kind = Initializer::Kind;

struct Name {
  std::string_view text;
  Kind kind;
};

constexpr std::array<Name, 8> kNames{{{"standard-normal", Kind::standard_normal},
                                      {"uniform", Kind::uniform},
                                      {"glorot", Kind::glorot_uniform},
                                      {"he", Kind::he_normal},
                                      {"glorot-uniform", Kind::glorot_uniform},
                                      {"glorot-normal", Kind::glorot_normal},
                                      {"he-uniform", Kind::he_uniform},
                                      {"he-normal", Kind::he_normal}}};

/// One draw for a weight (or, where the kind treats it alike, a bias) of a layer.
double draw(const Initializer& initializer, double fan_in, double fan_out, RandomState& random) {
  const auto symmetric = [&](double limit) { return random.uniform(-limit, limit); };
  switch (initializer.kind) {
    case Kind::standard_normal: return random.standard_normal();
    case Kind::uniform: return symmetric(initializer.limit);
    case Kind::glorot_uniform: return symmetric(std::sqrt(6 / (fan_in + fan_out)));
    case Kind::glorot_normal: return random.normal(0, std::sqrt(2 / (fan_in + fan_out)));
    case Kind::he_uniform: return symmetric(std::sqrt(6 / fan_in));
    case Kind::he_normal: return random.normal(0, std::sqrt(2 / fan_in));
  }
  throw ValueError("[initializer] unknown kind");
}

}  // namespace

Initializer parse_initializer(std::string_view text) {
  const auto fail = [&](std::size_t position, const std::string& message) {
    throw ParseError("initializer", std::string(text), position, message);
  };
  const std::string_view head = text.substr(0, text.find(':'));
  const auto* found = std::find_if(kNames.begin(), kNames.end(), [&](const Name& name) { return name.text == head; });
  if (found == kNames.end()) {
    std::vector<std::string> known;
    for (const Name& name : kNames) known.emplace_back(name.text);
    fail(0, "unknown initializer " + in_quotes(head) + suggestion(head, known));
  }
  Initializer initializer{.kind = found->kind};
  std::size_t position = head.size();
  while (position < text.size()) {
    const std::size_t start = position + 1;
    const std::string_view option = text.substr(start, text.find(':', start) - start);
    if (option == "biases-first") {
      initializer.biases_first = true;
    } else {
      initializer.limit = parse_number(option).value_or(0);
      if (found->kind != Kind::uniform || !(initializer.limit > 0) || !std::isfinite(initializer.limit))
        fail(start, "expected biases-first, or a positive limit after uniform, got " + in_quotes(option));
    }
    position = start + option.size();
  }
  return initializer;
}

std::string to_text(const Initializer& initializer) {
  // Backwards, so that a kind with two names is written with the longer one.
  const auto found =
      std::find_if(kNames.rbegin(), kNames.rend(), [&](const Name& name) { return name.kind == initializer.kind; });
  std::string text(found->text);
  if (initializer.kind == Kind::uniform) text += ":" + number_text(initializer.limit);
  if (initializer.biases_first) text += ":biases-first";
  return text;
}

void initialize(std::span<const ParameterBlock> blocks, const Initializer& initializer, RandomState& random,
                std::span<double> theta) {
  const bool biases_drawn = initializer.kind == Kind::standard_normal || initializer.kind == Kind::uniform;
  const auto fill = [&](const ParameterBlock& block) {
    const auto fan_in = static_cast<double>(block.fan_in > 0 ? block.fan_in : block.rows);
    const auto fan_out = static_cast<double>(block.fan_out > 0 ? block.fan_out : block.cols);
    for (double& value :
         theta.subspan(static_cast<std::size_t>(block.offset), static_cast<std::size_t>(block.size()))) {
      if (block.start)
        value = *block.start;
      else if (block.is_bias && !biases_drawn)
        value = 0;
      else
        value = draw(initializer, fan_in, fan_out, random);
    }
  };
  for (std::size_t first = 0; first < blocks.size();) {
    std::size_t last = first;
    while (last < blocks.size() && blocks[last].number == blocks[first].number) ++last;
    const std::span<const ParameterBlock> layer = blocks.subspan(first, last - first);
    for (const bool biases : {initializer.biases_first, !initializer.biases_first})
      for (const ParameterBlock& block : layer)
        if (block.is_bias == biases) fill(block);
    first = last;
  }
}

}  // namespace gradus
