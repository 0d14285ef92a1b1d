// SPDX-License-Identifier: MIT
#pragma once

#include <cstdlib>

namespace gradus {

/// Whether NumPy, asked on this machine, draws its normals with fused multiply-add, and so to the last bit as
/// RandomState does everywhere.
inline bool numpy_draws_with_fused_multiply_add() {
#if defined(__x86_64__) && defined(__GLIBC__)
  return __builtin_cpu_supports("fma") != 0 && std::getenv("GLIBC_TUNABLES") == nullptr;
#else
  return false;
#endif
}

}  // namespace gradus
