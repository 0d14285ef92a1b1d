// SPDX-License-Identifier: MIT
#pragma once

/// Elementary functions with the same bits on every machine whose `float` and `double` are IEEE 754's: whatever the
/// compiler, its optimisation, the processor, with a fused multiply-add or without, and the C library, which answers
/// differently on each of them. Everything that Gradus defines or draws goes through these; the engine has its own.
///
/// Correctly rounded (the double nearest to the true value, in the default rounding mode): exp, expm1, log, log1p,
/// tanh, sin, cos, pow. Below 0.51 ULP: erf, hypot, log10; below 0.6: erfc; below 1 where one of these is subnormal.
/// In float all are correctly rounded, pow, hypot, erf and erfc but for a rare argument whose result lies next to the
/// middle between two floats. docs/bits.md has how this is known.
///
/// Special values are those of C's Annex F: signed zeros, infinities and NaN; errno and the floating-point exceptions
/// say nothing. A processor told to flush subnormal numbers to zero may return 0 for a subnormal argument or result.
namespace gradus {

double exp(double x);
double expm1(double x);  ///< exp(x) - 1
double log(double x);
double log1p(double x);  ///< log(1 + x)
double log10(double x);
double tanh(double x);
double sin(double x);  ///< of any finite x; beyond 51,000 some microseconds
double cos(double x);  ///< as sin
double erf(double x);
double erfc(double x);  ///< 1 - erf(x)
double pow(double x, double y);
double hypot(double x, double y);  ///< sqrt(x^2 + y^2) without overflow on the way

float exp(float x);
float expm1(float x);
float log(float x);
float log1p(float x);
float log10(float x);
float tanh(float x);
float sin(float x);
float cos(float x);
float erf(float x);
float erfc(float x);
float pow(float x, float y);
float hypot(float x, float y);

}  // namespace gradus
