// SPDX-License-Identifier: MIT
#include "gradus/lab/exchange/open_model.hpp"

#include "gradus/core/error.hpp"
#include "gradus/lab/exchange/onnx.hpp"
#include "gradus/lab/files/file.hpp"
#include "gradus/lab/model/model_file.hpp"

namespace gradus {

Model open_model(const std::string& path) {
  if (!path.ends_with(".onnx")) return load_model(path);
#ifdef GRADUS_WITHOUT_ONNX
  throw FileError(path, "expected a model file, got ONNX, which this build does not read");
#else
  return from_onnx(read_file(path), path).model;
#endif
}

}  // namespace gradus
