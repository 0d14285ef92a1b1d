// SPDX-License-Identifier: MIT
#pragma once

namespace gradus::cli {

/// The project's version; a test holds it equal to that in CMakeLists.txt.
inline constexpr const char* version = "0.1.0";

}  // namespace gradus::cli
