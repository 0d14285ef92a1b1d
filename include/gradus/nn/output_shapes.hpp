// SPDX-License-Identifier: MIT
#pragma once

#include <string>
#include <vector>

#include "gradus/nn/network.hpp"

namespace gradus {

/// What each layer makes of a sample: "32", of a picture "8x6x6", of a sequence at every step "steps x 16".
std::vector<std::string> output_shapes(const Network& network);

}  // namespace gradus
