// SPDX-License-Identifier: MIT
#pragma once

#include <span>
#include <string>
#include <vector>

#include "gradus/nn/layer.hpp"

/// What the backward pass of a layer gives when one slip is made in its textbook formulas.
namespace gradus::detail {

struct LayerSlip {
  std::string kind;
  std::string words;        ///< "in ..., it is what comes out when <words>"
  Matrix<double> dx;        ///< empty: the right one
  std::vector<double> own;  ///< by the layer's parameters; empty: the right ones
};

/// A layer at one batch: its parameters, what came in and went out, and the right derivative by what went out.
struct LayerAtWork {
  std::span<const double> theta;
  ConstMatrixView<double> x;
  ConstMatrixView<double> y;
  ConstMatrixView<double> dy;
};

std::vector<LayerSlip> layer_slips(const Layer& layer, const LayerAtWork& at);

enum class RecurrentKind { elman, gru, lstm };
std::vector<LayerSlip> recurrent_slips(RecurrentKind kind, const Recurrent& layer, const LayerAtWork& at);

}  // namespace gradus::detail
