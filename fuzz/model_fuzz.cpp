// SPDX-License-Identifier: MIT
// Any bytes are taken as a model or refused with a FileError of one line; what is taken is saved and loaded again
// unchanged. The checksum is put right first: no fuzzer would guess it, and everything lies behind it.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "gradus/core/error.hpp"
#include "gradus/lab/files/crc32.hpp"
#include "gradus/lab/model/model_file.hpp"

namespace {

void reseal(std::string& bytes) {
  const std::string entry = "\"gradus.checksum\":\"";
  const std::size_t found = bytes.find(entry);
  if (found == std::string::npos || found + entry.size() + 8 > bytes.size()) return;
  const auto at = bytes.begin() + static_cast<std::ptrdiff_t>(found + entry.size());
  std::fill_n(at, 8, '0');
  std::uint32_t sum = gradus::crc32(bytes);
  for (std::ptrdiff_t i = 8; i-- > 0; sum >>= 4) at[i] = "0123456789abcdef"[sum & 15];
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string bytes(reinterpret_cast<const char*>(data), size);
  reseal(bytes);
  try {
    const gradus::Model model = gradus::parse_model_file(bytes, "f");
    const std::string written = gradus::to_model_file(model);
    if (gradus::to_model_file(gradus::parse_model_file(written, "f")) != written) std::abort();
  } catch (const gradus::FileError& error) {
    if (std::strpbrk(error.what(), "\r\n")) std::abort();
  }
  try {
    gradus::parse_model_file(bytes, "f", {.allow_non_finite = true});
  } catch (const gradus::FileError&) {
  }
  return 0;
}
