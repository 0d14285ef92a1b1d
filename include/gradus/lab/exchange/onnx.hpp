// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "gradus/model/model.hpp"

/// ONNX, the format in which frameworks hand networks to each other and to runtimes.
namespace gradus {

/// The versions of ai.onnx that models are written in.
inline constexpr int onnx_first_opset = 17, onnx_last_opset = 22;

struct OnnxOptions {
  Precision precision = Precision::float32;
  int opset = 18;  ///< version of ai.onnx
};

/// The model as an ONNX file: its scaling, the coding of its table, every layer and the way back to the targets' own
/// units are nodes of the graph, so that x goes in as `Model::predict` takes it. docs/export.md has the whole of it.
///
/// Inputs: `x` (batch, inputs), of a sequence (batch, time, inputs); of a table with categories one input a column, by
/// its name, (batch, 1), text for categories. Outputs: of classes `probabilities` (batch, classes; a single output p
/// becomes 1 - p and p), or `scores` where the network gives no probabilities, and `label` (batch), the names of the
/// classes; of a regression `prediction` (batch, outputs), in the targets' own units. In a sequence with an answer at
/// every step they have a time axis after the batch.
///
/// Throws ValueError for an opset out of range, for a float64 model with a layer that ONNX Runtime has no float64
/// kernel for, naming it, and for a model whose parts do not fit (Model::check).
std::string to_onnx(const Model& model, const OnnxOptions& options = {});

/// Writes it, whole or not at all. FileError if the file cannot be written.
void export_onnx(const Model& model, const std::string& path, const OnnxOptions& options = {});

}  // namespace gradus
