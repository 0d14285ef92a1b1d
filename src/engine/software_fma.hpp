// SPDX-License-Identifier: MIT
#pragma once

/// Fused multiply-add where the processor has none.
namespace gradus::engine {

/// a b + c, rounded once (to nearest, ties to even), in the order and with the special cases of IEEE 754, for any
/// arguments; while FlushDenormals lives, with operands and results flushed as x86's instruction does it.
float fused_multiply_add(float a, float b, float c);
double fused_multiply_add(double a, double b, double c);

}  // namespace gradus::engine
