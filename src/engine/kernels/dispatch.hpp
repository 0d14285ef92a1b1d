// SPDX-License-Identifier: MIT
#pragma once

// Kernels are compiled for each instruction set, and all that twice: as they are for fused arithmetic, and for plain by
// src/engine/plain/, where GRADUS_PLAIN is 1. What is between the two is chosen by the thread that calls.
//   GRADUS_EXPORT(f);              for a function of the kernels' namespace, in both
//   GRADUS_DISPATCH(f)(...)        calls it; in code that is compiled once (HWY_ONCE && !GRADUS_PLAIN)
#include "engine/arithmetic_scope.hpp"
#include "engine/instruction_sets.hpp"

#if GRADUS_PLAIN
#define GRADUS_ARITHMETIC plain
#define GRADUS_EXPORT(F)                                                             \
  HWY_EXPORT(F);                                                                     \
  decltype(&HWY_STATIC_DISPATCH(F)) plain_##F() { return &HWY_DYNAMIC_DISPATCH(F); } \
  static_assert(true)
#else
#define GRADUS_ARITHMETIC fused
#define GRADUS_EXPORT(F) \
  HWY_EXPORT(F);         \
  decltype(&HWY_STATIC_DISPATCH(F)) plain_##F()
#define GRADUS_DISPATCH(F) (computes_plainly() ? plain_##F() : &HWY_DYNAMIC_DISPATCH(F))
#endif
