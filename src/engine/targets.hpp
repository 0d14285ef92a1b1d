// SPDX-License-Identifier: MIT
#pragma once

// Which instruction sets the kernels are compiled for: the portable base line, AVX2 and AVX-512 on x86. The steps
// between cost compile time and gain little; the later AVX-512 extensions concern integers.
#include <hwy/detect_targets.h>
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_SSE4 | HWY_AVX3_DL)
#endif
