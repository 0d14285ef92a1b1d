// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/model/model.hpp"

namespace gradus {

/// How many columns the test vector of a model has: one an input, or of a sequence whose gaps are filled as many as are
/// filled, which depends on the step.
Index test_width(const Model& model);

/// Inputs for the test vector of a model: 4 rows, before scaling, where its data lie, the same for the same model.
Matrix<double> test_inputs(const Model& model);

/// How far two machines' outputs for the same x may lie apart, number by number (rows, outputs); infinite where an
/// overflow leaves nothing to compare.
///
/// A running bound of rounding errors (Higham, Accuracy and Stability of Numerical Algorithms, 2002, 3.1): with u the
/// unit roundoff, a layer turns errors d of its inputs into at most
///
///     dense       |W|^T d + (inputs + 2) u (|W|^T |x| + |b|)    in any order of summation, fused or not
///     activation  d + 8u (1 + |y|)                              all have slopes of at most 1; C libraries differ by
///     ULPs softmax     2 max d + (outputs + 8) u                     row sums of its derivative are at most 1/2 step
///     1 where d could carry z over the kink, else 0
///
/// and the two machines may err in opposite directions, hence twice that.
Matrix<double> replay_tolerance(const Model& model, ConstMatrixView<double> x);

}  // namespace gradus
