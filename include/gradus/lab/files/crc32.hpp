// SPDX-License-Identifier: MIT
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace gradus {

namespace detail {

inline constexpr std::array<std::uint32_t, 256> crc32_table = [] {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t value = byte;
    for (int bit = 0; bit < 8; ++bit) value = (value >> 1) ^ (value & 1 ? 0xEDB88320u : 0u);
    table[byte] = value;
  }
  return table;
}();

}  // namespace detail

/// CRC-32 of ISO 3309 (that of zlib, PNG and Python's `zlib.crc32`): crc32("123456789") = 0xCBF43926. Every change
/// confined to 32 neighbouring bits is detected, any other one but for a chance of 2^-32. `so_far` continues a
/// checksum: crc32(a + b) = crc32(b, crc32(a)).
constexpr std::uint32_t crc32(std::string_view bytes, std::uint32_t so_far = 0) {
  std::uint32_t value = ~so_far;
  for (const char c : bytes) value = (value >> 8) ^ detail::crc32_table[(value ^ static_cast<unsigned char>(c)) & 0xFF];
  return ~value;
}

}  // namespace gradus
