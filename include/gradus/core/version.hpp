// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace gradus {

/// The version of the library that the program runs with, as in `0.1.0`: that of `project()` in CMakeLists.txt, the
/// only place that says it. What a version promises is written in docs/stability.md.
std::string_view version();

}  // namespace gradus
