// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

/// Which instructions the engine uses. Chosen at run time, once, as the widest set that the machine has.
namespace gradus::engine {

/// The set in use: "AVX3" (AVX-512), "AVX2", "SSE4", ...
std::string instruction_set();
/// Every set compiled in that this machine can run, widest first.
std::vector<std::string> instruction_sets();
/// For tests and measurements: makes the engine use one of `instruction_sets()`; "" chooses the widest again. Not to be
/// called while another thread is in the engine. Throws ValueError.
void use_instruction_set(std::string_view name);

}  // namespace gradus::engine
