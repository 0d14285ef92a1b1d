// SPDX-License-Identifier: MIT
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "message.hpp"

namespace gradus::onnx {

/// Numbers that a model has in files beside it, as PyTorch's exporter writes them. A file is read only if that was
/// asked for, and only a plain one in the model's own folder: a name in a model may say anything.
class ExternalFiles {
 public:
  ExternalFiles(std::string model_path, bool may_read) : model_path_(std::move(model_path)), may_read_(may_read) {}

  /// A tensor's bytes, valid as long as this. Throws ValueError for a name with a folder in it, a link, and a stretch
  /// that is not within the file; FileError if it cannot be read.
  std::string_view bytes_of(const Tensor& tensor);

 private:
  const std::string& content(const std::string& name);

  std::string model_path_;
  bool may_read_;
  std::map<std::string, std::string> files_;  // by name
};

}  // namespace gradus::onnx
