// SPDX-License-Identifier: MIT
#pragma once

#include <string>

#include "gradus/lab/exchange/header.hpp"

namespace gradus::header {

/// to_header in integers.
std::string fixed_header(const Model& model, const HeaderOptions& options);

}  // namespace gradus::header
