// SPDX-License-Identifier: MIT
#define GRADUS_PLAIN 1
#include "engine/plans/bank/bank_kernel.cpp"
