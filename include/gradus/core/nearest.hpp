// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace gradus {

/// The one of `known` that was probably meant by a misspelt word, or nothing.
std::string nearest(std::string_view word, const std::vector<std::string>& known);

/// How a message goes on that has named an unknown word: `, did you mean tanh? (known: relu, tanh)`, without the
/// question if nothing is near.
std::string suggestion(std::string_view word, const std::vector<std::string>& known);

}  // namespace gradus
