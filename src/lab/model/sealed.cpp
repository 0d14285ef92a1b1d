// SPDX-License-Identifier: MIT
#include "lab/model/sealed.hpp"

#include <cstdint>

#include "core/text.hpp"
#include "gradus/core/error.hpp"
#include "gradus/lab/files/crc32.hpp"

namespace gradus {
namespace {

/// How the checksum's entry looks in the header. No other text can hold it: inside one, its quotes would be escaped.
constexpr std::string_view kEntry = "\"gradus.checksum\":\"";
constexpr std::string_view kKey = "gradus.checksum";
constexpr std::string_view kBlank = "00000000";

std::string hex(std::uint32_t value) {
  std::string digits(8, '0');
  for (std::size_t i = 8; i-- > 0; value >>= 4) digits[i] = "0123456789abcdef"[value & 15];
  return digits;
}

/// Where the checksum's digits stand in the file, or npos.
std::size_t digits_of(std::string_view bytes) {
  const std::size_t entry = bytes.find(kEntry);
  return entry == std::string_view::npos ? entry : entry + kEntry.size();
}

std::string checksum(std::string_view bytes, std::size_t digits) {
  const std::uint32_t before = crc32(bytes.substr(0, digits));
  return hex(crc32(bytes.substr(digits + kBlank.size()), crc32(kBlank, before)));
}

}  // namespace

std::string to_sealed(SafeTensors file) {
  file.metadata[std::string(kKey)] = kBlank;
  std::string bytes = to_safetensors(file);
  const std::size_t digits = digits_of(bytes);
  bytes.replace(digits, kBlank.size(), checksum(bytes, digits));
  return bytes;
}

SafeTensors parse_sealed(std::string_view bytes, const std::string& path, std::string_view what) {
  SafeTensors file = parse_safetensors(bytes, path);
  const auto stored = file.metadata.find(std::string(kKey));
  if (stored == file.metadata.end())
    throw FileError(path,
                    "expected metadata gradus.checksum, which is missing; no " + std::string(what) + " of gradus");
  const std::size_t digits = digits_of(bytes);
  // A shorter text is followed by its quote, so that what stands there is another.
  if (digits == std::string_view::npos || stored->second != bytes.substr(digits, kBlank.size()))
    throw FileError(path, "expected gradus.checksum to be written as 8 plain digits");
  const std::string computed = checksum(bytes, digits);
  if (computed != stored->second)
    throw FileError(path, "expected checksum " + in_quotes(stored->second) + ", got '" + computed +
                              "'; the file is damaged or was changed");
  return file;
}

bool looks_sealed(std::string_view bytes) { return bytes.size() > 8 && bytes[7] == '\0' && bytes[8] == '{'; }

}  // namespace gradus
