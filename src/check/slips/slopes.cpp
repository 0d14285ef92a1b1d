// SPDX-License-Identifier: MIT
#include <algorithm>
#include <cmath>

#include "gradus/check/detail/diagnosis.hpp"

namespace gradus::detail {
namespace {

constexpr Slope kSlopes[] = {
    {"derivative-at-z", "the derivative's formula 1 - y^2 is given z in place of y",
     [](double z, double, double dy, double) { return dy * (1 - z * z); }},
    {"derivative-at-z", "the derivative's formula y (1 - y) is given z in place of y",
     [](double z, double, double dy, double) { return dy * z * (1 - z); }},
    {"other-derivative", "the derivative y (1 - y) of a sigmoid is used",
     [](double, double y, double dy, double) { return dy * y * (1 - y); }},
    {"other-derivative", "the derivative 1 - y^2 of a hyperbolic tangent is used",
     [](double, double y, double dy, double) { return dy * (1 - y * y); }},
    {"other-derivative", "the derivative 1 - y is used, of which a square or a factor is missing",
     [](double, double y, double dy, double) { return dy * (1 - y); }},
    {"other-derivative", "the derivative 1 + y is used, of which a square or a factor is missing",
     [](double, double y, double dy, double) { return dy * (1 + y); }},
    {"other-derivative", "1 + y^2 is used, with the wrong sign within",
     [](double, double y, double dy, double) { return dy * (1 + y * y); }},
    {"other-derivative", "y (1 + y) is used, with the wrong sign within",
     [](double, double y, double dy, double) { return dy * y * (1 + y); }},
    {"other-derivative", "y is used for the derivative", [](double, double y, double dy, double) { return dy * y; }},
    {"other-derivative", "y^2 is used for the derivative",
     [](double, double y, double dy, double) { return dy * y * y; }},
    {"other-derivative", "z is used for the derivative", [](double z, double, double dy, double) { return dy * z; }},
    {"other-derivative", "the derivative of a relu is used, 1 where z > 0 and else 0",
     [](double z, double, double dy, double) { return z > 0 ? dy : 0; }},
    {"delta-rectified", "what comes back is cut off at 0, as if a relu were applied to it",
     [](double, double, double, double right) { return std::max(right, 0.0); }},
    {"delta-rectified", "what comes back is passed on where it is positive, wherever z is",
     [](double, double, double dy, double) { return std::max(dy, 0.0); }},
    {"absolute-values", "only the size of what comes back is kept",
     [](double, double, double, double right) { return std::abs(right); }}};

}  // namespace

std::span<const Slope> known_slopes() { return kSlopes; }

}  // namespace gradus::detail
