// SPDX-License-Identifier: MIT
#pragma once

#include <string>

namespace gradus {

/// Makes a folder and those above it that are missing; one that is there stays. Throws FileError.
void make_folder(const std::string& path);

}  // namespace gradus
