// SPDX-License-Identifier: MIT
#pragma once

#include "core/elementary/sum.hpp"

/// Elementary functions rounded once, by integers of 256 bits: what the fast ones ask where their two doubles leave
/// open to which side a result rounds. A few microseconds each. They know 120 bits and more of every result; of no
/// double is it known that exp, log, sin or another function here comes nearer than 2^-120 of its value to the middle
/// between two doubles (Lefevre and Muller, 2001), but where it hits it: only pow does, which rounds such results
/// first.
///
/// Arguments are finite and such that the result is neither trivial nor out of range: see each caller.
namespace gradus::detail::exact {

double exp(double x);
double expm1(double x);
double log(double x);
double log1p(double x);
double tanh(double x);
double sin(double x);
double cos(double x);
Sum sine(double x, unsigned quadrants);  ///< sin(x + quadrants pi / 2), quadrants 0 or 1, to 106 bits
double pow(double x, double y);          ///< x > 0, x != 1, y != 0

}  // namespace gradus::detail::exact
