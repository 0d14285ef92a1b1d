// SPDX-License-Identifier: MIT
#pragma once

// Which instruction sets the kernels are compiled for, where Highway's header would set its own choice. On x86: none,
// SSE4 (plain arithmetic alone), AVX2 and AVX-512 (fused alone). SSSE3 costs compile time and gains little; the later
// AVX-512 extensions concern integers. SVE's and RISC-V's vectors have no size at compile time, which kernels count on.
#ifndef GRADUS_PLAIN
#define GRADUS_PLAIN 0
#endif
#if defined(__x86_64__) || defined(__i386__)
#define GRADUS_LEFT_OUT (HWY_SSSE3 | HWY_AVX3_DL)
#elif defined(__aarch64__)
#define GRADUS_LEFT_OUT (HWY_SVE | HWY_SVE2 | HWY_SVE_256 | HWY_SVE2_128)
#else
#define GRADUS_LEFT_OUT HWY_RVV
#endif
#ifndef HWY_DISABLED_TARGETS
#if GRADUS_PLAIN
// Plain arithmetic is for machines without fused multiply-add, and for their bits: up to AVX2 will do.
#define HWY_DISABLED_TARGETS (GRADUS_LEFT_OUT | HWY_AVX3)
#else
// Without fused multiply-add it is computed in software, whatever the vectors.
#define HWY_DISABLED_TARGETS (GRADUS_LEFT_OUT | HWY_SSE4)
#endif
#endif
#include <hwy/detect_targets.h>
