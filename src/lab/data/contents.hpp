// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>

#include "src/lab/data/table.hpp"

namespace gradus::table {

/// What no table of a laboratory for small networks comes near; a few bytes can claim to be much more.
inline constexpr std::size_t kMostUnpacked = sizeof(std::size_t) < 8 ? std::size_t{1} << 30 : std::size_t{1} << 33;

/// The text that a file of a table holds: without a byte order mark, unpacked where gzip packed it, made rows of where
/// it is sparse (both into `unpacked`, which the text then lies in). Throws FileError that names what the file is, and
/// what to do, where it is no such text (a workbook, JSON, Parquet, ...), and its line where it is not in UTF-8.
std::string_view text_of(std::string_view bytes, std::string& unpacked, const Source& source,
                         std::size_t most_unpacked = kMostUnpacked);

}  // namespace gradus::table
