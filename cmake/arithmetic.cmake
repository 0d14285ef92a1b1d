# SPDX-License-Identifier: MIT
# How our own files compute, and nobody else's: the flag does not reach who links the library (docs/stability.md). A fused
# multiply-add would change the last bit: the same seed gives the same bits on every machine.
add_library(gradus_arithmetic INTERFACE)
target_compile_options(gradus_arithmetic INTERFACE $<$<CXX_COMPILER_ID:GNU,Clang>:-ffp-contract=off>)
