// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/nn/loss.hpp"
#include "gradus/nn/network.hpp"

/// The whole chain of a forward and a backward pass, to be read: what every layer computes, and what the loss's
/// derivative is there, as formula, with numbers, with shape.
namespace gradus {

/// How every explanation opens, by which a file of one is known.
inline constexpr std::string_view explanation_opening = "Every number of ";

/// A parameter array of a layer with its derivative.
struct ExplainedBlock {
  ParameterBlock block;  ///< as the network has it
  std::string formula;   ///< of its derivative: "dW = x^T dz"
  Matrix<double> values;
  Matrix<double> derivative;
};

struct ExplainedLayer {
  std::size_t layer = 0;   ///< place in the chain
  std::string label;       ///< "layer 1 (dense)"
  std::string formula;     ///< "z = x W + b"
  std::string derivative;  ///< of the loss by its inputs: "dx = dz W^T"
  Matrix<double> inputs, outputs;
  Matrix<double> by_inputs, by_outputs;  ///< the loss's derivatives; empty where a loss passes by its own link
  std::vector<ExplainedBlock> blocks;
};

/// One step of the chain from the loss to a parameter.
struct ChainStep {
  std::string formula;  ///< "dL/dz[1] = y'(z[1]) dL/dy[1]"
  std::string numbers;  ///< "0.75 * -0.2"
  double value = 0;
};

struct Explanation {
  std::string network, loss_name;
  std::string loss_formula;  ///< "L = -sum_k t[k] log p[k]"
  std::string seed_formula;  ///< of its derivative, where the backward pass begins: "dL/dz = (p - t) / n"
  double loss = 0;
  Matrix<double> x, targets;
  std::vector<ExplainedLayer> layers;
  std::string weight;            ///< "layer 2 weights[3, 1]"; empty: none was asked for
  std::vector<ChainStep> chain;  ///< from the loss to it; the last value is its derivative

  std::string text() const;
  std::string markdown() const;
  std::string html() const;  ///< a page of its own
};

/// Where one parameter lies: "layer 2 weights[3, 1]", of a bias "layer 2 bias[1]". Throws ValueError if there is none.
struct ParameterPlace {
  ParameterBlock block;
  Index row = 0;
  Index col = 0;
};
ParameterPlace find_parameter(const Network& network, std::string_view text);

/// For the samples in x, in training's mode. `weight` names a parameter whose chain is wanted. Throws ShapeError if
/// network, theta, x and targets do not fit together.
Explanation explain(const Network& network, const Loss& loss, std::span<const double> theta, ConstMatrixView<double> x,
                    const Targets<double>& targets, const std::string& weight = "");

}  // namespace gradus
