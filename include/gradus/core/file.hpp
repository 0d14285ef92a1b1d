// SPDX-License-Identifier: MIT
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace gradus {

/// The whole file as bytes. Throws FileError if it cannot be read, is no regular file, or holds more than `limit` bytes.
std::string read_file(const std::string& path, std::size_t limit = std::size_t{1} << 32);

/// Writes a file whole or not at all: to a temporary file in the same folder, synced, then renamed over `path`, and the
/// folder synced. If anything fails (no such folder, no permission, a full disk) it throws FileError, the old file is
/// untouched and no temporary file is left.
void write_file(const std::string& path, std::string_view bytes);

}  // namespace gradus
