// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <utility>

#include "gradus/check/detail/diagnosis.hpp"  // short_number

/// Numbers as a person reads them.
namespace gradus::detail {

/// 1/6 in place of 0.166667, where it is the quotient of two small numbers.
std::string factor_text(double factor);
/// Two numbers with as many digits as it takes to tell them apart, and one more.
std::pair<std::string, std::string> told_apart(double a, double b);

}  // namespace gradus::detail
