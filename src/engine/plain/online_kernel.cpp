// SPDX-License-Identifier: MIT
#define GRADUS_PLAIN 1
#include "engine/plans/online/online_kernel.cpp"
