// SPDX-License-Identifier: MIT
#include "gradus/core/version.hpp"

namespace gradus {

std::string_view version() { return GRADUS_VERSION; }  // defined for this file alone, by CMakeLists.txt

}  // namespace gradus
