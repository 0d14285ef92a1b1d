// SPDX-License-Identifier: MIT
#define GRADUS_PLAIN 1
#include "engine/plans/predict/predict_kernel.cpp"
