// SPDX-License-Identifier: MIT
#define GRADUS_PLAIN 1
#include "engine/plans/batch/batch_kernel.cpp"
