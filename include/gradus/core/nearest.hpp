// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gradus {

/// The one of `known` that was probably meant by a misspelt word, or nothing.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

}  // namespace gradus
