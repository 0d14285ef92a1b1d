// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace gradus {

/// Whether the bytes are well-formed UTF-8 (RFC 3629) without control characters but tab and newline: what a TOML text
/// and a line on a terminal can hold.
bool is_utf8(std::string_view text);

}  // namespace gradus
