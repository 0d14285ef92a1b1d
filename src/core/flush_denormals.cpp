// SPDX-License-Identifier: MIT
#include "core/flush_denormals.hpp"

namespace gradus::detail {

constinit thread_local bool flushes_by_scope = false;

}  // namespace gradus::detail
