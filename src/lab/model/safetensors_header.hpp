// SPDX-License-Identifier: MIT
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "gradus/lab/model/safetensors.hpp"

namespace gradus {

/// What the header says of one tensor. The offsets are as the file gives them, unchecked.
struct HeaderEntry {
  std::string name;
  std::optional<DType> dtype = DType::f64;  ///< none: of a foreign type
  std::string foreign{};                    ///< its name
  std::vector<Index> shape;
  std::uint64_t begin = 0;
  std::uint64_t end = 0;
};

struct Header {
  std::map<std::string, std::string> metadata;
  std::vector<HeaderEntry> entries;
};

std::optional<DType> parse_dtype(std::string_view name);

/// Reads the header's JSON, which begins at byte `start` of the file. Checks its form only: tensors may be given twice
/// and their shapes and offsets be nonsense. Throws FileError with the byte.
Header parse_header(std::string_view text, std::size_t start, const std::string& path, ForeignTypes foreign);

}  // namespace gradus
