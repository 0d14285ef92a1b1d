// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "gradus/model/model.hpp"

namespace gradus {

struct LoadOptions {
  bool allow_non_finite = false;  ///< take parameters that are NaN or infinite
};

/// Writes the model as a safetensors file, whole or not at all. The same model gives the same bytes.
/// Throws ValueError or ShapeError for a model that could not be read again (parts that do not fit, a parameter that
/// is not finite), FileError if the file cannot be written.
///
/// Tensors: `layer1.weights` (inputs, outputs), `layer1.bias` (outputs), ... in F64 or F32 (a block's name, its spaces
/// as underscores; running statistics like parameters), and in F64 the test vector
/// `test.x` (4, inputs), `test.y` (4, outputs): inputs before scaling and what the network makes of them.
/// Metadata: gradus.version, gradus.checksum, network, loss, reduction, precision and, where the model has them,
/// scaler (JSON), feature_names, class_names, target_names (JSON lists), experiment (TOML), interrupted, and of a table
/// label_name, columns, filling, target_scaler (JSON), and of its training record (JSON) and, as tensors,
/// history.update (I64), history.loss, ... (F64). What older files lack is absent. The checksum is the CRC-32 of the
/// whole file, its own eight digits taken as zeros: no changed byte goes unnoticed.
void save_model(const Model& model, const std::string& path);

/// Whether these are the bytes of a model file, however damaged: eight bytes of length, then a brace.
bool looks_like_model(std::string_view bytes);

/// Reads what `save_model` wrote and replays the test vector. Throws FileError on any inconsistency.
Model load_model(const std::string& path, const LoadOptions& options = {});

/// The same on bytes in memory; `path` is for the messages only.
std::string to_model_file(const Model& model);
Model parse_model_file(std::string_view bytes, const std::string& path, const LoadOptions& options = {});

}  // namespace gradus
