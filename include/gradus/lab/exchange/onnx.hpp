// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "gradus/lab/exchange/weights.hpp"
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

struct OnnxReading {
  bool external_data = false;  ///< whether numbers may be read from plain files beside the model, as it names them
};

/// The model that a graph is, whoever wrote it: `path` is for messages, and tells the folder of external data.
///
/// A graph is read node by node. Products of matrices with the sum behind them, Gemm either way round, Conv, pools,
/// norms, RNN, GRU and LSTM (with the turns of batch and time around them) become layers; activations are known under
/// their own names and as exporters write them out; a sum of a value with what comes of it is a residual block.
/// Constants before the first layer become the model's scaling, those behind the last one that of its targets, ArgMax
/// and names its classes. Opsets 7 to 28 of ai.onnx; of ai.onnx.ml what tables need. From a file that to_onnx() wrote
/// comes a model with the same parameters, names, scaling and loss.
///
/// Throws FileError for what is no ONNX model, and for a node that is no part of a network here, with its name,
/// operator and reason. Nothing is allocated for what the file only claims to hold.
ImportedWeights from_onnx(std::string_view bytes, const std::string& path, const OnnxReading& reading = {});

}  // namespace gradus
