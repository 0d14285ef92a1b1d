// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "gradus/model/model.hpp"

namespace gradus {

/// A model from a file of ours (load_model), or from ONNX if the name ends in `.onnx` (from_onnx, without external
/// data). Throws FileError.
Model open_model(const std::string& path);

}  // namespace gradus
