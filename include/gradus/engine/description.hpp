// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "gradus/nn/loss.hpp"
#include "gradus/nn/network.hpp"

/// What the engine knows of a network: a chain of dense stages. Everything else in the engine works from this.
namespace gradus::engine {

inline constexpr Index kMaxStages = 16;  ///< of a plan: deeper networks are left to the definition

/// The function of a stage: an activation by its place in `Activations`, every one of them, or one of whole rows. The
/// simple ones, which come first, are part of every kernel: cheap, with a derivative that is one of y. Of the others
/// the kernels take the vectors of kernels/vector-inl.hpp where it has some for it, and the definition where it has
/// none.
enum class Function : std::uint8_t {
  identity = Activations::index_of<activation::Identity>,
  step = Activations::index_of<activation::Step>,
  sigmoid = Activations::index_of<activation::Sigmoid>,
  tanh = Activations::index_of<activation::Tanh>,
  relu = Activations::index_of<activation::Relu>,
  softmax = Activations::size,  ///< of the last stage only, as that which follows
  log_softmax,
};
template <class F>
inline constexpr Function function_of = static_cast<Function>(Activations::index_of<F>);

constexpr bool is_simple(Function f) { return f <= Function::relu; }
static_assert(Function::identity < Function::relu && Function::step < Function::relu &&
              Function::sigmoid < Function::relu && Function::tanh < Function::relu &&
              static_cast<int>(Function::relu) == 4);
constexpr bool is_elementwise(Function f) { return f < Function::softmax; }

/// Dropout on a stage's inputs, in training.
struct Mask {
  double rate = 0;          ///< 0: none
  std::uint64_t layer = 0;  ///< of the network, on which the masks depend

  bool operator==(const Mask&) const = default;
};

/// A dense layer with the activation that follows it.
struct Stage {
  Index inputs = 0;
  Index outputs = 0;
  bool bias = true;
  Function function = Function::identity;
  Index offset = 0;  ///< of the weights in theta; the bias follows them
  Mask mask = {};

  Index weights() const { return inputs * outputs; }
  bool operator==(const Stage&) const = default;
};

/// How a loss meets the last stage. The ones that are used most have kernels, each with its derivative by the last
/// stage's sum z.
enum class Head : std::uint8_t {
  none,                  ///< prediction only
  cross_entropy,         ///< after softmax: p sum(t) - t
  binary_cross_entropy,  ///< after sigmoid: p - t
  squared_error,         ///< after any elementwise function f: 2 (p - t) f'(z)
  perceptron,            ///< after step: p - t
  defined,               ///< any other: by the loss's own definition, sample by sample
};

struct Description {
  std::vector<Stage> stages;
  Head head = Head::none;
  LossFunction loss = {};
  bool fused = false;  ///< whether Head::defined takes the loss by z
  bool cut = false;    ///< whether the loss is one of cut probabilities (nn/losses/cut.hpp)
  Index parameters = 0;

  Index inputs() const { return stages.front().inputs; }
  Index outputs() const { return stages.back().outputs; }
  Index widest() const;  ///< the largest number of inputs or outputs of a stage
  /// Whether the backward pass takes f'(z) of stage s, as the forward pass left it, in place of y = f(z): where the
  /// function is not simple, where dropout covers y, or where the loss does not know f.
  bool keeps_slope(std::size_t s) const;
  /// Whether functions and head are those that are part of every kernel, without dropout, the loss not cut.
  bool is_simple() const;
  bool operator==(const Description&) const = default;
};

/// The description of a network for prediction; none unless it is dense layers, each with an elementwise activation
/// without parameters or none, softmax or its logarithm only at the end, dropout only before a dense layer.
std::optional<Description> describe(const Network& network);
/// The same for training on a loss.
std::optional<Description> describe(const Network& network, const LossFunction& loss);

}  // namespace gradus::engine
