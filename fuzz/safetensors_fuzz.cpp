// SPDX-License-Identifier: MIT
// Any bytes are taken or refused with a FileError of one line; what is taken is written and read again unchanged.
#include <cstdint>
#include <cstdlib>
#include <cstring>

#include "gradus/core/error.hpp"
#include "gradus/lab/model/safetensors.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  try {
    const gradus::SafeTensors file = gradus::parse_safetensors(bytes, "f");
    const std::string written = gradus::to_safetensors(file);
    const gradus::SafeTensors again = gradus::parse_safetensors(written, "f");
    if (again.metadata != file.metadata || again.tensors.size() != file.tensors.size()) std::abort();
    for (const gradus::Tensor& tensor : file.tensors)
      if (!again.find(tensor.name) || !(*again.find(tensor.name) == tensor)) std::abort();
    if (gradus::to_safetensors(again) != written) std::abort();
  } catch (const gradus::FileError& error) {
    if (std::strpbrk(error.what(), "\r\n")) std::abort();
  }
  return 0;
}
