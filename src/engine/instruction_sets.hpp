// SPDX-License-Identifier: MIT
#pragma once

// Which instruction sets the kernels are compiled for on x86: none, SSE4, AVX2 and AVX-512. SSSE3 costs compile time
// and gains little; the later AVX-512 extensions concern integers. Highway's header would set its own choice.
#ifndef HWY_DISABLED_TARGETS
#define HWY_DISABLED_TARGETS (HWY_SSSE3 | HWY_AVX3_DL)
#endif
#include <hwy/detect_targets.h>
