// SPDX-License-Identifier: MIT
#include "lab/exchange/onnx/external.hpp"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <optional>

#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "gradus/lab/files/file.hpp"

namespace gradus::onnx {
namespace {

std::optional<std::uint64_t> whole(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

}  // namespace

std::string_view ExternalFiles::bytes_of(const Tensor& tensor) {
  std::string name;
  std::uint64_t offset = 0;
  std::optional<std::uint64_t> length;
  const std::string whose = in_quotes(one_line(tensor.name, 80));
  for (const Entry& entry : tensor.external) {
    if (entry.key == "location") name = entry.value;
    if (entry.key != "offset" && entry.key != "length") continue;
    const std::optional<std::uint64_t> value = whole(entry.value);
    if (!value) throw ValueError(fmt::format("expected a whole number as the {} of {}", entry.key, whose));
    if (entry.key == "offset")
      offset = *value;
    else
      length = value;
  }
  if (!may_read_)
    throw ValueError(fmt::format(
        "the numbers of {} are in another file, {}: give --external-data (external_data=True in Python) to read it, or "
        "export them into the model, torch.onnx.export(..., external_data=False)",
        whose, in_quotes(one_line(name, 80))));
  const std::string& file = content(name);
  if (offset > file.size() || length.value_or(0) > file.size() - offset)
    throw ValueError(fmt::format("expected the numbers of {} within the {} bytes of {}", whose, file.size(),
                                 in_quotes(one_line(name, 80))));
  return std::string_view(file).substr(offset, length.value_or(file.size() - offset));
}

const std::string& ExternalFiles::content(const std::string& name) {
  if (const auto found = files_.find(name); found != files_.end()) return found->second;
  namespace fs = std::filesystem;
  const std::string told = in_quotes(one_line(name, 80));
  if (name.empty() || name == "." || name == ".." || name.find_first_of(std::string_view("/\\:\0", 4)) != name.npos)
    throw ValueError(fmt::format("expected a file in the model's own folder, got {}", told));
  const fs::path path = fs::path(model_path_).parent_path() / name;
  std::error_code error;
  if (fs::symlink_status(path, error).type() != fs::file_type::regular)
    throw ValueError(fmt::format("expected {} in the model's own folder, a file and no link", told));
  return files_.emplace(name, read_file(path.string())).first->second;
}

}  // namespace gradus::onnx
