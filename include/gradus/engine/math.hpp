// SPDX-License-Identifier: MIT
#pragma once

#include <span>

/// Vectorised elementary functions, as the engine uses them: y[k] = f(x[k]) for whole arrays, in float and double.
/// The widest instructions of the machine at hand are chosen at run time.
///
/// Error: at most 4 ULP, subnormal results included; measured 1.0 for exp, 1.2 for log, 2.3 for tanh, 2.0 for sigmoid.
/// NaN in, NaN out; infinities give the limits. x and y must be equally long (ShapeError) and may be the same array.
namespace gradus::engine {

void exp(std::span<const float> x, std::span<float> y);
void exp(std::span<const double> x, std::span<double> y);
/// Natural logarithm: -inf at 0, NaN below.
void log(std::span<const float> x, std::span<float> y);
void log(std::span<const double> x, std::span<double> y);
void tanh(std::span<const float> x, std::span<float> y);
void tanh(std::span<const double> x, std::span<double> y);
/// 1 / (1 + exp(-x))
void sigmoid(std::span<const float> x, std::span<float> y);
void sigmoid(std::span<const double> x, std::span<double> y);
/// exp(x) - 1
void expm1(std::span<const float> x, std::span<float> y);
void expm1(std::span<const double> x, std::span<double> y);
/// log(1 + x): -inf at -1, NaN below.
void log1p(std::span<const float> x, std::span<float> y);
void log1p(std::span<const double> x, std::span<double> y);
/// max |x[k]|, exactly: 0 of none; NaN if there is one, else infinity if there is one.
float largest_magnitude(std::span<const float> x);
double largest_magnitude(std::span<const double> x);

}  // namespace gradus::engine
