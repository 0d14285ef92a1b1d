// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "gradus/core/little_endian.hpp"
#include "gradus/lab/model/safetensors.hpp"

/// Files of our own in the format of safetensors: models, and states of trainings. Their metadata `gradus.checksum` is
/// the CRC-32 of the whole file, its own eight digits taken as zeros: no changed byte goes unnoticed.
namespace gradus {

/// The file with its checksum.
std::string to_sealed(SafeTensors file);
/// Throws FileError for what is no safetensors file, has no checksum ("no model of gradus") or another one.
SafeTensors parse_sealed(std::string_view bytes, const std::string& path, std::string_view what);

/// Whether these may be the bytes of such a file, however damaged: eight bytes of length, then a brace.
bool looks_sealed(std::string_view bytes);

template <class Numbers>
Tensor to_tensor(std::string name, DType dtype, std::vector<Index> shape, const Numbers& numbers) {
  using T = typename Numbers::value_type;
  std::vector<std::byte> bytes(numbers.size() * sizeof(T));
  for (std::size_t i = 0; i < numbers.size(); ++i) store_little_endian<T>(numbers[i], bytes.data() + i * sizeof(T));
  return {std::move(name), dtype, std::move(shape), std::move(bytes)};
}

}  // namespace gradus
