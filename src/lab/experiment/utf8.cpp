// SPDX-License-Identifier: MIT
#include "src/lab/experiment/utf8.hpp"

#include <cstddef>
#include <cstdint>

namespace gradus {

bool is_utf8(std::string_view text) {
  constexpr std::uint32_t smallest[] = {0, 0x80, 0x800, 0x10000};  // an overlong form is below
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<unsigned char>(text[i++]);
    const std::size_t more = lead < 0x80 ? 0 : lead >> 5 == 6 ? 1 : lead >> 4 == 14 ? 2 : lead >> 3 == 30 ? 3 : 4;
    if (more == 4 || text.size() - i < more) return false;
    std::uint32_t code = more == 0 ? lead : lead & (0x3Fu >> more);
    for (std::size_t k = 0; k < more; ++k) {
      const auto next = static_cast<unsigned char>(text[i++]);
      if (next >> 6 != 2) return false;
      code = code << 6 | (next & 0x3Fu);
    }
    const bool surrogate = code >= 0xD800 && code < 0xE000;
    const bool control = (code < 0x20 && code != '\t' && code != '\n') || code == 0x7F;
    if (code < smallest[more] || surrogate || control || code > 0x10FFFF) return false;
  }
  return true;
}

}  // namespace gradus
