// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "gradus/lab/experiment/experiment.hpp"

namespace gradus::python {

/// The loss that the arguments `loss` and `reduction` name. Throws ParseError or ValueError.
Loss read_loss(const Network& network, const std::string& text, const std::string& reduction);

}  // namespace gradus::python
