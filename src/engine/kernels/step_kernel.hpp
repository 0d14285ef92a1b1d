// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/core/matrix.hpp"

namespace gradus::engine {

/// v <- momentum v - rate g;  theta <- theta + v, or with nesterov theta + momentum v - rate g. Without momentum v is
/// neither read nor written. The bits are those of Sgd::step: nothing is fused.
template <class T>
struct DescentStep {
  T rate = 0;
  T momentum = 0;
  bool nesterov = false;
};

/// m <- beta1 m + (1 - beta1) g;  v <- beta2 v + (1 - beta2) g^2;  theta <- theta - rate m / (sqrt(v) + epsilon). The
/// rate carries the bias corrections of the step.
template <class T>
struct AdamStep {
  T rate = 0;
  T beta1 = 0;
  T beta2 = 0;
  T epsilon = 0;
};

/// g <- g + l2 w + l1 sign(w), sign(0) = 0, with the bits of add_penalty(). The penalty is l2 / 2 sum w^2 + l1 sum |w|.
template <class T>
struct PenaltyStep {
  T l1 = 0;
  T l2 = 0;
};

/// One pass over memory each.
void run_step(const DescentStep<float>& step, Index n, const float* gradient, float* v, float* theta);
void run_step(const DescentStep<double>& step, Index n, const double* gradient, double* v, double* theta);
void run_step(const AdamStep<float>& step, Index n, const float* gradient, float* m, float* v, float* theta);
void run_step(const AdamStep<double>& step, Index n, const double* gradient, double* m, double* v, double* theta);

/// Returns the penalty.
double run_penalty(const PenaltyStep<float>& step, Index n, const float* weights, float* gradient);
double run_penalty(const PenaltyStep<double>& step, Index n, const double* weights, double* gradient);

}  // namespace gradus::engine
