// SPDX-License-Identifier: MIT
#define GRADUS_PLAIN 1
#include "engine/kernels/sparse_kernel.cpp"
