// SPDX-License-Identifier: MIT
#pragma once

#include "gradus/core/matrix.hpp"
#include "gradus/engine/description.hpp"

/// What stands between matrix products, for whole batches.
namespace gradus::engine {

/// y = f(x), number by number; not for softmax. x and y may be the same.
void apply_function(Function f, ConstMatrixView<float> x, MatrixView<float> y);
void apply_function(Function f, ConstMatrixView<double> x, MatrixView<double> y);

/// dx = f'(x) dy, from y = f(x). dy and dx may be the same.
void apply_derivative(Function f, ConstMatrixView<float> y, ConstMatrixView<float> dy, MatrixView<float> dx);
void apply_derivative(Function f, ConstMatrixView<double> y, ConstMatrixView<double> dy, MatrixView<double> dx);

/// Softmax of each row.
void softmax_rows(ConstMatrixView<float> x, MatrixView<float> y);
void softmax_rows(ConstMatrixView<double> x, MatrixView<double> y);

/// to[j] = the sum of column j, from the first row to the last.
void sum_rows(ConstMatrixView<float> x, float* to);
void sum_rows(ConstMatrixView<double> x, double* to);

}  // namespace gradus::engine
