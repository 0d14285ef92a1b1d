// SPDX-License-Identifier: MIT
#pragma once

#include <optional>
#include <vector>

#include "gradus/model/model.hpp"
#include "lab/exchange/onnx/reader/chain.hpp"

namespace gradus::onnx {

/// What a chain of operators is as a model: what comes before the first layer is its scaling, what comes behind the
/// last one that of its targets.
struct Assembled {
  std::vector<Layer> layers{};
  std::vector<double> theta{}, state{};
  std::vector<double> filling{};
  std::optional<Scaler> scaler{}, target_scaler{};
  bool two_classes = false;  ///< of one output p, 1 - p and p
};

/// `input` is how the graph's input lies. With `classes` the answers are no numbers that could have units. The
/// parameters are moved out of the chain. Throws ValueError that names the operator that is no layer here.
Assembled assemble(const Form& input, Link* end, bool classes);

}  // namespace gradus::onnx
