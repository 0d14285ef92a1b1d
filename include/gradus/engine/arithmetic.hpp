// SPDX-License-Identifier: MIT
#pragma once

#include <string_view>

namespace gradus {

/// How the engine adds products up. Each of the two has the same bits at every vector width, in single runs, batches
/// and banks, with any number of threads, on every machine.
enum class Arithmetic {
  automatic,  ///< fused where the processor has fused multiply-add, else plain
  fused,      ///< a b + c is rounded once; numbers too small for a full mantissa count as 0, where the processor can
              ///< do so (x86-64, AArch64)
  plain,      ///< every operation rounds by itself, and no number is too small: as WebAssembly computes, too
};

/// "auto", "fused" or "plain".
std::string_view to_text(Arithmetic arithmetic);
/// Throws ValueError.
Arithmetic parse_arithmetic(std::string_view name);

namespace engine {

/// What `automatic` is here, with the instructions in use; the other two as they are.
Arithmetic resolved(Arithmetic arithmetic);
/// Whether the processor has instructions for it; fused multiply-add is computed in software elsewhere, to the same
/// bits and many times slower.
bool is_native(Arithmetic arithmetic);

}  // namespace engine
}  // namespace gradus
