// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "gradus/nn/network.hpp"

/// What is known of a value that depends on the graph's input: the operators it went through, one after the other.
namespace gradus::onnx {

/// What a dimension of a value means.
enum class Axis : char {
  batch,      ///< samples; where steps are rows of their own, samples * steps
  time,       ///< steps of a sequence
  direction,  ///< of a recurrent operator: there is one
  numbers,    ///< of a sample or a step
  channels,
  height,
  width,
  one,  ///< of size 1, whatever it was
};

struct Dim {
  Axis axis;
  Index size = 0;  ///< of batch and time 0: any

  bool operator==(const Dim&) const = default;
};

/// How a value lies.
struct Form {
  std::vector<Dim> dims{};

  static Form rows(Index numbers) { return {{{Axis::batch}, {Axis::numbers, numbers}}}; }
  static Form steps(Index numbers) { return {{{Axis::batch}, {Axis::time}, {Axis::numbers, numbers}}}; }
  static Form picture(Index channels, Index height, Index width) {
    return {{{Axis::batch}, {Axis::channels, channels}, {Axis::height, height}, {Axis::width, width}}};
  }
  static Form signal(Index channels, Index width) {
    return {{{Axis::batch}, {Axis::channels, channels}, {Axis::width, width}}};
  }

  std::size_t rank() const { return dims.size(); }
  /// Whether its dimensions mean this, in this order.
  bool is(std::initializer_list<Axis> axes) const;
  bool has(Axis axis) const;
  /// The size along an axis; 1 if it has none such.
  Index size(Axis axis) const;
  /// Numbers of a sample, or of a step.
  Index numbers() const;
  /// Of the numbers, how many groups share a parameter that each channel has: channels, or numbers without a picture.
  Index channels() const { return has(Axis::channels) ? size(Axis::channels) : numbers(); }

  bool operator==(const Form&) const = default;
};

/// An operator that a value went through.
struct Link {
  Link* before = nullptr;  ///< none: the operator's input is the graph's
  std::string op{};        ///< what it does: the operator's name, or one of our own for several together
  std::string node{};      ///< what a message calls it
  Form form{};             ///< of what comes out
  /// Of an operator with a constant (Add, Mul, ...): one number, one a channel, or one of each of the value's.
  std::vector<double> numbers{};
  std::optional<Layer> layer{};  ///< if it is one
  std::vector<double> theta{}, state{};
  bool closes = false;           ///< a residual sum, of a block that began ...
  const Link* opened = nullptr;  ///< ... behind this; none: at the input
  std::size_t place = 0;         ///< from the graph's input, 1 the first
};

/// A value that depends on the graph's input.
struct Live {
  Link* end = nullptr;  ///< the last operator; none: the input itself
  Form form{};
};

/// The operators between two places of a chain, as one text: `Div:1.41421,Erf,Add:1`. Numbers with six digits; of an
/// operator with several constants `*`; of more than eight operators `...`.
std::string path_text(const Link* after, const Link* to);

/// The last operator that both went through, null if that is none.
Link* common(Link* a, Link* b);

}  // namespace gradus::onnx
