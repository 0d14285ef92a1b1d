// SPDX-License-Identifier: MIT
#define GRADUS_PLAIN 1
#include "engine/kernels/row_kernel.cpp"
