// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "gradus/nn/loss.hpp"
#include "gradus/nn/network.hpp"

/// What the engine knows of a network: a chain of dense stages. Everything else in the engine works from this.
namespace gradus::engine {

enum class Function : std::uint8_t { identity, step, sigmoid, tanh, relu, softmax };

/// A dense layer with the activation that follows it. Softmax is the last stage's only.
struct Stage {
  Index inputs = 0;
  Index outputs = 0;
  bool bias = true;
  Function function = Function::identity;
  Index offset = 0;  ///< of the weights in theta; the bias follows them

  Index weights() const { return inputs * outputs; }
  bool operator==(const Stage&) const = default;
};

/// Losses that have a plan, each with its derivative by the last stage's sum z.
enum class Head : std::uint8_t {
  none,                  ///< prediction only
  cross_entropy,         ///< after softmax: p sum(t) - t
  binary_cross_entropy,  ///< after sigmoid: p - t
  squared_error,         ///< after any elementwise function f: 2 (p - t) f'(z)
  perceptron,            ///< after step: p - t
};

struct Description {
  std::vector<Stage> stages;
  Head head = Head::none;
  Index parameters = 0;

  Index inputs() const { return stages.front().inputs; }
  Index outputs() const { return stages.back().outputs; }
  Index widest() const;  ///< the largest number of inputs or outputs of a stage
  bool operator==(const Description&) const = default;
};

/// The description of a network for prediction; none if it has a layer other than dense and the functions above.
std::optional<Description> describe(const Network& network);
/// The same for training on a loss; none also if the loss does not fit the last layer.
std::optional<Description> describe(const Network& network, const LossFunction& loss);

}  // namespace gradus::engine
